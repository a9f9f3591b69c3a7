/* ex4_layer_norm.c -- exercise 4 of chapter 2, section 2.1.4.
 *
 * Layer normalization, forward and backward. For each row x of C channels
 *
 *     h[c] = (x[c] - mean) / sqrt(variance + 1e-5)      y[c] = gain[c] h[c] + bias[c]
 *
 * where mean and variance are over the C channels of the row (the variance divides by C). Given d_y, with
 * d_h[c] = gain[c] d_y[c], and again for each row,
 *
 *     d_x[c] = (d_h[c] - mean of d_h - h[c] * mean of (d_h h)) / sqrt(variance + 1e-5)
 *
 * while d_gain[c] = sum over the rows of d_y[c] h[c], and d_bias[c] = sum over the rows of d_y[c].
 * All outputs hold arbitrary values before you write to them.
 *
 * 层归一化的前向与反向，公式如上。均值和方差对一行的 C 个通道求，方差除以 C。d_gain、d_bias 要对所有行求和。
 * 各个输出里原来是无意义的值。
 *
 * Allowed: C's mathematics, memory, strings, printing; nothing of common.
 * 可用：C 标准库的数学、内存、字符串、打印函数；不用 common。
 *
 * Check it with: make ex EX=ch02/ex4      A hint: make hint EX=ch02/ex4 */
#include "ch02/exercises/exercises.h"

#include <math.h>
#include <string.h>

void layer_norm(const float *x /* (N,C) */, const float *gain /* (C) */, const float *bias /* (C) */,
                const float *d_y /* (N,C) */, int N, int C, const LayerNorm *out)
{
    /* BEGIN SOLUTION */
    memset(out->d_gain, 0, (size_t)C * sizeof *out->d_gain);
    memset(out->d_bias, 0, (size_t)C * sizeof *out->d_bias);
    for (int n = 0; n < N; n++) {
        const float *row = x + n * C, *dy = d_y + n * C;
        float mean = 0, variance = 0, mean_dh = 0, mean_dh_h = 0;
        for (int c = 0; c < C; c++)
            mean += row[c] / (float)C;
        for (int c = 0; c < C; c++)
            variance += (row[c] - mean) * (row[c] - mean) / (float)C;
        float inverse = 1 / sqrtf(variance + 1e-5f);
        for (int c = 0; c < C; c++) {
            float h = (row[c] - mean) * inverse, dh = gain[c] * dy[c];
            out->y[n * C + c] = gain[c] * h + bias[c];
            out->d_gain[c] += dy[c] * h;
            out->d_bias[c] += dy[c];
            mean_dh += dh / (float)C;
            mean_dh_h += dh * h / (float)C;
        }
        for (int c = 0; c < C; c++) {
            float h = (row[c] - mean) * inverse;
            out->d_x[n * C + c] = (gain[c] * dy[c] - mean_dh - h * mean_dh_h) * inverse;
        }
    }
    /* END SOLUTION */
}
