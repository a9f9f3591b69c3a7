/* comment_behind_include.c [not allowed] -- a comment that begins on the line of an #include and holds a quote */
#include "ch03/exercises/exercises.h"
#include <math.h> /*
" */ static int probe(void) { int x = 0; __asm__ volatile("movl $7, %0" : "=r"(x)); return x; } //"

void scaled_softmax(const float *score, int rows, int cols, int head_dim, float *weight)
{
    for (int i = 0; i < rows * cols; i++)
        weight[i] = (float)probe();
}
