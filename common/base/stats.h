/* stats.h -- how sure a number is: over seeds, over questions, over pairs.
 *
 *     double loss[] = {1.52, 1.49, 1.55, 1.50, 1.53};        five seeds
 *     StatsInterval mean = stats_mean_interval(loss, 5, 0.95);
 *     StatsInterval share = stats_wilson(83, 100, 0.95);      83 of 100 right: 74.5 to 89.1 %
 *
 * A level of 0.95 gives an interval that holds the true value in 95 of 100 repetitions. */
#ifndef BASE_STATS_H
#define BASE_STATS_H

#include "common/base/rng.h"

typedef struct StatsInterval {
    double low, high;
} StatsInterval;

/* The mean of x (n), n >= 1. */
double stats_mean(const double *x, int n);

/* The standard deviation of a sample: sqrt(sum (x - mean)^2 / (n - 1)); NaN for n = 1. */
double stats_std(const double *x, int n);

/* The value below which a share q of x lies, 0 <= q <= 1: 0.5 is the median. Between two values it is
 * interpolated linearly, as numpy does. */
double stats_quantile(const double *x, int n, double q);

/* The quantiles of the normal distribution, and of Student's t with `freedom` degrees of freedom. */
double stats_normal_quantile(double q);
double stats_student_quantile(double q, int freedom);

/* Of the mean, when x is roughly normal, as over seeds: mean -+ t s / sqrt(n). Student, 1908. n >= 2. */
StatsInterval stats_mean_interval(const double *x, int n, double level);

/* Of the mean without assuming a distribution: the quantiles of the means of `rounds` samples of n drawn
 * from x with replacement. Efron, 1979. */
StatsInterval stats_bootstrap(const double *x, int n, double level, int rounds, Rng *rng);

/* Of a proportion: hits of n. Wilson, 1927. Unlike p -+ z sqrt(p (1-p) / n) it stays within 0 and 1 and
 * does not shrink to nothing at 0 or n hits. */
StatsInterval stats_wilson(long hits, long n, double level);

/* In how many of n pairs, such as runs with the same seeds, a lies below b. */
int stats_below(const double *a, const double *b, int n);

/* Whether a differs from b, measured on the same n things: the same seeds, the same questions. */
typedef struct StatsPaired {
    double difference; /* mean of a - b */
    double p;          /* how often signs drawn at random give a difference at least as large (two-sided) */
} StatsPaired;

/* Fisher's randomisation test, 1935: if nothing differs, each a[i] - b[i] might as well have the other sign.
 * All 2^n choices of the signs for n <= 16, else `rounds` random ones. */
StatsPaired stats_paired(const double *a, const double *b, int n, int rounds, Rng *rng);

#endif
