/* stats.c -- quantiles are found by halving an interval: slow, plain, and exact enough. */
#include "common/base/stats.h"

#include "common/base/arena.h"
#include "common/base/error.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

double stats_mean(const double *x, int n)
{
    double sum = 0;
    for (int i = 0; i < n; i++)
        sum += x[i];
    return sum / n;
}

double stats_std(const double *x, int n)
{
    double mean = stats_mean(x, n), squares = 0;
    for (int i = 0; i < n; i++)
        squares += (x[i] - mean) * (x[i] - mean);
    return n < 2 ? (double)NAN : sqrt(squares / (n - 1));
}

static int by_size(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

double stats_quantile(const double *x, int n, double q)
{
    if (n < 1 || !(q >= 0 && q <= 1))
        FATAL("stats_quantile: %d values and a share of %g; expected at least 1, and 0 to 1", n, q);
    double *sorted = memory_new(sizeof *sorted * (size_t)n), at = q * (n - 1);
    memcpy(sorted, x, sizeof *sorted * (size_t)n);
    qsort(sorted, (size_t)n, sizeof *sorted, by_size);
    int below = (int)at, above = below + 1 < n ? below + 1 : below;
    double found = sorted[below] + (at - below) * (sorted[above] - sorted[below]);
    free(sorted);
    return found;
}

/* ---- distributions --------------------------------------------------------------------------------------- */

static double normal_below(double x, int unused)
{
    (void)unused;
    return 0.5 * erfc(-x / sqrt(2));
}

/* For whole degrees of freedom a finite sum: Abramowitz and Stegun, 1964, 26.7.3 and 26.7.4. */
static double student_below(double t, int freedom)
{
    double angle = atan(t / sqrt(freedom)), c = cos(angle), s = sin(angle), sum = 0;
    bool odd = freedom % 2;
    double term = odd ? c : 1;
    for (int i = odd ? 3 : 2; i <= freedom; i += 2) {
        sum += term;
        term *= c * c * (i - 1) / i;
    }
    double within = odd ? 2 / 3.141592653589793 * (angle + s * sum) : s * sum;
    return 0.5 * (1 + within);
}

static double invert(double (*below)(double, int), int freedom, double q)
{
    double low = -1e4, high = 1e4;
    if (!(q > 0 && q < 1) || freedom < 1)
        FATAL("stats: no quantile %g with %d degrees of freedom", q, freedom);
    for (int i = 0; i < 100; i++) {
        double middle = (low + high) / 2;
        if (below(middle, freedom) < q)
            low = middle;
        else
            high = middle;
    }
    return (low + high) / 2;
}

double stats_normal_quantile(double q)
{
    return invert(normal_below, 1, q);
}

double stats_student_quantile(double q, int freedom)
{
    return invert(student_below, freedom, q);
}

/* ---- intervals ------------------------------------------------------------------------------------------- */

StatsInterval stats_mean_interval(const double *x, int n, double level)
{
    double half = stats_student_quantile((1 + level) / 2, n - 1) * stats_std(x, n) / sqrt(n);
    return (StatsInterval){stats_mean(x, n) - half, stats_mean(x, n) + half};
}

StatsInterval stats_bootstrap(const double *x, int n, double level, int rounds, Rng *rng)
{
    double *means = memory_zero((size_t)rounds, sizeof *means);
    for (int r = 0; r < rounds; r++) {
        for (int i = 0; i < n; i++)
            means[r] += x[rng_below(rng, n)] / n;
    }
    StatsInterval found = {stats_quantile(means, rounds, (1 - level) / 2),
                           stats_quantile(means, rounds, (1 + level) / 2)};
    free(means);
    return found;
}

//> wilson
StatsInterval stats_wilson(long hits, long n, double level)
{
    double z = stats_normal_quantile((1 + level) / 2), size = (double)n, p = (double)hits / size;
    double middle = p + z * z / (2 * size), scale = 1 + z * z / size;
    double half = z * sqrt(p * (1 - p) / size + z * z / (4 * size * size));
    StatsInterval found = {(middle - half) / scale, (middle + half) / scale};
    found.low = hits == 0 ? 0 : found.low; /* exactly, not nearly */
    found.high = hits == n ? 1 : found.high;
    return found;
}
//< wilson

int stats_below(const double *a, const double *b, int n)
{
    int below = 0;
    for (int i = 0; i < n; i++)
        below += a[i] < b[i];
    return below;
}

StatsPaired stats_paired(const double *a, const double *b, int n, int rounds, Rng *rng)
{
    enum { ALL_UP_TO = 16 };
    bool all = n <= ALL_UP_TO;
    long tries = all ? 1L << n : rounds, at_least = 0;
    double observed = 0;
    for (int i = 0; i < n; i++)
        observed += a[i] - b[i];
    for (long r = 0; r < tries; r++) {
        double sum = 0;
        for (int i = 0; i < n; i++)
            sum += (all ? r >> i & 1 : rng_below(rng, 2)) ? a[i] - b[i] : b[i] - a[i];
        at_least += fabs(sum) >= fabs(observed) * (1 - 1e-12);
    }
    /* Of random signs the observed ones are one more, so that p is never 0. */
    double p = all ? (double)at_least / (double)tries : (double)(at_least + 1) / (double)(tries + 1);
    return (StatsPaired){observed / n, p};
}
