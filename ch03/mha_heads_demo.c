/* mha_heads_demo.c -- what trained heads look at, section 3.3.3.
 *
 * A small encoder translates English into Chinese word by word. Some words cannot
 * be translated alone: "the" takes the measure word of its noun, "old" is one word
 * for animals and another for things, and "it", for which Chinese repeats the noun,
 * is the cat in "the cat did not catch the train because it was slow" and the train
 * in "... because it was fast". Nobody tells the heads where to look. Over pairs of
 * nouns never met together the program measures where each head does look, and what
 * is lost when it is switched off; then it trains again from other random numbers. */
#include "ch03/sentences.h"
#include "common/base/base.h"
#include "common/nn/nn.h"
#include "common/plot/plot.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { LAYERS = 2, HEADS = 3, ALL_HEADS = LAYERS * HEADS, CHANNELS = 48 };
enum { TRAIN = SENTENCES_TRAIN, TESTS = SENTENCES_TESTS, BATCH = 64, MAX_SEEDS = 20 };
static const char *const HEAD_NAMES[ALL_HEADS] = {"head 1.1", "head 1.2", "head 1.3",
                                                  "head 2.1", "head 2.2", "head 2.3"};

/* ---- the model ----------------------------------------------------------------------------------- */

typedef struct Model {
    Params params;
    Tensor *table; /* (V,C) */
    Mha attention[LAYERS];
    Norm norm[LAYERS], norm_out;
    Linear out; /* (V,C) */
} Model;

static Model model_new(Rng *rng)
{
    Model m = {0};
    m.table = nn_embedding_new(&m.params, "table", VOCABULARY_WORDS, CHANNELS, 1 / sqrtf(CHANNELS), rng);
    for (int i = 0; i < LAYERS; i++) {
        char name[PARAM_NAME];
        snprintf(name, sizeof name, "attention.%d", i);
        m.attention[i] = nn_mha_new(&m.params, name, CHANNELS, rng);
        snprintf(name, sizeof name, "norm.%d", i);
        m.norm[i] = nn_norm_new(&m.params, name, CHANNELS);
    }
    m.norm_out = nn_norm_new(&m.params, "norm_out", CHANNELS);
    m.out = nn_linear_new(&m.params, "out", CHANNELS, VOCABULARY_WORDS, true, 0, rng);
    return m;
}

//> heads
/* x (B,T,C) -> (B,T,C), and *weight (B,H,T,T). What a head says counts only if its bit in `on` is set. */
static Tensor *attend(Graph *g, const Mha *m, Tensor *x, const Tensor *real, unsigned on, Tensor **weight)
{
    int size = CHANNELS / HEADS;
    Tensor *q = nn_split_heads(g, nn_linear(g, &m->q, x), HEADS); /* (B,H,T,C/H) */
    Tensor *k = nn_split_heads(g, nn_linear(g, &m->k, x), HEADS);
    Tensor *v = nn_split_heads(g, nn_linear(g, &m->v, x), HEADS);
    Tensor *score = nn_scale(g, nn_matmul_nt(g, q, k), 1 / sqrtf((float)size));
    *weight = nn_softmax(g, nn_mask(g, score, real)); /* (B,H,T,T) */
    Tensor *said = nn_matmul(g, *weight, v), *gate = nn_input(g, HEADS, SENTENCE_MAX, size);
    for (int i = 0; i < HEADS * SENTENCE_MAX * size; i++)
        gate->data[i] = on >> i / (SENTENCE_MAX * size) & 1;
    return nn_linear(g, &m->out, nn_join_heads(g, nn_mul(g, said, gate)));
}

/* ids (B,T) -> logits (B,T,V), and the weights of each layer. Attention alone, no feed-forward network: so
 * a word learns of another one by looking at it, and in no other way. on: bit 0 is head 1.1. */
static Tensor *translate(Graph *g, const Model *m, const int *ids, const Tensor *real, unsigned on,
                         Tensor *weight[LAYERS])
{
    Tensor *x = nn_scale(g, nn_embedding(g, m->table, ids, real->shape[0], SENTENCE_MAX), sqrtf(CHANNELS));
    x = nn_add(g, x, nn_sinusoids(nn_arena(g), SENTENCE_MAX, CHANNELS));
    for (int i = 0; i < LAYERS; i++) {
        Tensor *normed = nn_norm(g, &m->norm[i], x);
        x = nn_add(g, x, attend(g, &m->attention[i], normed, real, on >> i * HEADS, &weight[i]));
    }
    return nn_linear(g, &m->out, nn_norm(g, &m->norm_out, x));
}
//< heads

