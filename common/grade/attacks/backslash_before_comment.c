/* backslash_before_comment.c [ch03/ex1_scaled_softmax] [not allowed] -- where the comment is gone, the backslash joins two lines for who looks twice */
#include "ch03/exercises/exercises.h"
#define NOTHING \/* */
" /*
static int probe(void) { int x = 0; __asm__ volatile("movl $7, %0" : "=r"(x)); return x; }
// " */

void scaled_softmax(const float *score, int rows, int cols, int head_dim, float *weight)
{
    for (int i = 0; i < rows * cols; i++)
        weight[i] = (float)probe();
}
