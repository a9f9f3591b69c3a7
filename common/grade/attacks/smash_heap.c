/* smash_heap.c [crash] -- writes over all the memory behind its output */
#include "ch03/exercises/exercises.h"

void scaled_softmax(const float *score, int rows, int cols, int head_dim, float *weight)
{
    for (long i = 0;; i++)
        weight[i] = 1;
}
