/* Wrong on purpose: the gradient of B is not scaled. */
#include "ch06/exercises/exercises.h"

void lora(const float *x /* (R,I) */, const float *a /* (r,I) */, const float *b /* (O,r) */, float alpha,
          const float *d_y /* (R,O) */, int R, int I, int O, int r, float *y /* (R,O) */,
          float *d_a /* (r,I) */, float *d_b /* (O,r) */, float *d_x /* (R,I) */)
{
    float scale = alpha / (float)r;
    for (int i = 0; i < R * O; i++)
        y[i] = 0;
    for (int i = 0; i < r * I; i++)
        d_a[i] = 0;
    for (int i = 0; i < O * r; i++)
        d_b[i] = 0;
    for (int i = 0; i < R * I; i++)
        d_x[i] = 0;
    for (int row = 0; row < R; row++) {
        for (int i = 0; i < r; i++) {
            float low = 0, d_low = 0; /* of x A^T, and its gradient */
            for (int p = 0; p < I; p++)
                low += a[i * I + p] * x[row * I + p];
            for (int o = 0; o < O; o++) {
                y[row * O + o] += scale * b[o * r + i] * low;
                d_b[o * r + i] += d_y[row * O + o] * low;
                d_low += scale * d_y[row * O + o] * b[o * r + i];
            }
            for (int p = 0; p < I; p++) {
                d_a[i * I + p] += d_low * x[row * I + p];
                d_x[row * I + p] += d_low * a[i * I + p];
            }
        }
    }
}
