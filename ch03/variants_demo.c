/* variants_demo.c -- encoder-only, decoder-only, encoder-decoder, section 3.8.
 *
 * One block, three wirings. Without a mask a word sees all of its sentence (BERT); with a look-ahead mask it sees
 * itself and what comes before (GPT); and where the answer is another text, one stack reads without a mask and a
 * second one writes with it (T5). Each wiring is trained on what it is good at and on what it is not: filling in a
 * hidden word, predicting the next one, translating. */
#include "ch03/wirings.h"
#include "common/demo/demo.h"
#include "common/text/words.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { SHOWN = 3, CHANNELS = WIRING_CHANNELS };

static const PlotText WIRING_NAMES[WIRINGS] = {
    {"encoder only", "仅编码器"}, {"decoder only", "仅解码器"}, {"encoder-decoder", "编码器-解码器"}};

/* ---- who sees whom ------------------------------------------------------------------------------- */

enum { SPLIT = 4, POSITIONS = 2 * SPLIT }; /* a source of four words and its translation */

/* The outputs of all positions (POSITIONS,C), and of a graph that is reset by the caller. */
static const float *outputs(Graph *g, const Model *m, const int ids[POSITIONS])
{
    static Batch b;
    int before = m->wiring == ENCODER_DECODER ? SPLIT : 0;
    Tensor *memory = NULL;
    b.size = 1;
    b.source_time = b.source_lengths[0] = before;
    b.time = b.lengths[0] = POSITIONS - before;
    memcpy(b.source, ids, (size_t)before * sizeof *ids);
    memcpy(b.text, ids + before, (size_t)b.time * sizeof *ids);
    Tensor *text = run(g, m, &b, &memory);
    return (memory ? nn_concat(g, memory, text, 1) : text)->data;
}

/* sees (POSITIONS,POSITIONS): 1 where the output of the row changes when the word of the column is another one. */
static void who_sees_whom(Graph *g, const Model *m, const int ids[POSITIONS], float *sees)
{
    const float *usual = outputs(g, m, ids);
    for (int s = 0; s < POSITIONS; s++) {
        int changed[POSITIONS];
        memcpy(changed, ids, sizeof changed);
        changed[s] = TEXT_UNKNOWN;
        const float *other = outputs(g, m, changed);
        for (int t = 0; t < POSITIONS; t++) {
            const float *a = usual + t * CHANNELS, *b = other + t * CHANNELS;
            sees[t * POSITIONS + s] = memcmp(a, b, CHANNELS * sizeof *a) != 0;
        }
    }
    nn_graph_reset(g);
}

static void show_masks(Graph *g, uint64_t seed, int language)
{
    static const char *const names[POSITIONS] = {"小", "红", "很", "累", "<s>", "Mary", "is", "tired"};
    static const int ids[POSITIONS] = {10, 11, 12, 13, TEXT_BEGIN, 14, 15, 16};
    float sees[WIRINGS * POSITIONS * POSITIONS];
    puts("Whose output (row) changes with which word (column)? Measured on untrained models.");
    for (int w = 0; w < WIRINGS; w++) {
        Rng rng = rng_new(seed);
        Model m = model_new((Wiring)w, 17, &rng);
        who_sees_whom(g, &m, ids, sees + w * POSITIONS * POSITIONS);
        printf("\n%s\n", WIRING_NAMES[w].en);
        terminal_heatmap(sees + w * POSITIONS * POSITIONS, POSITIONS, POSITIONS, names, names);
        nn_params_free(&m.params);
    }
    Plot *p = plot_new(
        "ch03/out/variants_demo.svg", language,
        plot_text("Whose output (row) depends on which word (column)", "谁的输出（行）依赖哪个词（列）"));
    plot_heatmaps(p, WIRING_NAMES, sees, WIRINGS, POSITIONS, names);
    plot_finish(p, "picture");
}

/* ---- training ------------------------------------------------------------------------------------- */

