/* stack_overflow.c [crash] -- calls itself without end */
#include "ch03/exercises/exercises.h"

static int deeper(volatile int *above)
{
    volatile int here[1000];
    here[0] = above[0] + 1;
    return deeper(here) + here[0];
}

void scaled_softmax(const float *score, int rows, int cols, int head_dim, float *weight)
{
    volatile int start = 0;
    weight[0] = (float)deeper(&start);
}
