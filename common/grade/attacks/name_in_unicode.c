/* name_in_unicode.c [not allowed] -- a letter of the forbidden name by its number */
#include "ch03/exercises/exercises.h"
static int probe(void)
{
    int x = 0;
    _\u005fasm__ volatile("movl $7, %0" : "=r"(x));
    return x;
}

void scaled_softmax(const float *score, int rows, int cols, int head_dim, float *weight)
{
    for (int i = 0; i < rows * cols; i++)
        weight[i] = (float)probe();
}
