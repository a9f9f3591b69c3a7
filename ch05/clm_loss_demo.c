/* clm_loss_demo.c -- the causal language model loss, section 5.2.2.
 *
 * GPT (Radford et al., 2018) predicts the next token at every position. The demo shifts a sentence by one, holds
 * that one pass equals as many passes as there are positions, leaves padding out of the loss, and packs several
 * documents in one row. Then it trains, and sets the loss beside what needs no model: a uniform guess, and
 * the frequencies of words and pairs. Last, what a row costs in which documents see each other. */
#include "common/base/base.h"
#include "common/base/stats.h"
#include "common/nn/nn.h"
#include "common/plot/plot.h"
#include "ch05/packing.h"
#include "ch05/data_sentences.h"
#include "ch05/small.h"

#include <math.h>
#include <stdlib.h>

enum { CHANNELS = 48, HEADS = 4, TRAIN = 4000, TESTS = 400, SEEDS = 3 };

typedef struct Settings {
    int steps;
    uint64_t seed;
    int language; /* of the picture */
} Settings;

static Settings parse(int argc, char **argv)
{
    Settings s = {.steps = 250, .seed = 1};
    const Option options[] = {option_int("steps", &s.steps, 1, 100000, "training steps of a model"),
                              option_seed(&s.seed), plot_option(&s.language), OPTION_END};
    options_parse(argc, argv, "The causal language model loss, section 5.2.2.", options);
    return s;
}

/* ---- rows of documents --------------------------------------------------------------------------- */

/* How a row is read: whether its documents see each other, and whether positions are counted through the row
 * or from the start of each document. */
typedef struct Reading {
    const char *name;
    bool open, through;
} Reading;

enum { READINGS = 3 };
static const Reading readings[READINGS] = {{"mask, positions restart", false, false},
                                           {"no mask, positions restart", true, false},
                                           {"no mask, positions continue", true, true}};

static Tensor *loss_of(Graph *g, const Small *m, const Rows *r, const Reading *how)
{
    int *positions = arena_alloc(nn_arena(g), sizeof *positions * (size_t)(r->rows * r->time));
    for (int i = 0; i < r->rows * r->time; i++)
        positions[i] = how->through ? i % r->time : r->position[i];
    const NnBlockCall call = {.attention = {.mask = rows_allowed(g, r, how->open)}};
    Tensor *hidden = small_hidden(g, m, r->ids, positions, r->rows, r->time, &call); /* (B,T,C) */
    return small_loss(g, m, hidden, r->label);
}

/* The loss of a document by itself, or of its first `count` tokens' last label alone. */
static double loss_alone(Graph *g, const Small *m, const Sentence *s, int last)
{
    Rows r;
    int at = 0;
    rows_clear(&r, 1, last < 0 ? s->count : last + 1);
    Sentence cut = *s;
    cut.count = r.time;
    rows_append(&r, 0, &at, 1, &cut);
    for (int t = 0; last >= 0 && t <= last; t++)
        r.label[t] = t == last ? s->ids[t + 1] : ROWS_IGNORE;
    double loss = (double)tensor_item(loss_of(g, m, &r, &readings[0]));
    nn_graph_reset(g);
    return loss;
}

/* ---- what must hold ------------------------------------------------------------------------------ */

static const char *piece(const Sentences *s, int id)
{
    return id == ROWS_IGNORE ? "-" : text_words_piece(s->words, id);
}

/* Two documents in a row of 16, the shift by one and the mask. */
static void show_row(Graph *g, const Sentences *s)
{
    Rows r;
    int at = 0, document = 1;
    rows_clear(&r, 1, 16);
    for (int i = 0; i < 50 && document < 3; i++)
        if (s->items[WORLD_TRAIN][i].count <= 7 + document)
            document += rows_append(&r, 0, &at, document, &s->items[WORLD_TRAIN][i]);
    const Tensor *allowed = rows_allowed(g, &r, false);
    puts("Two documents packed in a row of 16. Label: the next token; a dash: not counted.\n"
         "Right: the positions that each row may attend to\n  document position  input      label");
    for (int t = 0; t < r.time; t++) {
        printf("  %8d %8d  %-10s %-10s ", r.document[t], r.position[t], piece(s, r.ids[t]),
               piece(s, r.label[t]));
        for (int k = 0; k < r.time; k++)
            fputs(allowed->data[t * r.time + k] != 0 ? " #" : " .", stdout);
        putchar('\n');
    }
    nn_graph_reset(g);
}

static bool verdict(const char *what, double difference, double max)
{
    bool good = difference <= max;
    printf("  %-74s %s\n", what, good ? "yes" : "NO");
    return good;
}

/* One pass over a document of n tokens is n-1 examples: each as a pass of its own over what comes before. */
static bool check_shift(Graph *g, const Small *m, const Sentence *s)
{
    double sum = 0;
    for (int last = 0; last < s->count - 1; last++)
        sum += loss_alone(g, m, s, last) / (s->count - 1);
    return verdict("one pass = the mean of one pass for each position", fabs(sum - loss_alone(g, m, s, -1)),
                   1e-5);
}

