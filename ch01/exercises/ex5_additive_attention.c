/* ex5_additive_attention.c -- exercise 5 of chapter 1, section 1.2.4.
 *
 * The weights of additive attention, and back. q is the query (the decoder's state after its matrix), row s of k is the
 * key of word s of the source:
 *
 *     score[s] = sum over j of v[j] tanh(q[j] + k[s][j])        w = softmax of score over the S words
 *
 * Backward: dw is the gradient of the loss with respect to w. Write dq, dk and dv, the gradients with respect to q, k
 * and v (all are to be set, not added to). Scores may be some hundred: e^score must not overflow.
 *
 * 加性注意力的权重，以及反向传播。q 是查询（解码器状态经过矩阵之后），k 的第 s 行是源句第 s 个词的键，公式如上。
 * 反向：dw 是损失对 w 的梯度，写出对 q、k、v 的梯度 dq、dk、dv（直接赋值，不是累加）。得分可能大到几百，e^score 不能溢出。
 *
 * Allowed: C's mathematics, memory, strings, printing; nothing of common.
 * 可用：C 标准库的数学、内存、字符串、打印函数；不用 common。
 *
 * Check it with: make ex EX=ch01/ex5      A hint: make hint EX=ch01/ex5 */
#include "ch01/exercises/exercises.h"

#include <math.h>

void additive_attention(const float *q /* (A) */, const float *k /* (S,A) */, const float *v /* (A) */,
                        const float *dw /* (S) */, int S, int A, float *w /* (S) */, float *dq /* (A) */,
                        float *dk /* (S,A) */, float *dv /* (A) */)
{
    /* TODO */
}
