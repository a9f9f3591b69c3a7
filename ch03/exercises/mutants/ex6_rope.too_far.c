/* Wrong on purpose: a pair too many: it rotates past the row. */
#include "ch03/exercises/exercises.h"

#include <math.h>

void rope(float *x /* (T,D) */, int T, int D, int first)
{
    for (int t = 0; t < T; t++) {
        for (int i = 0; i <= D / 2; i++) {
            double angle = (first + t) * pow(10000, -2.0 * i / D), c = cos(angle), s = sin(angle);
            double a = x[t * D + 2 * i], b = x[t * D + 2 * i + 1];
            x[t * D + 2 * i] = (float)(a * c - b * s);
            x[t * D + 2 * i + 1] = (float)(a * s + b * c);
        }
    }
}
