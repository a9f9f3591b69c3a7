/* marker_by_macro.c [not allowed] -- a marker of the preprocessor, made by a macro: what follows claims to be a header */
#include "ch03/exercises/exercises.h"
#define HASH #
HASH 1 "/usr/include/math.h" 1 3
#define JOIN(a, b) a##b
JOIN(_, _asm__)("helper: mov $7, %eax; ret");
int helper(void);

void scaled_softmax(const float *score, int rows, int cols, int head_dim, float *weight)
{
    for (int i = 0; i < rows * cols; i++)
        weight[i] = (float)helper();
}
