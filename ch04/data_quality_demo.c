/* data_quality_demo.c -- what the quality of data buys, and what scarcity costs; section 4.1.2.
 *
 * Pages are planted: good ones, copies, and nine kinds of bad ones. The same small model reads as many tokens of all of
 * them, of what the filters keep, and of what is truly good; it is asked for the loss on unseen good pages, and for
 * facts of the little world. Then the filter becomes stricter and stricter, and what it keeps is read again and again:
 * the better text loses to the dirty one when too little of it is left. */
#include "ch04/planted_pages.h"
#include "common/base/base.h"
#include "common/base/loss_band.h"
#include "common/model/decoder.h"
#include "common/nn/nn.h"
#include "common/plot/plot.h"
#include "common/text/corpus.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    T = 48,
    B = 8,
    CHANNELS = 48,
    SEEDS = 3,
    CUTS = 4,
    HELD_OUT = 60,
    EVAL_BATCHES = 40
}; /* HELD_OUT: pages */

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

static void run(Run *r)
{
    NnTraining how = nn_training_new();
    how.steps = r->steps;
    how.warmup = r->steps / 10;
    how.optimizer = NN_MUON; /* which needs fewer steps: section 5.3.3 */
    how.rate = how.muon_rate = 2e-2f;
    how.min_rate = 1e-3f;
    Rng rng = rng_new(r->seed);
    const ModelConfig c = model_config_gpt2(
        (ModelConfig){.vocab = PAGES_VOCAB, .context = T, .layers = 2, .heads = 2, .channels = CHANNELS});
    ModelDecoder *m = model_decoder_new(&c, 0, &rng);
    Graph *g = nn_graph_new();
    Windows w = {r->train, m, rng_new(r->seed + 1), {0}, {0}},
            test = {r->held_out, m, rng_new(7), {0}, {0}};
    nn_train(g, &m->params, &how, loss_of, &w, r->curve);
    r->loss = nn_evaluate(g, EVAL_BATCHES, loss_of, &test);
    r->facts = share_of_facts(g, m, r->questions);
    nn_graph_free(g);
    model_decoder_free(m);
}

/* ---- what is compared ------------------------------------------------------------------------------ */

typedef struct Bench {
    Tokenizer *tokenizer;
    Page *pages;
    bool kept[PAGES], good[PAGES];
    PageTokens held_out;
    FactQuestions questions;
    int steps;
    uint64_t seed;
    Progress bar;
    int runs; /* done */
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
    b->seed = seed;
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
    pages_free(unseen, HELD_OUT);
    quality_classifier_free(classifier);
    language_model_free(languages);
    world_samples_free(&facts);
    return b;
}

static void bench_free(Bench *b)
{
    pages_free(b->pages, PAGES);
    free(b->held_out.ids);
    free(b->questions.ids);
    free(b->questions.labels);
    tokenizer_free(b->tokenizer);
    free(b);
}

/* A corpus with several seeds: results (2,SEEDS), the loss, and the facts in per cent. */
static void run_seeds(Bench *b, const PageTokens *c, int steps, double *results, float *curve)
{
    for (int seed = 0; seed < SEEDS; seed++) {
        Run r = {c,
                 &b->held_out,
                 &b->questions,
                 steps,
                 b->seed + 100 * (uint64_t)seed,
                 seed == 0 ? curve : NULL,
                 0,
                 0};
        run(&r);
        results[seed] = r.loss;
        results[SEEDS + seed] = 100 * r.facts;
        progress_update(&b->bar, ++b->runs, "loss %.2f", r.loss);
    }
}

/* The dirty pages, what the filters keep, and the truth, for as many tokens; and the dirty ones for twice as many. */
static void compare(Bench *b, float *curve, double raw[2 * SEEDS], double filtered[2 * SEEDS])
{
    static const char *const names[] = {"all pages", "filtered", "good ones only",
                                        "all pages, twice the tokens"};
    const bool *chosen[] = {NULL, b->kept, b->good, NULL};
    double values[4][2 * SEEDS];
    int tokens = b->steps * B * T;
    for (int i = 0; i < 4; i++) {
        PageTokens c = page_tokens(b->tokenizer, b->pages, PAGES, chosen[i], PAGES);
        run_seeds(b, &c, i == 3 ? 2 * b->steps : b->steps, values[i], i == 1 ? curve : NULL);
        free(c.ids);
    }
    memcpy(raw, values[0], sizeof values[0]);
    memcpy(filtered, values[1], sizeof values[1]);
    progress_end(&b->bar);
    printf("\nThe same model after %d tokens of each; unseen good pages, %d facts;\n"
           "mean and standard deviation of %d seeds:\n",
           tokens, b->questions.count, SEEDS);
    tabular_print_seeds("trained on", names, (TabularColumn[]){{"loss (nats)", 2}, {"facts (%)", 1}}, 2,
                        values[0], 4, SEEDS);
    bool better = true;
    for (int s = 0; s < SEEDS; s++)
        better = better && values[1][s] < values[0][s] && values[1][SEEDS + s] > values[0][SEEDS + s];
    terminal_verdict(better, "with every seed the filtered pages give a lower loss and more facts");
}

