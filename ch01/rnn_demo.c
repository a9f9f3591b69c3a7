/* rnn_demo.c -- recurrent networks and how far they remember, section 1.2.3.
 *
 * An RNN, an LSTM and a GRU read a text symbol by symbol; all that they know of it is a state of fixed size.
 * Training has to send a gradient back through every step. How much of it arrives, before training and after;
 * what that means for a task that asks for a symbol read long ago, and for the letters of ordinary stories. */
#include "ch01/cells.h"
#include "ch01/letters.h"
#include "common/base/base.h"
#include "common/plot/plot.h"
#include "common/tensor/kernels.h"
#include "common/world/world.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

enum { CHANNELS = 16, BATCH = 16, MAX_SEEDS = 8 };
enum { SYMBOLS = 8, TIME = 40, HIDDEN = 32, LAGS = 8, TESTS = 200 };

typedef enum Variant { PLAIN, ORTHOGONAL, LSTM_0, LSTM_1, GRU, VARIANTS } Variant;

static const struct {
    CellKind kind;
    float forget_bias;
    const char *name, *zh;
} variants[VARIANTS] = {{CELL_RNN, 0, "RNN", "RNN"},
                        {CELL_RNN, 0, "RNN, orthogonal", "RNN，正交"},
                        {CELL_LSTM, 0, "LSTM, forget bias 0", "LSTM，遗忘偏置 0"},
                        {CELL_LSTM, 1, "LSTM, forget bias 1", "LSTM，遗忘偏置 1"},
                        {CELL_GRU, 0, "GRU", "GRU"}};

static const int lags[LAGS] = {1, 2, 5, 10, 15, 20, 30, 39}; /* steps between the symbol and the end */

typedef struct Settings {
    int steps, seeds, language;
    float rate;
    uint64_t seed;
} Settings;

typedef struct Model {
    Params params;
    Tensor *symbols; /* (2 SYMBOLS,C): plain and marked */
    Cell cell;
    Linear out; /* (SYMBOLS,H) */
} Model;

static Model model_new(Variant v, Rng *rng)
{
    Model m = {0};
    m.symbols = nn_embedding_new(&m.params, "symbols", 2 * SYMBOLS, CHANNELS, 1, rng);
    m.cell = cell_new(&m.params, "cell", variants[v].kind, CHANNELS, HIDDEN, variants[v].forget_bias, rng);
    if (v == ORTHOGONAL)
        cell_make_orthogonal(&m.cell);
    m.out = nn_linear_new(&m.params, "out", HIDDEN, SYMBOLS, true, 0, rng);
    return m;
}

/* ---- recall: which symbol was marked? ------------------------------------------------------------- */

/* TIME random symbols of which one is marked (its id is SYMBOLS higher), `lag` steps before the last; lag -1 is a
 * random one. ids (B,TIME), answers (B): the marked symbol. */
static void draw_recall(int lag, int batch, int *ids, int *answers, Rng *rng)
{
    for (int i = 0; i < batch; i++, ids += TIME) {
        for (int t = 0; t < TIME; t++)
            ids[t] = rng_below(rng, SYMBOLS);
        int at = TIME - 1 - (lag < 0 ? rng_below(rng, TIME) : lag);
        answers[i] = ids[at];
        ids[at] += SYMBOLS;
    }
}

static Tensor *recall_logits(Graph *g, const Model *m, const int *ids, int batch, CellState *states)
{
    cell_read(g, &m->cell, nn_embedding(g, m->symbols, ids, batch, TIME), states);
    return nn_linear(g, &m->out, states[TIME].h);
}

static void train_recall(Graph *g, const Model *m, const Settings *s, Rng *rng)
{
    int ids[BATCH * TIME], answers[BATCH];
    CellState states[TIME + 1];
    Optimizer *o = nn_adamw_new(&m->params, 0.9f, 0.99f, 0);
    for (int step = 0; step < s->steps; step++) {
        draw_recall(-1, BATCH, ids, answers, rng);
        Tensor *loss = nn_cross_entropy(g, recall_logits(g, m, ids, BATCH, states), answers, -1);
        nn_train_step(g, o, loss, nn_cosine_rate(step, s->steps / 20, s->steps, s->rate, 0), 1);
    }
    nn_optimizer_free(o);
}

/* Per cent of TESTS answers that are right at a lag. */
static double recall_accuracy(Graph *g, const Model *m, int lag)
{
    int ids[TESTS * TIME], answers[TESTS], right = 0;
    CellState states[TIME + 1];
    Rng rng = rng_new(1000 + (uint64_t)lag);
    draw_recall(lag, TESTS, ids, answers, &rng);
    nn_graph_record(g, false);
    Tensor *logits = recall_logits(g, m, ids, TESTS, states);
    for (int i = 0; i < TESTS; i++)
        right += nn_argmax(logits->data + i * SYMBOLS, SYMBOLS) == answers[i];
    nn_graph_record(g, true);
    nn_graph_reset(g);
    return 100.0 * right / TESTS;
}

