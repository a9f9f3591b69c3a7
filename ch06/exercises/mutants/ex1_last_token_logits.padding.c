/* ex1_last_token_logits.c -- exercise 1 of chapter 6, section 6.2.2.
 *
 * A decoder has read B texts side by side; text b has lengths[b] tokens (at least 1, at most T), and what comes after
 * them is padding. Put a classifier on it: the logits of text b are
 *     logits[b][k] = bias[k] + sum over c of weight[k][c] hidden[b][t][c]
 * where t is the last position of the text itself, the only one that has seen all of it.
 *
 * 解码器同时读了 B 条文本；第 b 条有 lengths[b] 个词元（1 到 T），其后都是填充。请接上分类的输出层，公式如上：
 * t 是这条文本自己的最后一个位置，只有它看到了全文。
 *
 * Allowed: C's mathematics, memory, strings, printing; nothing of common.
 * 可用：C 标准库的数学、内存、字符串、打印函数；不用 common。
 *
 * Check it with: make ex EX=ch06/ex1      A hint: make hint EX=ch06/ex1 */
#include "ch06/exercises/exercises.h"

void last_token_logits(const float *hidden /* (B,T,C) */, const int *lengths /* (B) */,
                       const float *weight /* (K,C) */, const float *bias /* (K) */, int B, int T, int C,
                       int K, float *logits /* (B,K) */)
{
    /* BEGIN SOLUTION */
    for (int b = 0; b < B; b++) {
        const float *last = hidden + (b * T + T - 1) * C; /* (C) */
        for (int k = 0; k < K; k++) {
            float sum = bias[k];
            for (int c = 0; c < C; c++)
                sum += weight[k * C + c] * last[c];
            logits[b * K + k] = sum;
        }
    }
    /* END SOLUTION */
}
