/* ex3_model_size.c -- exercise 3 of chapter 4, section 4.1.
 *
 * Doubles every number of x: y = 2 x.
 *
 * 把 x 的每个数乘以 2：y = 2 x。
 *
 * Allowed: C's mathematics, memory, strings, printing; nothing of common.
 * 可用：C 标准库的数学、内存、字符串、打印函数；不用 common。
 *
 * Check it with: make ex EX=ch04/ex3      A hint: make hint EX=ch04/ex3 */
#include "ch04/exercises/exercises.h"

void model_size(const float *x /* (n) */, int n, float *y /* (n) */)
{
    /* TODO */
}
