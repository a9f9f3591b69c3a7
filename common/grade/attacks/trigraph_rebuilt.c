/* trigraph_rebuilt.c [not allowed] -- joined lines make a trigraph, which a second translation takes for a backslash */
#include "ch03/exercises/exercises.h"
static const char *const desync = "?\
?/"; /* " */
static int probe(void) { int x = 0; __asm__ volatile("movl $7, %0" : "=r"(x)); return x; }

void scaled_softmax(const float *score, int rows, int cols, int head_dim, float *weight)
{
    for (int i = 0; i < rows * cols; i++)
        weight[i] = (float)probe() + (desync == 0);
}
