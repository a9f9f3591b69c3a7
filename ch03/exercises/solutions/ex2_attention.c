/* ex2_attention.c -- exercise 2 of chapter 3, section 3.3.2.
 *
 * Scaled dot-product attention for one head, with plain loops. Each of the T queries
 * meets the S keys; its weights average the S values:
 *
 *     out = softmax(q k^T / sqrt(D)) v        q (T,D), k (S,D), v (S,E) -> out (T,E)
 *
 * Matrices lie row by row: element (i,j) of q is q[i * D + j].
 *
 * 用循环写出单头的缩放点积注意力：T 个查询各自与 S 个键做点积，除以 sqrt(D)，
 * 对键做 softmax，再用这些权重对 S 个值加权求和。矩阵按行存放：q 的 (i,j) 是 q[i * D + j]。
 *
 * Allowed: C's mathematics, memory, strings, printing; nothing of common.
 * 可用：C 标准库的数学、内存、字符串、打印函数；不用 common。
 *
 * Check it with: make ex EX=ch03/ex2      A hint: make hint EX=ch03/ex2 */
#include "ch03/exercises/exercises.h"

#include <math.h>
#include <stdlib.h>

void attention(const float *q /* (T,D) */, const float *k /* (S,D) */, const float *v /* (S,E) */, int T,
               int S, int D, int E, float *out /* (T,E) */)
{
    /* BEGIN SOLUTION */
    float *weight = malloc((size_t)S * sizeof *weight); /* of one query */
    for (int t = 0; t < T; t++) {
        float max = -INFINITY, sum = 0;
        for (int s = 0; s < S; s++) {
            float dot = 0;
            for (int d = 0; d < D; d++)
                dot += q[t * D + d] * k[s * D + d];
            weight[s] = dot / sqrtf((float)D);
            max = fmaxf(max, weight[s]);
        }
        for (int s = 0; s < S; s++)
            sum += weight[s] = expf(weight[s] - max);
        for (int e = 0; e < E; e++) {
            out[t * E + e] = 0;
            for (int s = 0; s < S; s++)
                out[t * E + e] += weight[s] / sum * v[s * E + e];
        }
    }
    free(weight);
    /* END SOLUTION */
}