/* ids and targets (B,T); returns the mask (B,H,T,T) that hides the positions after the end of a sentence. */
static Tensor *fill(Graph *g, const Sentence *const *s, int batch, int *ids, int *targets)
{
    Tensor *real = nn_input(g, batch, HEADS, SENTENCE_MAX, SENTENCE_MAX);
    sentences_fill(s, batch, ids, targets);
    for (int i = 0; i < (int)real->size; i++)
        real->data[i] = i % SENTENCE_MAX < s[i / (HEADS * SENTENCE_MAX * SENTENCE_MAX)]->count;
    return real;
}

static void train(Graph *g, const Model *m, const Sentence *data, int steps, Rng *rng)
{
    int ids[BATCH * SENTENCE_MAX], targets[BATCH * SENTENCE_MAX];
    const Sentence *s[BATCH];
    Tensor *weight[LAYERS];
    Optimizer *o = nn_adamw_new(&m->params, 0.9f, 0.98f, 0.01f);
    Progress bar = progress_begin("training", steps);
    for (int step = 0; step < steps; step++) {
        for (int i = 0; i < BATCH; i++)
            s[i] = &data[rng_below(rng, TRAIN)];
        Tensor *real = fill(g, s, BATCH, ids, targets);
        Tensor *loss = nn_cross_entropy(g, translate(g, m, ids, real, ~0u, weight), targets, -1);
        NnStep done = nn_train_step(g, o, loss, nn_cosine_rate(step, steps / 10, steps, 5e-3f, 0), 1);
        progress_update(&bar, step + 1, "loss %.3f", (double)done.loss);
    }
    progress_end(&bar);
    nn_optimizer_free(o);
}

/* ---- what a head looks at ------------------------------------------------------------------------ */

typedef enum Look { IT_NOUN, IT_OTHER, IT_REASON, THE_NOUN, OLD_NOUN, BEFORE, LOOKS } Look;

/* Means over the test sentences. */
typedef struct Measured {
    double weight[ALL_HEADS][LOOKS];
    double chance;       /* the weight of a head that looks everywhere alike */
    double right[KINDS]; /* percent translated right */
} Measured;

/* Adds one sentence's weights (T,T) of one head to the sums, and counts what was added. */
static void add_looks(const Sentence *s, const float *weight, double sum[LOOKS], int count[LOOKS])
{
    for (int t = 0; t < s->count; t++) {
        const float *row = weight + t * SENTENCE_MAX;
        if (s->kind[t] != PLAIN) {
            Look look = s->kind[t] == IT ? IT_NOUN : s->kind[t] == THE ? THE_NOUN : OLD_NOUN;
            sum[look] += (double)row[s->needs[t]];
            count[look]++;
        }
        if (t > 0) {
            sum[BEFORE] += (double)row[t - 1];
            count[BEFORE]++;
        }
    }
    sum[IT_OTHER] += (double)weight[s->it * SENTENCE_MAX + s->other];
    sum[IT_REASON] += (double)weight[s->it * SENTENCE_MAX + s->reason];
    count[IT_OTHER]++;
    count[IT_REASON]++;
}

/* What a head (0 .. ALL_HEADS-1) looks at in sentence i of the batch: (T,T). */
static const float *looks_of(Tensor *const weight[LAYERS], int head, int i)
{
    return weight[head / HEADS]->data + (i * HEADS + head % HEADS) * SENTENCE_MAX * SENTENCE_MAX;
}

static Measured measure(Graph *g, const Model *m, const Sentence *const *tests, unsigned on)
{
    static int ids[TESTS * SENTENCE_MAX], targets[TESTS * SENTENCE_MAX];
    Measured r = {.chance = 0};
    Tensor *weight[LAYERS];
    int count[KINDS] = {0};
    Tensor *logits = translate(g, m, ids, fill(g, tests, TESTS, ids, targets), on, weight);
    for (int i = 0; i < TESTS * SENTENCE_MAX; i++) {
        Kind kind = tests[i / SENTENCE_MAX]->kind[i % SENTENCE_MAX];
        if (targets[i] < 0)
            continue;
        count[kind]++;
        r.right[kind] += nn_argmax(logits->data + i * VOCABULARY_WORDS, VOCABULARY_WORDS) == targets[i];
    }
    for (int k = 0; k < KINDS; k++)
        r.right[k] *= 100.0 / count[k];
    for (int h = 0; h < ALL_HEADS; h++) {
        int looks[LOOKS] = {0};
        for (int i = 0; i < TESTS; i++)
            add_looks(tests[i], looks_of(weight, h, i), r.weight[h], looks);
        for (int k = 0; k < LOOKS; k++)
            r.weight[h][k] /= looks[k];
    }
    for (int i = 0; i < TESTS; i++)
        r.chance += 1.0 / (TESTS * tests[i]->count);
    nn_graph_reset(g);
    return r;
}

