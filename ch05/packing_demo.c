/* packing_demo.c -- training on packed rows, section 5.2.2.
 *
 * Several documents share a row. The demo trains with a mask between them, without it, and with positions that
 * continue through the row; it sets the losses beside what needs no model: a uniform guess, and the frequencies of
 * words and pairs. */
#include "ch05/packing.h"
#include "common/demo/demo.h"

#include <math.h>
#include <stdlib.h>

enum { TRAIN = 4000, TESTS = 400, SEEDS = 3, POINTS = 11 };

/* ---- training and measuring ---------------------------------------------------------------------- */

/* The mean loss of the test documents, packed or one to a row. */
static double test(Graph *g, const Trunk *m, const Sentences *s, bool packed, const Reading *how)
{
    static Rows r;
    double sum = 0, labels = 0;
    nn_graph_record(g, false);
    for (int next = 0; next < s->count[WORLD_TEST];) {
        (packed ? rows_pack : rows_pad)(&r, s->items[WORLD_TEST], s->count[WORLD_TEST], &next);
        int here = rows_labels(&r);
        sum += (double)tensor_item(rows_loss(g, m, &r, how)) * here;
        labels += here;
        nn_graph_reset(g);
    }
    nn_graph_record(g, true);
    return sum / labels;
}

/* A training run on packed rows. */
typedef struct Task {
    const Trunk *model;
    const Sentences *sentences;
    const Reading *how;
    Rng rng;
    int every;    /* a point of the curve is measured every so many steps */
    float *curve; /* the loss of unseen documents, or NULL */
    Rows rows;
} Task;

static Tensor *train_loss(Graph *g, void *context, int step)
{
    Task *t = context;
    const Sentences *s = t->sentences;
    if (t->curve && step % t->every == 0)
        t->curve[step / t->every] = (float)test(g, t->model, s, true, t->how);
    int next = rng_below(&t->rng, s->count[WORLD_TRAIN] - ROWS_MAX * ROWS_TIME);
    rows_pack(&t->rows, s->items[WORLD_TRAIN], s->count[WORLD_TRAIN], &next);
    return rows_loss(g, t->model, &t->rows, t->how);
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

/* The models of all readings and seeds. */
typedef struct Results {
    double loss[READINGS][2][SEEDS]; /* of unseen documents, packed and each alone */
    float curve[SEEDS * POINTS];     /* (seeds,points), of the first reading */
    float steps[POINTS];
    int every, points;
    double guesses[3]; /* losses without a model: uniform, by word frequencies, by those of pairs */
} Results;

static void run(Graph *g, const Sentences *s, const Demo *d, int how, int seed, Results *r)
{
    Rng rng = rng_new(d->seed * 100 + (uint64_t)seed);
    Trunk m = trunk_new(text_words_count(s->words), ROWS_TIME, &rng);
    float *curve = how == 0 ? r->curve + seed * r->points : NULL;
    Task t = {&m, s, &readings[how], rng, r->every, curve, {.rows = 0}};
    trunk_train(g, &m, d->steps, train_loss, &t, how + seed == 0 ? d->losses : NULL);
    r->loss[how][0][seed] = test(g, &m, s, true, &readings[how]);
    r->loss[how][1][seed] = test(g, &m, s, false, &readings[how]);
    nn_params_free(&m.params);
}

/* Trains three models in each way of reading a row; measures each as it was trained and on single documents. */
static void compare(Graph *g, const Sentences *s, const Demo *d, Results *r)
{
    r->every = (d->steps + POINTS - 1) / POINTS;
    r->points = (d->steps - 1) / r->every + 1;
    for (int i = 0; i < r->points; i++)
        r->steps[i] = (float)(i * r->every);
    r->guesses[0] = log(text_words_count(s->words));
    test_counts(s, &r->guesses[1], &r->guesses[2]);
    for (int i = 0; i < (d->alone ? 1 : READINGS * SEEDS); i++)
        run(g, s, d, i / SEEDS, i % SEEDS, r);
}

/* ---- what came out ------------------------------------------------------------------------------- */

/* One curve for each seed; the guesses need no model. */
static void draw(const Demo *d, const Results *r)
{
    const PlotText names[3] = {plot_text("uniform guess", "均匀分布"),
                               plot_text("word frequencies", "词频"),
                               plot_text("frequencies of word pairs", "词对的频率")};
    Plot *p = demo_plot(d, plot_text("Loss on unseen documents", "在没见过的文档上的损失"),
                        plot_text("step", "步"), plot_text("loss (nats per token)", "损失（nat/词元）"));
    plot_seeds(p, plot_text("model, three seeds", "模型，三个种子"), r->steps, r->curve, SEEDS, r->points);
    for (int i = 0; i < 3; i++)
        plot_level(p, names[i], (float)r->guesses[i], 0, r->steps[r->points - 1], 0.7f);
    plot_finish(p, "picture");
}

static void show(const Demo *d, const Sentences *s, const Results *r)
{
    static const TabularColumn columns[] = {{"packed", 2}, {"each document alone", 2}};
    static const char *const names[READINGS] = {"mask, positions restart", "no mask, positions restart",
                                                "no mask, positions continue"};
    const double *guesses = r->guesses, *masked = r->loss[0][0];
    printf("Loss on unseen documents without a model, and perplexity: uniform guess %.2f = ln %d,\n"
           "word frequencies %.2f (%.1f), pair frequencies %.2f (%.1f)\n\n"
           "Models after %d steps on packed rows; mean and standard deviation of %d seeds\n",
           guesses[0], text_words_count(s->words), guesses[1], exp(guesses[1]), guesses[2], exp(guesses[2]),
           d->steps, SEEDS);
    tabular_print_seeds("", names, columns, 2, r->loss[0][0], READINGS, SEEDS);
    printf("Packed, without the mask: higher in %d of %d seeds; with positions that continue as well: in "
           "%d of %d\n",
           stats_below(masked, r->loss[1][0], SEEDS), SEEDS, stats_below(masked, r->loss[2][0], SEEDS),
           SEEDS);
}

int main(int argc, char **argv)
{
    Demo d = {.name = "ch05/packing_demo",
              .about = "Training on packed rows, section 5.2.2.",
              .draws = true,
              .steps = 250,
              .watched = ""};
    demo_begin(&d, argc, argv, NULL);
    Sentences s = sentences_new(TRAIN, TESTS, d.seed);
    Graph *g = nn_graph_new();
    Results r;
    compare(g, &s, &d, &r);
    if (!d.alone) {
        show(&d, &s, &r);
        draw(&d, &r);
    }
    nn_graph_free(g);
    sentences_free(&s);
    return demo_end(&d);
}
