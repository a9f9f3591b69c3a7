/* in_context_demo.c -- learning from the context comes in steps, section 1.1.
 *
 * Each text comes from a Markov chain of its own, so its rule can be learnt nowhere but in the text. A transformer
 * first finds all symbols equally likely, then predicts by how often each has occurred in this text (unigrams), and
 * then, suddenly, by what has followed the last symbol in this text (bigrams): Edelman et al., 2024. The last step
 * takes two layers of attention: one looks at the previous position, the other finds what came after the same symbol
 * before, an induction head (Olsson et al., 2022). */
#include "ch01/chains.h"
#include "common/base/base.h"
#include "common/nn/nn.h"
#include "common/plot/plot.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

enum { SYMBOLS = CHAINS_SYMBOLS, TIME = CHAINS_TIME, CHANNELS = 16, BATCH = 16, TESTS = 128 };
enum { MAX_LAYERS = 2, POINTS = 41, MAX_SEEDS = 8 };

typedef struct Settings {
    int steps, seeds, language;
    bool full;
    uint64_t seed;
} Settings;

/* ---- a transformer of attention alone ---------------------------------------------------------------- */

typedef struct Layer {
    Norm norm;
    Linear q, k, v, out; /* (C,C) */
} Layer;

typedef struct Model {
    Params params;
    int layers;
    Tensor *symbols, *positions; /* (SYMBOLS,C), (TIME,C) */
    Layer layer[MAX_LAYERS];
    Linear logits; /* (SYMBOLS,C) */
} Model;

static Linear square(Params *p, const char *part, int layer, Rng *rng)
{
    char name[16];
    snprintf(name, sizeof name, "%s%d", part, layer);
    return nn_linear_new(p, name, CHANNELS, CHANNELS, false, 0, rng);
}

static Model model_new(int layers, Rng *rng)
{
    Model m = {.layers = layers};
    Params *p = &m.params;
    m.symbols = nn_embedding_new(p, "symbols", SYMBOLS, CHANNELS, 1 / sqrtf(CHANNELS), rng);
    m.positions = nn_embedding_new(p, "positions", TIME, CHANNELS, 0.02f, rng);
    for (int i = 0; i < layers; i++) {
        m.layer[i].norm = nn_norm_new(p, i == 0 ? "norm0" : "norm1", CHANNELS);
        m.layer[i].q = square(p, "q", i, rng);
        m.layer[i].k = square(p, "k", i, rng);
        m.layer[i].v = square(p, "v", i, rng);
        m.layer[i].out = square(p, "out", i, rng);
    }
    m.logits = nn_linear_new(p, "logits", CHANNELS, SYMBOLS, false, 0, rng);
    return m;
}

/* ids (B,T) -> logits (B,T,SYMBOLS), with the weights of each layer (B,T,T). */
static Tensor *model_forward(Graph *g, const Model *m, const int *ids, int batch, Tensor **weights)
{
    Tensor *x = nn_add(g, nn_embedding(g, m->symbols, ids, batch, TIME), m->positions);
    for (int i = 0; i < m->layers; i++) {
        const Layer *l = &m->layer[i];
        Tensor *in = nn_norm(g, &l->norm, x), *v = nn_linear(g, &l->v, in);
        Tensor *score = nn_matmul_nt(g, nn_linear(g, &l->q, in), nn_linear(g, &l->k, in));
        weights[i] = nn_softmax(g, nn_causal_mask(g, nn_scale(g, score, 1 / sqrtf(CHANNELS))));
        x = nn_add(g, x, nn_linear(g, &l->out, nn_matmul(g, weights[i], v)));
    }
    return nn_linear(g, &m->logits, x);
}

/* ---- where the layers look -------------------------------------------------------------------------- */

/* What is noted at POINTS steps of a run: the test loss; the mean weight, per cent, of the first layer on the
 * previous position; and that of the last layer on positions after earlier occurrences of the last symbol. */
enum { LOSS, PREVIOUS, INDUCTION, VALUES };
typedef struct Curve {
    float step[POINTS], values[VALUES][POINTS];
} Curve;

typedef struct Test {
    int ids[TESTS * TIME], labels[TESTS * TIME];
} Test;

