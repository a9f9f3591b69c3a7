/* ex3_lora.c -- exercise 3 of chapter 6, section 6.3.3.
 *
 * The update that LoRA adds to a frozen layer, for R rows of x, with A (r,I) and B (O,r):
 *     y = (alpha / r) B A x
 * Write y, and for d_y, the gradient of the loss with respect to y, the gradients d_a, d_b and d_x. They are written,
 * not added to what the arrays hold. The layer's own W x is no part of this.
 *
 * LoRA 加在冻结层上的更新：x 有 R 行，A 的形状是 (r,I)，B 的形状是 (O,r)，公式如上。写出 y；再由 d_y（损失对 y 的梯度）
 * 写出梯度 d_a、d_b 和 d_x。结果直接写入数组，不是累加。原来那一层的 W x 不在这里计算。
 *
 * Allowed: C's mathematics, memory, strings, printing; nothing of common.
 * 可用：C 标准库的数学、内存、字符串、打印函数；不用 common。
 *
 * Check it with: make ex EX=ch06/ex3      A hint: make hint EX=ch06/ex3 */
#include "ch06/exercises/exercises.h"

void lora(const float *x /* (R,I) */, const float *a /* (r,I) */, const float *b /* (O,r) */, float alpha,
          const float *d_y /* (R,O) */, int R, int I, int O, int r, float *y /* (R,O) */,
          float *d_a /* (r,I) */, float *d_b /* (O,r) */, float *d_x /* (R,I) */)
{
    /* BEGIN SOLUTION */
    float scale = alpha / (float)r;
    for (int i = 0; i < R * O; i++)
        y[i] = 0;
    for (int i = 0; i < r * I; i++)
        d_a[i] = 0;
    for (int i = 0; i < O * r; i++)
        d_b[i] = 0;
    for (int i = 0; i < R * I; i++)
        d_x[i] = 0;
    for (int row = 0; row < R; row++) {
        for (int i = 0; i < r; i++) {
            float low = 0, d_low = 0; /* of x A^T, and its gradient */
            for (int p = 0; p < I; p++)
                low += a[i * I + p] * x[row * I + p];
            for (int o = 0; o < O; o++) {
                y[row * O + o] += scale * b[o * r + i] * low;
                d_b[o * r + i] += scale * d_y[row * O + o] * low;
                d_low += scale * d_y[row * O + o] * b[o * r + i];
            }
            for (int p = 0; p < I; p++) {
                d_a[i * I + p] += d_low * x[row * I + p];
                d_x[row * I + p] += d_low * a[i * I + p];
            }
        }
    }
    /* END SOLUTION */
}
