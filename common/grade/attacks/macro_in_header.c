/* macro_in_header.c [not allowed] -- a macro that brings the C library's header to say it */
#include "ch03/exercises/exercises.h"
#define JOIN(a, b) a##b
#define extern JOIN(_, _asm__)("helper: mov $7, %eax; ret"); extern
#include <time.h>
#undef extern
extern int helper(void);

void scaled_softmax(const float *score, int rows, int cols, int head_dim, float *weight)
{
    for (int i = 0; i < rows * cols; i++)
        weight[i] = (float)helper();
}
