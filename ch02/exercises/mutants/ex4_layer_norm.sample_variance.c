/* Wrong on purpose: the variance divides by C - 1. */
#include "ch02/exercises/exercises.h"

#include <math.h>
#include <string.h>

void layer_norm(const float *x /* (N,C) */, const float *gain /* (C) */, const float *bias /* (C) */,
                const float *d_y /* (N,C) */, int N, int C, const LayerNorm *out)
{
    memset(out->d_gain, 0, (size_t)C * sizeof *out->d_gain);
    memset(out->d_bias, 0, (size_t)C * sizeof *out->d_bias);
    for (int n = 0; n < N; n++) {
        const float *row = x + n * C, *dy = d_y + n * C;
        float mean = 0, variance = 0, mean_dh = 0, mean_dh_h = 0;
        for (int c = 0; c < C; c++)
            mean += row[c] / (float)C;
        for (int c = 0; c < C; c++)
            variance += (row[c] - mean) * (row[c] - mean) / (float)(C - 1);
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
}
