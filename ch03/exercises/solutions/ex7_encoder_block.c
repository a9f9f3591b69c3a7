/* ex7_encoder_block.c -- exercise 7 of chapter 3, section 3.5.1.
 *
 * The encoder block as it has been built since GPT-2, with the norms before the layers:
 *
 *     x = x + attention(norm1(x))
 *     x = x + feed_forward(norm2(x))      feed_forward(h) = down(relu(up(h)))
 *
 * x is (B,T,C), and so is the result. nn_norm, nn_mha (not causal, no lengths), nn_linear,
 * nn_relu and nn_add are all it takes.
 *
 * 前归一化的编码器块：先 x 加上 attention(norm1(x))，再加上 feed_forward(norm2(x))。
 * 输入和输出都是 (B,T,C)。用 nn_norm、nn_mha（不加因果掩码，lengths 为 NULL）、nn_linear、
 * nn_relu 和 nn_add 就够了。
 *
 * Allowed: C's mathematics, memory, strings, printing; nn_* tensor_*, but not nn_block*.
 * 可用：C 标准库的数学、内存、字符串、打印函数；nn_* tensor_*，但不用 nn_block*。
 *
 * Check it with: make ex EX=ch03/ex7      A hint: make hint EX=ch03/ex7 */
#include "ch03/exercises/exercises.h"

Tensor *encoder_block(Graph *g, const EncoderBlock *b, Tensor *x /* (B,T,C) */, int heads)
{
    /* BEGIN SOLUTION */
    Tensor *h = nn_norm(g, &b->norm1, x);
    x = nn_add(g, x, nn_mha(g, &b->attention, h, h, heads, false, NULL));
    h = nn_norm(g, &b->norm2, x);
    return nn_add(g, x, nn_linear(g, &b->down, nn_relu(g, nn_linear(g, &b->up, h))));
    /* END SOLUTION */
    return NULL;
}