/* ---- how much of the gradient arrives --------------------------------------------------------------- */

//> reach
/* The norm of d loss / d state after symbol TIME - d, d = 0 .. TIME-1, relative to that at d = 0. The loss asks for
 * the first symbol of all, so the whole text lies between it and the answer. The state is h; of an LSTM it is c. */
static void gradient_reach(Graph *g, const Model *m, double *reach, Rng *rng)
{
    int ids[BATCH * TIME], answers[BATCH];
    CellState states[TIME + 1];
    draw_recall(TIME - 1, BATCH, ids, answers, rng);
    Tensor *loss = nn_cross_entropy(g, recall_logits(g, m, ids, BATCH, states), answers, -1);
    for (int t = 1; t <= TIME; t++)
        nn_keep_grad(g, states[t].c ? states[t].c : states[t].h);
    nn_backward(g, loss);
    for (int d = 0; d < TIME; d++) {
        const CellState *s = &states[TIME - d];
        reach[d] = sqrt(kernel_sum_squares((s->c ? s->c : s->h)->grad, s->h->size));
    }
    for (int d = TIME - 1; d >= 0; d--)
        reach[d] /= reach[0];
    nn_graph_reset(g);
}
//< reach

/* ---- what is measured, printed and drawn --------------------------------------------------------------- */

typedef struct Results {
    double untrained[VARIANTS][MAX_SEEDS][TIME], trained[VARIANTS][MAX_SEEDS][TIME];
    double accuracy[VARIANTS][LAGS][MAX_SEEDS], letters[VARIANTS][MAX_SEEDS], milliseconds[VARIANTS];
} Results;

/* The others differ from these only in how they begin. */
static bool in_letters(Variant v)
{
    return v == PLAIN || v == LSTM_1 || v == GRU;
}

static void measure(Graph *g, const Settings *s, Variant v, int k, char *const text[2], Results *r)
{
    Rng rng = rng_new(s->seed + (uint64_t)k);
    Model m = model_new(v, &rng);
    gradient_reach(g, &m, r->untrained[v][k], &rng);
    train_recall(g, &m, s, &rng);
    gradient_reach(g, &m, r->trained[v][k], &rng);
    for (int i = 0; i < LAGS; i++)
        r->accuracy[v][i][k] = recall_accuracy(g, &m, lags[i]);
    nn_params_free(&m.params);
    if (!in_letters(v))
        return;
    LettersRun run =
        letters_learn(g, variants[v].kind, variants[v].forget_bias, text, s->seed + (uint64_t)k);
    r->letters[v][k] = run.loss;
    r->milliseconds[v] += run.milliseconds / s->seeds;
}

/* The geometric mean over the seeds: a mean would be that of the largest. */
static double mean_reach(double reach[MAX_SEEDS][TIME], int seeds, int d)
{
    double sum = 0;
    for (int k = 0; k < seeds; k++)
        sum += log(reach[k][d]) / seeds;
    return exp(sum);
}

static void print_reach(const char *when, double reach[VARIANTS][MAX_SEEDS][TIME], int seeds)
{
    printf("%-21s n = 1         5        10        20        39   per step\n", when);
    for (int v = 0; v < VARIANTS; v++) {
        printf("  %-20s", variants[v].name);
        for (int i = 0; i < 5; i++)
            printf("  %.1e ", mean_reach(reach[v], seeds, (const int[]){1, 5, 10, 20, 39}[i]));
        printf("  %6.2f\n", pow(mean_reach(reach[v], seeds, TIME - 1), 1.0 / (TIME - 1)));
    }
}

static void print_accuracy(const Results *r, int seeds)
{
    printf(
        "\nRecall: per cent correct, %d tests of each lag and network, mean of %d networks (chance %.1f)\n"
        "  %-20s",
        TESTS, seeds, 100.0 / SYMBOLS, "steps ago");
    for (int i = 0; i < LAGS; i++)
        printf(" %5d", lags[i]);
    puts("   min at 39");
    for (int v = 0; v < VARIANTS; v++) {
        printf("  %-20s", variants[v].name);
        for (int i = 0; i < LAGS; i++)
            printf(" %5.0f", stats_mean(r->accuracy[v][i], seeds));
        printf("   %9.0f\n", stats_quantile(r->accuracy[v][LAGS - 1], seeds, 0));
    }
}

