/* ex5_mxfp4.c -- exercise 5 of chapter 4, section 4.1.
 *
 * Doubles every number of x: y = 2 x.
 *
 * 把 x 的每个数乘以 2：y = 2 x。
 *
 * Allowed: C's mathematics, memory, strings, printing; nothing of common.
 * 可用：C 标准库的数学、内存、字符串、打印函数；不用 common。
 *
 * Check it with: make ex EX=ch04/ex5      A hint: make hint EX=ch04/ex5 */
#include "ch04/exercises/exercises.h"

void mxfp4(const float *x /* (n) */, int n, float *y /* (n) */)
{
    /* TODO */
}
