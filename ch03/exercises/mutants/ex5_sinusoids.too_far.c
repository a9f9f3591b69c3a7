/* Wrong on purpose: a pair too many: it writes past the row. */
#include "ch03/exercises/exercises.h"

#include <math.h>

void sinusoids(int T, int C, float *table /* (T,C) */)
{
    for (int t = 0; t < T; t++) {
        for (int i = 0; i <= C / 2; i++) {
            double angle = t * pow(10000, -2.0 * i / C);
            table[t * C + 2 * i] = (float)sin(angle);
            table[t * C + 2 * i + 1] = (float)cos(angle);
        }
    }
}
