/* Wrong on purpose: a gradient with a small norm is scaled up. */
#include "ch05/exercises/exercises.h"

#include <math.h>

float accumulate_gradients(const float *gradients /* (M,N) */, const int *counted /* (M) */, int M, int N,
                           float max, float *gradient /* (N) */)
{
    double norm = 0;
    int all = 0;
    double squares = 0;
    for (int k = 0; k < M; k++)
        all += counted[k];
    for (int i = 0; i < N; i++) {
        double sum = 0;
        for (int k = 0; k < M; k++) {
            if (counted[k] > 0)
                sum += (double)counted[k] / all * (double)gradients[k * N + i];
        }
        gradient[i] = (float)sum;
        squares += sum * sum;
    }
    norm = sqrt(squares);
    for (int i = 0; i < N; i++) {
        if (!isfinite(norm))
            gradient[i] = 0;
        else if (max > 0 && norm > 0)
            gradient[i] = (float)((double)gradient[i] * (double)max / norm);
    }
    return (float)norm;
}
