/* precision_demo.c -- training with 16 bits, section 5.5.
 *
 * Three formats near 1; what it costs a matrix product to round its operands to bfloat16; then training runs from the
 * same weights over the same batches: in float32, with the products in bfloat16, and with the weights kept in it as
 * well. The last shows why mixed precision keeps its weights in 32 bits. */
#include "common/demo/demo.h"
#include "common/tensor/kernels.h"
#include "ch05/story_run.h"

#include <math.h>
#include <stdlib.h>

enum { BATCH = 8, TIME = 32, LAYERS = 2, CHANNELS = 64, SEEDS = 3, WARMUP_SHARE = 10 };

/* ---- formats ----------------------------------------------------------------------------------------- */

//> formats
typedef struct Format {
    const char *name;
    int digits;   /* binary digits of a number, the first of which is always 1 */
    int min, max; /* exponents of normal numbers */
} Format;
enum { FORMATS = 3 };

static const Format formats[FORMATS] = {
    {"float32", 24, -126, 127}, {"bfloat16", 8, -126, 127}, {"float16", 11, -14, 15}};

/* The nearest number with so many digits; between two, the even one. */
static double nearest(double x, const Format *f)
{
    int exponent;
    double fraction = frexp(x, &exponent); /* 0.5 .. 1 */
    return ldexp(rint(ldexp(fraction, f->digits)), exponent - f->digits);
}
//< formats

/* What becomes of three numbers, the smallest normal number and the largest. */
static void limits(const Format *f, double numbers[5])
{
    static const double near_one[3] = {1.001, 1.003, 1.01};
    for (int i = 0; i < 3; i++)
        numbers[i] = nearest(near_one[i], f);
    numbers[3] = ldexp(1, f->min);
    numbers[4] = ldexp(2 - ldexp(1, 1 - f->digits), f->max);
}

static void show_formats(void)
{
    static const TabularColumn columns[] = {{"1.001 becomes", -7},
                                            {"1.003 becomes", -7},
                                            {"1.01 becomes", -7},
                                            {"smallest normal", -2},
                                            {"largest", -3}};
    puts("Three formats");
    Tabular *t = tabular_with("format", columns, 5);
    for (int i = 0; i < FORMATS; i++) {
        double numbers[5];
        limits(&formats[i], numbers);
        tabular_row(t, formats[i].name, numbers);
    }
    tabular_print(t);
}

/* ---- products ------------------------------------------------------------------------------------------ */

/* c = a b^T in a precision, and the best time of some tries. */
static double multiply(TensorPrecision precision, const Tensor *a, const Tensor *b, Tensor *c)
{
    enum { TRIES = 5 };
    int m = a->shape[0], n = b->shape[0], k = a->shape[1];
    double best = INFINITY;
    for (int i = 0; i < TRIES; i++) {
        double start = clock_busy();
        kernel_matmul_in(precision, m, n, k, 1, (Matrix){a->data, k, false}, (Matrix){b->data, k, true}, 0,
                         NULL, c->data, n);
        best = fmin(best, clock_busy() - start);
    }
    return best;
}

enum { ROWS = 192, COLS = 256, DEPTHS = 3 };

/* A product over k of random numbers, rounded beside exact: k, the relative error in thousandths, and the time in
 * float32's. */
static void compare_products(int k, Rng *rng, double numbers[3])
{
    Arena *memory = arena_new();
    Tensor *a = tensor_new(memory, ROWS, k), *b = tensor_new(memory, COLS, k);
    Tensor *exact = tensor_new(memory, ROWS, COLS), *rounded = tensor_new(memory, ROWS, COLS);
    tensor_normal(a, 1, rng);
    tensor_normal(b, 1, rng);
    double full = multiply(TENSOR_F32, a, b, exact), half = multiply(TENSOR_BF16, a, b, rounded), error = 0;
    for (size_t j = 0; j < exact->size; j++)
        error += pow((double)(rounded->data[j] - exact->data[j]), 2);
    numbers[0] = k;
    numbers[1] = 1e3 * sqrt(error / kernel_sum_squares(exact->data, exact->size));
    numbers[2] = half / full;
    arena_free(memory);
}

