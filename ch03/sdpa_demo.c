/* sdpa_demo.c -- scaled dot-product attention, sections 3.3.1 and 3.3.2.
 *
 * First a lookup by hand: four keys, one query, every number on the way. Then
 * the reason for the factor 1/sqrt(d): over many random queries and keys, what
 * becomes of the softmax and its gradient as d grows, with and without it. */
#include "common/base/base.h"
#include "common/plot/plot.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

enum { FEATURES = 4, THINGS = 4, WIDTHS = 5, MAX_WIDTH = 1024, MAX_KEYS = 256, SHOWN = 8 };

typedef struct Settings {
    int keys, trials;
    uint64_t seed;
    int language; /* of the picture */
} Settings;

static Settings parse(int argc, char **argv)
{
    Settings s = {.keys = 32, .trials = 1000, .seed = 1};
    const Option options[] = {option_int("keys", &s.keys, SHOWN, MAX_KEYS, "keys that a query meets"),
                              option_int("trials", &s.trials, 10, 10000, "random queries for each width"),
                              option_seed(&s.seed), plot_option(&s.language), OPTION_END};
    options_parse(argc, argv, "Scaled dot-product attention, sections 3.3.1 and 3.3.2.", options);
    return s;
}

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
    float largest = x[0], sum = 0;
    for (int i = 1; i < n; i++)
        largest = fmaxf(largest, x[i]);
    for (int i = 0; i < n; i++)
        sum += x[i] = expf(x[i] - largest);
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

static const char *const NAMES[THINGS] = {"apple", "lemon", "candy", "car"};
static const float KEYS[THINGS * FEATURES] = {
    2, 1, 0, 1, /* apple: fruit, sweet, on wheels, red */
    2, 0, 0, 0, /* lemon */
    0, 2, 0, 1, /* candy */
    0, 0, 2, 1, /* car */
};
static const float VALUES[THINGS] = {52, 29, 390, 0}; /* kcal in 100 g */
static const float QUERY[FEATURES] = {2, 2, 0, 0};    /* "a sweet fruit" */

static void look_up_by_hand(void)
{
    float weight[THINGS], sum = 0;
    attend(QUERY, KEYS, THINGS, FEATURES, 1 / sqrtf(FEATURES), weight);
    for (int i = 0; i < THINGS; i++)
        sum += expf(dot(QUERY, KEYS + i * FEATURES, FEATURES) / sqrtf(FEATURES));
    puts("A lookup by hand. Features: fruit, sweet, on wheels, red.");
    printf("Query: a sweet fruit = (%.0f,%.0f,%.0f,%.0f)\n\n", (double)QUERY[0], (double)QUERY[1],
           (double)QUERY[2], (double)QUERY[3]);
    puts("         key        q.k   / sqrt(4)    e^ of it   / sum = weight   value (kcal)");
    for (int i = 0; i < THINGS; i++) {
        const float *k = KEYS + i * FEATURES;
        float fit = dot(QUERY, k, FEATURES), score = fit / sqrtf(FEATURES);
        printf("  %-6s (%.0f,%.0f,%.0f,%.0f) %5.1f %11.1f %11.2f %16.2f %14.0f\n", NAMES[i], (double)k[0],
               (double)k[1], (double)k[2], (double)k[3], (double)fit, (double)score, (double)expf(score),
               (double)weight[i], (double)VALUES[i]);
    }
    printf("  sum %42.2f %16.2f\n", (double)sum, 1.0);
    printf("\noutput = sum of weight x value = %.0f kcal: the average of all values, each as much as its "
           "key fits.\n",
           (double)dot(weight, VALUES, THINGS));
}

/* A longer query makes a harder choice: in the limit one key takes all. */
static void sharpen(void)
{
    puts("\nThe same query, made longer: the average turns into a choice\n");
    puts("  query x   apple  lemon  candy    car   output");
    for (int factor = 1; factor <= 8; factor *= 2) {
        float weight[THINGS];
        attend(QUERY, KEYS, THINGS, FEATURES, (float)factor / sqrtf(FEATURES), weight);
        printf("  %7d", factor);
        for (int i = 0; i < THINGS; i++)
            printf(" %6.2f", (double)weight[i]);
        printf(" %8.0f\n", (double)dot(weight, VALUES, THINGS));
    }
}

/* ---- why 1/sqrt(d) --------------------------------------------------------------------------------- */

/* Averages over the trials of one width. */
typedef struct Measured {
    double std, largest, entropy, jacobian, dead;
    float sorted[SHOWN]; /* the largest weights, in falling order */
} Measured;

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

static int falling(const void *a, const void *b)
{
    float x = *(const float *)a, y = *(const float *)b;
    return (x < y) - (x > y);
}

/* Adds what one query makes of its keys to the averages. */
static void measure(Measured *m, const float *query, const float *keys, int n, int d, float scale,
                    int trials)
{
    float weight[MAX_KEYS];
    double part = 1.0 / trials;
    for (int i = 0; i < n; i++) {
        double score = (double)(scale * dot(query, keys + i * d, d));
        m->std += part * score * score / n; /* a variance until the end; the mean is 0 */
    }
    attend(query, keys, n, d, scale, weight);
    m->entropy += part * entropy(weight, n);
    m->jacobian += part * jacobian_norm(weight, n);
    m->dead += part * (jacobian_norm(weight, n) < 0.01);
    qsort(weight, (size_t)n, sizeof *weight, falling);
    m->largest += part * (double)weight[0];
    for (int i = 0; i < SHOWN; i++)
        m->sorted[i] += (float)part * weight[i];
}

