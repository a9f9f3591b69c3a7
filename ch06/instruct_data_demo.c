/* instruct_data_demo.c -- what instruction data does: number, diversity, quality, and what the loss counts; sections
 * 6.4.2 and 6.4.3.
 *
 * The same base model, the same number of steps and tokens, and one change at a time in the data: a tenth and a
 * hundredth of the conversations (seen more often), two tasks in place of all, answers of which a third belongs to
 * another question, and a loss on all tokens. Every model answers the same unseen questions. */
#include "ch06/instruct.h"
#include "common/demo/demo.h"
#include "common/nn/train.h"

#include <stdlib.h>

enum { MAX_SEEDS = 8 };

typedef struct Settings {
    const char *model;
    int conversations, batch, context, count;
    float rate;
    bool full;
} Settings;

//> changes
/* number: what the conversations are divided by. */
static const struct Change {
    const char *name;
    int number;
    bool narrow;
    float wrong;
    ChatLoss loss;
    bool quick; /* also without --full */
} changes[] = {
    {"all", 1, false, 0, CHAT_LOSS_RESPONSES, true},
    {"a tenth of them", 10, false, 0, CHAT_LOSS_RESPONSES, false},
    {"a hundredth", 100, false, 0, CHAT_LOSS_RESPONSES, true},
    {"two tasks alone", 1, true, 0, CHAT_LOSS_RESPONSES, true},
    {"a third is wrong", 1, false, 0.33f, CHAT_LOSS_RESPONSES, false},
    {"loss on all tokens", 1, false, 0, CHAT_LOSS_ALL, false},
};
//< changes
enum { CHANGES = sizeof changes / sizeof *changes, NARROW = 3 };

/* The groups that are asked. */
static const InstructGroup groups[] = {INSTRUCT_TASKS, INSTRUCT_NEW, INSTRUCT_KINDS, INSTRUCT_READING};
enum { GROUPS = sizeof groups / sizeof *groups, READING = 3 };

static ChatPacks packs_of(const ChatModel *m, const struct Change *c, const Settings *s, uint64_t seed,
                          int *count)
{
    Error e = {""};
    ChatSet *set = chat_set_new();
    ChatExamples x = {0};
    instruct_draw(set, &(InstructData){s->conversations / c->number, c->narrow, c->wrong}, seed);
    for (int i = 0; i < set->count; i++) {
        if (!chat_examples_add(&x, m->chat, m->tokenizer, &set->items[i], c->loss, &e))
            error_exit(&e);
    }
    ChatPacks p = chat_pack(&x, NULL, x.count, s->context, m->end);
    *count = p.examples;
    chat_examples_free(&x);
    chat_set_free(set);
    return p;
}

static double percent(InstructScore s)
{
    return 100.0 * s.hits / s.n;
}

/* What came of a run. */
typedef struct Outcome {
    double loss[GROUPS],
        right[GROUPS]; /* nats per token of the right answers; right answers in per cent: --full */
    int conversations;
} Outcome;

/* Trains a model on changed data, and asks it. */
static Outcome run(const struct Change *c, const Settings *s, int steps, uint64_t seed)
{
    Error e = {""};
    Rng rng = rng_new(seed);
    ChatModel *m = chat_model_load(s->model, &rng, &e);
    if (!m)
        error_exit(&e);
    Outcome o = {.conversations = 0};
    ChatPacks p = packs_of(m, c, s, seed, &o.conversations);
    NnTraining how = nn_training_new();
    how.steps = steps;
    how.rate = s->rate;
    how.warmup = steps / 10;
    how.precision = TENSOR_BF16;
    InstructBatches b = instruct_batches(m->decoder, &p, s->batch, seed);
    Graph *g = nn_graph_new();
    nn_train(g, &m->decoder->params, &how, instruct_loss, &b, NULL);
    ModelRun *running = model_run_of_decoder(m->decoder, QUANT_NONE);
    Chat *chat = chat_of(running, m->tokenizer, m->chat, s->model);
    for (int i = 0; i < GROUPS; i++) {
        o.loss[i] = instruct_answer_loss(chat, groups[i], s->count, 1);
        if (s->full)
            o.right[i] = percent(instruct_ask(chat, groups[i], false, s->count, 1));
    }
    chat_close(chat);
    model_run_free(running);
    nn_graph_free(g);
    instruct_batches_free(&b);
    chat_packs_free(&p);
    chat_model_free(m);
    return o;
}

