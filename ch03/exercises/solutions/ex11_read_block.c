/* ex11_read_block.c -- exercise 11 of chapter 3, section 3.9.
 *
 * Attention in blocks, as FlashAttention computes it: one query reads its keys n at a time and keeps only
 *
 *     *max = the maximum m of all scores so far       *sum = the sum of e^(score - m)
 *     out[e] = the sum of e^(score - m) value[e]      (the output of attention is out[e] / *sum)
 *
 * Take n more scores and values in. When the maximum rises, *sum and out were computed with the old one: multiply
 * them by e^(old - new). Before the first block *max is -INFINITY, and *sum and out are 0. A score may be -INFINITY:
 * a masked key, which adds nothing. All scores of a block may be masked, of the first one too; there must be no NaN.
 * Value s, channel e is value[s * E + e].
 *
 * 像 FlashAttention 那样分块计算注意力：一个查询每次读 n 个键，只保留最大得分 *max、指数和 *sum、加权和 out，
 * 三者都以目前的最大得分 m 为基准。把新的 n 个得分和值并进来：最大值变大时，*sum 和 out 要乘 e^(旧 - 新)。
 * 第一块之前 *max 是 -INFINITY，*sum 和 out 是 0。得分可以是 -INFINITY（被遮住的键），它不贡献任何东西；
 * 整块都被遮住也可以，第一块也不例外，结果里不许有 NaN。第 s 个值的第 e 个通道是 value[s * E + e]。
 *
 * Allowed: C's mathematics, memory, strings, printing; nothing of common.
 * 可用：C 标准库的数学、内存、字符串、打印函数；不用 common。
 *
 * Check it with: make ex EX=ch03/ex11      A hint: make hint EX=ch03/ex11 */
#include "ch03/exercises/exercises.h"

#include <math.h>

void read_block(const float *score /* (n) */, const float *value /* (n,E) */, int n, int E, float *max,
                float *sum, float *out /* (E) */)
{
    /* BEGIN SOLUTION */
    float now = *max;
    for (int s = 0; s < n; s++)
        now = fmaxf(now, score[s]);
    if (now == -INFINITY)
        return; /* nothing has been seen yet */
    float rescale = expf(*max - now);
    *sum *= rescale;
    for (int e = 0; e < E; e++)
        out[e] *= rescale;
    for (int s = 0; s < n; s++) {
        float weight = expf(score[s] - now);
        *sum += weight;
        for (int e = 0; e < E; e++)
            out[e] += weight * value[s * E + e];
    }
    *max = now;
    /* END SOLUTION */
}
