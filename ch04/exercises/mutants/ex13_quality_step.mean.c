/* ex13_quality_step.c -- exercise 13 of chapter 4, section 4.1.2.
 *
 * One training step of the quality classifier. A text has n features, of which feature i lies in bucket[i]; the same
 * bucket may come several times and then counts as often. With
 *   z = b + 1/sqrt(n) * (sum over i of w[bucket[i]])     p = 1 / (1 + e^-z)
 * p is the probability that the text is good, and y says whether it is: 1 or 0. Take one step of gradient descent on
 * the loss -ln p (y = 1) or -ln (1 - p) (y = 0): write the new weights to w_next, the new bias to b_next[0], and
 * return p as it was before the step. Buckets that the text does not have keep their weight.
 *
 * 质量分类器的一步训练。一段文本有 n 个特征，第 i 个落在桶 bucket[i] 里；同一个桶可以出现多次，出现几次就算几次。设
 *   z = b + 1/sqrt(n) * （对 i 求和 w[bucket[i]]）     p = 1 / (1 + e^-z)
 * p 是文本为好的概率，y 说明它是否真的好：1 或 0。对损失 -ln p（y = 1）或 -ln (1 - p)（y = 0）做一步梯度下降：把新权重写入
 * w_next，新偏置写入 b_next[0]，返回更新之前的 p。文本里没有的桶，权重不变。
 *
 * Allowed: C's mathematics, memory, strings, printing; nothing of common.
 * 可用：C 标准库的数学、内存、字符串、打印函数；不用 common。
 *
 * Check it with: make ex EX=ch04/ex13      A hint: make hint EX=ch04/ex13 */
#include "ch04/exercises/exercises.h"

#include <math.h>

float quality_step(const float *w /* (V) */, float b, const int *bucket /* (n) */, int n, int V, int y,
                   float rate, float *w_next /* (V) */, float *b_next /* (1) */)
{
    float p = 0;
    /* BEGIN SOLUTION */
    double z = 0;
    for (int i = 0; i < n; i++)
        z += w[bucket[i]];
    z = b + z / n;
    p = (float)(1 / (1 + exp(-z)));
    float error = p - (float)y;
    for (int v = 0; v < V; v++)
        w_next[v] = w[v];
    for (int i = 0; i < n; i++)
        w_next[bucket[i]] -= rate * error / sqrtf((float)n);
    b_next[0] = b - rate * error;
    /* END SOLUTION */
    return p;
}
