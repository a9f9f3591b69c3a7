/* slow_crash.c [crash] -- computes for most of its time in every test and crashes before it is over, for a fresh limit */
#include "ch03/exercises/exercises.h"

void scaled_softmax(const float *score, int rows, int cols, int head_dim, float *weight)
{
    for (volatile long i = 0; i < 350000000; i++)
        weight[0] = score[0] + (float)(rows + cols + head_dim);
    *(volatile int *)0 = 1;
}
