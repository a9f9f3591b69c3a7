/* gemv.c -- dot products whose sums run side by side.
 *
 * One chain of additions would wait for each of them; LANES independent ones keep
 * the processor busy, and the order stays fixed. */
#include "common/tensor/gemv.h"

enum { LANES = 64, SMALL = 1 << 17 }; /* below SMALL products, waking the threads takes longer */

float gemv_dot(const float *a, const float *b, int n)
{
    float lane[LANES] = {0};
    int i = 0;
    for (; i + LANES <= n; i += LANES) {
#pragma omp simd
        for (int j = 0; j < LANES; j++)
            lane[j] += a[i + j] * b[i + j];
    }
    for (int j = 0; i + j < n; j++)
        lane[j] += a[i + j] * b[i + j];
    for (int half = LANES / 2; half > 0; half /= 2) {
        for (int j = 0; j < half; j++)
            lane[j] += lane[j + half];
    }
    return lane[0];
}

void gemv_product(const float *x, int n, const float *w, int rows, int cols, const float *bias, float *y)
{
#pragma omp parallel for schedule(static) if ((size_t)n * (size_t)rows * (size_t)cols > SMALL)
    for (int r = 0; r < rows; r++) {
        for (int i = 0; i < n; i++)
            y[(size_t)i * (size_t)rows + (size_t)r] =
                gemv_dot(x + (size_t)i * (size_t)cols, w + (size_t)r * (size_t)cols, cols) +
                (bias ? bias[r] : 0);
    }
}
