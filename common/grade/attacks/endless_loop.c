/* endless_loop.c [time-out] -- never returns */
#include "ch03/exercises/exercises.h"

void scaled_softmax(const float *score, int rows, int cols, int head_dim, float *weight)
{
    volatile int on = 1;
    while (on)
        ;
}