/* Ever fewer of the filtered pages, read ever more often. */
static void cut(Bench *b, const double raw[2 * SEEDS], const double filtered[2 * SEEDS], int language)
{
    static const int parts[CUTS] = {1, 8, 32, 128};
    double values[CUTS][2 * SEEDS];
    float epochs[CUTS], loss[SEEDS * CUTS], dirty[CUTS];
    char names[CUTS][64];
    const char *name[CUTS];
    int kept = 0;
    for (int i = 0; i < PAGES; i++)
        kept += b->kept[i];
    for (int i = 0; i < CUTS; i++) {
        PageTokens c = page_tokens(b->tokenizer, b->pages, PAGES, b->kept, kept / parts[i]);
        if (i == 0) /* all of them: compared before */
            memcpy(values[0], filtered, sizeof values[0]);
        else
            run_seeds(b, &c, b->steps, values[i], NULL);
        epochs[i] = (float)b->steps * B * T / (float)c.count;
        dirty[i] = (float)stats_mean(raw, SEEDS);
        snprintf(names[i], sizeof names[i], "%d pages, %.1f epochs", c.pages, (double)epochs[i]);
        name[i] = names[i];
        for (int s = 0; s < SEEDS; s++)
            loss[s * CUTS + i] = (float)values[i][s];
        free(c.ids);
    }
    progress_end(&b->bar);
    printf("\nFewer and fewer of the filtered pages, as many tokens, so that each is read more often:\n");
    tabular_print_seeds("filtered to", name, (TabularColumn[]){{"loss (nats)", 2}, {"facts (%)", 1}}, 2,
                        values[0], CUTS, SEEDS);
    terminal_verdict(stats_mean(values[CUTS - 1], SEEDS) > stats_mean(raw, SEEDS),
                     "the strictest filter leaves so little that the dirty pages are better");
    Plot *p = plot_new("ch04/out/data_quality.svg", language,
                       plot_text("Fewer pages, read more often", "页面越少，重复越多"));
    plot_axes(p, plot_text("epochs (at equal tokens)", "轮数（词元总数相同）"),
              plot_text("held-out loss (nats per token)", "留出损失（nat/词元）"));
    plot_log_axes(p, true, false);
    plot_seeds(p, plot_text("filtered pages", "过滤后的页面"), epochs, loss, SEEDS, CUTS);
    plot_reference(p, plot_text("all pages, unfiltered", "未过滤的全部页面"), epochs, dirty, CUTS);
    plot_finish(p, "picture");
}

int main(int argc, char **argv)
{
    uint64_t seed = 1;
    int steps = 250, language = PLOT_BOTH;
    LossBandSettings band = {.model = "filtered"};
    LossBandOptions bands = loss_band_options(&band);
    const Option options[] = {
        option_int("steps", &steps, 10, 100000, "steps of each run, of 384 tokens each"),
        option_seed(&seed), option_group(bands.items), plot_option(&language), OPTION_END};
    options_parse(argc, argv, "What the quality of data buys, section 4.1.2.", options);
    float *curve = memory_new(sizeof *curve * (size_t)steps);
    double raw[2 * SEEDS], filtered[2 * SEEDS];
    Bench *b = bench_new(steps, seed);
    if (band.curve) { /* this model alone */
        PageTokens c = page_tokens(b->tokenizer, b->pages, PAGES, b->kept, PAGES);
        Run r = {&c, &b->held_out, &b->questions, steps, seed, curve, 0, 0};
        run(&r);
        free(c.ids);
    } else {
        count_kept(b);
        b->bar = progress_begin("training", (3 + CUTS) * SEEDS);
        compare(b, curve, raw, filtered);
        cut(b, raw, filtered, language);
    }
    loss_band_report(&band, "ch04/expected/data_quality_demo.band.tsv", curve, steps);
    bench_free(b);
    free(curve);
    return error_finish();
}
