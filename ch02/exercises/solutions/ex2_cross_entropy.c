/* ex2_cross_entropy.c -- exercise 2 of chapter 2, section 2.1.2.
 *
 * Cross-entropy as every language model is trained with it. Each row of logits belongs to one example:
 *
 *     loss = mean over the rows of  log(sum over v of e^z[v]) - z[target]
 *     d_logits[n][v] = (softmax(z)[v] - (1 if v is the target, else 0)) / N
 *
 * Returns the loss, in nats. Logits may be as large as 1000 or as small as -1000: subtract the maximum of the row
 * before e^z.
 *
 * 交叉熵损失及其梯度，公式如上。返回平均损失，单位是 nat。logits 可能大到 1000，也可能小到 -1000：
 * 求 e^z 之前先减去这一行的最大值。
 *
 * Allowed: C's mathematics, memory, strings, printing; nothing of common.
 * 可用：C 标准库的数学、内存、字符串、打印函数；不用 common。
 *
 * Check it with: make ex EX=ch02/ex2      A hint: make hint EX=ch02/ex2 */
#include "ch02/exercises/exercises.h"

#include <math.h>

float cross_entropy(const float *logits /* (N,V) */, const int *targets /* (N) */, int N, int V,
                    float *d_logits /* (N,V) */)
{
    /* BEGIN SOLUTION */
    float loss = 0;
    for (int n = 0; n < N; n++) {
        const float *z = logits + n * V;
        float *d = d_logits + n * V, max = -INFINITY, sum = 0;
        for (int v = 0; v < V; v++)
            max = fmaxf(max, z[v]);
        for (int v = 0; v < V; v++)
            sum += d[v] = expf(z[v] - max);
        loss += (max + logf(sum) - z[targets[n]]) / (float)N;
        for (int v = 0; v < V; v++)
            d[v] = (d[v] / sum - (float)(v == targets[n])) / (float)N;
    }
    return loss;
    /* END SOLUTION */
    return 0;
}
