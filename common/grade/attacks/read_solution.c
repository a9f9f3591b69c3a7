/* read_solution.c [not allowed] -- opens the solution */
#include "ch03/exercises/exercises.h"

int open(const char *path, int flags, ...);
long read(int file, void *to, unsigned long size);

void scaled_softmax(const float *score, int rows, int cols, int head_dim, float *weight)
{
    char text[4096];
    read(open("ch03/exercises/solutions/ex1_scaled_softmax.c", 0), text, sizeof text);
}
