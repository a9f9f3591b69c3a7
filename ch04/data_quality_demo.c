/* data_quality_demo.c -- what the quality of data buys, and what scarcity costs; section 4.1.2.
 *
 * Pages are planted: good ones, copies, and nine kinds of bad ones. The same small model reads as many tokens of all of
 * them, of what the filters keep, and of what is truly good; it is asked for the loss on unseen good pages, and for
 * facts of the little world. Then the filter becomes stricter and stricter, and what it keeps is read again and again:
 * the better text loses to the dirty one when too little of it is left. */
#include "ch04/planted_pages.h"
#include "common/base/base.h"
#include "common/demo/demo.h"
#include "common/model/decoder.h"
#include "common/nn/nn.h"
#include "common/text/corpus.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { T = 48, B = 8, CHANNELS = 48, SEEDS = 3, HELD_OUT = 60, EVAL_BATCHES = 40 }; /* HELD_OUT: pages */

/* ---- a run ------------------------------------------------------------------------------------------- */

typedef struct Run {
    const PageTokens *train, *held_out;
    const FactQuestions *questions;
    int steps;
    uint64_t seed;
    float *curve;       /* (steps), or NULL */
    double loss, facts; /* on the held-out pages; share of the facts that it says */
} Run;

typedef struct Windows {
    const PageTokens *corpus;
    const ModelDecoder *model;
    Rng rng;
    int x[B * T], y[B * T];
} Windows;

static Tensor *loss_of(Graph *g, void *context, int i)
{
    Windows *w = context;
    (void)i;
    text_corpus_batch(w->corpus->ids, w->corpus->count, B, T, &w->rng, w->x, w->y);
    return model_decoder_loss(g, w->model, w->x, w->y, B, T);
}

/* A fact counts if each token of its answer is the most probable one after those before it. */
static double share_of_facts(Graph *g, const ModelDecoder *m, const FactQuestions *q)
{
    int right = 0;
    nn_graph_record(g, false);
    Tensor *logits = model_decoder_logits(g, m, q->ids, q->count, PAGES_FACT); /* (count,PAGES_FACT,V) */
    for (int i = 0; i < q->count; i++) {
        bool whole = true;
        for (int k = i * PAGES_FACT; k < (i + 1) * PAGES_FACT; k++)
            whole = whole && (q->labels[k] < 0 ||
                              nn_argmax(logits->data + k * PAGES_VOCAB, PAGES_VOCAB) == q->labels[k]);
        right += whole;
    }
    nn_graph_reset(g);
    nn_graph_record(g, true);
    return (double)right / q->count;
}

static NnTraining training(int steps)
{
    NnTraining how = nn_training_new();
    how.steps = steps;
    how.warmup = steps / 10;
    how.optimizer = NN_MUON; /* which needs fewer steps: section 5.3.3 */
    how.rate = how.muon_rate = 2e-2f;
    how.min_rate = 1e-3f;
    return how;
}

static void run(Run *r)
{
    const NnTraining how = training(r->steps);
    Rng rng = rng_new(r->seed);
    const ModelConfig c = model_config_gpt2(
        (ModelConfig){.vocab = PAGES_VOCAB, .context = T, .layers = 2, .heads = 2, .channels = CHANNELS});
    ModelDecoder *m = model_decoder_new(&c, 0, &rng);
    Optimizer *o = nn_training_optimizer(&how, &m->params);
    Graph *g = nn_graph_new();
    Windows w = {r->train, m, rng_new(r->seed + 1), {0}, {0}},
            test = {r->held_out, m, rng_new(7), {0}, {0}};
    for (int step = 0; step < r->steps; step++) {
        NnStep done = nn_train_step(g, o, loss_of(g, &w, step), nn_training_rate(&how, step), how.clip);
        if (r->curve)
            r->curve[step] = done.loss;
    }
    r->loss = nn_evaluate(g, EVAL_BATCHES, loss_of, &test);
    r->facts = share_of_facts(g, m, r->questions);
    nn_graph_free(g);
    nn_optimizer_free(o);
    model_decoder_free(m);
}

/* ---- what is compared ------------------------------------------------------------------------------ */

/* What the model reads: all pages, those that the filters keep, those that are truly good; all for twice as many
 * tokens; and an eighth, a 32nd and a 128th of those kept. */
