/* include_solution.c [not allowed] -- lets the compiler fetch the solution */
#include "ch03/exercises/solutions/ex1_scaled_softmax.c"
