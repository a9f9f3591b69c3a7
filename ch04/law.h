/* law.h -- the scaling law L(N, D) = E + A / N^alpha + B / D^beta and how it is fitted, section 4.2.2. */
#ifndef CH04_LAW_H
#define CH04_LAW_H

#include "common/base/rng.h"

/* N parameters, D tokens, L nats. Hoffmann et al., 2022. */
typedef struct Law {
    double e, a, b, alpha, beta;
} Law;

typedef struct LawPoint {
    double params, tokens, loss;
} LawPoint;

double law_loss(const Law *l, double params, double tokens);

/* The law with the smallest sum of Huber losses (delta 1e-3) of log L over the points (n >= 6), from several starts. */
Law law_fit(const LawPoint *points, int n);

/* Laws fitted to `rounds` samples of n points drawn with replacement (Efron, 1979): fits (rounds). */
void law_bootstrap(const LawPoint *points, int n, Law *fits, int rounds, Rng *rng);

/* The exponent of the best N at a compute of C = 6 N D: N = G (C / 6)^exponent. */
double law_exponent(const Law *l);

/* That N. */
double law_best_params(const Law *l, double compute);

#endif
