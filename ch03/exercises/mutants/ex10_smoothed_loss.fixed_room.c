/* Wrong on purpose: room for 16 words. */
#include "ch03/exercises/exercises.h"

#include <math.h>

float smoothed_loss(const float *logits /* (N,V) */, const int *targets /* (N) */, int N, int V,
                    float epsilon, float *d_logits /* (N,V) */)
{
    double loss = 0;
    int count = 0;
    for (int n = 0; n < N; n++)
        count += targets[n] >= 0;
    for (int n = 0; n < N; n++) {
        const float *x = logits + n * V;
        double max = x[0], sum = 0, p[16];
        for (int v = 1; v < V; v++)
            max = fmax(max, x[v]);
        for (int v = 0; v < V; v++)
            sum += p[v] = exp(x[v] - max);
        for (int v = 0; v < V; v++) {
            double log_p = x[v] - max - log(sum), q = (v == targets[n] ? 1 - epsilon : 0) + epsilon / V;
            loss -= targets[n] < 0 ? 0 : q * log_p / count;
            d_logits[n * V + v] = targets[n] < 0 ? 0 : (float)((p[v] / sum - q) / count);
        }
    }
    return (float)loss;
}