/* values (CHANGES, GROUPS, seeds); counts (CHANGES): 0 where a change was left out. */
static void print_table(const char *what, int decimals, TabularBest best, const double *values,
                        const int *counts, int seeds)
{
    Tabular *t = tabular_new();
    tabular_column(t, "training data");
    tabular_numbers(t, "conversations", NULL, 0, TABULAR_NONE);
    for (int i = 0; i < GROUPS; i++)
        tabular_numbers(t, instruct_names[groups[i]], NULL, decimals, best);
    puts(what);
    for (int c = 0; c < CHANGES; c++) {
        if (counts[c] == 0)
            continue;
        tabular_text(t, changes[c].name);
        tabular_number(t, counts[c]);
        for (int i = 0; i < GROUPS; i++) {
            const double *cell = values + (c * GROUPS + i) * seeds;
            if (seeds > 1)
                tabular_seeds(t, cell, seeds);
            else
                tabular_number(t, cell[0]);
        }
    }
    tabular_print(t);
}

int main(int argc, char **argv)
{
    enum { STEPS = 30, FULL_STEPS = 200 };
    Settings s = {.model = "ch05/models/book_gpt",
                  .conversations = 3000,
                  .batch = 6,
                  .context = 256,
                  .count = 40,
                  .rate = 1e-3f};
    Demo d = {.name = "ch06/instruct_data_demo",
              .about = "Number, diversity and quality of instructions, section 6.4.2.",
              .steps = STEPS,
              .min_steps = 10,
              .seeds = 1,
              .max_seeds = MAX_SEEDS};
    const Option options[] = {
        option_dir("model", &s.model, "folder of a decoder"),
        option_int("conversations", &s.conversations, 200, 100000, "in the largest data"),
        option_int("n", &s.count, 10, 1000, "questions of each group and language"),
        option_float("lr", &s.rate, 0, 1, "maximum learning rate"),
        option_flag("full", &s.full,
                    "all six data sets, 200 steps of twice the windows, 20,000 conversations, 200 "
                    "questions of each group and language"),
        OPTION_END};
    demo_begin(&d, argc, argv, options);
    if (s.full) {
        d.steps = d.steps == STEPS ? FULL_STEPS : d.steps;
        s.batch = 16;
        s.conversations = s.conversations == 3000 ? 20000 : s.conversations;
        s.count = s.count == 40 ? 200 : s.count;
    }
    int seeds = d.seeds, counts[CHANGES] = {0};
    size_t size = (size_t)(CHANGES * GROUPS * seeds);
    double *loss = memory_zero(size, sizeof *loss), *right = memory_zero(size, sizeof *right);
    printf("%d steps of %d windows of %d tokens each, %d seed%s\n", d.steps, s.batch, s.context, seeds,
           seeds > 1 ? "s" : "");
    for (int c = 0; c < CHANGES; c++) {
        for (int seed = 0; seed < seeds && (s.full || changes[c].quick); seed++) {
            Outcome o = run(&changes[c], &s, d.steps, d.seed + (uint64_t)seed);
            counts[c] = o.conversations;
            for (int i = 0; i < GROUPS; i++) {
                loss[(c * GROUPS + i) * seeds + seed] = o.loss[i];
                right[(c * GROUPS + i) * seeds + seed] = o.right[i];
            }
        }
    }
    print_table("nats per token of unseen right answers:", 2, TABULAR_MIN, loss, counts, seeds);
    if (s.full)
        print_table("right answers (%):", 0, TABULAR_MAX, right, counts, seeds);
    double other = stats_mean(loss + NARROW * GROUPS * seeds, seeds), all = stats_mean(loss, seeds);
    double reading = stats_mean(loss + (NARROW * GROUPS + READING) * seeds, seeds);
    demo_claim(&d, other > all + 0.3,
               "two tasks alone: the other tasks' answers lie at least 0.3 nats further away");
    demo_claim(&d, reading > stats_mean(loss + READING * seeds, seeds) + 0.3,
               "and so do answers about passages, though the base model could read");
    free(loss);
    free(right);
    return demo_end(&d);
}
