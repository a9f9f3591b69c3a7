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
    /* TODO */
}
