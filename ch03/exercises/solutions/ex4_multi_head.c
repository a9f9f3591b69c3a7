/* ex4_multi_head.c -- exercise 4 of chapter 3, section 3.3.3.
 *
 * Multi-head attention of a sentence to itself, from nn_ operations on the graph g, so
 * that gradients flow by themselves:
 *
 *     q, k, v   nn_linear of x with m->q, m->k, m->v      (B,T,C)
 *     split     heads apart, D = C / heads channels each  (B,H,T,D)
 *     score     q k^T / sqrt(D)                           (B,H,T,T)
 *     mask      if causal: no word sees a later one
 *     weight    softmax of each row
 *     mix       weight v                                  (B,H,T,D)
 *     join      heads side by side again                  (B,T,C)
 *     project   nn_linear with m->out                     (B,T,C)
 *
 * nn_attention, nn_self_attention, nn_mha and nn_block are not allowed: they are the answer.
 * Small functions of your own are, if they are static.
 *
 * 用 nn_ 运算在图 g 上写出多头自注意力：投影、拆头、打分并除以 sqrt(D)、（causal 时）加因果掩码、
 * softmax、混合、拼回、输出投影，形状见上表，D = C / heads。梯度由图自动算出。
 * 不许用 nn_attention、nn_self_attention、nn_mha、nn_block。可以写自己的 static 小函数。
 *
 * Allowed: C's mathematics, memory, strings, printing; nn_* tensor_*, but not nn_attention* nn_self* nn_mha* nn_block*.
 * 可用：C 标准库的数学、内存、字符串、打印函数；nn_* tensor_*，但不用 nn_attention* nn_self* nn_mha* nn_block*。
 *
 * Check it with: make ex EX=ch03/ex4      A hint: make hint EX=ch03/ex4 */
#include "ch03/exercises/exercises.h"

#include <math.h>

/* BEGIN SOLUTION */
/* (B,T,C) -> (B,H,T,D) */
static Tensor *split(Graph *g, Tensor *x, int heads)
{
    int batch = x->shape[0], time = x->shape[1], channels = x->shape[2];
    return nn_transpose(g, nn_reshape(g, x, batch, time, heads, channels / heads), 1, 2);
}
/* END SOLUTION */

Tensor *multi_head_attention(Graph *g, const Mha *m, Tensor *x /* (B,T,C) */, int heads, bool causal)
{
    /* BEGIN SOLUTION */
    int batch = x->shape[0], time = x->shape[1], channels = x->shape[2];
    Tensor *q = split(g, nn_linear(g, &m->q, x), heads);
    Tensor *k = split(g, nn_linear(g, &m->k, x), heads);
    Tensor *v = split(g, nn_linear(g, &m->v, x), heads);
    Tensor *score = nn_scale(g, nn_matmul_nt(g, q, k), 1 / sqrtf((float)(channels / heads)));
    Tensor *weight = nn_softmax(g, causal ? nn_causal_mask(g, score) : score);
    Tensor *mixed = nn_transpose(g, nn_matmul(g, weight, v), 1, 2); /* (B,T,H,D) */
    return nn_linear(g, &m->out, nn_reshape(g, mixed, batch, time, channels));
    /* END SOLUTION */
    return NULL;
}
