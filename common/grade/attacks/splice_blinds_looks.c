/* splice_blinds_looks.c [ch03/ex1_scaled_softmax] [not allowed] -- a backslash with a blank before the newline: gcc joins the lines, the first look does not, so it takes the code for a comment; #line then blinds the second look */
#include "ch03/exercises/exercises.h"
static const char *const desync = "a\ 
" "/*";
#line 1 "/usr/include/math.h"
__attribute__((noinline)) static int probe(void)
{
    int x = 0;
    __asm__ volatile("movl $7, %0" : "=r"(x));
    return x;
}
/* the end of the comment that only the scanner sees: */

void scaled_softmax(const float *score, int rows, int cols, int head_dim, float *weight)
{
    for (int i = 0; i < rows * cols; i++)
        weight[i] = (float)probe() + (desync == 0);
}
