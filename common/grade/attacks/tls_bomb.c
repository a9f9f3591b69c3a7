/* tls_bomb.c [ch03/ex1_scaled_softmax] [not allowed] -- thread-local memory that the loader cannot give before main */
#include "ch03/exercises/exercises.h"

static _Thread_local char much[1960ul << 20];

void scaled_softmax(const float *score, int rows, int cols, int head_dim, float *weight)
{
    for (int i = 0; i < rows * cols; i++)
        weight[i] = (float)much[i * 4096]++ + score[i];
}
