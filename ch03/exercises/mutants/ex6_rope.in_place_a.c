/* Wrong on purpose: the second channel is made of the first one after it was rotated. */
#include "ch03/exercises/exercises.h"

#include <math.h>

void rope(float *x /* (T,D) */, int T, int D, int first)
{
    for (int t = 0; t < T; t++) {
        for (int i = 0; i < D / 2; i++) {
            double angle = (first + t) * pow(10000, -2.0 * i / D), c = cos(angle), s = sin(angle);
            x[t * D + 2 * i] = (float)(x[t * D + 2 * i] * c - x[t * D + 2 * i + 1] * s);
            x[t * D + 2 * i + 1] = (float)(x[t * D + 2 * i] * s + x[t * D + 2 * i + 1] * c);
        }
    }
}
