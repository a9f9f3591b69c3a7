/* Wrong on purpose: the maximum begins at 0, so that very negative scores underflow. */
#include "ch03/exercises/exercises.h"

#include <math.h>

void read_block(const float *score /* (n) */, const float *value /* (n,E) */, int n, int E, float *max,
                float *sum, float *out /* (E) */)
{
    float now = fmaxf(*max, 0);
    for (int s = 0; s < n; s++)
        now = fmaxf(now, score[s]);
    if (now == -INFINITY)
        return; /* nothing has been seen yet */
    float rescale = expf(*max - now);
    *sum *= rescale;
    for (int e = 0; e < E; e++)
        out[e] *= rescale;
    for (int s = 0; s < n; s++) {
        float weight = expf(score[s] - now);
        *sum += weight;
        for (int e = 0; e < E; e++)
            out[e] += weight * value[s * E + e];
    }
    *max = now;
}
