/* Wrong on purpose: the maximum begins at 0, so that very negative scores underflow. */
#include "ch03/exercises/exercises.h"

#include <math.h>
#include <stdlib.h>

void attention(const float *q /* (T,D) */, const float *k /* (S,D) */, const float *v /* (S,E) */, int T,
               int S, int D, int E, float *out /* (T,E) */)
{
    float *weight = malloc((size_t)S * sizeof *weight); /* of one query */
    for (int t = 0; t < T; t++) {
        float max = 0, sum = 0;
        for (int s = 0; s < S; s++) {
            float dot = 0;
            for (int d = 0; d < D; d++)
                dot += q[t * D + d] * k[s * D + d];
            weight[s] = dot / sqrtf((float)D);
            max = fmaxf(max, weight[s]);
        }
        for (int s = 0; s < S; s++)
            sum += weight[s] = expf(weight[s] - max);
        for (int e = 0; e < E; e++) {
            out[t * E + e] = 0;
            for (int s = 0; s < S; s++)
                out[t * E + e] += weight[s] / sum * v[s * E + e];
        }
    }
    free(weight);
}