typedef enum Corpus { RAW, FILTERED, GOOD, TWICE, PART8, PART32, PART128, CORPORA } Corpus;
static const int parts[CORPORA] = {1, 1, 1, 1, 8, 32, 128};

typedef struct Bench {
    Tokenizer *tokenizer;
    Page *pages;
    bool kept[PAGES], good[PAGES];
    PageTokens corpora[CORPORA], held_out;
    FactQuestions questions;
    int steps;
    double results[CORPORA][2 * SEEDS]; /* the loss with each seed, and the facts in per cent */
} Bench;

static void count_kept(const Bench *b)
{
    static const char *const names[] = {"good", "copies of good", "bad"};
    int all[3] = {0}, kept[3] = {0};
    for (int i = 0; i < PAGES; i++) {
        int row = b->pages[i].bad == -1 ? 0 : b->pages[i].bad == -2 ? 1 : 2;
        all[row]++;
        kept[row] += b->kept[i];
    }
    printf("%d pages, filtered by language, rules, classifier and as copies:\n", PAGES);
    Tabular *t = tabular_new();
    tabular_column(t, "pages");
    tabular_numbers(t, "all", NULL, 0, TABULAR_NONE);
    tabular_numbers(t, "kept", NULL, 0, TABULAR_NONE);
    tabular_numbers(t, "kept", "%", 1, TABULAR_NONE);
    for (int r = 0; r < 3; r++)
        tabular_row(t, names[r], (double[]){all[r], kept[r], 100.0 * kept[r] / all[r]});
    tabular_print(t);
}

static Bench *bench_new(int steps, uint64_t seed)
{
    Bench *b = memory_zero(1, sizeof *b);
    Rng rng = rng_new(seed);
    WorldSamples facts = pages_facts(&rng);
    LanguageModel *languages = language_model_new();
    QualityClassifier *classifier = quality_classifier_of_world(seed);
    Page *unseen = memory_new(sizeof *unseen * HELD_OUT);
    b->steps = steps;
    b->pages = pages_new(&facts, &rng);
    b->tokenizer = pages_tokenizer(b->pages);
    b->questions = fact_questions_new(&facts, b->tokenizer);
    for (int i = 0; i < PAGES; i++) {
        b->kept[i] = page_stays(b->pages, i, languages, classifier);
        b->good[i] = b->pages[i].bad == -1;
    }
    for (int i = 0; i < HELD_OUT; i++)
        unseen[i] = (Page){page_good(&facts, WORLD_TEST, &rng), -1};
    b->held_out = page_tokens(b->tokenizer, unseen, HELD_OUT, NULL, HELD_OUT);
    int kept = 0;
    for (int i = 0; i < PAGES; i++)
        kept += b->kept[i];
    for (int c = 0; c < CORPORA; c++) {
        const bool *chosen = c == RAW || c == TWICE ? NULL : c == GOOD ? b->good : b->kept;
        b->corpora[c] =
            page_tokens(b->tokenizer, b->pages, PAGES, chosen, parts[c] == 1 ? PAGES : kept / parts[c]);
    }
    pages_free(unseen, HELD_OUT);
    quality_classifier_free(classifier);
    language_model_free(languages);
    world_samples_free(&facts);
    return b;
}

static void bench_free(Bench *b)
{
    pages_free(b->pages, PAGES);
    for (int c = 0; c < CORPORA; c++)
        free(b->corpora[c].ids);
    free(b->held_out.ids);
    free(b->questions.ids);
    free(b->questions.labels);
    tokenizer_free(b->tokenizer);
    free(b);
}

static Run run_of(const Bench *b, Corpus c, uint64_t seed)
{
    return (Run){.train = &b->corpora[c],
                 .held_out = &b->held_out,
                 .questions = &b->questions,
                 .steps = c == TWICE ? 2 * b->steps : b->steps,
                 .seed = seed};
}

/* All corpora with all seeds. A run of this size gains little from a second thread, but two runs side by side do; the
 * longest come first. */
