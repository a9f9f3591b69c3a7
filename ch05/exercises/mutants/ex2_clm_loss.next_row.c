/* Wrong on purpose: the last position of a row predicts the first token of the next row. */
#include "ch05/exercises/exercises.h"

#include <math.h>
#include <string.h>

float clm_loss(const float *logits /* (B,T,V) */, const int *ids /* (B,T) */, const int *ignore /* (B,T) */,
               int B, int T, int V, float *d_logits /* (B,T,V) */)
{
    double loss = 0;
    int count = 0;
    for (int i = 0; i < B * T; i++)
        count += i > 0 && !ignore[i];
    memset(d_logits, 0, (size_t)(B * T * V) * sizeof *d_logits);
    for (int i = 0; i + 1 < B * T; i++) {
        const float *x = logits + i * V;
        float *d = d_logits + i * V, largest = x[0], sum = 0;
        bool counts = !ignore[i + 1];
        if (!counts)
            continue;
        for (int v = 1; v < V; v++)
            largest = fmaxf(largest, x[v]);
        for (int v = 0; v < V; v++)
            sum += expf(x[v] - largest);
        for (int v = 0; v < V; v++)
            d[v] = expf(x[v] - largest) / sum / (float)count;
        d[ids[i + 1]] -= 1 / (float)count;
        loss -= (double)(x[ids[i + 1]] - largest - logf(sum)) / count;
    }
    return (float)loss;
}
