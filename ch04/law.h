/* law.h -- scaling laws L(N, D) = E + (A / N^alpha + B / D^beta)^gamma and how they are fitted, section 4.2.2. */
#ifndef CH04_LAW_H
#define CH04_LAW_H

#include "common/base/rng.h"

/* N parameters, D tokens, L nats. */
typedef struct Law {
    double e, a, b, alpha, beta, gamma;
} Law;

/* LAW_SUM: E + A / N^alpha + B / D^beta, gamma is 1 (Hoffmann et al., 2022).
 * LAW_JOINT: (A / N^alpha + B / D)^gamma, E is 0 and beta 1 (Kaplan et al., 2020, equation 1.5: their alpha_N is
 * alpha gamma, their alpha_D gamma). */
typedef enum LawForm { LAW_SUM, LAW_JOINT, LAW_FORMS } LawForm;

typedef struct LawPoint {
    double params, tokens, loss;
} LawPoint;

double law_loss(const Law *l, double params, double tokens);

/* The law with the smallest sum of Huber losses (delta 1e-3) of log L over the points (n >= 6), from several starts. */
Law law_fit(LawForm form, const LawPoint *points, int n);

/* Laws fitted to `rounds` samples of n points drawn with replacement (Efron, 1979): fits (rounds). */
void law_bootstrap(LawForm form, const LawPoint *points, int n, Law *fits, int rounds, Rng *rng);

/* The exponent of the best N at a compute of C = 6 N D: N = G (C / 6)^exponent. */
double law_exponent(const Law *l);

/* That N. */
double law_best_params(const Law *l, double compute);

#endif