/* The head among first .. last, without `but`, that looks most. */
static int max(const Measured *r, Look look, int first, int last, int but)
{
    int best = SENTENCE_ALONE;
    for (int h = first; h <= last; h++)
        if (h != but && (best == SENTENCE_ALONE || r->weight[h][look] > r->weight[best][look]))
            best = h;
    return best;
}

/* ---- reports ------------------------------------------------------------------------------------- */

static void print_sentence(const Vocabulary *v, const int *ids, int count)
{
    fputs(" ", stdout);
    for (int t = 0; t < count; t++)
        printf(" %s", v->words[ids[t]]);
    putchar('\n');
}

static void print_looks(const Measured *r)
{
    puts(
        "\nWhere the heads look: the mean weight, over all test sentences, that\n"
        "              \"it\" puts on    the other      slow,     \"the\" on    \"old\" on    any word on\n"
        "              its noun       noun         fast ...  its noun    its noun    the one before");
    for (int h = 0; h < ALL_HEADS; h++) {
        printf("  %s", HEAD_NAMES[h]);
        for (int k = 0; k < LOOKS; k++)
            printf("%12.2f", r->weight[h][k]);
        putchar('\n');
    }
    printf("  by chance %10.2f\n", r->chance);
}

/* Which head finds what "it" is, what the sentence would be without it, and with it alone in its layer. */
typedef struct Finder {
    int head, next, reason; /* the finder; the next best; the head that brings "slow" or "fast" to "it" */
    Measured whole, off, alone, layer_off, reason_off;
} Finder;

static Finder find(Graph *g, const Model *m, const Sentence *const *tests)
{
    const unsigned layer_2 = ((1u << HEADS) - 1) << HEADS;
    Finder f = {.whole = measure(g, m, tests, ~0u)};
    f.head = max(&f.whole, IT_NOUN, HEADS, ALL_HEADS - 1, SENTENCE_ALONE);
    f.next = max(&f.whole, IT_NOUN, 0, ALL_HEADS - 1, f.head);
    f.reason = max(&f.whole, IT_REASON, 0, HEADS - 1, SENTENCE_ALONE);
    f.off = measure(g, m, tests, ~(1u << f.head));
    f.alone = measure(g, m, tests, ~layer_2 | 1u << f.head);
    f.layer_off = measure(g, m, tests, ~layer_2);
    f.reason_off = measure(g, m, tests, ~(1u << f.reason));
    return f;
}

/* A row of the table: a number for each kind of word. */
static void print_kinds(const char *what, const double value[KINDS])
{
    printf("  %-33s", what);
    for (int k = 0; k < KINDS; k++)
        printf("%7.0f", value[k]);
    putchar('\n');
}

static void print_finder(const Finder *f, const Sentences *d)
{
    char text[64];
    double count[KINDS], guessed[KINDS];
    sentences_guess(d, count, guessed);
    puts("\nAccuracy on test words, per cent         it    the    old  all others");
    print_kinds("number of test words", count);
    print_kinds("the most frequent translation", guessed);
    print_kinds("the model, all heads on", f->whole.right);
    snprintf(text, sizeof text, "%s off: it finds the noun", HEAD_NAMES[f->head]);
    print_kinds(text, f->off.right);
    print_kinds("all others of layer 2 off", f->alone.right);
    print_kinds("all of layer 2 off", f->layer_off.right);
    snprintf(text, sizeof text, "%s off: it finds slow, fast", HEAD_NAMES[f->reason]);
    print_kinds(text, f->reason_off.right);
}

/* cells (ALL_HEADS,T,T) */
static void draw_heads(const float *cells, const char *const *names, int time, int language)
{
    Plot *p = plot_new("ch03/out/mha_heads_demo.svg", language,
                       plot_text("Attention weights of six trained heads", "训练后六个头的注意力权重"));
    plot_axes(p, plot_text("attends to", "看向"), plot_text("word", "词"));
    for (int h = 0; h < ALL_HEADS; h++) {
        char chinese[32];
        snprintf(chinese, sizeof chinese, "头 %d.%d", h / HEADS + 1, h % HEADS + 1);
        plot_panel(p, plot_text(HEAD_NAMES[h], chinese));
        plot_heatmap(p, cells + h * time * time, time, time, names, names);
    }
    plot_finish(p, "picture of all heads");
}

