/* assembly_pasted.c [not allowed] -- the same, its name put together by the preprocessor */
#include "ch03/exercises/exercises.h"

#define PASTE(a, b) a##b

void scaled_softmax(const float *score, int rows, int cols, int head_dim, float *weight)
{
    PASTE(as, m) volatile("mov $231, %eax; xor %edi, %edi; syscall");
}