static void print_letters(const Results *r, int seeds)
{
    printf("\nLetters of stories, %d steps, at most %d parameters each\n", LETTERS_STEPS,
           LETTERS_PARAMETERS);
    for (int v = 0; v < VARIANTS; v++)
        if (in_letters((Variant)v))
            printf("  %-20s %3d units   loss on unseen stories %.3f +- %.3f nats per letter\n",
                   variants[v].name, letters_hidden(variants[v].kind), stats_mean(r->letters[v], seeds),
                   stats_std(r->letters[v], seeds));
    for (int v = 0; v < VARIANTS; v++)
        if (in_letters((Variant)v))
            printf("  time of a training step: %-20s %5.1f ms\n", variants[v].name, r->milliseconds[v]);
}

static void draw_reach(Plot *p, double reach[VARIANTS][MAX_SEEDS][TIME], int seeds)
{
    for (int v = 0; v < VARIANTS; v++) {
        float x[TIME], y[TIME];
        for (int d = 0; d < TIME; d++) {
            x[d] = (float)d;
            y[d] = (float)mean_reach(reach[v], seeds, d);
        }
        plot_line(p, plot_text(variants[v].name, variants[v].zh), x, y, TIME);
    }
}

static void draw(Results *r, int seeds, int language)
{
    Plot *p = plot_new("ch01/out/rnn_gradient.svg", language,
                       plot_text("How much of the gradient arrives", "梯度传到多远"));
    plot_panel(p, plot_text("untrained", "未训练"));
    plot_axes(p, plot_text("steps back", "往回的步数"),
              plot_text("gradient norm, relative", "相对梯度范数"));
    plot_log_axes(p, false, true);
    plot_limits(p, NAN, NAN, 1e-8f, NAN);
    draw_reach(p, r->untrained, seeds);
    plot_panel(p, plot_text("trained to recall", "学过回忆任务"));
    plot_log_axes(p, false, true);
    plot_limits(p, NAN, NAN, 1e-8f, NAN);
    draw_reach(p, r->trained, seeds);
    plot_finish(p, "picture");
    p = plot_new("ch01/out/rnn_recall.svg", language,
                 plot_text("Recalling a symbol read some steps ago", "回忆若干步之前读到的符号"));
    plot_axes(p, plot_text("steps ago", "多少步之前"), plot_text("per cent correct", "正确率（%）"));
    for (int v = 0; v < VARIANTS; v++) {
        float x[LAGS], y[MAX_SEEDS * LAGS];
        for (int i = 0; i < LAGS * seeds; i++)
            y[i] = (float)r->accuracy[v][i % LAGS][i / LAGS];
        for (int i = 0; i < LAGS; i++)
            x[i] = (float)lags[i];
        plot_seeds(p, plot_text(variants[v].name, variants[v].zh), x, y, seeds, LAGS);
    }
    plot_finish(p, "picture");
}

static void measure_all(Graph *g, const Settings *s, Results *r)
{
    Rng rng = rng_new(s->seed);
    char *text[2];
    for (int side = WORLD_TRAIN; side <= WORLD_TEST; side++)
        text[side] = world_stories(WORLD_EN, (WorldSide)side, LETTERS_STORIES, &rng);
    Progress bar = progress_begin("training", VARIANTS * s->seeds);
    for (int i = 0; i < VARIANTS * s->seeds; i++) {
        Variant v = (Variant)(i / s->seeds);
        measure(g, s, v, i % s->seeds, text, r);
        progress_update(&bar, i + 1, "%s", variants[v].name);
    }
    progress_end(&bar);
    free(text[WORLD_TRAIN]);
    free(text[WORLD_TEST]);
}

int main(int argc, char **argv)
{
    static Results r;
    Settings s = {.steps = 1000, .seeds = 3, .language = PLOT_BOTH, .rate = 6e-3f, .seed = 1};
    const Option options[] = {option_int("steps", &s.steps, 1, 100000, "training steps of the recall task"),
                              option_int("seeds", &s.seeds, 2, MAX_SEEDS, "networks of each kind"),
                              option_float("lr", &s.rate, 1e-5, 1, "learning rate of the recall task"),
                              option_seed(&s.seed),
                              plot_option(&s.language),
                              OPTION_END};
    options_parse(argc, argv, "Recurrent networks and how far they remember, section 1.2.3.", options);
    Graph *g = nn_graph_new();
    measure_all(g, &s, &r);
    printf("Gradient norm n steps before the answer, relative to n = 0 (geometric mean of %d networks)\n",
           s.seeds);
    print_reach("untrained", r.untrained, s.seeds);
    print_reach("trained to recall", r.trained, s.seeds);
    print_accuracy(&r, s.seeds);
    print_letters(&r, s.seeds);
    draw(&r, s.seeds, s.language);
    nn_graph_free(g);
    return error_finish();
}
