/* sdpa_demo.c -- scaled dot-product attention, sections 3.3.1, 3.3.2 and 3.9.
 *
 * First a lookup by hand: four keys, one query, every number on the way. Then the reason for the factor 1/sqrt(d):
 * over many random queries and keys, what becomes of the softmax and its gradient as d grows, with and without it.
 * Last the same softmax read in blocks, as FlashAttention does. */
#include "common/base/base.h"
#include "common/plot/plot.h"

#include <math.h>
#include <stdlib.h>

enum { FEATURES = 4, THINGS = 4, FACTORS = 4, TRIALS = 1000, WIDTHS = 5, MAX_WIDTH = 1024, MAX_KEYS = 256 };

//> attend
static float dot(const float *a, const float *b, int n)
{
    float sum = 0;
    for (int i = 0; i < n; i++)
        sum += a[i] * b[i];
    return sum;
}

/* x (n) -> e^x / sum e^x, in place. Subtracting the maximum changes nothing and avoids overflow. */
static void softmax(float *x, int n)
{
    float max = x[0], sum = 0;
    for (int i = 1; i < n; i++)
        max = fmaxf(max, x[i]);
    for (int i = 0; i < n; i++)
        sum += x[i] = expf(x[i] - max);
    for (int i = 0; i < n; i++)
        x[i] /= sum;
}

/* The weights of n keys (n,d) for one query (d). */
static void attend(const float *query, const float *keys, int n, int d, float scale, float *weight)
{
    for (int i = 0; i < n; i++)
        weight[i] = scale * dot(query, keys + i * d, d);
    softmax(weight, n);
}
//< attend

/* ---- a lookup by hand ---------------------------------------------------------------------------- */

static const char *const NAMES[THINGS] = {"apple (2,1,0,1)", "lemon (2,0,0,0)", "candy (0,2,0,1)",
                                          "car   (0,0,2,1)"};
static const float KEYS[THINGS * FEATURES] = {
    2, 1, 0, 1, /* apple: fruit, sweet, on wheels, red */
    2, 0, 0, 0, /* lemon */
    0, 2, 0, 1, /* candy */
    0, 0, 2, 1, /* car */
};
static const float VALUES[THINGS] = {52, 29, 390, 0}; /* kcal in 100 g */
static const float QUERY[FEATURES] = {2, 2, 0, 0};    /* "a sweet fruit" */

/* For each key: the dot product with the query, the score, its exponential, the weight, and the value. Returns the
 * weighted average of the values. */
static float look_up(double rows[THINGS][5])
{
    float weight[THINGS];
    attend(QUERY, KEYS, THINGS, FEATURES, 1 / sqrtf(FEATURES), weight);
    for (int i = 0; i < THINGS; i++) {
        double fit = (double)dot(QUERY, KEYS + i * FEATURES, FEATURES);
        rows[i][0] = fit;
        rows[i][1] = fit / sqrt(FEATURES);
        rows[i][2] = exp(fit / sqrt(FEATURES));
        rows[i][3] = (double)weight[i];
        rows[i][4] = (double)VALUES[i];
    }
    return dot(weight, VALUES, THINGS);
}

/* A query with a larger norm makes a harder choice: the factor, the weights, the output. */
static void sharpen(double rows[FACTORS][2 + THINGS])
{
    for (int i = 0; i < FACTORS; i++) {
        float weight[THINGS];
        attend(QUERY, KEYS, THINGS, FEATURES, (float)(1 << i) / sqrtf(FEATURES), weight);
        rows[i][0] = 1 << i;
        for (int k = 0; k < THINGS; k++)
            rows[i][1 + k] = (double)weight[k];
        rows[i][1 + THINGS] = (double)dot(weight, VALUES, THINGS);
    }
}

static void look_up_by_hand(void)
{
    static const TabularColumn columns[] = {
        {"q.k", 0}, {"/ sqrt(4)", 0}, {"e^ of it", 2}, {"/ sum = weight", 2}, {"value (kcal)", 0}};
    static const TabularColumn sharper[] = {{"query x", 0}, {"apple", 2}, {"lemon", 2},
                                            {"candy", 2},   {"car", 2},   {"output", 0}};
    double rows[THINGS][5], choices[FACTORS][2 + THINGS], output = (double)look_up(rows);
    puts("A lookup by hand. Features: fruit, sweet, on wheels, red. Query: a sweet fruit = (2,2,0,0)");
    tabular_print_matrix("key", NAMES, columns, 5, rows[0], THINGS);
    printf("output = sum of weight x value = %.0f kcal, the average of all values, weighted by how well "
           "the keys fit\n",
           output);
    sharpen(choices);
    puts("\nThe same query with a larger norm: the average turns into a choice");
    tabular_print_matrix(NULL, NULL, sharper, 2 + THINGS, choices[0], FACTORS);
}

