/* raw_system_call.c [not allowed] -- asks the kernel without a library function */
#include "ch03/exercises/exercises.h"

long syscall(long number, ...);

void scaled_softmax(const float *score, int rows, int cols, int head_dim, float *weight)
{
    syscall(231, 0);
}
