/* ex4_merge_adapters.c -- exercise 4 of chapter 6, section 6.3.3.
 *
 * K adapters of LoRA were trained on one frozen weight W (O,I): adapter k has A_k (r,I), B_k (O,r) and alpha_k, and is
 * to count with weight_k. Write the one matrix that does what all of them do together:
 *     merged = W + sum over k of weight_k (alpha_k / r) B_k A_k
 * The matrices of the adapters lie one after the other in a and b. w must not change.
 *
 * 同一个冻结的权重 W (O,I) 上训练了 K 个 LoRA 适配器：第 k 个有 A_k (r,I)、B_k (O,r) 和 alpha_k，按 weight_k 计入。
 * 按上面的公式写出一个矩阵，使它等于全部适配器同时起作用。各适配器的矩阵在 a 和 b 中依次排列。w 不可改动。
 *
 * Allowed: C's mathematics, memory, strings, printing; nothing of common.
 * 可用：C 标准库的数学、内存、字符串、打印函数；不用 common。
 *
 * Check it with: make ex EX=ch06/ex4      A hint: make hint EX=ch06/ex4 */
#include "ch06/exercises/exercises.h"

void merge_adapters(const float *w /* (O,I) */, const float *a /* (K,r,I) */, const float *b /* (K,O,r) */,
                    const float *alpha /* (K) */, const float *weight /* (K) */, int K, int I, int O, int r,
                    float *merged /* (O,I) */)
{
    /* TODO */
}