/* ---- why 1/sqrt(d) --------------------------------------------------------------------------------- */

/* Averages over the trials of one width: the standard deviation of the scores; of the weights the maximum and the
 * entropy; the norm of the softmax's Jacobian; the percentage of queries of which it is below 0.01. */
enum { WIDTH, STD, MAX, ENTROPY, JACOBIAN, DEAD, MEASURES };
typedef double Measured[MEASURES];

//> jacobian
/* How strongly the weights respond to the scores: the Frobenius norm of the Jacobian
 * dp_i/ds_j = p_i (1[i=j] - p_j), whose square is S2 - 2 S3 + S2^2 with Sk = sum p_i^k.
 * (With the scale, a query's gradient is this times |k| / sqrt(d), which is about 1.) */
static double jacobian_norm(const float *p, int n)
{
    double s2 = 0, s3 = 0;
    for (int i = 0; i < n; i++) {
        s2 += (double)p[i] * (double)p[i];
        s3 += (double)p[i] * (double)p[i] * (double)p[i];
    }
    return sqrt(fmax(0, s2 - 2 * s3 + s2 * s2));
}
//< jacobian

static double entropy(const float *p, int n)
{
    double sum = 0;
    for (int i = 0; i < n; i++)
        sum -= p[i] > 0 ? (double)p[i] * log((double)p[i]) : 0;
    return sum;
}

/* Adds what one query makes of its keys to the averages. */
static void measure(Measured m, const float *query, const float *keys, int n, int d, float scale)
{
    float weight[MAX_KEYS], max = 0;
    for (int i = 0; i < n; i++) {
        double score = (double)(scale * dot(query, keys + i * d, d));
        m[STD] += score * score / n / TRIALS; /* a variance until the end; the mean is 0 */
    }
    attend(query, keys, n, d, scale, weight);
    for (int i = 0; i < n; i++)
        max = fmaxf(max, weight[i]);
    m[MAX] += (double)max / TRIALS;
    m[ENTROPY] += entropy(weight, n) / TRIALS;
    m[JACOBIAN] += jacobian_norm(weight, n) / TRIALS;
    m[DEAD] += 100.0 * (jacobian_norm(weight, n) < 0.01) / TRIALS;
}

/* Queries and keys of independent numbers of mean 0 and variance 1, as a newly initialized model makes them; the
 * same ones for both: m[0] unscaled, m[1] scaled. */
static void try_width(Measured *m[2], int d, int count, Rng *rng)
{
    float query[MAX_WIDTH], *keys = memory_new(sizeof *keys * (size_t)(count * d)); /* (d), (n,d) */
    for (int trial = 0; trial < TRIALS; trial++) {
        for (int i = 0; i < d; i++)
            query[i] = rng_normal(rng);
        for (int i = 0; i < count * d; i++)
            keys[i] = rng_normal(rng);
        measure(*m[0], query, keys, count, d, 1);
        measure(*m[1], query, keys, count, d, 1 / sqrtf((float)d));
    }
    for (int i = 0; i < 2; i++) {
        (*m[i])[WIDTH] = d;
        (*m[i])[STD] = sqrt((*m[i])[STD]);
    }
    free(keys);
}

static void draw(Measured m[2][WIDTHS], int language)
{
    const PlotText names[] = {plot_text("unscaled", "不缩放"), plot_text("scaled by 1/√d", "乘 1/√d")};
    Plot *p = plot_new("ch03/out/sdpa_demo.svg", language,
                       plot_text("Softmax of q·k, with and without 1/√d", "q·k 的 softmax，缩放与不缩放"));
    plot_log_axes(p, true, false);
    for (int i = 0; i < 4; i++) {
        float x[WIDTHS], y[WIDTHS];
        for (int w = 0; w < WIDTHS; w++) {
            x[w] = (float)m[i % 2][w][WIDTH];
            y[w] = (float)m[i % 2][w][i < 2 ? MAX : JACOBIAN];
        }
        if (i % 2 == 0)
            plot_panel(p, plot_same(NULL));
        plot_axes(p, plot_text("d (channels of q and k)", "d（q、k 的通道数）"),
                  i < 2 ? plot_text("maximum weight", "最大权重")
                        : plot_text("|J| (norm of the Jacobian)", "|J|（雅可比矩阵的范数）"));
        plot_line(p, names[i % 2], x, y, WIDTHS);
    }
    plot_finish(p, "picture");
}

