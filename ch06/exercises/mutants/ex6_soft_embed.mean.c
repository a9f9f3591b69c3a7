/* ex6_soft_embed.c -- exercise 6 of chapter 6, section 6.3.5.
 *
 * Virtual token i is the id V + i: its embedding is row i of vectors. A batch has n positions in all, of which each has
 * an id in 0 .. V + S - 1; a virtual token may stand anywhere, several times, or not at all. Write
 *     x[j * C + c]          the embedding of ids[j]
 *     d_vectors[i * C + c]  the gradient of the loss with respect to vectors, where d_x is that with respect to x
 * The table of real tokens is frozen: nobody wants its gradient.
 *
 * 虚拟词元 i 的编号是 V + i，它的嵌入是 vectors 的第 i 行。一个批次共有 n 个位置，每个位置的编号在 0 .. V + S - 1 之间；
 * 虚拟词元可以在任何位置，可以出现多次，也可以不出现。写出
 *     x[j * C + c]          ids[j] 的嵌入
 *     d_vectors[i * C + c]  损失对 vectors 的梯度，其中 d_x 是损失对 x 的梯度
 * 真实词元的嵌入矩阵是冻结的，不需要它的梯度。
 *
 * Allowed: C's mathematics, memory, strings, printing; nothing of common.
 * 可用：C 标准库的数学、内存、字符串、打印函数；不用 common。
 *
 * Check it with: make ex EX=ch06/ex6      A hint: make hint EX=ch06/ex6 */
#include "ch06/exercises/exercises.h"

void soft_embed(const float *tokens /* (V,C) */, const float *vectors /* (S,C) */, const int *ids /* (n) */,
                const float *d_x /* (n,C) */, int V, int S, int C, int n, float *x /* (n,C) */,
                float *d_vectors /* (S,C) */)
{
    /* BEGIN SOLUTION */
    for (int i = 0; i < S * C; i++)
        d_vectors[i] = 0;
    for (int j = 0; j < n; j++) {
        int i = ids[j] - V; /* below 0: a real token */
        for (int c = 0; c < C; c++) {
            x[j * C + c] = i < 0 ? tokens[ids[j] * C + c] : vectors[i * C + c];
            if (i >= 0)
                d_vectors[i * C + c] += d_x[j * C + c] / n;
        }
    }
    /* END SOLUTION */
}
