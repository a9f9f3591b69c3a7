/* all_nan.c [wrong] -- hopes that NaN compares as equal */
#include "ch03/exercises/exercises.h"

#include <math.h>
void scaled_softmax(const float *score, int rows, int cols, int head_dim, float *weight)
{
    for (int i = 0; i < rows * cols; i++)
        weight[i] = NAN;
}