/* The loss of each step goes to losses (steps). */
static void train(Graph *g, const Model *m, const Data *d, Task task, int steps, float *losses, Rng *rng)
{
    static Batch b;
    Optimizer *o = nn_adamw_new(&m->params, 0.9f, 0.98f, 0.01f);
    Progress bar = progress_begin("training", steps);
    for (int step = 0; step < steps; step++) {
        Tensor *memory;
        tasks_draw(&b, d, task, m->wiring, rng);
        Tensor *loss = nn_affine_cross_entropy(g, run(g, m, &b, &memory), m->table, b.expected, TEXT_PAD);
        losses[step] = nn_train_step(g, o, loss, nn_cosine_rate(step, steps / 10, steps, 3e-3f, 0), 1).loss;
        progress_update(&bar, step + 1, "loss %.3f", (double)losses[step]);
    }
    progress_end(&bar);
    nn_optimizer_free(o);
}

/* ---- measuring ----------------------------------------------------------------------------------- */

/* Sets what the model predicts at every position of the batch. */
static void answer(Graph *g, const Model *m, Batch *b)
{
    Tensor *memory, *logits = nn_affine(g, run(g, m, b, &memory), m->table, NULL); /* (B,T,V) */
    int vocab = m->table->shape[0];
    for (int i = 0; i < b->size * b->time; i++)
        b->said[i] = nn_argmax(logits->data + i * vocab, vocab);
    nn_graph_reset(g);
}

/* The percentage of next words predicted correctly when a sentence ends where it has been written so far. */
static double score_writing(Graph *g, const Model *m, const Example *tests)
{
    static Batch b;
    int words = 0, correct = 0;
    for (int i = 0; i < TASKS_TESTS / TASKS_BATCH * TASKS_MAX / 2; i++) {
        const Example *some = tests + i / (TASKS_MAX / 2) * TASKS_BATCH;
        if (tasks_cut(&b, some, 2 + i % (TASKS_MAX / 2), m->wiring) == 0)
            continue;
        answer(g, m, &b);
        for (int last = b.time - 1; last < b.size * b.time; last += b.time)
            correct += b.said[last] == b.expected[last];
        words += b.size;
    }
    return 100.0 * correct / words;
}

static Score evaluate(Graph *g, const Model *m, const Example *tests, Task task)
{
    static Batch b;
    Tally tally = {0};
    for (int first = 0; first < TASKS_TESTS; first += TASKS_BATCH) {
        tasks_fill(&b, &tests[first], TASKS_BATCH, task, m->wiring);
        answer(g, m, &b);
        tasks_count(&b, &tally);
    }
    return (Score){100.0 * tally.correct / tally.words, 100.0 * tally.whole / tally.sentences,
                   task == NEXT ? score_writing(g, m, tests) : NAN};
}

/* ---- three tasks --------------------------------------------------------------------------------- */

/* Continues x->target word by word, until the model predicts TEXT_END. */
static void write_on(Graph *g, const Model *m, Example *x, Task task)
{
    static Batch b;
    for (int said = TEXT_BEGIN; said != TEXT_END && x->target_count < TASKS_MAX / 2;) {
        x->target[x->target_count++] = TEXT_END; /* to be predicted; the model does not read it */
        tasks_fill(&b, x, 1, task, m->wiring);
        answer(g, m, &b);
        said = x->target[x->target_count - 1] = b.said[b.time - 1];
    }
}

/* What the model makes of some test sentences: fills the gap, continues two words, translates. */
static void show(Graph *g, const Model *m, const Data *d, Task task)
{
    static Batch b;
    for (int i = 0; i < SHOWN; i++) {
        Example x = d->examples[WORLD_TEST][i];
        if (task == FILL) {
            tasks_fill(&b, &x, 1, task, m->wiring);
            answer(g, m, &b);
            x.target[x.hidden] = b.said[x.hidden];
        } else {
            x.target_count = task == NEXT ? 3 : 1;
            write_on(g, m, &x, task);
        }
        printf("  %-16s ", WIRING_NAMES[m->wiring].en);
        text_words_print(d->words, "", x.target, x.target_count, "\n");
    }
}

