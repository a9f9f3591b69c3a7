/* beginning_forged.c [not allowed] -- says once more where the learner's part begins */
#include "ch03/exercises/exercises.h"
#define JOIN(a, b) a##b
JOIN(_, _asm__)("helper: mov $7, %eax; ret");
int helper(void);
struct grade_begins;

void scaled_softmax(const float *score, int rows, int cols, int head_dim, float *weight)
{
    for (int i = 0; i < rows * cols; i++)
        weight[i] = (float)helper();
}
