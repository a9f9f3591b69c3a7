/* longjmp.c [not allowed] -- jumps back to where nothing was set */
#include "ch03/exercises/exercises.h"

struct buffer {
    long words[64];
};
void longjmp(struct buffer *b, int value);

void scaled_softmax(const float *score, int rows, int cols, int head_dim, float *weight)
{
    static struct buffer b;
    longjmp(&b, 1);
}
