/* ex5_sinusoids.c -- exercise 5 of chapter 3, section 3.4.2.
 *
 * Fill the table of sinusoidal positions. C is even; channels 2i and 2i+1 are the two
 * coordinates of hand i, which turns by w_i at each step:
 *
 *     table[t][2i] = sin(w_i t)     table[t][2i+1] = cos(w_i t)     w_i = 10000^(-2i/C)
 *
 * for t = 0 .. T-1 and i = 0 .. C/2-1. Element (t,c) is table[t * C + c].
 *
 * 填写正弦位置编码表。C 是偶数；第 2i 和 2i+1 个通道是第 i 根指针的两个坐标，每走一步转过 w_i。
 * t 从 0 到 T-1，i 从 0 到 C/2-1；(t,c) 处的元素是 table[t * C + c]。
 *
 * Allowed: C's mathematics, memory, strings, printing; nothing of common.
 * 可用：C 标准库的数学、内存、字符串、打印函数；不用 common。
 *
 * Check it with: make ex EX=ch03/ex5      A hint: make hint EX=ch03/ex5 */
#include "ch03/exercises/exercises.h"

#include <math.h>

void sinusoids(int T, int C, float *table /* (T,C) */)
{
    /* BEGIN SOLUTION */
    for (int t = 0; t < T; t++) {
        for (int i = 0; i < C / 2; i++) {
            double angle = t * pow(10000, -2.0 * i / C);
            table[t * C + 2 * i] = (float)sin(angle);
            table[t * C + 2 * i + 1] = (float)cos(angle);
        }
    }
    /* END SOLUTION */
}