/* All heads for one sentence, as a picture; and the finder's row of "it" for both ends of the sentence. */
static void show_sentence(Graph *g, const Model *m, Sentences *d, const Finder *f, int language)
{
    int ids[2 * SENTENCE_MAX], targets[2 * SENTENCE_MAX], time = 0;
    const char *names[SENTENCE_MAX];
    Story story = {.noun = {CAT, TRAIN_NOUN}, .time = 2};
    Sentence s[2] = {sentence_tell(&d->words, &story), {.count = 0}};
    story.meant = 1;
    s[1] = sentence_tell(&d->words, &story);
    Tensor *weight[LAYERS];
    translate(g, m, ids, fill(g, (const Sentence *const[]){&s[0], &s[1]}, 2, ids, targets), ~0u, weight);
    time = s[0].count;
    for (int t = 0; t < time; t++)
        names[t] = d->words.words[s[0].english[t]];
    float *cells = memory_new(sizeof *cells * (size_t)(ALL_HEADS * time * time)), rows[2 * SENTENCE_MAX];
    for (int i = 0; i < ALL_HEADS * time * time; i++) {
        int h = i / (time * time), t = i / time % time;
        cells[i] = looks_of(weight, h, 0)[t * SENTENCE_MAX + i % time];
    }
    for (int i = 0; i < 2 * time; i++)
        rows[i] = looks_of(weight, f->head, i / time)[s[0].it * SENTENCE_MAX + i % time];
    names[s[0].reason] = "...";
    printf("\nThe row of \"it\" in %s, for two sentences that differ in their last word only\n",
           HEAD_NAMES[f->head]);
    terminal_heatmap(rows, 2, time, (const char *const[]){"... slow", "... fast"}, names);
    printf("\n%s, the whole of it, for the first of the two\n", HEAD_NAMES[f->head]);
    names[s[0].reason] = "slow";
    terminal_heatmap(cells + f->head * time * time, time, time, names, names);
    draw_heads(cells, names, time, language);
    free(cells);
    nn_graph_reset(g);
}

/* Shows what it finds, if language is one of the pictures' languages and not -1. */
static Finder train_and_find(Graph *g, Sentences *d, int steps, uint64_t seed, int language)
{
    Rng rng = rng_new(seed);
    Model m = model_new(&rng);
    train(g, &m, d->train, steps, &rng);
    nn_graph_record(g, false);
    Finder f = find(g, &m, d->test_list);
    if (language >= 0) {
        print_looks(&f.whole);
        print_finder(&f, d);
        show_sentence(g, &m, d, &f, language);
    }
    nn_graph_record(g, true);
    nn_params_free(&m.params);
    return f;
}

/* A head finds the noun when it puts most of its weight there, and far more than on the noun that is not meant. */
static bool clean(const Finder *f)
{
    const double *w = f->whole.weight[f->head];
    return w[IT_NOUN] > 0.5 && w[IT_NOUN] > 5 * w[IT_OTHER];
}

static void print_seeds(const Finder *f, int seeds)
{
    int found = 0;
    puts("\nWhich head resolves \"it\"? It depends on the seed, and so does how much the model relies on "
         "one head\n"
         "           finder      its weight on the   the other   the next     accuracy on \"it\", per "
         "cent:\n"
         "                       noun that is meant  noun        best head    all on   finder off   layer "
         "2 off");
    for (int i = 0; i < seeds; i++) {
        const double *w = f[i].whole.weight[f[i].head];
        printf("  model %-3d %s %14.2f %15.2f %11.2f %12.0f %11.0f %12.0f\n", i + 1, HEAD_NAMES[f[i].head],
               w[IT_NOUN], w[IT_OTHER], f[i].whole.weight[f[i].next][IT_NOUN], f[i].whole.right[IT],
               f[i].off.right[IT], f[i].layer_off.right[IT]);
        found += clean(&f[i]);
    }
    printf(
        "a head puts most of its weight on the noun that is meant, and not a fifth as much on the other:\n"
        "%d of %d models\n",
        found, seeds);
}

int main(int argc, char **argv)
{
    int steps = 600, seeds = 4, language = PLOT_BOTH;
    uint64_t seed = 1;
    const Option options[] = {option_int("steps", &steps, 1, 100000, "training steps of each model"),
                              option_int("seeds", &seeds, 1, MAX_SEEDS, "models to train"),
                              option_seed(&seed), plot_option(&language), OPTION_END};
    options_parse(argc, argv, "Trained heads as pictures, section 3.3.3.", options);
    Finder found[MAX_SEEDS];
    Sentences *d = sentences_new(seed);
    Graph *g = nn_graph_new();
    printf("%d sentences to learn from, %d to test with, on pairs of nouns never met together, such as\n",
           TRAIN, TESTS);
    print_sentence(&d->words, d->tests[0].english, d->tests[0].count);
    print_sentence(&d->words, d->tests[0].chinese, d->tests[0].count);
    for (int i = 0; i < seeds; i++)
        found[i] = train_and_find(g, d, steps, seed + (uint64_t)i, i == 0 ? language : -1);
    print_seeds(found, seeds);
    nn_graph_free(g);
    free(d);
    return error_finish();
}