/* The loss of documents in one batch, per_row of them in a row, is that of each alone, by its labels. */
static bool check_rows(Graph *g, const Small *m, const Sentence *items, int count, int per_row,
                       const char *what)
{
    Rows r;
    double sum = 0;
    rows_clear(&r, count / per_row, ROWS_TIME);
    for (int i = 0, at = 0; i < count; i++) {
        at = i % per_row ? at : 0;
        rows_append(&r, i / per_row, &at, 1 + i % per_row, &items[i]);
        sum += loss_alone(g, m, &items[i], -1) * (items[i].count - 1);
    }
    double together = (double)tensor_item(loss_of(g, m, &r, &readings[0]));
    nn_graph_reset(g);
    return verdict(what, fabs(together - sum / rows_labels(&r)), 1e-5);
}

/* What the loss would be if padding counted as an example, beside what it is. */
static void show_padding(Graph *g, const Small *m, const Sentence *items)
{
    Rows r;
    int next = 0, packed = 0, all = 0;
    rows_pad(&r, items, ROWS_MAX, &next);
    int padding = rows_padding(&r);
    double right = (double)tensor_item(loss_of(g, m, &r, &readings[0]));
    for (int i = 0; i < r.rows * r.time; i++)
        r.label[i] = r.document[i] == 0 ? TEXT_PAD : r.label[i];
    double wrong = (double)tensor_item(loss_of(g, m, &r, &readings[0]));
    nn_graph_reset(g);
    printf("  One document to a row of %d: %.0f%% of it is padding. Loss %.2f; if padding counted, %.2f.\n",
           r.time, 100.0 * padding / (r.rows * r.time), right, wrong);
    for (next = 0; next + ROWS_MAX * ROWS_TIME < TRAIN; all += ROWS_MAX * ROWS_TIME) {
        rows_pack(&r, items, TRAIN, &next);
        packed += rows_padding(&r);
    }
    printf("  Packed into rows of %d: %.0f%%.\n", ROWS_TIME, 100.0 * packed / all);
}

/* ---- training and measuring ---------------------------------------------------------------------- */

/* The mean loss of the test documents, packed or one to a row. */
static double test(Graph *g, const Small *m, const Sentences *s, bool packed, const Reading *how)
{
    static Rows r;
    double sum = 0, labels = 0;
    nn_graph_record(g, false);
    for (int next = 0; next < s->count[WORLD_TEST];) {
        (packed ? rows_pack : rows_pad)(&r, s->items[WORLD_TEST], s->count[WORLD_TEST], &next);
        int here = rows_labels(&r);
        sum += (double)tensor_item(loss_of(g, m, &r, how)) * here;
        labels += here;
        nn_graph_reset(g);
    }
    nn_graph_record(g, true);
    return sum / labels;
}

/* A training run on packed rows. */
typedef struct Task {
    const Small *model;
    const Sentences *sentences;
    const Reading *how;
    Rng rng;
    int steps;
    SmallCurve *curve; /* or NULL */
    Rows rows;
} Task;

static Tensor *train_loss(Graph *g, void *context, int step)
{
    Task *t = context;
    const Sentences *s = t->sentences;
    if (t->curve && small_curve_due(step, t->steps))
        small_curve_add(t->curve, step, test(g, t->model, s, true, t->how));
    int next = rng_below(&t->rng, s->count[WORLD_TRAIN] - ROWS_MAX * ROWS_TIME);
    rows_pack(&t->rows, s->items[WORLD_TRAIN], s->count[WORLD_TRAIN], &next);
    return loss_of(g, t->model, &t->rows, t->how);
}

/* Losses without a model: p(w) from counts, and p(w | v) = (count(v,w) + p(w)) / (count(v) + 1). */
static void test_counts(const Sentences *s, double *unigram, double *bigram)
{
    size_t vocab = (size_t)text_words_count(s->words);
    double *pair = memory_zero(vocab * vocab, sizeof *pair), *before = memory_zero(vocab, sizeof *before);
    double *word = memory_zero(vocab, sizeof *word), total = 0, labels = 0;
    for (int i = 0; i < s->count[WORLD_TRAIN]; i++) {
        const Sentence *x = &s->items[WORLD_TRAIN][i];
        for (int t = 1; t < x->count; t++, total++) {
            pair[(size_t)x->ids[t - 1] * vocab + (size_t)x->ids[t]]++;
            before[x->ids[t - 1]]++;
            word[x->ids[t]]++;
        }
    }
    for (int i = 0; i < s->count[WORLD_TEST]; i++) {
        const Sentence *x = &s->items[WORLD_TEST][i];
        for (int t = 1; t < x->count; t++, labels++) {
            double p = (word[x->ids[t]] + 1) / (total + (double)vocab);
            double both = pair[(size_t)x->ids[t - 1] * vocab + (size_t)x->ids[t]];
            *unigram -= log(p);
            *bigram -= log((both + p) / (before[x->ids[t - 1]] + 1));
        }
    }
    *unigram /= labels;
    *bigram /= labels;
    free(pair);
    free(before);
    free(word);
}