static Score train_and_test(Graph *g, const Data *d, Task task, Wiring wiring, int steps, uint64_t seed,
                            float *losses)
{
    Rng rng = rng_new(seed);
    Model m = model_new(wiring, text_words_count(d->words), &rng);
    train(g, &m, d, task, steps, losses, &rng);
    nn_graph_record(g, false);
    Score score = evaluate(g, &m, d->examples[WORLD_TEST], task);
    show(g, &m, d, task);
    nn_graph_record(g, true);
    nn_params_free(&m.params);
    return score;
}

/* Each task with two wirings. The losses (steps) left are those of the last, the encoder-decoder. */
static void train_all(Graph *g, const Data *d, int steps, uint64_t seed, Score scores[WIRINGS][TASKS],
                      float *losses)
{
    static const struct {
        Task task;
        Wiring wiring;
        const char *title;
    } runs[] = {{FILL, ENCODER, "A hidden word: what each model fills in"},
                {FILL, DECODER, NULL},
                {NEXT, ENCODER, "The next word: how each model continues two words"},
                {NEXT, DECODER, NULL},
                {TRANSLATE, DECODER, "Translation of three Chinese sentences"},
                {TRANSLATE, ENCODER_DECODER, NULL}};
    for (int i = 0; i < WIRINGS * TASKS; i++)
        scores[i / TASKS][i % TASKS] = (Score){NAN, NAN, NAN}; /* where nothing is trained */
    for (size_t i = 0; i < sizeof runs / sizeof *runs; i++) {
        Task task = runs[i].task;
        Wiring wiring = runs[i].wiring;
        if (runs[i].title)
            tasks_print(d, SHOWN, task, runs[i].title);
        scores[wiring][task] = train_and_test(g, d, task, wiring, steps, seed, losses);
    }
}

static void print_scores(Score guess, Score s[WIRINGS][TASKS])
{
    static const char *const columns[] = {"a hidden word", "the next word", "the rest hidden",
                                          "translation: words", "whole sentences"};
    const Score *bare = &s[ENCODER][NEXT], *causal = &s[DECODER][NEXT],
                *two = &s[ENCODER_DECODER][TRANSLATE];
    Tabular *t = tabular_new();
    printf("\nAccuracy in per cent on %d unseen sentences (95%% interval at most +-%.1f)\n", TASKS_TESTS,
           98 / sqrt(TASKS_TESTS));
    tabular_column(t, "");
    for (int k = 0; k < 5; k++)
        tabular_numbers(t, columns[k], NULL, 0, TABULAR_NONE);
    tabular_row(t, "most frequent", (double[]){guess.words, NAN, guess.writing, NAN, NAN});
    for (int w = 0; w < WIRINGS; w++)
        tabular_row(t, WIRING_NAMES[w].en,
                    (double[]){s[w][FILL].words, s[w][NEXT].words, s[w][NEXT].writing,
                               s[w][TRANSLATE].words, s[w][TRANSLATE].sentences});
    tabular_print(t);
    terminal_verdict(s[ENCODER][FILL].words > s[DECODER][FILL].words + 5,
                     "both sides of a hidden word tell more than the left one");
    terminal_verdict(bare->words > 95 && bare->writing < causal->writing - 5,
                     "without a mask the next word is copied, not predicted");
    terminal_verdict(two->sentences > 80 && s[DECODER][TRANSLATE].sentences > 80,
                     "two stacks translate, and so does one that reads the source first");
}

int main(int argc, char **argv)
{
    Demo demo = {.name = "ch03/variants_demo",
                 .about = "Encoder-only, decoder-only, encoder-decoder: one block, section 3.8.",
                 .draws = true,
                 .steps = 300,
                 .watched = "the encoder-decoder"};
    demo_begin(&demo, argc, argv, NULL);
    Data d = tasks_new(demo.seed);
    Graph *g = nn_graph_new();
    show_masks(g, demo.seed, demo.language);
    Score scores[WIRINGS][TASKS];
    if (demo.alone) {
        train_and_test(g, &d, TRANSLATE, ENCODER_DECODER, demo.steps, demo.seed, demo.losses);
    } else {
        train_all(g, &d, demo.steps, demo.seed, scores, demo.losses);
        print_scores(tasks_guess(&d), scores);
    }
    nn_graph_free(g);
    tasks_free(&d);
    return demo_end(&demo);
}
