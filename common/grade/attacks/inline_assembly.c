/* inline_assembly.c [not allowed] -- system calls in assembly */
#include "ch03/exercises/exercises.h"

void scaled_softmax(const float *score, int rows, int cols, int head_dim, float *weight)
{
    asm volatile("mov $231, %eax; xor %edi, %edi; syscall");
}
