/* include_by_macro.c [not allowed] -- the same through a macro */
#define WHERE "ch03/exercises/solutions/ex1_scaled_softmax.c"
#include WHERE
