/* Wrong on purpose: all sines stand before all cosines. */
#include "ch03/exercises/exercises.h"

#include <math.h>

void sinusoids(int T, int C, float *table /* (T,C) */)
{
    for (int t = 0; t < T; t++) {
        for (int i = 0; i < C / 2; i++) {
            double angle = t * pow(10000, -2.0 * i / C);
            table[t * C + i] = (float)sin(angle);
            table[t * C + C / 2 + i] = (float)cos(angle);
        }
    }
}
