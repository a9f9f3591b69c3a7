/* ex2_adapter.c -- exercise 2 of chapter 6, section 6.3.2.
 *
 * A bottleneck adapter stands after a part of a block. For each of R rows of y, what the part is about to add to the
 * residual stream, write
 *     out = y + W_up gelu(W_down y + b_down) + b_up
 * with W_down (m,C) and W_up (C,m), and gelu(x) = x/2 (1 + tanh(sqrt(2/pi) (x + 0.044715 x^3))). The inputs y and the
 * output are different arrays.
 *
 * 适配器的瓶颈层接在块的一个子层之后。y 是该子层将要加进残差流的输出，共 R 行；对每一行写出上面的 out。
 * W_down 的形状是 (m,C)，W_up 的形状是 (C,m)，gelu 用上面的 tanh 公式。输入 y 与输出 out 是不同的数组。
 *
 * Allowed: C's mathematics, memory, strings, printing; nothing of common.
 * 可用：C 标准库的数学、内存、字符串、打印函数；不用 common。
 *
 * Check it with: make ex EX=ch06/ex2      A hint: make hint EX=ch06/ex2 */
#include "ch06/exercises/exercises.h"

#include <math.h>

void adapter(const float *y /* (R,C) */, const float *w_down /* (m,C) */, const float *b_down /* (m) */,
             const float *w_up /* (C,m) */, const float *b_up /* (C) */, int R, int C, int m,
             float *out /* (R,C) */)
{
    /* BEGIN SOLUTION */
    for (int row = 0; row < R; row++) {
        for (int c = 0; c < C; c++)
            out[row * C + c] = y[row * C + c] + b_up[c];
        for (int i = 0; i < m; i++) {
            float h = b_down[i];
            for (int c = 0; c < C; c++)
                h += w_down[i * C + c] * y[row * C + c];
            h = h / 2 * (1 + tanhf(0.79788456f * (h + 0.044715f * h * h * h)));
            for (int c = 0; c < C; c++)
                out[row * C + c] += w_up[c * m + i] * h;
        }
    }
    /* END SOLUTION */
}
