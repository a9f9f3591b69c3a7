/* Wrong on purpose: the squares are added up in float. */
#include "ch05/exercises/exercises.h"

#include <math.h>

float accumulate_gradients(const float *gradients /* (M,N) */, const int *counted /* (M) */, int M, int N,
                           float max, float *gradient /* (N) */)
{
    double norm = 0;
    int all = 0;
    float squares = 0;
    for (int k = 0; k < M; k++)
        all += counted[k];
    for (int i = 0; i < N; i++) {
        double sum = 0;
        for (int k = 0; k < M; k++) {
            if (counted[k] > 0)
                sum += (double)counted[k] / all * (double)gradients[k * N + i];
        }
        gradient[i] = (float)sum;
        squares += gradient[i] * gradient[i];
    }
    norm = (double)sqrtf(squares);
    for (int i = 0; i < N; i++) {
        if (!isfinite(norm))
            gradient[i] = 0;
        else if (max > 0 && norm > (double)max)
            gradient[i] = (float)((double)gradient[i] * (double)max / norm);
    }
    return (float)norm;
}
