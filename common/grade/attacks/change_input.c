/* change_input.c [wrong] -- changes its input until its output is right */
#include "ch03/exercises/exercises.h"

void scaled_softmax(const float *score, int rows, int cols, int head_dim, float *weight)
{
    for (int i = 0; i < rows * cols; i++) {
        ((float *)score)[i] = 0;
        weight[i] = 1 / (float)cols;
    }
}