/* Queries and keys of independent numbers of mean 0 and variance 1, as a newly
 * initialized model makes them; the same ones for both: m[0] unscaled, m[1] scaled. */
static void try_width(Measured m[2], int d, const Settings *s, Rng *rng)
{
    float query[MAX_WIDTH], *keys = memory_new(sizeof *keys * (size_t)(s->keys * d)); /* (d), (n,d) */
    for (int trial = 0; trial < s->trials; trial++) {
        for (int i = 0; i < d; i++)
            query[i] = rng_normal(rng);
        for (int i = 0; i < s->keys * d; i++)
            keys[i] = rng_normal(rng);
        measure(&m[0], query, keys, s->keys, d, 1, s->trials);
        measure(&m[1], query, keys, s->keys, d, 1 / sqrtf((float)d), s->trials);
    }
    for (int i = 0; i < 2; i++)
        m[i].std = sqrt(m[i].std);
    free(keys);
}

static void print_measured(const char *title, const int *width, Measured m[WIDTHS][2], int scaled)
{
    static const char *const columns[SHOWN] = {"1st", "2nd", "3rd", "4th", "5th", "6th", "7th", "8th"};
    char text[WIDTHS][16];
    const char *names[WIDTHS];
    float cells[WIDTHS * SHOWN];
    printf("\n%s\n       d   std dev   max weight   entropy   |J|   dead\n", title);
    for (int i = 0; i < WIDTHS; i++) {
        const Measured *x = &m[i][scaled];
        printf("  %6d   %7.1f   %10.2f   %7.2f   %.2f   %3.0f%%\n", width[i], x->std, x->largest,
               x->entropy, x->jacobian, 100 * x->dead);
        snprintf(text[i], sizeof text[i], "d = %d", width[i]);
        names[i] = text[i];
        for (int k = 0; k < SHOWN; k++)
            cells[i * SHOWN + k] = x->sorted[k];
    }
    puts("  the weights of a query in descending order, on average");
    terminal_heatmap(cells, WIDTHS, SHOWN, names, columns);
}

static void draw(const int *width, Measured m[WIDTHS][2], int language, const char *path)
{
    Plot *p = plot_new(path, language,
                       plot_text("Softmax of q·k, with and without 1/√d", "q·k 的 softmax，缩放与不缩放"));
    plot_log_axes(p, true, false);
    for (int jacobian = 0; jacobian < 2; jacobian++) {
        plot_panel(p, plot_same(NULL));
        plot_axes(p, plot_text("d (channels of q and k)", "d（q、k 的通道数）"),
                  jacobian ? plot_text("|J| (norm of the Jacobian)", "|J|（雅可比矩阵的范数）")
                           : plot_text("maximum weight", "最大权重"));
        for (int scaled = 0; scaled < 2; scaled++) {
            float x[WIDTHS], y[WIDTHS];
            for (int i = 0; i < WIDTHS; i++) {
                x[i] = (float)width[i];
                y[i] = (float)(jacobian ? m[i][scaled].jacobian : m[i][scaled].largest);
            }
            plot_line(p, scaled ? plot_text("scaled by 1/√d", "乘 1/√d") : plot_text("unscaled", "不缩放"),
                      x, y, WIDTHS);
        }
    }
    putchar('\n');
    plot_finish(p, "picture");
}

static void saturate(const Settings *s)
{
    static const int width[WIDTHS] = {4, 16, 64, 256, MAX_WIDTH};
    Measured m[WIDTHS][2] = {{{0}}};
    Rng rng = rng_new(s->seed);
    for (int i = 0; i < WIDTHS; i++)
        try_width(m[i], width[i], s, &rng);
    printf("\nWhy 1/sqrt(d): %d random queries for each d, each with %d random keys\n", s->trials, s->keys);
    puts("  std dev     standard deviation of the scores\n"
         "  max weight  the maximum of a query's weights");
    printf("  entropy     of the weights; all equal: %.2f, all on one key: 0\n", log(s->keys));
    puts("  |J|         Frobenius norm of the softmax's Jacobian, the factor on the gradient\n"
         "  dead        share of queries with |J| below 0.01: hardly any gradient passes");
    print_measured("q.k: the standard deviation is sqrt(d), and the softmax saturates", width, m, 0);
    print_measured("q.k / sqrt(d): the standard deviation is 1 at every d", width, m, 1);
    const Measured *wide = m[WIDTHS - 1];
    printf("\nAt d = %d, %.0f%% of the queries are dead without the scale, %.0f%% with it.\n",
           width[WIDTHS - 1], 100 * wide[0].dead, 100 * wide[1].dead);
    draw(width, m, s->language, "ch03/out/sdpa_demo.svg");
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
static void compare_online(const Settings *s)
{
    enum { ROW = 1000 };
    float score[ROW], weight[ROW], value[ROW], difference = 0;
    double whole = 0;
    Rng rng = rng_new(s->seed);
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
    printf("\nSoftmax in blocks of 1 to %d keys: the same output as from the whole row to 1e-5: %s\n", ROW,
           difference <= 1e-5f ? "yes" : "NO");
}

int main(int argc, char **argv)
{
    Settings s = parse(argc, argv);
    look_up_by_hand();
    sharpen();
    saturate(&s);
    compare_online(&s);
    return error_finish();
}
