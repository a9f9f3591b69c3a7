/* nested_function.c [ch03/ex1_scaled_softmax] [not allowed] -- a function inside of a function, whose address makes the stack executable */
#include "ch03/exercises/exercises.h"

#include <stdlib.h>

void scaled_softmax(const float *score, int rows, int cols, int head_dim, float *weight)
{
    int by(const void *a, const void *b)
    {
        return score[0] + (float)*(const char *)a > (float)*(const char *)b;
    }
    qsort(weight, (size_t)(rows * cols), sizeof *weight, by);
}