static void print_losses(const char *how, const char *name, const double *loss)
{
    double mean = stats_mean(loss, SEEDS);
    printf("  %-8s%-28s %5.2f  %6.1f   (%.2f %.2f %.2f)\n", how, name, mean, exp(mean), loss[0], loss[1],
           loss[2]);
}

/* One curve for each seed; the guesses need no model. */
static void draw(const SmallCurve *c, const double *guesses, int language)
{
    const PlotText names[3] = {plot_text("uniform guess", "均匀分布"),
                               plot_text("word frequencies", "词频"),
                               plot_text("frequencies of word pairs", "词对的频率")};
    float end = c[0].step[c[0].count - 1];
    Plot *p = plot_new("ch05/out/clm_loss_demo.svg", language,
                       plot_text("Loss on unseen documents", "在没见过的文档上的损失"));
    plot_axes(p, plot_text("step", "步"), plot_text("loss (nats per token)", "损失（nat/词元）"));
    small_curves_plot(c, SEEDS, p, plot_text("model, three seeds", "模型，三个种子"));
    for (int i = 0; i < 3; i++) {
        float y[2] = {(float)guesses[i], (float)guesses[i]};
        plot_reference(p, plot_same(NULL), (float[]){0, end}, y, 2);
        plot_note(p, 0.7f * end, y[0], names[i]);
    }
    plot_finish(p, "picture");
}

/* Trains three models in each way of reading a row; measures each as it was trained and on single documents. */
static void compare(Graph *g, const Sentences *s, const Settings *set)
{
    double packed[READINGS][SEEDS], alone[READINGS][SEEDS], guess[3] = {0};
    int vocab = text_words_count(s->words), worse[READINGS] = {0};
    SmallCurve curves[SEEDS] = {{.count = 0}}; /* of the first way */
    for (int i = 0; i < READINGS * SEEDS; i++) {
        int how = i / SEEDS, seed = i % SEEDS;
        Rng rng = rng_new(set->seed * 100 + (uint64_t)seed);
        Small m = small_new(vocab, ROWS_TIME, HEADS, CHANNELS, &rng);
        SmallCurve *curve = how == 0 ? &curves[seed] : NULL;
        Task t = {&m, s, &readings[how], rng, set->steps, curve, {.rows = 0}};
        small_train(g, &m, set->steps, train_loss, &t);
        packed[how][seed] = test(g, &m, s, true, &readings[how]);
        alone[how][seed] = test(g, &m, s, false, &readings[how]);
        worse[how] += packed[how][seed] > packed[0][seed];
        nn_params_free(&m.params);
    }
    guess[0] = log(vocab);
    test_counts(s, &guess[1], &guess[2]);
    puts("\nLoss on unseen documents: nats per token, and the perplexity");
    printf("  %-36s %5.2f  %6.1f   = ln %d\n", "a uniform guess", guess[0], exp(guess[0]), vocab);
    printf("  %-36s %5.2f  %6.1f\n", "word frequencies", guess[1], exp(guess[1]));
    printf("  %-36s %5.2f  %6.1f\n", "pair frequencies", guess[2], exp(guess[2]));
    printf("Models after %d steps on packed rows (mean of three seeds, and each); evaluated packed, or "
           "each document alone\n",
           set->steps);
    for (int how = 0; how < READINGS; how++)
        print_losses("packed:", readings[how].name, packed[how]);
    for (int how = 0; how < READINGS; how++)
        print_losses("alone:", readings[how].name, alone[how]);
    printf("Packed, without the mask: higher in %d of %d seeds; with positions that continue as well: in "
           "%d of %d\n\n",
           worse[1], SEEDS, worse[2], SEEDS);
    draw(curves, guess, set->language);
}

int main(int argc, char **argv)
{
    Settings set = parse(argc, argv);
    Sentences s = sentences_new(TRAIN, TESTS, set.seed);
    const Sentence *items = s.items[WORLD_TRAIN];
    Rng rng = rng_new(set.seed);
    Small m = small_new(text_words_count(s.words), ROWS_TIME, HEADS, CHANNELS, &rng);
    Graph *g = nn_graph_new();
    show_row(g, &s);
    puts("\nWhat must hold, to 1e-5, on an untrained model");
    bool good = check_shift(g, &m, &items[0]);
    good =
        check_rows(g, &m, items, 8, 1, "a padded batch = the mean over its documents, by labels") && good;
    good = check_rows(g, &m, items, 15, 3,
                      "three packed in a row, with the mask and restarted positions = alone") &&
           good;
    show_padding(g, &m, items);
    nn_params_free(&m.params);
    compare(g, &s, &set);
    nn_graph_free(g);
    sentences_free(&s);
    return error_finish() || !good;
}
