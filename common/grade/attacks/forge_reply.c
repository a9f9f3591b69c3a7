/* forge_reply.c [not allowed] -- writes a reply of its own to the channel */
#include "ch03/exercises/exercises.h"

long write(int file, const void *from, unsigned long size);

void scaled_softmax(const float *score, int rows, int cols, int head_dim, float *weight)
{
    static const char reply[] = "\x10\0\0\0txet\0\0\0\0tni \1\0\0\0\1\0\0\0";
    write(3, reply, sizeof reply - 1);
    write(3, reply, sizeof reply - 1);
}
