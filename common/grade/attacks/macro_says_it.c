/* macro_says_it.c [not allowed] -- a macro of its own says it, behind all headers */
#include "ch03/exercises/exercises.h"
#define JOIN(a, b) a##b
#define SAY(x) JOIN(_, _asm__)(x)
SAY("helper: mov $7, %eax; ret");
int helper(void);

void scaled_softmax(const float *score, int rows, int cols, int head_dim, float *weight)
{
    for (int i = 0; i < rows * cols; i++)
        weight[i] = (float)helper();
}
