/* ex8_split_mlp.c -- exercise 8 of chapter 4, section 4.4.2.
 *
 * y = relu(x A^T) B^T on R ranks that you play one after the other. Rank r has F hidden channels: the rows a[r] (F,C)
 * of A, at a + r * F * C, and the columns b[r] (C,F) of B, at b + r * C * F. All ranks have the same x and d_y (N,C).
 * Write
 *     y    (N,C)    after g: the sum of what the ranks compute
 *     d_x  (N,C)    after f: the gradient with respect to x, as every rank then holds it
 *     d_a  (R,F,C)  each rank's gradient of its own rows
 * where d_y is the gradient of the loss with respect to y. The derivative of relu is 1 where its argument is above 0,
 * else 0.
 *
 * 在 R 个进程上计算 y = relu(x A^T) B^T，由你依次扮演这些进程。进程 r 有 F 个隐藏通道：A 的若干行 a[r] (F,C)，从 a + r * F * C 开始；
 * B 的若干列 b[r] (C,F)，从 b + r * C * F 开始。所有进程的 x 和 d_y (N,C) 相同。写出
 *     y    (N,C)    经过 g 之后：各进程结果之和
 *     d_x  (N,C)    经过 f 之后：对 x 的梯度，此时每个进程都持有它
 *     d_a  (R,F,C)  每个进程对自己那些行的梯度
 * 其中 d_y 是损失对 y 的梯度。relu 的导数在自变量大于 0 时为 1，否则为 0。
 *
 * Allowed: C's mathematics, memory, strings, printing; nothing of common.
 * 可用：C 标准库的数学、内存、字符串、打印函数；不用 common。
 *
 * Check it with: make ex EX=ch04/ex8      A hint: make hint EX=ch04/ex8 */
#include "ch04/exercises/exercises.h"

#include <math.h>

void split_mlp(const float *x /* (N,C) */, const float *a /* (R,F,C) */, const float *b /* (R,C,F) */,
               const float *d_y /* (N,C) */, int R, int N, int C, int F, float *y /* (N,C) */,
               float *d_x /* (N,C) */, float *d_a /* (R,F,C) */)
{
    /* BEGIN SOLUTION */
    for (int i = 0; i < N * C; i++)
        y[i] = d_x[i] = 0;
    for (int i = 0; i < R * F * C; i++)
        d_a[i] = 0;
    for (int r = 0; r < R; r++)
        for (int n = 0; n < N; n++)
            for (int f = 0; f < F; f++) {
                const float *row = a + (r * F + f) * C;
                float sum = 0, up = 0;
                for (int c = 0; c < C; c++)
                    sum += x[n * C + c] * row[c];
                for (int c = 0; c < C; c++) {
                    y[n * C + c] += fmaxf(sum, 0) * b[(r * C + c) * F + f]; /* g: summed over ranks */
                    up += d_y[n * C + c] * b[(r * C + c) * F + f];
                }
                up = sum > 0 ? up : 0;
                for (int c = 0; c < C; c++) {
                    d_a[(r * F + f) * C + c] += up * x[n * C + c]; /* the rank's own */
                    d_x[n * C + c] += r == 0 ? up * row[c] : 0;
                }
            }
    /* END SOLUTION */
}
