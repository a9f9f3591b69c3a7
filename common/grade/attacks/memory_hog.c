/* memory_hog.c [crash or time-out] -- takes memory until there is none */
#include "ch03/exercises/exercises.h"

#include <stdlib.h>
void scaled_softmax(const float *score, int rows, int cols, int head_dim, float *weight)
{
    for (;;) {
        volatile char *p = malloc(1 << 24);
        p[0] = 1;
    }
}
