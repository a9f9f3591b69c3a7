/* dropout_demo.c -- dropout, section 2.1.4.
 *
 * What the factor 1/(1 - p) is good for; the gap between training and test with little data and with much, where
 * dropout helps and where it costs; and what happens when a program forgets to switch it off. */
#include "ch02/mlp.h"
#include "common/demo/demo.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

enum { MAX_SEEDS = 10, SIZES = 3, RATES = 3, CHECKS = 16, HIDDEN = 128, TEST = 1000, PASSES = 20 };
static const int SIZE[SIZES] = {500, 2000, 20000};
static const float RATE[RATES] = {0, 0.2f, 0.5f};

//> dropout
/* Each number of x is 0 with probability `rate`, and else multiplied by `scale`: 1 / (1 - rate), so that its
 * expected value stays what it was. The identity when not training. */
static Tensor *dropout(Graph *g, Tensor *x, float rate, float scale, bool training, Rng *rng)
{
    if (!training || rate == 0)
        return x;
    Tensor *mask = tensor_make(nn_arena(g), x->rank, x->shape);
    for (size_t i = 0; i < mask->size; i++)
        mask->data[i] = rng_uniform(rng) < rate ? 0 : scale;
    return nn_mul(g, x, mask);
}
//< dropout

/* A network with two hidden layers, each followed by dropout. */
typedef struct Net {
    Mlp mlp;
    float rate, scale;
    bool training;
    Rng *rng; /* of the masks */
} Net;

static Tensor *run(Graph *g, const void *context, Tensor *x)
{
    const Net *n = context;
    for (int i = 0; i < 2; i++) {
        x = nn_relu(g, nn_linear(g, &n->mlp.layer[i], x));
        x = dropout(g, x, n->rate, n->scale, n->training, n->rng);
    }
    return nn_linear(g, &n->mlp.layer[2], x);
}

static Net net_new(int inputs, int classes, float rate, bool scaled, Rng *rng)
{
    Net n = {.rate = rate, .scale = scaled ? 1 / (1 - rate) : 1, .rng = rng};
    n.mlp = mlp_new((const int[]){inputs, HIDDEN, HIDDEN, classes}, 3, sqrtf(2), rng);
    return n;
}

/* ---- the expected value -------------------------------------------------------------------------------- */

static void show_expectation(uint64_t seed)
{
    enum { DRAWS = 100000 };
    Rng rng = rng_new(seed);
    Graph *g = nn_graph_new();
    puts("A unit of 2, over 100000 masks: mean and variance of what is left of it\n"
         "    p   mean unscaled   mean scaled   variance   4 p/(1-p)");
    for (int i = 0; i < 3; i++) {
        float p = (float[]){0.1f, 0.2f, 0.5f}[i];
        double sum = 0, squares = 0;
        Tensor *x = nn_input(g, DRAWS);
        tensor_fill(x, 2);
        const Tensor *y = dropout(g, x, p, 1 / (1 - p), true, &rng);
        for (int k = 0; k < DRAWS; k++) {
            sum += (double)y->data[k] / DRAWS;
            squares += pow((double)y->data[k], 2) / DRAWS;
        }
        printf("  %.1f   %13.2f   %11.2f   %8.2f   %9.2f\n", (double)p, sum * (1 - (double)p), sum,
               squares - sum * sum, 4 * (double)p / (1 - (double)p));
        nn_graph_reset(g);
    }
    putchar('\n');
    nn_graph_free(g);
}

/* ---- the gap ------------------------------------------------------------------------------------------- */

typedef struct Curve {
    float test[CHECKS]; /* losses on the way */
    MlpScore train_end, test_end;
    float lowest; /* of the test losses */
} Curve;

/* The same figures for every seed of a size; the seed makes weights, batches and masks. */
static Curve train(const SmallData *d, const SmallData *test, Net *n, const Demo *s)
{
    Curve c = {.lowest = INFINITY};
    Graph *g = nn_graph_new();
    Optimizer *o = nn_adamw_new(&n->mlp.params, 0.9f, 0.99f, 0);
    const MlpTraining t = {s->steps / CHECKS, 64, 1e-3f, NULL};
    for (int i = 0; i < CHECKS; i++) {
        n->training = true;
        mlp_train(g, o, run, n, d, &t, n->rng);
        n->training = false;
        c.test_end = mlp_score(g, run, n, test);
        c.test[i] = (float)c.test_end.loss;
        c.lowest = fminf(c.lowest, c.test[i]);
    }
    c.train_end = mlp_score(g, run, n, d);
    nn_optimizer_free(o);
    nn_graph_free(g);
    return c;
}

static void print_row(int size, float rate, const Curve *c, int seeds)
{
    double train[MAX_SEEDS], test[MAX_SEEDS], loss[MAX_SEEDS], lowest[MAX_SEEDS];
    for (int i = 0; i < seeds; i++) {
        train[i] = 100 * c[i].train_end.accuracy;
        test[i] = 100 * c[i].test_end.accuracy;
        loss[i] = c[i].test_end.loss;
        lowest[i] = (double)c[i].lowest;
    }
    printf("  %6d   %.1f   %8.1f   %5.1f (%.1f-%.1f)   %4.1f   %9.2f   %6.2f\n", size, (double)rate,
           stats_mean(train, seeds), stats_mean(test, seeds), stats_quantile(test, seeds, 0),
           stats_quantile(test, seeds, 1), stats_mean(train, seeds) - stats_mean(test, seeds),
           stats_mean(loss, seeds), stats_mean(lowest, seeds));
}

