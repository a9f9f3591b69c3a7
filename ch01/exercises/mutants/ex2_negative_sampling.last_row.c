/* ex2_negative_sampling.c -- exercise 2 of chapter 1, section 1.2.2.
 *
 * One training pair of skip-gram with negative sampling. v is the vector of the center word; row 0 of u is the vector
 * of the word that really stands near it, rows 1 to K are those of K words drawn at random. With the sigmoid
 * s(x) = 1 / (1 + e^-x),
 *
 *     loss = -ln s(u[0].v) - sum over k = 1..K of ln s(-u[k].v)
 *
 * Return the loss, and write its gradients dv and du (both are to be set, not added to). The dot products may be
 * some thousand: -ln s(x) = ln(1 + e^-x) must not overflow. K may be 0.
 *
 * 带负采样的 skip-gram 的一个训练样本。v 是中心词的向量；u 的第 0 行是真正出现在它附近的词的向量，第 1 到 K 行是随机抽取的
 * K 个词的向量。损失如上，s 是 sigmoid 函数。返回损失，并写出梯度 dv 和 du（直接赋值，不是累加）。
 * 点积可能大到几千，-ln s(x) = ln(1 + e^-x) 不能溢出。K 可以是 0。
 *
 * Allowed: C's mathematics, memory, strings, printing; nothing of common.
 * 可用：C 标准库的数学、内存、字符串、打印函数；不用 common。
 *
 * Check it with: make ex EX=ch01/ex2      A hint: make hint EX=ch01/ex2 */
#include "ch01/exercises/exercises.h"

#include <math.h>

float negative_sampling(const float *v /* (C) */, const float *u /* (K+1,C) */, int K, int C,
                        float *dv /* (C) */, float *du /* (K+1,C) */)
{
    float loss = 0;
    /* BEGIN SOLUTION */
    for (int i = 0; i < C; i++)
        dv[i] = 0;
    for (int k = 0; k <= K; k++) {
        float score = 0, sign = k == 0 ? -1 : 1;
        for (int i = 0; i < C; i++)
            score += u[k * C + i] * v[i];
        float x = sign * score; /* this row's loss is ln(1 + e^x) */
        loss += fmaxf(x, 0) + log1pf(expf(-fabsf(x)));
        float error = sign / (1 + expf(-x));
        for (int i = 0; i < C; i++) {
            dv[i] = error * u[k * C + i];
            du[k * C + i] = error * v[i];
        }
    }
    /* END SOLUTION */
    return loss;
}
