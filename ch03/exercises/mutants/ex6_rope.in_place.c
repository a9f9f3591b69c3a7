/* Wrong on purpose: the second line reads what the first has written. */
#include "ch03/exercises/exercises.h"

#include <math.h>

void rope(float *x /* (T,D) */, int T, int D, int first)
{
    for (int t = 0; t < T; t++) {
        for (int i = 0; i < D / 2; i++) {
            double angle = (first + t) * pow(10000, -2.0 * i / D), c = cos(angle), s = sin(angle);
            double b = x[t * D + 2 * i + 1];
            x[t * D + 2 * i] = (float)(x[t * D + 2 * i] * c - b * s);
            x[t * D + 2 * i + 1] = (float)(x[t * D + 2 * i] * s + b * c);
        }
    }
}
