/* ex3_adamw_step.c -- exercise 3 of chapter 2, section 2.1.2.
 *
 * One step of AdamW. For each of the n weights:
 *
 *     m = beta1 m + (1 - beta1) g            v = beta2 v + (1 - beta2) g^2
 *     m^ = m / (1 - beta1^t)                 v^ = v / (1 - beta2^t)
 *     w = w - rate (m^ / (sqrt(v^) + epsilon) + decay w)
 *
 * t counts the steps from 1. w, m and v are changed in place; what m and v keep are the moments without the
 * correction. On the right side of the last line w is the weight before the step.
 *
 * AdamW 的一步更新，公式如上。t 从 1 开始计数。w、m、v 原地修改；m 和 v 里保存的是没有做偏差修正的值。
 * 最后一式右边的 w 是更新之前的权重。
 *
 * Allowed: C's mathematics, memory, strings, printing; nothing of common.
 * 可用：C 标准库的数学、内存、字符串、打印函数；不用 common。
 *
 * Check it with: make ex EX=ch02/ex3      A hint: make hint EX=ch02/ex3 */
#include "ch02/exercises/exercises.h"

#include <math.h>

void adamw_step(const AdamW *o, int t, const float *g /* (n) */, int n, float *w /* (n) */,
                float *m /* (n) */, float *v /* (n) */)
{
    /* TODO */
}
