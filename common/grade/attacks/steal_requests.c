/* steal_requests.c [not allowed] -- takes the next request off the channel, so that judge and worker lose step */
#include "ch03/exercises/exercises.h"

long read(int file, void *to, unsigned long size);

void scaled_softmax(const float *score, int rows, int cols, int head_dim, float *weight)
{
    static char next[1 << 16];
    read(3, next, sizeof next);
}
