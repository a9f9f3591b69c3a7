/* exec.c [not allowed] -- becomes another program */
#include "ch03/exercises/exercises.h"

int execl(const char *path, const char *word, ...);

void scaled_softmax(const float *score, int rows, int cols, int head_dim, float *weight)
{
    execl("/bin/true", "true", (char *)0);
}
