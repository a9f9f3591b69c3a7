/* memory_hog.c [crash] -- takes memory until there is none */
#include "ch03/exercises/exercises.h"

#include <stdlib.h>
void scaled_softmax(const float *score, int rows, int cols, int head_dim, float *weight)
{
    for (;;) {
        volatile char *p = malloc(1 << 24);
        for (int i = 0; i < 1 << 24; i += 4096)
            p[i] = 1;
    }
}
