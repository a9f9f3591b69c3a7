/* grokking_demo.c -- understanding long after memorising, section 1.1.
 *
 * A small network learns (a + b) mod p from part of the addition table. After a hundred steps it knows that part by
 * heart and nothing else; with weight decay it later finds the rule, and the accuracy on the unseen part rises from
 * chance to 100 %. Power et al. (2022) called it grokking. How strongly the weights decay decides when; the Fourier
 * transform of the embeddings shows that a rule has replaced the memory (Nanda et al., 2023). */
#include "common/base/base.h"
#include "common/nn/nn.h"
#include "common/plot/plot.h"

#include <math.h>
#include <stdio.h>

enum { CHANNELS = 64, HIDDEN = 128, MAX_MODULUS = 113 };
enum { POINTS = 41, DECAYS = 4, MAX_SEEDS = 8, TRAINED = 0, UNSEEN = 1 };

static const float decays[DECAYS] = {0, 0.5f, 1, 2};

typedef struct Settings {
    int modulus, steps, seeds, language;
    bool full;
    float rate, share;
    uint64_t seed;
} Settings;

/* ---- the addition table ---------------------------------------------------------------------------- */

/* Each pair a <= b once: since a + b = b + a, a pair seen the other way round would be no question any more. */
typedef struct Table {
    int first[3]; /* where the trained pairs, the unseen ones, and none begin */
    int pairs[MAX_MODULUS * (MAX_MODULUS + 1)];    /* (count,2) */
    int sums[MAX_MODULUS * (MAX_MODULUS + 1) / 2]; /* (count): (a + b) mod p */
} Table;

static void fill_table(Table *t, const Settings *s, Rng *rng)
{
    int cells[MAX_MODULUS * (MAX_MODULUS + 1) / 2], count = 0;
    for (int a = 0; a < s->modulus; a++)
        for (int b = a; b < s->modulus; b++)
            cells[count++] = a * s->modulus + b;
    rng_shuffle(rng, cells, (size_t)count);
    for (int i = 0; i < count; i++) {
        int a = cells[i] / s->modulus, b = cells[i] % s->modulus;
        t->pairs[2 * i] = a;
        t->pairs[2 * i + 1] = b;
        t->sums[i] = (a + b) % s->modulus;
    }
    t->first[TRAINED] = 0;
    t->first[UNSEEN] = (int)(s->share * (float)count);
    t->first[UNSEEN + 1] = count;
}

/* ---- the network ----------------------------------------------------------------------------------- */

//> model
typedef struct Model {
    Params params;
    Tensor *numbers; /* (p,C): an embedding for each number */
    Linear up, down; /* (HIDDEN,C), (p,HIDDEN) */
} Model;

/* pairs (n,2) -> logits (n,p) of the sum: the two embeddings are added, the rest is one hidden layer. */
static Tensor *model_logits(Graph *g, const Model *m, const int *pairs, int n)
{
    Tensor *both = nn_embedding(g, m->numbers, pairs, n, 2); /* (n,2,C) */
    Tensor *hidden = nn_relu(g, nn_linear(g, &m->up, nn_sum_axis(g, both, 1)));
    return nn_linear(g, &m->down, hidden);
}
//< model

static Model model_new(int modulus, Rng *rng)
{
    Model m = {0};
    m.numbers = nn_embedding_new(&m.params, "numbers", modulus, CHANNELS, 1 / sqrtf(CHANNELS), rng);
    m.up = nn_linear_new(&m.params, "up", CHANNELS, HIDDEN, true, 0, rng);
    m.down = nn_linear_new(&m.params, "down", HIDDEN, modulus, false, 0, rng);
    return m;
}

/* ---- what happens inside --------------------------------------------------------------------------- */

//> fourier
/* Unit j reads f_j(a) from number a: the input of its ReLU, but for the bias. Returns how much of all units' power
 * lies in each one's strongest frequency: 1 if f_j is a cosine of 2 pi k a / p with one k. inputs (p,HIDDEN) */
static double one_frequency(const float *inputs, int modulus)
{
    double strongest[HIDDEN] = {0}, all = 0, best = 0;
    for (int k = 1; k <= (modulus - 1) / 2; k++) {
        double x[HIDDEN] = {0}, y[HIDDEN] = {0}, turn = 2 * acos(-1) * k / modulus;
        for (int a = 0; a < modulus; a++)
            for (int j = 0; j < HIDDEN; j++) {
                x[j] += cos(turn * a) * (double)inputs[a * HIDDEN + j];
                y[j] += sin(turn * a) * (double)inputs[a * HIDDEN + j];
            }
        for (int j = 0; j < HIDDEN; j++) {
            double power = x[j] * x[j] + y[j] * y[j];
            strongest[j] = fmax(strongest[j], power);
            all += power;
        }
    }
    for (int j = 0; j < HIDDEN; j++)
        best += strongest[j];
    return best / all;
}
//< fourier

