/* Wrong on purpose: dx is added to what lay there. */
#include "ch02/exercises/exercises.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

void mlp_backward(const Mlp *m, const float *x /* (N,I) */, const float *d_y /* (N,O) */, int N,
                  const MlpGradients *d)
{
    int I = m->inputs, H = m->hidden, O = m->outputs;
    float *h = malloc((size_t)H * sizeof *h);
    memset(d->w1, 0, (size_t)(H * I) * sizeof *d->w1);
    memset(d->b1, 0, (size_t)H * sizeof *d->b1);
    memset(d->w2, 0, (size_t)(O * H) * sizeof *d->w2);
    memset(d->b2, 0, (size_t)O * sizeof *d->b2);
    for (int n = 0; n < N; n++) {
        const float *in = x + n * I, *dy = d_y + n * O;
        for (int j = 0; j < H; j++) {
            h[j] = m->b1[j];
            for (int i = 0; i < I; i++)
                h[j] += m->w1[j * I + i] * in[i];
            h[j] = tanhf(h[j]);
        }
        for (int o = 0; o < O; o++) {
            d->b2[o] += dy[o];
            for (int j = 0; j < H; j++)
                d->w2[o * H + j] += dy[o] * h[j];
        }
        for (int j = 0; j < H; j++) {
            float dz = 0;
            for (int o = 0; o < O; o++)
                dz += m->w2[o * H + j] * dy[o];
            dz *= 1 - h[j] * h[j];
            d->b1[j] += dz;
            for (int i = 0; i < I; i++) {
                d->w1[j * I + i] += dz * in[i];
                d->x[n * I + i] += dz * m->w1[j * I + i];
            }
        }
    }
    free(h);
}
