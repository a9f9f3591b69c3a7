/* builtin_pasted.c [not allowed] -- a function of the compiler that leaves its caller, its name put together */
#include "ch03/exercises/exercises.h"
#define JOIN(a, b) a##b

void scaled_softmax(const float *score, int rows, int cols, int head_dim, float *weight)
{
    void *frame = JOIN(__built, in_frame_address)(0);
    for (int i = 0; i < rows * cols; i++)
        weight[i] = (float)(unsigned long)frame;
}
