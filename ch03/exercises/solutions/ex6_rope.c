/* ex6_rope.c -- exercise 6 of chapter 3, section 3.4.2.
 *
 * Rotary positions: rotate the rows of x in place. Row t is at position p = first + t (first counts the tokens that
 * were cached before). Channels 2i and 2i+1 are a pair (a, b), which is rotated by the angle p w_i:
 *
 *     a' = a cos(p w_i) - b sin(p w_i)     b' = a sin(p w_i) + b cos(p w_i)     w_i = 10000^(-2i/D)
 *
 * for t = 0 .. T-1 and i = 0 .. D/2-1; D is even. Element (t,d) is x[t * D + d]. Compute the angle in double.
 *
 * 旋转位置编码：就地旋转 x 的每一行。第 t 行的位置是 p = first + t（first 是此前已经缓存的词元数）。
 * 第 2i 和 2i+1 个通道是一对 (a, b)，按上式旋转角度 p w_i。D 是偶数；(t,d) 处的元素是 x[t * D + d]。
 * 角度用 double 计算。
 *
 * Allowed: C's mathematics, memory, strings, printing; nothing of common.
 * 可用：C 标准库的数学、内存、字符串、打印函数；不用 common。
 *
 * Check it with: make ex EX=ch03/ex6      A hint: make hint EX=ch03/ex6 */
#include "ch03/exercises/exercises.h"

#include <math.h>

void rope(float *x /* (T,D) */, int T, int D, int first)
{
    /* BEGIN SOLUTION */
    for (int t = 0; t < T; t++) {
        for (int i = 0; i < D / 2; i++) {
            double angle = (first + t) * pow(10000, -2.0 * i / D), c = cos(angle), s = sin(angle);
            double a = x[t * D + 2 * i], b = x[t * D + 2 * i + 1];
            x[t * D + 2 * i] = (float)(a * c - b * s);
            x[t * D + 2 * i + 1] = (float)(a * s + b * c);
        }
    }
    /* END SOLUTION */
}
