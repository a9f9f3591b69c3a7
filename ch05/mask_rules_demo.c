/* mask_rules_demo.c -- what BERT's 80/10/10 is good for, section 5.2.1.
 *
 * BERT (Devlin et al., 2019) replaces only 80% of the words that it must predict by [MASK]; 10% become a random
 * word and 10% stay. The demo trains by this rule, with [MASK] alone, and without the words that stay, and measures
 * what each model makes of positions that hold [MASK], a wrong word, or the word itself. */
#include "ch05/data_sentences.h"
#include "ch05/masking.h"
#include "ch05/trunk.h"
#include "common/demo/demo.h"
#include "common/text/batch.h"

#include <math.h>
#include <stdlib.h>

enum { BATCH = 32, TRAIN = 4000, TESTS = 512, SEEDS = 3, POINTS = 11 };

/* ---- rules and inputs ---------------------------------------------------------------------------- */

enum { RULES = 3, INPUTS = 3 };
static const char *const rule_names[RULES] = {"80/10/10", "100% [MASK]", "80/20/0"};
static const float rule_hidden[RULES] = {0.8f, 1, 0.8f}, rule_random[RULES] = {0.1f, 0, 0.2f};
static const MaskKind input_kinds[INPUTS] = {MASK_HIDDEN, MASK_RANDOM, MASK_KEPT};

/* [MASK] is one word more than the text has. */
static Masking masking_new(const Sentences *s, float hidden, float random)
{
    int words = text_words_count(s->words);
    return (Masking){.chosen = 0.15f,
                     .hidden = hidden,
                     .random = random,
                     .first = TEXT_SPECIALS,
                     .vocab = words,
                     .mask = words};
}

/* Training or a test of a model, and its batch: BATCH sentences side by side. */
typedef struct Task {
    const Trunk *model;
    const Sentences *sentences;
    Masking masking;
    Rng rng;
    int every;    /* a point of the curve is measured every so many steps */
    float *curve; /* (POINTS) */
    TextBatch batch;
    int input[BATCH * SENTENCE_MAX]; /* (B,T): the batch masked */
} Task;

static Task task_new(const Trunk *m, const Sentences *s, Masking masking, Rng rng)
{
    return (Task){.model = m,
                  .sentences = s,
                  .masking = masking,
                  .rng = rng,
                  .batch = text_batch_new(BATCH, SENTENCE_MAX)};
}

/* Fills the batch from the test sentences from `first` on, or from training sentences at random if it is -1, and
 * masks it. TEXT_PAD is never chosen. */
static void fill(Task *t, int first)
{
    const int *texts[BATCH];
    int counts[BATCH];
    const Sentences *s = t->sentences;
    for (int i = 0; i < BATCH; i++) {
        const Sentence *x = first < 0 ? &s->items[WORLD_TRAIN][rng_below(&t->rng, s->count[WORLD_TRAIN])]
                                      : &s->items[WORLD_TEST][first + i];
        texts[i] = x->ids;
        counts[i] = x->count;
    }
    text_batch_fill(&t->batch, texts, counts, BATCH, TEXT_PAD);
    mask_tokens(&t->masking, t->batch.ids, BATCH * t->batch.time, &t->rng, t->input, t->batch.labels, NULL);
}

/* Every word sees every word of its sentence, before and after it; none sees padding. */
static Tensor *batch_loss(Graph *g, const Task *t)
{
    const TextBatch *b = &t->batch;
    const NnBlockCall call = {.attention = {.lengths = b->lengths}};
    Tensor *hidden = trunk_hidden(g, t->model, t->input, NULL, b->rows, b->time, &call); /* (B,T,C) */
    return trunk_loss(g, t->model, hidden, b->labels);
}

/* ---- testing and training ------------------------------------------------------------------------ */

static Tensor *test_loss(Graph *g, void *context, int i)
{
    fill(context, i * BATCH);
    return batch_loss(g, context);
}

/* The loss at 15% of the positions of unseen sentences, all of which hold [MASK], or a wrong word, or are left
 * as they are: the last is what the model meets when it is used, and there it has only to copy. */
static double test(Graph *g, const Trunk *m, const Sentences *s, MaskKind kind)
{
    Masking masking = masking_new(s, kind == MASK_HIDDEN, kind == MASK_RANDOM);
    Task t = task_new(m, s, masking, rng_new(7)); /* the same positions for every model */
    double loss = nn_evaluate(g, TESTS / BATCH, test_loss, &t);
    text_batch_free(&t.batch);
    return loss;
}

