/* minhash_demo.c -- a set of shingles in 128 numbers: MinHash and locality-sensitive hashing, section 4.1.2.
 *
 * The minimum of a random hash function over a set is the same for two sets with the probability of their Jaccard
 * similarity J. The program measures the estimate that this gives, for a good and for a bad family of hash functions,
 * and the probability that a pair becomes a candidate, against their formulas. */
#include "ch04/minhash.h"
#include "common/base/base.h"
#include "common/demo/demo.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { K = 128 };

/* ---- by hand -------------------------------------------------------------------------------------------- */

static void print_by_hand(void)
{
    static const char *const texts[] = {"the cat sat on the mat", "the cat sat on the hat"};
    Shingles s[2] = {{0}, {0}};
    puts("By hand, with runs of 3 words:");
    for (int i = 0; i < 2; i++) {
        shingles_make(&s[i], texts[i], strlen(texts[i]), 3);
        printf("  \"%s\": %zu shingles\n", texts[i], s[i].count);
    }
    printf("  similarity J = %.2f\n", shingles_jaccard(&s[0], &s[1]));
    shingles_free(&s[0]);
    shingles_free(&s[1]);
}

/* ---- the estimate --------------------------------------------------------------------------------------- */

/* Two sets of random hashes with `both` common elements and `either` in all, so that J is known exactly. */
static void draw_pair(uint64_t *union_of, int both, int either, Rng *rng, const uint64_t **b, int *a_count,
                      int *b_count)
{
    for (int i = 0; i < either; i++)
        union_of[i] = rng_next(rng);
    int only_a = (either - both) / 2; /* A: the first only_a + both; B: all but the first only_a */
    *a_count = only_a + both;
    *b = union_of + only_a;
    *b_count = either - only_a;
}

typedef enum Family { FAMILY_RANDOM, FAMILY_ODD, FAMILIES } Family;

//> families
static MinHash make_family(Family family, int k, Rng *rng)
{
    MinHash m = minhash_new(k, rng); /* a and b drawn at random */
    for (int i = 0; i < k && family == FAMILY_ODD; i++) {
        m.a[i] = (2 * (uint64_t)i + 1) * 0x9e3779b97f4a7c15; /* 1, 3, 5 ... times one constant, and no b */
        m.b[i] = 0;
    }
    return m;
}
//< families

/* The variance of the estimate over many pairs, as a multiple of J (1 - J) / k. */
static double measure_variance(Family family, int both, int either, int pairs, Rng *rng)
{
    uint64_t elements[1000];
    uint16_t a[K], b[K];
    double *estimate = memory_new((size_t)pairs * sizeof *estimate), jaccard = (double)both / either;
    for (int p = 0; p < pairs; p++) {
        MinHash m = make_family(family, K, rng);
        const uint64_t *start;
        int a_count, b_count;
        draw_pair(elements, both, either, rng, &start, &a_count, &b_count);
        minhash_signature(&m, elements, (size_t)a_count, a);
        minhash_signature(&m, start, (size_t)b_count, b);
        estimate[p] = minhash_estimate(a, b, K);
    }
    double sd = stats_std(estimate, pairs);
    free(estimate);
    return sd * sd / (jaccard * (1 - jaccard) / K);
}

static void print_families(Rng *rng)
{
    static const char *const names[] = {"a, b at random", "a = 1, 3, 5 ... times a constant"};
    double values[FAMILIES * 3];
    for (int f = 0; f < FAMILIES; f++)
        for (int j = 0; j < 3; j++)
            values[3 * f + j] = measure_variance((Family)f, 25 + 25 * j, 100, 2000, rng);
    printf("\nVariance of the estimate with k = %d, as a multiple of J (1 - J) / k, over 2000 pairs:\n", K);
    tabular_print_matrix("hash functions", names,
                         (TabularColumn[]){{"J = 0.25", 2}, {"J = 0.50", 2}, {"J = 0.75", 2}}, 3, values,
                         FAMILIES);
}

/* ---- the probability of a candidate --------------------------------------------------------------------- */

static bool share_a_band(const uint16_t *a, const uint16_t *b, int bands, int rows)
{
    for (int i = 0; i < bands; i++)
        if (memcmp(a + i * rows, b + i * rows, (size_t)rows * sizeof *a) == 0)
            return true;
    return false;
}

enum { CURVE_POINTS = 17, CURVE_PAIRS = 1000, SETTINGS = 2 };
static const int setting_bands[SETTINGS] = {32, 16};

