/* law.c -- fitting the scaling law.
 *
 * Fitted are ln A, ln B, ln E, alpha, beta and gamma, or those of them that the form leaves free; by their logarithms
 * A, B and E cannot become negative. The sum of Huber losses is minimised by the method of Levenberg (1944) and
 * Marquardt (1963), with a weight for each point that makes its squared residual a Huber loss: one equation for each
 * unknown, and a step is kept only if the sum falls. */
#include "ch04/law.h"

#include "common/base/arena.h"
#include "common/base/stats.h"

#include <math.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

typedef enum Unknown { LN_A, LN_B, LN_E, ALPHA, BETA, GAMMA, UNKNOWNS } Unknown;
static const bool is_free[LAW_FORMS][UNKNOWNS] = {
    [LAW_SUM] = {[LN_A] = true, [LN_B] = true, [LN_E] = true, [ALPHA] = true, [BETA] = true},
    [LAW_JOINT] = {[LN_A] = true, [LN_B] = true, [ALPHA] = true, [GAMMA] = true}};
static const double DELTA = 1e-3;

double law_loss(const Law *l, double params, double tokens)
{
    return l->e + pow(l->a / pow(params, l->alpha) + l->b / pow(tokens, l->beta), l->gamma);
}

//> residual
/* ln of the law minus ln of the measured loss, and its derivatives with respect to the unknowns p. */
static double residual(const double *p, const LawPoint *x, double *slope)
{
    double ln_n = log(x->params), ln_d = log(x->tokens);
    double a = exp(p[LN_A] - p[ALPHA] * ln_n), b = exp(p[LN_B] - p[BETA] * ln_d), e = exp(p[LN_E]);
    double power = pow(a + b, p[GAMMA]), law = e + power;
    slope[LN_A] = p[GAMMA] * power * a / (a + b) / law;
    slope[LN_B] = p[GAMMA] * power * b / (a + b) / law;
    slope[LN_E] = e / law;
    slope[ALPHA] = -ln_n * slope[LN_A];
    slope[BETA] = -ln_d * slope[LN_B];
    slope[GAMMA] = power * log(a + b) / law;
    return log(law) - log(x->loss);
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
static void step_from(LawForm form, const double *p, const LawPoint *points, int n, double damping,
                      double *step)
{
    double m[UNKNOWNS][UNKNOWNS] = {{0}}, slope[UNKNOWNS];
    memset(step, 0, UNKNOWNS * sizeof *step);
    for (int i = 0; i < n; i++) {
        double r = residual(p, &points[i], slope), weight = fabs(r) <= DELTA ? 1 : DELTA / fabs(r);
        for (int j = 0; j < UNKNOWNS; j++)
            slope[j] = is_free[form][j] ? slope[j] : 0;
        for (int j = 0; j < UNKNOWNS; j++) {
            step[j] -= weight * r * slope[j];
            for (int k = 0; k < UNKNOWNS; k++)
                m[j][k] += weight * slope[j] * slope[k];
        }
    }
    for (int j = 0; j < UNKNOWNS; j++)
        m[j][j] = is_free[form][j] ? m[j][j] + damping * (m[j][j] + 1e-12) : 1;
    solve(m, step);
}

static double minimise(LawForm form, double *p, const LawPoint *points, int n)
{
    enum { ROUNDS = 3000 };
    double best = objective(p, points, n), damping = 1e-3, step[UNKNOWNS], next[UNKNOWNS];
    for (int round = 0; round < ROUNDS && damping < 1e12; round++) {
        step_from(form, p, points, n, damping, step);
        for (int j = 0; j < UNKNOWNS; j++)
            next[j] = p[j] + step[j];
        double sum = objective(next, points, n);
        bool better = sum < best && next[ALPHA] > 0 && next[BETA] > 0 && next[GAMMA] > 0;
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
    return (Law){exp(p[LN_E]), exp(p[LN_A]), exp(p[LN_B]), p[ALPHA], p[BETA], p[GAMMA]};
}

static void unknowns_of(const Law *l, double *p)
{
    p[LN_A] = log(l->a);
    p[LN_B] = log(l->b);
    p[LN_E] = log(l->e); /* of 0: -infinity, whose exponential is 0 again */
    p[ALPHA] = l->alpha;
    p[BETA] = l->beta;
    p[GAMMA] = l->gamma;
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

enum { STARTS = 4 };

/* One of STARTS^3 places to begin at: there the law goes through the median of the points, both terms equally large. */
static void start_at(LawForm form, int start, const LawPoint *points, int n, double *p)
{
    static const double exponents[STARTS] = {0.1, 0.3, 0.6, 1}, floors[STARTS] = {0.2, 0.5, 0.7, 0.9},
                        gammas[STARTS] = {0.05, 0.1, 0.2, 0.5};
    double ln_n = log(median(points, n, offsetof(LawPoint, params))),
           ln_d = log(median(points, n, offsetof(LawPoint, tokens))),
           loss = median(points, n, offsetof(LawPoint, loss)), alpha = exponents[start % STARTS];
    int second = start / STARTS % STARTS, third = start / (STARTS * STARTS);
    Law l = {.e = loss * floors[third], .alpha = alpha, .beta = exponents[second], .gamma = 1};
    if (form == LAW_JOINT)
        l = (Law){.e = 0, .alpha = 2 * alpha, .beta = 1, .gamma = gammas[second] * (1 + 0.5 * third)};
    double term = log(pow(loss - l.e, 1 / l.gamma) / 2);
    unknowns_of(&l, p);
    p[LN_A] = term + l.alpha * ln_n;
    p[LN_B] = term + l.beta * ln_d;
}

Law law_fit(LawForm form, const LawPoint *points, int n)
{
    double best = INFINITY, p[UNKNOWNS];
    Law law = {0};
    for (int start = 0; start < STARTS * STARTS * STARTS; start++) {
        start_at(form, start, points, n, p);
        double sum = minimise(form, p, points, n);
        if (sum < best) {
            best = sum;
            law = law_of(p);
        }
    }
    return law;
}

void law_bootstrap(LawForm form, const LawPoint *points, int n, Law *fits, int rounds, Rng *rng)
{
    LawPoint *sample = memory_new(sizeof *sample * (size_t)n);
    const Law whole = law_fit(form, points, n);
    for (int round = 0; round < rounds; round++) {
        double p[UNKNOWNS];
        unknowns_of(&whole, p);
        for (int i = 0; i < n; i++)
            sample[i] = points[rng_below(rng, n)];
        minimise(form, p, sample, n);
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