/* Per cent of the weights (TESTS,T,T) on the previous position; or after an earlier one of the same symbol. */
static float weight_on(const Tensor *weights, const int *ids, bool previous)
{
    double sum = 0;
    for (int i = 0; i < TESTS; i++)
        for (int t = 1; t < TIME; t++)
            for (int s = 1; s <= t; s++)
                if (previous ? s == t - 1 : ids[i * TIME + s - 1] == ids[i * TIME + t])
                    sum += (double)weights->data[(i * TIME + t) * TIME + s];
    return 100 * (float)(sum / (TESTS * (TIME - 1)));
}

static void note(Graph *g, const Model *m, const Test *test, Curve *c, int point, int step)
{
    Tensor *weights[MAX_LAYERS];
    nn_graph_record(g, false);
    Tensor *logits = model_forward(g, m, test->ids, TESTS, weights);
    c->step[point] = (float)step;
    c->values[LOSS][point] = tensor_item(nn_cross_entropy(g, logits, test->labels, -1));
    c->values[PREVIOUS][point] = weight_on(weights[0], test->ids, true);
    c->values[INDUCTION][point] = weight_on(weights[m->layers - 1], test->ids, false);
    nn_graph_record(g, true);
    nn_graph_reset(g);
}

static void run(Graph *g, const Settings *s, const Test *test, int layers, uint64_t seed, Curve *c)
{
    int ids[BATCH * TIME], labels[BATCH * TIME];
    Rng rng = rng_new(seed);
    Model m = model_new(layers, &rng);
    Optimizer *o = nn_adamw_new(&m.params, 0.9f, 0.98f, 0.01f);
    for (int step = 0, point = 0; step <= s->steps; step++) {
        Tensor *weights[MAX_LAYERS];
        if (step == (int)((long)point * s->steps / (POINTS - 1)))
            note(g, &m, test, c, point++, step);
        chains_draw(ids, labels, BATCH, &rng);
        Tensor *loss = nn_cross_entropy(g, model_forward(g, &m, ids, BATCH, weights), labels, -1);
        nn_train_step(g, o, loss, s->full ? 2e-3f : 4e-3f, 1);
    }
    nn_optimizer_free(o);
    nn_params_free(&m.params);
}

/* ---- what is printed and drawn ----------------------------------------------------------------------- */

typedef struct Results {
    double uniform, unigram, bigram; /* losses of counting */
    Curve curves[MAX_LAYERS][MAX_SEEDS];
} Results;

static void print_run(const Curve *c)
{
    puts("\nOne model with two layers: where do they look?\n"
         "   step    loss   layer 1: previous position   layer 2: after the same symbol");
    for (int i = 0; i < POINTS; i += i < 24 ? 3 : 8)
        printf("  %5.0f   %5.3f   %24.0f %%   %28.0f %%\n", (double)c->step[i], (double)c->values[LOSS][i],
               (double)c->values[PREVIOUS][i], (double)c->values[INDUCTION][i]);
}

/* The first step noted at which the loss is at most so high; NAN if it never is. */
static double reached(const Curve *c, double loss)
{
    for (int i = 0; i < POINTS; i++)
        if ((double)c->values[LOSS][i] <= loss)
            return (double)c->step[i];
    return NAN;
}

static void print_seeds(const Results *r, int seeds)
{
    int passed[MAX_LAYERS] = {0};
    puts("\n                   step at which the loss is that of    half-way to   loss at   layer 1 on\n"
         "  layers   seed       unigrams, within 0.02             bigrams      the end   previous");
    for (int i = 0; i < 2 * seeds; i++) {
        int layers = 2 - i / seeds, k = i % seeds;
        const Curve *c = &r->curves[layers - 1][k];
        double first = reached(c, r->unigram + 0.02), second = reached(c, (r->unigram + r->bigram) / 2);
        printf("  %6d   %4d   %15.0f   ", layers, k + 1, first);
        printf(isnan(second) ? "                  never" : "%23.0f", second);
        printf("   %9.3f   %8.0f %%\n", (double)c->values[LOSS][POINTS - 1],
               (double)c->values[PREVIOUS][POINTS - 1]);
        passed[layers - 1] += !isnan(second);
    }
    printf("models that got from unigrams to bigrams: %d of %d with two layers, %d of %d with one\n",
           passed[1], seeds, passed[0], seeds);
}

