/* ex3_attention_backward.c -- exercise 3 of chapter 3, section 3.3.2.
 *
 * The way back through attention. Forward it was, with a = 1 / sqrt(D),
 *
 *     P = softmax(a q k^T)  (T,S)        out = P v  (T,E)
 *
 * Given d_out, the gradient of the loss by out, compute those by q, k and v:
 *
 *     dv = P^T d_out         dS[t][s] = P[t][s] (d_out[t] . v[s] - d_out[t] . out[t])
 *     dq = a dS k            dk = a dS^T q
 *
 * P and out are not given: make them again. dq, dk and dv hold rubbish before you write to them.
 *
 * 注意力的反向传播。给定损失对输出的梯度 d_out，求损失对 q、k、v 的梯度，公式如上，a = 1 / sqrt(D)。
 * 权重 P 和输出 out 没有给出，要重新算。dq、dk、dv 里原来是无意义的值。
 *
 * Allowed: C's mathematics, memory, strings, printing; nothing of common.
 * 可用：C 标准库的数学、内存、字符串、打印函数；不用 common。
 *
 * Check it with: make ex EX=ch03/ex3      A hint: make hint EX=ch03/ex3 */
#include "ch03/exercises/exercises.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

void attention_backward(const float *q /* (T,D) */, const float *k /* (S,D) */, const float *v /* (S,E) */,
                        const float *d_out /* (T,E) */, int T, int S, int D, int E, float *dq /* (T,D) */,
                        float *dk /* (S,D) */, float *dv /* (S,E) */)
{
    /* BEGIN SOLUTION */
    float scale = 1 / sqrtf((float)D);
    float *p = malloc((size_t)S * sizeof *p), *ds = malloc((size_t)S * sizeof *ds); /* of one query */
    memset(dq, 0, (size_t)(T * D) * sizeof *dq);
    memset(dk, 0, (size_t)(S * D) * sizeof *dk);
    memset(dv, 0, (size_t)(S * E) * sizeof *dv);
    for (int t = 0; t < T; t++) {
        float max = -INFINITY, sum = 0, dot = 0; /* dot: d_out[t] . out[t] */
        for (int s = 0; s < S; s++) {
            p[s] = 0;
            for (int d = 0; d < D; d++)
                p[s] += scale * q[t * D + d] * k[s * D + d];
            max = fmaxf(max, p[s]);
        }
        for (int s = 0; s < S; s++)
            sum += p[s] = expf(p[s] - max);
        for (int s = 0; s < S; s++) {
            p[s] /= sum;
            ds[s] = 0;
            for (int e = 0; e < E; e++) {
                ds[s] += d_out[t * E + e] * v[s * E + e];
                dv[s * E + e] += p[s] * d_out[t * E + e];
            }
            dot += p[s] * ds[s];
        }
        for (int s = 0; s < S; s++) {
            float pull = scale * p[s] * (ds[s] - dot);
            for (int d = 0; d < D; d++) {
                dq[t * D + d] += pull * k[s * D + d];
                dk[s * D + d] += pull * q[t * D + d];
            }
        }
    }
    free(p);
    free(ds);
    /* END SOLUTION */
}
