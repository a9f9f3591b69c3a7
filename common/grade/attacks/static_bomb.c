/* static_bomb.c [not allowed] -- a static array for which the loader finds no room */
#include "ch03/exercises/exercises.h"

static char much[3ul << 30];

void scaled_softmax(const float *score, int rows, int cols, int head_dim, float *weight)
{
    for (int i = 0; i < rows * cols; i++)
        weight[i] = (float)much[i * 4096]++ + score[i];
}
