/* pca.c -- the first two principal components by power iteration. */
#include "ch01/pca.h"
#include "common/base/arena.h"

#include <math.h>
#include <stdlib.h>

enum { ROUNDS = 500 };

static double dot(const double *a, const double *b, int C)
{
    double sum = 0;
    for (int i = 0; i < C; i++)
        sum += a[i] * b[i];
    return sum;
}

/* The points around their mean, and the sum of all variances. */
static double center(const float *x, int n, int C, double *centered /* (n,C) */)
{
    double total = 0;
    for (int i = 0; i < C; i++) {
        double mean = 0;
        for (int p = 0; p < n; p++)
            mean += (double)x[p * C + i] / n;
        for (int p = 0; p < n; p++) {
            double d = centered[p * C + i] = (double)x[p * C + i] - mean;
            total += d * d / n;
        }
    }
    return total;
}

//> power
/* The direction (C) along which the points vary most, and its variance: v <- X^T X v / n, scaled to length 1. */
static double power_iteration(const double *x /* (n,C) */, int n, int C, double *v /* (C) */)
{
    double next[C], variance = 0;
    for (int i = 0; i < C; i++)
        v[i] = 1 + 0.1 * i; /* anything that is not at right angles to the answer */
    for (int round = 0; round < ROUNDS; round++) {
        for (int i = 0; i < C; i++)
            next[i] = 0;
        for (int p = 0; p < n; p++) {
            double along = dot(x + p * C, v, C);
            for (int i = 0; i < C; i++)
                next[i] += along * x[p * C + i] / n;
        }
        variance = sqrt(dot(next, next, C));
        for (int i = 0; i < C && variance > 0; i++)
            v[i] = next[i] / variance;
    }
    return variance;
}
//< power

void pca_plane(const float *x, int n, int C, float *plane, float *share)
{
    double *centered = memory_new(sizeof *centered * (size_t)(n * C)), v[C];
    double total = center(x, n, C, centered);
    for (int axis = 0; axis < 2; axis++) {
        share[axis] = (float)(power_iteration(centered, n, C, v) / total);
        for (int p = 0; p < n; p++) { /* the coordinate is kept, and taken out of the point */
            double along = dot(centered + p * C, v, C);
            plane[2 * p + axis] = (float)along;
            for (int i = 0; i < C; i++)
                centered[p * C + i] -= along * v[i];
        }
    }
    free(centered);
}
