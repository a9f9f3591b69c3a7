/* Wrong on purpose: the line is not joined to the square. */
#include "ch04/exercises/exercises.h"

#include <math.h>
#include <stdbool.h>

float law_loss(const float *p /* (5) */, const float *N /* (n) */, const float *D /* (n) */,
               const float *L /* (n) */, int n, float delta, float *gradient /* (5) */)
{
    double sum = 0;
    double slopes[5] = {0};
    for (int i = 0; i < n; i++) {
        double ln_n = log((double)N[i]), ln_d = log((double)D[i]);
        double a = exp((double)p[0] - (double)p[3] * ln_n), b = exp((double)p[1] - (double)p[4] * ln_d);
        double law = a + b + exp((double)p[2]), r = log(law) - log((double)L[i]);
        bool inside = fabs(r) <= (double)delta;
        double slope = inside ? r : copysign((double)delta, r);
        sum += inside ? r * r / 2 : (double)delta * fabs(r);
        slopes[0] += slope * a / law;
        slopes[1] += slope * b / law;
        slopes[2] += slope * (law - a - b) / law;
        slopes[3] -= slope * ln_n * a / law;
        slopes[4] -= slope * ln_d * b / law;
    }
    for (int j = 0; j < 5; j++)
        gradient[j] = (float)slopes[j];
    return (float)sum;
}
