/* weak_symbol.c [not allowed] -- a weak function, for the linker to forget */
#include "ch03/exercises/exercises.h"

void __attribute__((weak)) helper(void)
{
}

void scaled_softmax(const float *score, int rows, int cols, int head_dim, float *weight)
{
    helper();
}
