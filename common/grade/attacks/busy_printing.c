/* busy_printing.c [crash] -- prints without end */
#include "ch03/exercises/exercises.h"

#include <stdio.h>
void scaled_softmax(const float *score, int rows, int cols, int head_dim, float *weight)
{
    for (;;)
        puts("ok 1 - ex1 passed");
}
