/* local_bomb.c [crash] -- a local array of a gigabyte */
#include "ch03/exercises/exercises.h"

void scaled_softmax(const float *score, int rows, int cols, int head_dim, float *weight)
{
    volatile float much[1 << 28];
    for (int i = 0; i < (1 << 28); i += 1024)
        much[i] = score[0];
    for (int i = 0; i < rows * cols; i++)
        weight[i] = much[i];
}