/* What is noted at POINTS steps of a run. */
typedef struct Curve {
    float step[POINTS], loss[2][POINTS], accuracy[2][POINTS]; /* of the trained and of the unseen pairs */
    float share[POINTS]; /* per cent of the units' power that is in one frequency each */
} Curve;

/* The loss of one side of the table; notes it and the accuracy, per cent, unless c is NULL. */
static Tensor *side_loss(Graph *g, const Model *m, const Table *t, int side, Curve *c, int point)
{
    int first = t->first[side], n = t->first[side + 1] - first, right = 0;
    Tensor *logits = model_logits(g, m, t->pairs + 2 * first, n);
    Tensor *loss = nn_cross_entropy(g, logits, t->sums + first, -1);
    if (!c)
        return loss;
    int modulus = logits->shape[1];
    for (int i = 0; i < n; i++)
        right += nn_argmax(logits->data + (size_t)i * (size_t)modulus, modulus) == t->sums[first + i];
    c->accuracy[side][point] = 100 * (float)right / (float)n;
    c->loss[side][point] = tensor_item(loss);
    return loss;
}

static void note(Graph *g, const Model *m, const Table *t, Curve *c, int point, int step)
{
    nn_graph_record(g, false);
    side_loss(g, m, t, TRAINED, c, point);
    side_loss(g, m, t, UNSEEN, c, point);
    Tensor *inputs = nn_linear(g, &m->up, m->numbers);
    c->share[point] = 100 * (float)one_frequency(inputs->data, inputs->shape[0]);
    c->step[point] = (float)step;
    nn_graph_record(g, true);
    nn_graph_reset(g);
}

/* One network; every step sees all trained pairs. */
static void run(Graph *g, const Settings *s, float decay, uint64_t seed, Curve *c)
{
    static Table table;
    Rng rng = rng_new(seed);
    fill_table(&table, s, &rng);
    Model m = model_new(s->modulus, &rng);
    Optimizer *o = nn_adamw_new(&m.params, 0.9f, 0.98f, decay);
    for (int step = 0, point = 0; step <= s->steps; step++) {
        if (step == (int)((long)point * s->steps / (POINTS - 1)))
            note(g, &m, &table, c, point++, step);
        nn_train_step(g, o, side_loss(g, &m, &table, TRAINED, NULL, 0),
                      nn_cosine_rate(step, 10, s->steps, s->rate, s->rate), 0);
    }
    nn_optimizer_free(o);
    nn_params_free(&m.params);
}

/* ---- what is printed and drawn ----------------------------------------------------------------------- */

/* The first step noted at which the accuracy is at least so high; NAN if it never is. */
static double reached(const Curve *c, int side, float accuracy)
{
    for (int i = 0; i < POINTS; i++)
        if (c->accuracy[side][i] >= accuracy)
            return (double)c->step[i];
    return NAN;
}

static void print_run(const Curve *c)
{
    puts("   step   loss: trained     unseen   correct: trained   unseen   in one frequency");
    for (int i = 0; i < POINTS; i += i < 12 ? 2 : 8)
        printf("  %5.0f   %13.4f   %8.3f   %14.0f %%   %4.0f %%   %14.0f %%\n", (double)c->step[i],
               (double)c->loss[TRAINED][i], (double)c->loss[UNSEEN][i], (double)c->accuracy[TRAINED][i],
               (double)c->accuracy[UNSEEN][i], (double)c->share[i]);
}

typedef struct Results {
    Curve curves[DECAYS][MAX_SEEDS];
} Results;

/* The mean over the seeds of what is noted last: the accuracy on unseen pairs, or the share in one frequency. */
static double last_mean(const Results *r, const Settings *s, int decay, bool share)
{
    double sum = 0;
    for (int k = 0; k < s->seeds; k++) {
        const Curve *c = &r->curves[decay][k];
        sum += (double)(share ? c->share[POINTS - 1] : c->accuracy[UNSEEN][POINTS - 1]) / s->seeds;
    }
    return sum;
}

static void print_table(const Results *r, const Settings *s)
{
    puts("\nWith weight decay   at the end, mean of the seeds       step at which 90 % of the unseen are "
         "correct,\n"
         "             halves unseen correct   in one frequency   each seed (- never)\n"
         "  decay      weights in");
    for (int d = 0; d < DECAYS; d++) {
        double halves = log(2) / (double)(s->rate * decays[d]);
        printf("  %5.1f   %5.0f steps   %9.0f %%   %14.0f %%       ", (double)decays[d], halves,
               last_mean(r, s, d, false), last_mean(r, s, d, true));
        for (int k = 0; k < s->seeds; k++) {
            double step = reached(&r->curves[d][k], UNSEEN, 90);
            printf(isnan(step) ? "      -" : "   %4.0f", step);
        }
        putchar('\n');
    }
}