static Tensor *train_loss(Graph *g, void *context, int step)
{
    Task *t = context;
    if (step % t->every == 0)
        t->curve[step / t->every] = (float)test(g, t->model, t->sentences, MASK_KEPT);
    fill(t, -1);
    return batch_loss(g, t);
}

/* The models of all rules and seeds. */
typedef struct Results {
    double loss[RULES][INPUTS][SEEDS]; /* of unseen sentences */
    float curve[RULES]
               [SEEDS * POINTS]; /* (seeds,points): where the input holds the word itself, while training */
    float steps[POINTS];
    int every, points;
} Results;

static void run(Graph *g, const Sentences *s, const Demo *d, int rule, int seed, Results *r)
{
    Masking masking = masking_new(s, rule_hidden[rule], rule_random[rule]);
    Rng rng = rng_new(d->seed * 100 + (uint64_t)seed);
    Trunk m = trunk_new(masking.vocab + 1, SENTENCE_MAX, &rng);
    Task t = task_new(&m, s, masking, rng);
    t.every = r->every;
    t.curve = r->curve[rule] + seed * r->points;
    trunk_train(g, &m, d->steps, train_loss, &t, rule + seed == 0 ? d->losses : NULL);
    for (int k = 0; k < INPUTS; k++)
        r->loss[rule][k][seed] = test(g, &m, s, input_kinds[k]);
    text_batch_free(&t.batch);
    nn_params_free(&m.params);
}

static void compare(Graph *g, const Sentences *s, const Demo *d, Results *r)
{
    r->every = (d->steps + POINTS - 1) / POINTS;
    r->points = (d->steps - 1) / r->every + 1;
    for (int i = 0; i < r->points; i++)
        r->steps[i] = (float)(i * r->every);
    for (int i = 0; i < (d->alone ? 1 : RULES * SEEDS); i++)
        run(g, s, d, i / SEEDS, i % SEEDS, r);
}

/* In how many seeds training on [MASK] alone ends worse at both other inputs. */
static int worse(const Results *r)
{
    int count = 0;
    for (int seed = 0; seed < SEEDS; seed++)
        count += r->loss[1][2][seed] > r->loss[0][2][seed] && r->loss[1][1][seed] > r->loss[0][1][seed];
    return count;
}

/* ---- what came out ------------------------------------------------------------------------------- */

static void draw(const Demo *d, const Results *r)
{
    Plot *p =
        demo_plot(d, plot_text("Loss where the input holds the word itself", "输入就是该词本身时的损失"),
                  plot_text("step", "步"), plot_text("loss (nats), three seeds", "损失（nat），三个种子"));
    for (int rule = 0; rule < RULES; rule++)
        plot_seeds(p, plot_same(rule_names[rule]), r->steps, r->curve[rule], SEEDS, r->points);
    plot_finish(p, "picture");
}

static void show(const Demo *d, const Sentences *s, const Results *r)
{
    static const TabularColumn columns[INPUTS] = {
        {"[MASK]", 2}, {"a wrong word", 2}, {"the word itself", 2}};
    int words = text_words_count(s->words) + 1;
    printf("Trained for %d steps: loss on unseen sentences by the input at the position, mean and\n"
           "standard deviation of %d seeds. A uniform guess has ln %d = %.2f.\n",
           d->steps, SEEDS, words, log(words));
    tabular_print_seeds("rule", rule_names, columns, INPUTS, r->loss[0][0], RULES, SEEDS);
    printf("Trained on [MASK] alone, a model is worse at every other position, in %d of %d seeds\n",
           worse(r), SEEDS);
}

int main(int argc, char **argv)
{
    static Results r;
    Demo d = {.name = "ch05/mask_rules_demo",
              .about = "What BERT's 80/10/10 is good for, section 5.2.1.",
              .draws = true,
              .steps = 350,
              .watched = "80/10/10"};
    demo_begin(&d, argc, argv, NULL);
    Sentences s = sentences_new(TRAIN, TESTS, d.seed);
    Graph *g = nn_graph_new();
    compare(g, &s, &d, &r);
    if (!d.alone) {
        show(&d, &s, &r);
        draw(&d, &r);
    }
    nn_graph_free(g);
    sentences_free(&s);
    return demo_end(&d);
}
