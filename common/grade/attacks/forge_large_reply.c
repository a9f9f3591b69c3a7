/* forge_large_reply.c [not allowed] -- announces a reply of 4 GB */
#include "ch03/exercises/exercises.h"

long write(int file, const void *from, unsigned long size);

void scaled_softmax(const float *score, int rows, int cols, int head_dim, float *weight)
{
    write(3, "\xff\xff\xff\xff", 4);
}