static void show_products(uint64_t seed)
{
    static const TabularColumn columns[] = {
        {"k", 0}, {"relative error / 1000", 1}, {"time / float32's", 2}};
    static const int depths[DEPTHS] = {64, 512, 4096};
    double numbers[DEPTHS][3];
    Rng rng = rng_new(seed);
    for (int i = 0; i < DEPTHS; i++)
        compare_products(depths[i], &rng, numbers[i]);
    printf("\nA product (%d,k) (k,%d) of random numbers, operands rounded to bfloat16, sums in float32\n",
           ROWS, COLS);
    tabular_print_matrix(NULL, NULL, columns, 3, numbers[0], DEPTHS);
}

/* ---- training ----------------------------------------------------------------------------------------- */

typedef enum Way { FLOAT32, MIXED, ALL_BF16, WAYS } Way;
static const char *const way_names[WAYS] = {"all in float32", "products in bfloat16", "weights in it, too"};

//> round-weights
/* Rounds all weights; how many of them a step then left as they were (before: their values until then). */
static double round_weights(const Params *p, float *before)
{
    double stayed = 0, count = 0;
    for (int i = 0; i < p->count; i++) {
        Tensor *t = p->items[i].tensor;
        for (size_t j = 0; j < t->size; j++) {
            t->data[j] = (float)nearest((double)t->data[j], &formats[1]);
            stayed += t->data[j] == *before;
            *before++ = t->data[j];
        }
        count += (double)t->size;
    }
    return stayed / count;
}
//< round-weights

typedef struct Outcome {
    double loss[SEEDS];   /* held out, at the end */
    double stayed[SEEDS]; /* share of the weights that a step leaves as they were, over the last half */
} Outcome;

static void train(Graph *g, const Stories *text, const Demo *d, float max, Way way, int seed, Outcome *out)
{
    StoryRun r = story_run_new(text, LAYERS, CHANNELS, BATCH, TIME, 0.1f, d->seed * 100 + (uint64_t)seed);
    const Params *p = &r.model->params;
    float *before = memory_zero(nn_param_total(p), sizeof *before);
    double stayed = 0;
    nn_graph_multiply_in(g, way == FLOAT32 ? TENSOR_F32 : TENSOR_BF16);
    for (int step = 0; step < d->steps; step++) {
        float rate = nn_cosine_rate(step, d->steps / WARMUP_SHARE, d->steps, max, max / 10);
        story_run_draw(&r);
        nn_train_step(g, r.optimizer, story_run_loss(g, &r), rate, 1);
        double now = way == ALL_BF16 ? round_weights(p, before) : 0;
        stayed += step >= d->steps / 2 ? now : 0;
    }
    out->loss[seed] = story_run_test(g, &r, 20);
    out->stayed[seed] = way == ALL_BF16 ? 100 * stayed / (d->steps - d->steps / 2) : NAN;
    free(before);
    story_run_free(&r);
}

/* In how many seeds `a` ended within 1 % of float32. */
static int near(const Outcome *a, const Outcome *full)
{
    int count = 0;
    for (int i = 0; i < SEEDS; i++)
        count += fabs(a->loss[i] / full->loss[i] - 1) < 0.01;
    return count;
}

static void train_all(const Demo *d, float rate, Outcome o[WAYS])
{
    Stories text = stories_new(d->seed);
    Graph *g = nn_graph_new();
    for (int i = 0; i < WAYS * SEEDS; i++)
        train(g, &text, d, rate, (Way)(i / SEEDS), i % SEEDS, &o[i / SEEDS]);
    nn_graph_free(g);
    stories_free(&text);
}

static void show_training(const Demo *d, float rate)
{
    static const TabularColumn columns[] = {{"held-out loss", 3}, {"weights a step leaves, %", 0}};
    Outcome o[WAYS];
    train_all(d, rate, o);
    printf("\n%d steps, maximum learning rate %g; mean and standard deviation of %d seeds\n", d->steps,
           (double)rate, SEEDS);
    tabular_print_seeds("training", way_names, columns, 2, o[0].loss, WAYS, SEEDS);
    printf("  within 1%% of float32: products in bfloat16 in %d, weights too in %d of %d seeds\n",
           near(&o[MIXED], &o[FLOAT32]), near(&o[ALL_BF16], &o[FLOAT32]), SEEDS);
}

int main(int argc, char **argv)
{
    Demo d = {.name = "ch05/precision_demo",
              .about = "Training with 16 bits, section 5.5.",
              .steps = 200,
              .min_steps = 20};
    float rate = 1e-3f;
    const Option options[] = {option_float("lr", &rate, 1e-6, 1, "the maximum learning rate"), OPTION_END};
    demo_begin(&d, argc, argv, options);
    show_formats();
    show_products(d.seed);
    show_training(&d, rate);
    return demo_end(&d);
}