static void draw_curves(Plot *p, PlotText name, const Results *r, int layers, int seeds, int which)
{
    float y[MAX_SEEDS * POINTS];
    for (int k = 0; k < seeds; k++)
        memcpy(y + k * POINTS, r->curves[layers - 1][k].values[which], POINTS * sizeof *y);
    plot_seeds(p, name, r->curves[0][0].step, y, seeds, POINTS);
}

static void draw(const Results *r, int seeds, int language)
{
    float end = r->curves[0][0].step[POINTS - 1];
    Plot *p = plot_new("ch01/out/in_context_demo.svg", language,
                       plot_text("Learning from the context comes in steps", "上下文学习是一级一级出现的"));
    plot_panel(p, plot_text("loss", "损失"));
    plot_axes(p, plot_text("training step", "训练步数"), plot_text("nats per symbol", "nat/符号"));
    plot_limits(p, NAN, NAN, 0.7f, 1.2f);
    draw_curves(p, plot_text("one layer", "一层"), r, 1, seeds, LOSS);
    draw_curves(p, plot_text("two layers", "两层"), r, 2, seeds, LOSS);
    plot_level(p, plot_text("uniform", "均匀"), (float)r->uniform, 0, end, 0.75f);
    plot_level(p, plot_text("unigrams", "一元计数"), (float)r->unigram, 0, end, 0.9f);
    plot_level(p, plot_text("bigrams", "二元计数"), (float)r->bigram, 0, end, 0.25f);
    plot_panel(p, plot_text("where two layers look", "两层各看哪里"));
    plot_axes(p, plot_text("training step", "训练步数"), plot_text("weight (%)", "权重（%）"));
    draw_curves(p, plot_text("layer 1: previous position", "第 1 层：前一位置"), r, 2, seeds, PREVIOUS);
    draw_curves(p, plot_text("layer 2: after the same symbol", "第 2 层：相同符号之后"), r, 2, seeds,
                INDUCTION);
    plot_finish(p, "picture");
}

static Settings parse(int argc, char **argv)
{
    Settings s = {.language = PLOT_BOTH, .seed = 1};
    const Option options[] = {
        option_int("steps", &s.steps, POINTS, 100000,
                   "training steps of each model [1200, with --full 4000]"),
        option_int("seeds", &s.seeds, 1, MAX_SEEDS, "models of each depth [3, with --full 8]"),
        option_flag("full", &s.full, "more seeds at half the learning rate: a few minutes"),
        option_seed(&s.seed),
        plot_option(&s.language),
        OPTION_END};
    options_parse(argc, argv, "Learning from the context comes in steps, section 1.1.", options);
    s.steps = s.steps ? s.steps : s.full ? 4000 : 1200;
    s.seeds = s.seeds ? s.seeds : s.full ? 8 : 3;
    return s;
}

int main(int argc, char **argv)
{
    static Test test;
    static Results r;
    Settings s = parse(argc, argv);
    Rng rng = rng_new(1000);
    chains_draw(test.ids, test.labels, TESTS, &rng);
    r.uniform = log(SYMBOLS);
    r.unigram = chains_counting_loss(test.ids, test.labels, TESTS, false);
    r.bigram = chains_counting_loss(test.ids, test.labels, TESTS, true);
    printf("Texts of %d symbols, each from a Markov chain of its own; %d texts to test with.\n"
           "Loss of one who guesses %.3f, counts symbols %.3f, counts pairs %.3f nats\n",
           TIME, TESTS, r.uniform, r.unigram, r.bigram);
    Graph *g = nn_graph_new();
    Progress bar = progress_begin("training", 2 * s.seeds);
    for (int i = 0; i < 2 * s.seeds; i++) {
        int layers = 1 + i / s.seeds, k = i % s.seeds;
        run(g, &s, &test, layers, s.seed + (uint64_t)k, &r.curves[layers - 1][k]);
        progress_update(&bar, i + 1, "%d layers", layers);
    }
    progress_end(&bar);
    print_run(&r.curves[1][0]);
    print_seeds(&r, s.seeds);
    draw(&r, s.seeds, s.language);
    nn_graph_free(g);
    return error_finish();
}
