/* write_behind_end.c [crash] -- writes over what lies behind its output */
#include "ch03/exercises/exercises.h"

void scaled_softmax(const float *score, int rows, int cols, int head_dim, float *weight)
{
    for (int i = 0; i < rows * cols + 40; i++)
        weight[i] = 1;
}
