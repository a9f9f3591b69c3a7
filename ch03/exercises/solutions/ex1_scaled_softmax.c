/* ex1_scaled_softmax.c -- exercise 1 of chapter 3, section 3.3.2.
 *
 * Turn scores into attention weights: divide every score by sqrt(head_dim), then
 * take the softmax of each row, so that every row is positive and sums to 1:
 *
 *     weight[r][c] = e^(s[r][c]) / sum over j of e^(s[r][j]),   s = score / sqrt(head_dim)
 *
 * Scores may be as large as 10000, where e^s overflows: find a way around it.
 *
 * 把得分变成注意力权重：先把每个得分除以 sqrt(head_dim)，再对每一行做 softmax，
 * 使每行都为正且和为 1。得分可能大到 10000，直接算 e^s 会溢出，要想办法避开。
 *
 * Allowed: C's mathematics, memory, strings, printing; nothing of common.
 * 可用：C 标准库的数学、内存、字符串、打印函数；不用 common。
 *
 * Check it with: make ex EX=ch03/ex1      A hint: make hint EX=ch03/ex1 */
#include "ch03/exercises/exercises.h"

#include <math.h>

void scaled_softmax(const float *score /* (rows,cols) */, int rows, int cols, int head_dim,
                    float *weight /* (rows,cols) */)
{
    /* BEGIN SOLUTION */
    float scale = 1 / sqrtf((float)head_dim);
    for (int r = 0; r < rows; r++) {
        const float *s = score + r * cols;
        float *w = weight + r * cols, max = s[0], sum = 0;
        for (int c = 1; c < cols; c++)
            max = fmaxf(max, s[c]);
        for (int c = 0; c < cols; c++)
            sum += w[c] = expf(scale * (s[c] - max));
        for (int c = 0; c < cols; c++)
            w[c] /= sum;
    }
    /* END SOLUTION */
}