static void run_all(Bench *b, Demo *d)
{
    Progress bar = progress_begin("training", CORPORA * SEEDS);
    int done = 0;
#pragma omp parallel for schedule(dynamic, 1)
    for (int i = 0; i < CORPORA * SEEDS; i++) {
        int c = (TWICE + i / SEEDS) % CORPORA, seed = i % SEEDS;
        Run r = run_of(b, (Corpus)c, d->seed + 100 * (uint64_t)seed);
        r.curve = c == FILTERED && seed == 0 ? d->losses : NULL;
        run(&r);
        b->results[c][seed] = r.loss;
        b->results[c][SEEDS + seed] = 100 * r.facts;
#pragma omp critical
        progress_update(&bar, ++done, "loss %.2f", r.loss);
    }
    progress_end(&bar);
}

static const TabularColumn columns[] = {{"loss (nats)", 2}, {"facts (%)", 1}};

/* The dirty pages, what the filters keep, and the truth, for as many tokens; and the dirty ones for twice as many. */
static void compare(const Bench *b, Demo *d)
{
    static const char *const names[] = {"all pages", "filtered", "good ones only",
                                        "all pages, twice the tokens"};
    const double *raw = b->results[RAW], *filtered = b->results[FILTERED];
    bool better = true;
    printf("\nThe same model after %d tokens of each; unseen good pages, %d facts;\n"
           "mean and standard deviation of %d seeds:\n",
           b->steps * B * T, b->questions.count, SEEDS);
    tabular_print_seeds("trained on", names, columns, 2, raw, 4, SEEDS);
    for (int s = 0; s < SEEDS; s++)
        better = better && filtered[s] < raw[s] && filtered[SEEDS + s] > raw[SEEDS + s];
    demo_claim(d, better, "with every seed the filtered pages give a lower loss and more facts");
}

/* Ever fewer of the filtered pages, read ever more often. */
static void cut(const Bench *b, Demo *d)
{
    static const Corpus shown[] = {FILTERED, PART8, PART32, PART128};
    enum { CUTS = 4 };
    double values[CUTS][2 * SEEDS], raw = stats_mean(b->results[RAW], SEEDS);
    float epochs[CUTS], loss[SEEDS * CUTS], dirty[CUTS];
    char names[CUTS][64];
    const char *name[CUTS];
    for (int i = 0; i < CUTS; i++) {
        const PageTokens *c = &b->corpora[shown[i]];
        memcpy(values[i], b->results[shown[i]], sizeof values[i]);
        epochs[i] = (float)b->steps * B * T / (float)c->count;
        dirty[i] = (float)raw;
        snprintf(names[i], sizeof names[i], "%d pages, %.1f epochs", c->pages, (double)epochs[i]);
        name[i] = names[i];
        for (int s = 0; s < SEEDS; s++)
            loss[s * CUTS + i] = (float)values[i][s];
    }
    printf("\nFewer and fewer of the filtered pages, as many tokens, so that each is read more often:\n");
    tabular_print_seeds("filtered to", name, columns, 2, values[0], CUTS, SEEDS);
    demo_claim(d, stats_mean(values[CUTS - 1], SEEDS) > raw,
               "the strictest filter leaves so little that the dirty pages are better");
    Plot *p = demo_plot(d, plot_text("Fewer pages, read more often", "页面越少，重复越多"),
                        plot_text("epochs (at equal tokens)", "轮数（词元总数相同）"),
                        plot_text("held-out loss (nats per token)", "留出损失（nat/词元）"));
    plot_log_axes(p, true, false);
    plot_seeds(p, plot_text("filtered pages", "过滤后的页面"), epochs, loss, SEEDS, CUTS);
    plot_reference(p, plot_text("all pages, unfiltered", "未过滤的全部页面"), epochs, dirty, CUTS);
    plot_finish(p, "picture");
}

int main(int argc, char **argv)
{
    Demo d = {.name = "ch04/data_quality_demo",
              .about = "What the quality of data buys, section 4.1.2.",
              .draws = true,
              .steps = 250,
              .min_steps = 10,
              .watched = "filtered"};
    demo_begin(&d, argc, argv, NULL);
    Bench *b = bench_new(d.steps, d.seed);
    if (d.alone) {
        Run r = run_of(b, FILTERED, d.seed);
        r.curve = d.losses;
        run(&r);
    } else {
        count_kept(b);
        run_all(b, &d);
        compare(b, &d);
        cut(b, &d);
    }
    bench_free(b);
    return demo_end(&d);
}
