/* ex5_prefix_attention.c -- exercise 5 of chapter 6, section 6.3.4.
 *
 * One head attends causally to a text of T positions, with S trained keys pk and values pv in front of the text's.
 * Query t sees the whole prefix and the keys k[0] .. k[t]. With scores q[t] . key / sqrt(D) and one softmax over all
 * that it sees, write
 *     out[t * D + d]   the weighted mean of the values pv and v
 *     share[t]         the sum of the weights of the S prefix positions
 * Scores may be as large as 10^4, of either sign. S may be 0: then every share is 0.
 *
 * 一个头对 T 个位置的文本做因果注意力，文本的键和值之前有 S 个训练出来的键 pk 和值 pv。查询 t 看得见整个前缀和 k[0] .. k[t]。
 * 得分是 q[t] 与键的点积除以 sqrt(D)，对看得见的全部位置做一次 softmax，写出
 *     out[t * D + d]   pv 和 v 的加权平均
 *     share[t]         前缀的 S 个位置的权重之和
 * 得分的绝对值可能大到 10^4。S 可以是 0：这时每个 share 都是 0。
 *
 * Allowed: C's mathematics, memory, strings, printing; nothing of common.
 * 可用：C 标准库的数学、内存、字符串、打印函数；不用 common。
 *
 * Check it with: make ex EX=ch06/ex5      A hint: make hint EX=ch06/ex5 */
#include "ch06/exercises/exercises.h"

#include <math.h>

/* BEGIN SOLUTION */
static float score_of(const float *q, const float *key, int D)
{
    float sum = 0;
    for (int d = 0; d < D; d++)
        sum += q[d] * key[d];
    return sum;
}
/* END SOLUTION */

void prefix_attention(const float *q /* (T,D) */, const float *k /* (T,D) */, const float *v /* (T,D) */,
                      const float *pk /* (S,D) */, const float *pv /* (S,D) */, int T, int S, int D,
                      float *out /* (T,D) */, float *share /* (T) */)
{
    /* BEGIN SOLUTION */
    for (int t = 0; t < T; t++) {
        float most = -INFINITY, total = 0;
        for (int j = 0; j < S + t + 1; j++)
            most = fmaxf(most, score_of(q + t * D, j < S ? pk + j * D : k + (j - S) * D, D));
        share[t] = 0;
        for (int d = 0; d < D; d++)
            out[t * D + d] = 0;
        for (int j = 0; j < S + t + 1; j++) {
            const float *value = j < S ? pv + j * D : v + (j - S) * D;
            float weight = expf(score_of(q + t * D, j < S ? pk + j * D : k + (j - S) * D, D) - most);
            total += weight;
            share[t] += j < S ? weight : 0;
            for (int d = 0; d < D; d++)
                out[t * D + d] += weight * value[d];
        }
        share[t] /= total;
        for (int d = 0; d < D; d++)
            out[t * D + d] /= total;
    }
    /* END SOLUTION */
}
