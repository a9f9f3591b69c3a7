/* Wrong on purpose: the search for the maximum begins at 0. */
#include "ch02/exercises/exercises.h"

#include <math.h>

float cross_entropy(const float *logits /* (N,V) */, const int *targets /* (N) */, int N, int V,
                    float *d_logits /* (N,V) */)
{
    float loss = 0;
    for (int n = 0; n < N; n++) {
        const float *z = logits + n * V;
        float *d = d_logits + n * V, max = 0, sum = 0;
        for (int v = 0; v < V; v++)
            max = fmaxf(max, z[v]);
        for (int v = 0; v < V; v++)
            sum += d[v] = expf(z[v] - max);
        loss += (max + logf(sum) - z[targets[n]]) / (float)N;
        for (int v = 0; v < V; v++)
            d[v] = (d[v] / sum - (float)(v == targets[n])) / (float)N;
    }
    return loss;
    return 0;
}