typedef struct Curve {
    float jaccard[CURVE_POINTS], share[SETTINGS][CURVE_POINTS], low[SETTINGS][CURVE_POINTS],
        high[SETTINGS][CURVE_POINTS];
} Curve;

static void measure_curve(Curve *c, Rng *rng)
{
    uint64_t elements[100];
    uint16_t a[K], b[K];
    for (int i = 0; i < CURVE_POINTS; i++) {
        int hits[SETTINGS] = {0}, both = 10 + 5 * i;
        c->jaccard[i] = (float)both / 100;
        for (int p = 0; p < CURVE_PAIRS; p++) {
            MinHash m = minhash_new(K, rng);
            const uint64_t *start;
            int a_count, b_count;
            draw_pair(elements, both, 100, rng, &start, &a_count, &b_count);
            minhash_signature(&m, elements, (size_t)a_count, a);
            minhash_signature(&m, start, (size_t)b_count, b);
            for (int s = 0; s < SETTINGS; s++)
                hits[s] += share_a_band(a, b, setting_bands[s], K / setting_bands[s]);
        }
        for (int s = 0; s < SETTINGS; s++) {
            StatsInterval within = stats_wilson(hits[s], CURVE_PAIRS, 0.95);
            c->share[s][i] = (float)hits[s] / CURVE_PAIRS;
            c->low[s][i] = (float)within.low;
            c->high[s][i] = (float)within.high;
        }
    }
}

static void print_curve(Demo *demo, const Curve *c)
{
    static const int shown[] = {4, 8, 12, 14};
    double values[4 * 5];
    for (int i = 0; i < 4; i++) {
        int at = shown[i];
        values[5 * i] = (double)c->jaccard[at];
        for (int s = 0; s < SETTINGS; s++) {
            int bands = setting_bands[s];
            values[5 * i + 1 + 2 * s] = minhash_probability((double)c->jaccard[at], bands, K / bands);
            values[5 * i + 2 + 2 * s] = (double)c->share[s][at];
        }
    }
    printf("\nProbability that a pair shares a band, 1 - (1 - J^r)^b, and the share of %d pairs that do:\n",
           CURVE_PAIRS);
    tabular_print_matrix(
        NULL, NULL,
        (TabularColumn[]){{"J", 2}, {"b 32, r 4", 4}, {"measured", 3}, {"b 16, r 8", 4}, {"measured", 3}},
        5, values, 4);
    double worst = 0;
    for (int s = 0; s < SETTINGS; s++)
        for (int i = 0; i < CURVE_POINTS; i++) {
            double p = minhash_probability((double)c->jaccard[i], setting_bands[s], K / setting_bands[s]);
            double sigma = sqrt(p * (1 - p) / CURVE_PAIRS) + 1e-3;
            worst = fmax(worst, fabs((double)c->share[s][i] - p) / sigma);
        }
    demo_claim(demo, worst < 4, "all %d measured shares lie within 4 standard errors of the formula",
               SETTINGS * CURVE_POINTS);
}

static void draw_curve(Demo *demo, const Curve *c)
{
    static const char *const names[] = {"b = 32, r = 4", "b = 16, r = 8"};
    Plot *p =
        demo_plot(demo, plot_text("Which pairs become candidates", "哪些文档对会成为候选"),
                  plot_text("Jaccard similarity J", "杰卡德相似度 J"), plot_text("probability", "概率"));
    plot_limits(p, 0, 1, 0, 1);
    for (int s = 0; s < SETTINGS; s++) {
        float x[101], y[101];
        for (int i = 0; i <= 100; i++) {
            x[i] = (float)i / 100;
            y[i] = (float)minhash_probability((double)x[i], setting_bands[s], K / setting_bands[s]);
        }
        plot_reference(p, plot_text(NULL, NULL), x, y, 101);
        plot_intervals(p, plot_same(names[s]), c->jaccard, c->share[s], c->low[s], c->high[s],
                       CURVE_POINTS);
    }
    plot_finish(p, "\npicture");
}

int main(int argc, char **argv)
{
    Demo demo = {.name = "ch04/minhash_demo",
                 .about = "MinHash and locality-sensitive hashing, section 4.1.2.",
                 .draws = true};
    demo_begin(&demo, argc, argv, NULL);
    Rng rng = rng_new(demo.seed);
    Curve curve;
    print_by_hand();
    print_families(&rng);
    measure_curve(&curve, &rng);
    print_curve(&demo, &curve);
    draw_curve(&demo, &curve);
    return demo_end(&demo);
}
