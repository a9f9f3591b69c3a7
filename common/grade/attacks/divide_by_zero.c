/* divide_by_zero.c [crash] -- divides a whole number by zero */
#include "ch03/exercises/exercises.h"

void scaled_softmax(const float *score, int rows, int cols, int head_dim, float *weight)
{
    volatile int zero = rows - rows;
    weight[0] = (float)(cols / zero);
}