static void print_verdicts(const Results *r, const Settings *s)
{
    int found = 0;
    for (int k = 0; k < s->seeds; k++)
        found += !isnan(reached(&r->curves[2][k], UNSEEN, 90));
    printf("without decay no network finds the rule: %s; with decay %.0f all %d do: %s\n",
           last_mean(r, s, 0, false) < 10 ? "yes" : "NO", (double)decays[2], s->seeds,
           found == s->seeds ? "yes" : "NO");
}

static void draw_side(Plot *p, PlotText name, const Results *r, const Settings *s, int decay, int side)
{
    float y[MAX_SEEDS * POINTS];
    for (int k = 0; k < s->seeds; k++)
        for (int i = 1; i < POINTS; i++)
            y[k * (POINTS - 1) + i - 1] = r->curves[decay][k].accuracy[side][i];
    plot_seeds(p, name, r->curves[decay][0].step + 1, y, s->seeds, POINTS - 1);
}

static void draw(const Results *r, const Settings *s)
{
    char name[DECAYS][2][48];
    Plot *p = plot_new("ch01/out/grokking_demo.svg", s->language,
                       plot_text("Memorised first, understood later", "先记住，后学会"));
    plot_axes(p, plot_text("step", "步"), plot_text("per cent correct", "正确率（%）"));
    plot_log_axes(p, true, false);
    draw_side(p, plot_text("trained pairs, decay 1", "训练过的数对，衰减 1"), r, s, 2, TRAINED);
    for (int d = 0; d < DECAYS; d++) {
        snprintf(name[d][0], sizeof name[d][0], "unseen, decay %.3g", (double)decays[d]);
        snprintf(name[d][1], sizeof name[d][1], "未见过的，衰减 %.3g", (double)decays[d]);
        draw_side(p, plot_text(name[d][0], name[d][1]), r, s, d, UNSEEN);
    }
    plot_finish(p, "picture");
}

static Settings parse(int argc, char **argv)
{
    Settings s = {.language = PLOT_BOTH, .seed = 1};
    const Option options[] = {
        option_int("modulus", &s.modulus, 13, MAX_MODULUS,
                   "p: sums are taken modulo p [47, with --full 97]"),
        option_float("share", &s.share, 0.05, 0.95,
                     "how much of the table is trained [0.6, with --full 0.45]"),
        option_float("lr", &s.rate, 1e-5, 0.1, "learning rate [0.01, with --full 0.003]"),
        option_int("steps", &s.steps, POINTS, 100000,
                   "training steps of each network [1500, with --full 6000]"),
        option_int("seeds", &s.seeds, 2, MAX_SEEDS, "networks for each decay [3, with --full 5]"),
        option_flag("full", &s.full, "a larger table and more seeds: about ten minutes"),
        option_seed(&s.seed),
        plot_option(&s.language),
        OPTION_END};
    options_parse(argc, argv, "Memorised first, understood later, section 1.1.", options);
    s.modulus = s.modulus ? s.modulus : s.full ? 97 : 47;
    s.share = s.share > 0 ? s.share : s.full ? 0.45f : 0.6f;
    s.rate = s.rate > 0 ? s.rate : s.full ? 0.003f : 0.01f;
    s.steps = s.steps ? s.steps : s.full ? 6000 : 1500;
    s.seeds = s.seeds ? s.seeds : s.full ? 5 : 3;
    return s;
}

int main(int argc, char **argv)
{
    static Results results;
    Settings s = parse(argc, argv);
    Graph *g = nn_graph_new();
    printf("(a + b) mod %d: %d pairs, of which %.0f %% are trained\n\n", s.modulus,
           s.modulus * (s.modulus + 1) / 2, 100 * (double)s.share);
    Progress bar = progress_begin("training", DECAYS * s.seeds);
    for (int i = 0; i < DECAYS * s.seeds; i++) {
        int decay = i / s.seeds, k = i % s.seeds;
        run(g, &s, decays[decay], s.seed + (uint64_t)k, &results.curves[decay][k]);
        progress_update(&bar, i + 1, "decay %.1f", (double)decays[decay]);
    }
    progress_end(&bar);
    printf("One network with decay %.0f\n", (double)decays[2]);
    print_run(&results.curves[2][0]);
    print_table(&results, &s);
    print_verdicts(&results, &s);
    draw(&results, &s);
    nn_graph_free(g);
    return error_finish();
}
