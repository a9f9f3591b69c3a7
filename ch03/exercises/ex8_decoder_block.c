/* ex8_decoder_block.c -- exercise 8 of chapter 3, section 3.6.1.
 *
 * The decoder block with the norms before the layers. Each layer adds to the stream x:
 *
 *     x = x + self-attention of norm_self(x), causal
 *     x = x + cross-attention: queries from norm_cross(x), keys and values from memory
 *     x = x + feed_forward(norm_feed(x))      feed_forward(h) = down(relu(up(h)))
 *
 * x is (B,T,C) and memory, what the encoder has read, is (B,S,C); the encoder has
 * normalised it already, so it is used as it is. The result is (B,T,C).
 *
 * 前归一化的解码器块，三层都加到主干 x 上：对 norm_self(x) 的因果自注意力；交叉注意力，查询来自
 * norm_cross(x)，键和值来自 memory；前馈网络，输入是 norm_feed(x)。memory 是编码器的输出，
 * 形状为 (B,S,C)，已经归一化过，直接使用。结果是 (B,T,C)。
 *
 * Allowed: C's mathematics, memory, strings, printing; nn_* tensor_*, but not nn_block*.
 * 可用：C 标准库的数学、内存、字符串、打印函数；nn_* tensor_*，但不用 nn_block*。
 *
 * Check it with: make ex EX=ch03/ex8      A hint: make hint EX=ch03/ex8 */
#include "ch03/exercises/exercises.h"

Tensor *decoder_block(Graph *g, const DecoderBlock *b, Tensor *x /* (B,T,C) */,
                      Tensor *memory /* (B,S,C) */, int heads)
{
    /* TODO */
    return NULL;
}
