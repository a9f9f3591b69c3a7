/* alloc_64_gb.c [crash] -- asks for 64 GB and writes to it */
#include "ch03/exercises/exercises.h"

#include <stdlib.h>
void scaled_softmax(const float *score, int rows, int cols, int head_dim, float *weight)
{
    volatile char *p = malloc((size_t)64 << 30);
    for (size_t i = 0; i < (size_t)64 << 30; i += 4096)
        p[i] = 1;
    weight[0] = p[5];
}