static void plot_curves(Plot *p, int size, Curve c[RATES][MAX_SEEDS], const Demo *s)
{
    char title[2][32];
    float step[CHECKS], loss[MAX_SEEDS * CHECKS];
    snprintf(title[0], sizeof title[0], "%d training figures", size);
    snprintf(title[1], sizeof title[1], "%d 幅训练图", size);
    plot_panel(p, plot_text(title[0], title[1]));
    plot_axes(p, plot_text("step", "步"), plot_text("test loss", "测试损失"));
    for (int r = 0; r < RATES; r++) {
        static const char *const names[RATES] = {"p = 0", "p = 0.2", "p = 0.5"};
        for (int i = 0; i < s->seeds; i++)
            memcpy(loss + i * CHECKS, c[r][i].test, sizeof c[r][i].test);
        for (int i = 0; i < CHECKS; i++)
            step[i] = (float)((i + 1) * (s->steps / CHECKS));
        plot_seeds(p, plot_same(names[r]), step, loss, s->seeds, CHECKS);
    }
}

static void show_gap(const SmallData *test, const Demo *s)
{
    Plot *p = plot_new("ch02/out/dropout_curves.svg", s->language,
                       plot_text("Test loss with and without dropout", "有无 dropout 时的测试损失"));
    printf(
        "A network of 256-128-128-12 on the little world's figures, %d steps of Adam, dropout with\n"
        "probability p after both hidden layers; accuracy in per cent on all training figures and on %d\n"
        "new ones, mean of %d seeds (minimum-maximum); lowest: of %d test losses on the way\n"
        "       n     p   training                test    gap   test loss   lowest\n",
        s->steps, TEST, s->seeds, CHECKS);
    for (int k = 0; k < SIZES; k++) {
        Curve c[RATES][MAX_SEEDS];
        Rng data_rng = rng_new(s->seed + (uint64_t)SIZE[k]);
        SmallData d = small_figures(SIZE[k], 0.1f, &data_rng);
        for (int r = 0; r < RATES; r++) {
            for (int i = 0; i < s->seeds; i++) {
                Rng rng = rng_new(s->seed + (uint64_t)i);
                Net n = net_new(d.width, d.classes, RATE[r], true, &rng);
                c[r][i] = train(&d, test, &n, s);
                nn_params_free(&n.mlp.params);
            }
            print_row(SIZE[k], RATE[r], c[r], s->seeds);
        }
        plot_curves(p, SIZE[k], c, s);
        small_free(&d);
    }
    plot_finish(p, "  picture");
    putchar('\n');
}

/* ---- evaluation mode forgotten ------------------------------------------------------------------------- */

/* The mean accuracy of single passes, in per cent; *votes gets that of the mean of their logits, *changed the share
 * of answers that differ between two passes. */
static double passes(Graph *g, const Net *n, const SmallData *d, double *votes, double *changed)
{
    int answer[2][TEST];
    float sum[TEST * 12] = {0};
    double right = 0;
    *votes = *changed = 0;
    nn_graph_record(g, false);
    for (int pass = 0; pass < PASSES; pass++) {
        Tensor *x = nn_input(g, d->count, d->width);
        tensor_copy(x, d->x);
        const Tensor *logits = run(g, n, x);
        for (int i = 0; i < d->count; i++) {
            for (int c = 0; c < d->classes; c++)
                sum[i * d->classes + c] += logits->data[i * d->classes + c];
            answer[pass % 2][i] = nn_argmax(logits->data + i * d->classes, d->classes);
            right += 100.0 / PASSES / d->count * (answer[pass % 2][i] == d->label[i]);
        }
        nn_graph_reset(g);
    }
    for (int i = 0; i < d->count; i++) {
        *votes += 100.0 / d->count * (nn_argmax(sum + i * d->classes, d->classes) == d->label[i]);
        *changed += 100.0 / d->count * (answer[0][i] != answer[1][i]);
    }
    nn_graph_record(g, true);
    return right;
}

static void show_forgotten(const SmallData *test, const Demo *s)
{
    Rng data_rng = rng_new(s->seed + 2000);
    SmallData d = small_figures(2000, 0.1f, &data_rng);
    Graph *g = nn_graph_new();
    puts("Trained on 2000 figures with p = 0.5, then tested: accuracy, answers that change from pass to "
         "pass");
    for (int scaled = 1; scaled >= 0; scaled--) {
        double votes, changed;
        Rng rng = rng_new(s->seed);
        Net n = net_new(d.width, d.classes, 0.5f, scaled, &rng);
        Curve c = train(&d, test, &n, s);
        printf("  %-42s %5.1f%%    0.0%%   loss %.2f\n",
               scaled ? "dropout off" : "trained without 1/(1-p), dropout off", 100 * c.test_end.accuracy,
               c.test_end.loss);
        n.training = true;
        double single = passes(g, &n, test, &votes, &changed);
        if (scaled)
            printf("  %-42s %5.1f%%   %4.1f%%\n  %-42s %5.1f%%\n", "dropout left on", single, changed,
                   "dropout left on, mean of 20 passes", votes);
        nn_params_free(&n.mlp.params);
    }
    nn_graph_free(g);
    small_free(&d);
}

int main(int argc, char **argv)
{
    Demo d = {.name = "ch02/dropout_demo",
              .about = "Dropout, section 2.1.4.",
              .draws = true,
              .steps = 800,
              .min_steps = CHECKS,
              .seeds = 5,
              .max_seeds = MAX_SEEDS};
    demo_begin(&d, argc, argv, NULL);
    Rng rng = rng_new(d.seed);
    SmallData test = small_figures(TEST, 0.1f, &rng);
    show_expectation(d.seed);
    show_gap(&test, &d);
    show_forgotten(&test, &d);
    small_free(&test);
    return demo_end(&d);
}
