/* Wrong on purpose: ds adds up in memory that was never set. */
#include "ch03/exercises/exercises.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

void attention_backward(const float *q /* (T,D) */, const float *k /* (S,D) */, const float *v /* (S,E) */,
                        const float *d_out /* (T,E) */, int T, int S, int D, int E, float *dq /* (T,D) */,
                        float *dk /* (S,D) */, float *dv /* (S,E) */)
{
    float scale = 1 / sqrtf((float)D);
    float *p = malloc((size_t)S * sizeof *p), *ds = malloc((size_t)S * sizeof *ds); /* of one query */
    memset(dq, 0, (size_t)(T * D) * sizeof *dq);
    memset(dk, 0, (size_t)(S * D) * sizeof *dk);
    memset(dv, 0, (size_t)(S * E) * sizeof *dv);
    for (int t = 0; t < T; t++) {
        float max = -INFINITY, sum = 0, dot = 0; /* dot: d_out[t] . out[t] */
        for (int s = 0; s < S; s++) {
            p[s] = 0;
            for (int d = 0; d < D; d++)
                p[s] += scale * q[t * D + d] * k[s * D + d];
            max = fmaxf(max, p[s]);
        }
        for (int s = 0; s < S; s++)
            sum += p[s] = expf(p[s] - max);
        for (int s = 0; s < S; s++) {
            p[s] /= sum;
            for (int e = 0; e < E; e++) {
                ds[s] += d_out[t * E + e] * v[s * E + e];
                dv[s * E + e] += p[s] * d_out[t * E + e];
            }
            dot += p[s] * ds[s];
        }
        for (int s = 0; s < S; s++) {
            float pull = scale * p[s] * (ds[s] - dot);
            for (int d = 0; d < D; d++) {
                dq[t * D + d] += pull * k[s * D + d];
                dk[s * D + d] += pull * q[t * D + d];
            }
        }
    }
    free(p);
    free(ds);
}
