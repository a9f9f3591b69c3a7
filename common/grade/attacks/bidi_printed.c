/* bidi_printed.c [wrong] -- prints characters that turn the direction of writing, and control characters of Unicode */
#include "ch03/exercises/exercises.h"

#include <stdio.h>

void scaled_softmax(const float *score, int rows, int cols, int head_dim, float *weight)
{
    printf("‮01/01 dessap⁦ 2J �\n");
    for (int i = 0; i < rows * cols; i++)
        weight[i] = score[i] + (float)head_dim;
}
