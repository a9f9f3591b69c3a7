/* ex10_smoothed_loss.c -- exercise 10 of chapter 3, section 3.7.
 *
 * Cross-entropy with label smoothing, as the Transformer of 2017 was trained, and its gradient. Row n has V logits
 * and a target, or -1 for padding, which counts neither in the loss nor in the mean. Over the C rows that count,
 *
 *     q[n][v] = (1 - epsilon) (1 if v is the target, else 0) + epsilon / V
 *     loss = -(1/C) sum over n and v of q[n][v] log p[n][v],     p[n] = softmax of logits[n]
 *     d_logits[n][v] = (p[n][v] - q[n][v]) / C
 *
 * d_logits is 0 in the rows of padding; if no row counts, the loss is 0. Logits may be as large as 10000: use
 * log p[v] = x[v] - m - log(sum of e^(x - m)), m the maximum of x. Element (n,v) is logits[n * V + v].
 *
 * 带标签平滑的交叉熵（2017 年的 Transformer 就这样训练）和它的梯度。第 n 行有 V 个 logits 和一个目标；目标为 -1
 * 表示填充，既不计入损失，也不计入平均。设计入的行有 C 行，公式如上。填充行的 d_logits 为 0；没有一行计入时损失为 0。
 * logits 可能大到 10000，要用 log p[v] = x[v] - m - log(对 e^(x-m) 求和)，m 是最大的 x。
 *
 * Allowed: C's mathematics, memory, strings, printing; nothing of common.
 * 可用：C 标准库的数学、内存、字符串、打印函数；不用 common。
 *
 * Check it with: make ex EX=ch03/ex10      A hint: make hint EX=ch03/ex10 */
#include "ch03/exercises/exercises.h"

#include <math.h>

float smoothed_loss(const float *logits /* (N,V) */, const int *targets /* (N) */, int N, int V,
                    float epsilon, float *d_logits /* (N,V) */)
{
    double loss = 0;
    /* BEGIN SOLUTION */
    int count = 0;
    for (int n = 0; n < N; n++)
        count += targets[n] >= 0;
    for (int n = 0; n < N; n++) {
        const float *x = logits + n * V;
        double max = x[0], sum = 0;
        for (int v = 1; v < V; v++)
            max = fmax(max, x[v]);
        for (int v = 0; v < V; v++)
            sum += exp(x[v] - max);
        for (int v = 0; v < V; v++) {
            double log_p = x[v] - max - log(sum), q = (v == targets[n] ? 1 - epsilon : 0) + epsilon / V;
            loss -= targets[n] < 0 ? 0 : q * log_p / count;
            d_logits[n * V + v] = targets[n] < 0 ? 0 : (float)((exp(log_p) - q) / count);
        }
    }
    /* END SOLUTION */
    return (float)loss;
}
