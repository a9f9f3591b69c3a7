/* law.c -- fitting the scaling law.
 *
 * Fitted are ln A, ln B, ln E, alpha and beta, so that nothing can become negative. The sum of Huber losses is
 * minimised by the method of Levenberg (1944) and Marquardt (1963), with a weight for each point that makes its squared
 * residual a Huber loss: five equations a step, and a step is kept only if the sum falls. */
#include "ch04/law.h"

#include "common/base/arena.h"
#include "common/base/stats.h"

#include <math.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

enum { UNKNOWNS = 5 };
typedef enum Unknown { LN_A, LN_B, LN_E, ALPHA, BETA } Unknown;
static const double DELTA = 1e-3;

double law_loss(const Law *l, double params, double tokens)
{
    return l->e + l->a / pow(params, l->alpha) + l->b / pow(tokens, l->beta);
}

//> residual
/* ln of the law minus ln of the measured loss, and its derivatives with respect to the unknowns p. The law is a sum of
 * three exponentials; the share of each in the sum is the derivative with respect to its logarithm. */
static double residual(const double *p, const LawPoint *x, double *slope)
{
    double ln_n = log(x->params), ln_d = log(x->tokens);
    double a = exp(p[LN_A] - p[ALPHA] * ln_n), b = exp(p[LN_B] - p[BETA] * ln_d), e = exp(p[LN_E]);
    double sum = a + b + e;
    slope[LN_A] = a / sum;
    slope[LN_B] = b / sum;
    slope[LN_E] = e / sum;
    slope[ALPHA] = -ln_n * a / sum;
    slope[BETA] = -ln_d * b / sum;
    return log(sum) - log(x->loss);
}

/* Huber, 1964: a square near 0 and a straight line beyond delta, so that one bad run does not bend the law. */
static double huber(double r)
{
    double size = fabs(r);
    return size <= DELTA ? r * r / 2 : DELTA * (size - DELTA / 2);
}
//< residual

static double objective(const double *p, const LawPoint *points, int n)
{
    double sum = 0, slope[UNKNOWNS];
    for (int i = 0; i < n; i++)
        sum += huber(residual(p, &points[i], slope));
    return sum;
}

/* Solves m x = y by elimination with pivots; m (UNKNOWNS, UNKNOWNS) and y are used up, y becomes x. */
static void solve(double m[UNKNOWNS][UNKNOWNS], double *y)
{
    for (int i = 0; i < UNKNOWNS; i++) {
        int pivot = i;
        for (int r = i + 1; r < UNKNOWNS; r++)
            pivot = fabs(m[r][i]) > fabs(m[pivot][i]) ? r : pivot;
        for (int c = 0; c < UNKNOWNS; c++) {
            double swap = m[i][c];
            m[i][c] = m[pivot][c];
            m[pivot][c] = swap;
        }
        double swap = y[i];
        y[i] = y[pivot];
        y[pivot] = swap;
        for (int r = 0; r < UNKNOWNS; r++) {
            double factor = r == i ? 0 : m[r][i] / m[i][i];
            for (int c = i; c < UNKNOWNS; c++)
                m[r][c] -= factor * m[i][c];
            y[r] -= factor * y[i];
        }
    }
    for (int i = 0; i < UNKNOWNS; i++)
        y[i] /= m[i][i];
}

//> step
/* The step that would bring the weighted squares to 0 if the residuals were linear; damping shortens it. */
static void step_from(const double *p, const LawPoint *points, int n, double damping, double *step)
{
    double m[UNKNOWNS][UNKNOWNS] = {{0}}, slope[UNKNOWNS];
    memset(step, 0, UNKNOWNS * sizeof *step);
    for (int i = 0; i < n; i++) {
        double r = residual(p, &points[i], slope), weight = fabs(r) <= DELTA ? 1 : DELTA / fabs(r);
        for (int j = 0; j < UNKNOWNS; j++) {
            step[j] -= weight * r * slope[j];
            for (int k = 0; k < UNKNOWNS; k++)
                m[j][k] += weight * slope[j] * slope[k];
        }
    }
    for (int j = 0; j < UNKNOWNS; j++)
        m[j][j] += damping * (m[j][j] + 1e-12);
    solve(m, step);
}

static double minimise(double *p, const LawPoint *points, int n)
{
    enum { ROUNDS = 3000 };
    double best = objective(p, points, n), damping = 1e-3, step[UNKNOWNS], next[UNKNOWNS];
    for (int round = 0; round < ROUNDS && damping < 1e12; round++) {
        step_from(p, points, n, damping, step);
        for (int j = 0; j < UNKNOWNS; j++)
            next[j] = p[j] + step[j];
        double sum = objective(next, points, n);
        bool better = sum < best && next[ALPHA] > 0 && next[BETA] > 0;
        damping *= better ? 0.3 : 3;
        if (better) {
            bool over = best - sum < 1e-13 * best;
            memcpy(p, next, sizeof next);
            best = sum;
            if (over)
                break;
        }
    }
    return best;
}
//< step

static Law law_of(const double *p)
{
    return (Law){exp(p[LN_E]), exp(p[LN_A]), exp(p[LN_B]), p[ALPHA], p[BETA]};
}

static double median(const LawPoint *points, int n, size_t offset)
{
    double *x = memory_new(sizeof *x * (size_t)n);
    for (int i = 0; i < n; i++)
        memcpy(&x[i], (const char *)&points[i] + offset, sizeof *x);
    double middle = stats_quantile(x, n, 0.5);
    free(x);
    return middle;
}

Law law_fit(const LawPoint *points, int n)
{
    static const double exponents[] = {0.1, 0.3, 0.6, 1.0}, floors[] = {0.2, 0.6, 0.9};
    double ln_n = log(median(points, n, offsetof(LawPoint, params))),
           ln_d = log(median(points, n, offsetof(LawPoint, tokens))),
           loss = median(points, n, offsetof(LawPoint, loss)), best = INFINITY;
    Law law = {0};
    for (int start = 0; start < 4 * 4 * 3; start++) {
        double alpha = exponents[start % 4], beta = exponents[start / 4 % 4], floor = floors[start / 16];
        double excess =
            log(loss * (1 - floor) / 2); /* in the middle of the points both terms are this large */
        double p[UNKNOWNS] = {excess + alpha * ln_n, excess + beta * ln_d, log(loss * floor), alpha, beta};
        double sum = minimise(p, points, n);
        if (sum < best) {
            best = sum;
            law = law_of(p);
        }
    }
    return law;
}

void law_bootstrap(const LawPoint *points, int n, Law *fits, int rounds, Rng *rng)
{
    LawPoint *sample = memory_new(sizeof *sample * (size_t)n);
    const Law whole = law_fit(points, n);
    for (int round = 0; round < rounds; round++) {
        double p[UNKNOWNS] = {log(whole.a), log(whole.b), log(whole.e), whole.alpha, whole.beta};
        for (int i = 0; i < n; i++)
            sample[i] = points[rng_below(rng, n)];
        minimise(p, sample, n);
        fits[round] = law_of(p);
    }
    free(sample);
}

//> best
/* Where N rises by 1 %, D must fall by 1 %: the best N has alpha A / N^alpha = beta B / D^beta. */
double law_exponent(const Law *l)
{
    return l->beta / (l->alpha + l->beta);
}

double law_best_params(const Law *l, double compute)
{
    double g = pow(l->alpha * l->a / (l->beta * l->b), 1 / (l->alpha + l->beta));
    return g * pow(compute / 6, law_exponent(l));
}
//< best
