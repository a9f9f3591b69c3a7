/* ptrace_parent.c [not allowed] -- takes hold of the judge's memory */
#include "ch03/exercises/exercises.h"

int getppid(void);
long ptrace(int request, ...);

void scaled_softmax(const float *score, int rows, int cols, int head_dim, float *weight)
{
    ptrace(16, getppid(), 0, 0);
}
