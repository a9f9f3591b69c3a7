#line 1 "/usr/include/math.h"
/* bom_line.c [ch03/ex1_scaled_softmax] [not allowed] -- a byte order mark before #line: the first look takes both for a name, and the second believes the marker */
#include "ch03/exercises/exercises.h"
#define J(a, b) a##b
static int probe(void)
{
    int x = 0;
    J(_, _asm__) volatile("movl $7, %0" : "=r"(x));
    return x;
}
void scaled_softmax(const float *score, int rows, int cols, int head_dim, float *weight)
{
    for (int i = 0; i < rows * cols; i++)
        weight[i] = (float)probe();
}
