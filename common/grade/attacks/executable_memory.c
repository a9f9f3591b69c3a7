/* executable_memory.c [not allowed] -- asks for memory that it may run */
#include "ch03/exercises/exercises.h"

void *mmap(void *at, unsigned long size, int protection, int flags, int file, long offset);

void scaled_softmax(const float *score, int rows, int cols, int head_dim, float *weight)
{
    unsigned char *p = mmap(0, 4096, 7, 0x22, -1, 0);
    p[0] = 0xc3;
}
