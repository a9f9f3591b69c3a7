/* include_itself.c [not allowed] -- includes itself */
#include "ch03/exercises/ex1_scaled_softmax.c"