static void saturate(int keys, uint64_t seed, int language)
{
    static const TabularColumn columns[MEASURES] = {{"d", 0},       {"std dev", 1}, {"max weight", 2},
                                                    {"entropy", 2}, {"|J|", 2},     {"dead (%)", 0}};
    Measured m[2][WIDTHS] = {{{0}}};
    Rng rng = rng_new(seed);
    for (int i = 0; i < WIDTHS; i++)
        try_width((Measured *[]){&m[0][i], &m[1][i]}, 4 << 2 * i, keys, &rng);
    printf("\nWhy 1/sqrt(d): %d random queries for each d, each with %d random keys. dead: queries whose "
           "|J| is\n"
           "below 0.01, so that hardly any gradient passes. Entropy of equal weights: %.2f\n",
           TRIALS, keys, log(keys));
    puts("\nq.k: the standard deviation is sqrt(d), and the softmax saturates");
    tabular_print_matrix(NULL, NULL, columns, MEASURES, m[0][0], WIDTHS);
    puts("\nq.k / sqrt(d): the standard deviation is 1 at every d");
    tabular_print_matrix(NULL, NULL, columns, MEASURES, m[1][0], WIDTHS);
    draw(m, language);
}

/* ---- softmax in blocks, section 3.9 ------------------------------------------------------------------- */

//> online
/* What is kept of all blocks read so far: the maximum score, the sum of e^(score - max), and the same sum with
 * each term times its value. */
typedef struct Online {
    float max, sum, out;
} Online;

/* Reads n more scores and values. When the maximum rises, the old sums are rescaled to the new one. */
static void read_block(Online *o, const float *score, const float *value, int n)
{
    float max = o->max;
    for (int i = 0; i < n; i++)
        max = fmaxf(max, score[i]);
    float rescale = expf(o->max - max); /* e^-inf = 0 for the first block */
    o->sum *= rescale;
    o->out *= rescale;
    for (int i = 0; i < n; i++) {
        o->sum += expf(score[i] - max);
        o->out += expf(score[i] - max) * value[i];
    }
    o->max = max;
}
//< online

/* The same output from the whole row at once and from blocks of every size. */
static void compare_online(uint64_t seed)
{
    enum { ROW = 1000 };
    float score[ROW], weight[ROW], value[ROW], difference = 0;
    double whole = 0;
    Rng rng = rng_new(seed);
    for (int i = 0; i < ROW; i++) {
        weight[i] = score[i] = 5 * rng_normal(&rng);
        value[i] = rng_normal(&rng);
    }
    softmax(weight, ROW);
    for (int i = 0; i < ROW; i++)
        whole += (double)(weight[i] * value[i]);
    for (int block = 1; block <= ROW; block++) {
        Online o = {.max = -INFINITY};
        for (int first = 0; first < ROW; first += block)
            read_block(&o, score + first, value + first, first + block > ROW ? ROW - first : block);
        difference = fmaxf(difference, fabsf(o.out / o.sum - (float)whole));
    }
    putchar('\n');
    terminal_verdict(difference <= 1e-5f,
                     "Softmax in blocks of 1 to %d keys: the same output as from the whole row to 1e-5",
                     ROW);
}

int main(int argc, char **argv)
{
    int keys = 32, language = PLOT_BOTH;
    uint64_t seed = 1;
    const Option options[] = {option_int("keys", &keys, 1, MAX_KEYS, "keys that a query meets"),
                              option_seed(&seed), plot_option(&language), OPTION_END};
    options_parse(argc, argv, "Scaled dot-product attention, sections 3.3.1 and 3.3.2.", options);
    look_up_by_hand();
    saturate(keys, seed, language);
    compare_online(seed);
    return error_finish();
}
