/* pragma_weak.c [not allowed] -- the same by a pragma */
#include "ch03/exercises/exercises.h"

#pragma weak helper = helper_too
void helper_too(void)
{
}

void scaled_softmax(const float *score, int rows, int cols, int head_dim, float *weight)
{
}
