/* mha_heads_demo.c -- what trained heads look at, section 3.3.3.
 *
 * A small encoder translates English into Chinese word by word, where some words depend on others: "the" takes the
 * measure word of its noun, "old" is one word for animals and another for things, and for "it" Chinese repeats the
 * noun. Nobody tells the heads where to look. Over pairs of nouns never met together the program measures where each
 * head does look, and what is lost when it is switched off; then it trains again from other random numbers. */
#include "ch03/sentences.h"
#include "common/demo/demo.h"
#include "common/nn/nn.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { LAYERS = 2, HEADS = 3, ALL_HEADS = LAYERS * HEADS, CHANNELS = 48, BATCH = 64, MAX_SEEDS = 20 };
enum { T = SENTENCE_MAX, TESTS = SENTENCES_TESTS };
enum { LAYER_2 = ((1 << HEADS) - 1) << HEADS, ALL_ON = (1 << ALL_HEADS) - 1 };
static const PlotText HEAD_NAMES[ALL_HEADS] = {{"head 1.1", "头 1.1"}, {"head 1.2", "头 1.2"},
                                               {"head 1.3", "头 1.3"}, {"head 2.1", "头 2.1"},
                                               {"head 2.2", "头 2.2"}, {"head 2.3", "头 2.3"}};

typedef struct Model {
    Params params;
    Tensor *table; /* (V,C) */
    Mha attention[LAYERS];
    Norm norm[LAYERS], norm_out;
    Linear out; /* (V,C) */
} Model;

static Model model_new(Rng *rng)
{
    static const char *const names[LAYERS][2] = {{"attention.0", "norm.0"}, {"attention.1", "norm.1"}};
    Model m = {0};
    m.table = nn_embedding_new(&m.params, "table", VOCABULARY_WORDS, CHANNELS, 1 / sqrtf(CHANNELS), rng);
    for (int i = 0; i < LAYERS; i++) {
        m.attention[i] = nn_mha_new(&m.params, names[i][0], CHANNELS, rng);
        m.norm[i] = nn_norm_new(&m.params, names[i][1], CHANNELS);
    }
    m.norm_out = nn_norm_new(&m.params, "norm_out", CHANNELS);
    m.out = nn_linear_new(&m.params, "out", CHANNELS, VOCABULARY_WORDS, true, 0, rng);
    return m;
}

//> heads
/* x (B,T,C) -> (B,T,C), and *weight (B,H,T,T). A head takes part only if its bit in `on` is set. */
static Tensor *attend(Graph *g, const Mha *m, Tensor *x, const Tensor *real, unsigned on, Tensor **weight)
{
    int size = CHANNELS / HEADS;
    Tensor *q = nn_split_heads(g, nn_linear(g, &m->q, x), HEADS); /* (B,H,T,C/H) */
    Tensor *k = nn_split_heads(g, nn_linear(g, &m->k, x), HEADS);
    Tensor *v = nn_split_heads(g, nn_linear(g, &m->v, x), HEADS);
    Tensor *score = nn_scale(g, nn_matmul_nt(g, q, k), 1 / sqrtf((float)size));
    *weight = nn_softmax(g, nn_mask(g, score, real)); /* (B,H,T,T) */
    Tensor *mixed = nn_matmul(g, *weight, v), *gate = nn_input(g, HEADS, T, size);
    for (int i = 0; i < HEADS * T * size; i++)
        gate->data[i] = on >> i / (T * size) & 1;
    return nn_linear(g, &m->out, nn_join_heads(g, nn_mul(g, mixed, gate)));
}

/* ids (B,T) -> logits (B,T,V), and the weights of each layer. Attention alone, no feed-forward network: so
 * a word learns of another one by looking at it, and in no other way. on: bit 0 is head 1.1. */
static Tensor *translate(Graph *g, const Model *m, const int *ids, const Tensor *real, unsigned on,
                         Tensor *weight[LAYERS])
{
    Tensor *x = nn_scale(g, nn_embedding(g, m->table, ids, real->shape[0], T), sqrtf(CHANNELS));
    x = nn_add(g, x, nn_sinusoids(nn_arena(g), T, CHANNELS));
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
    Tensor *real = nn_input(g, batch, HEADS, T, T);
    sentences_fill(s, batch, ids, targets);
    for (int i = 0; i < (int)real->size; i++)
        real->data[i] = i % T < s[i / (HEADS * T * T)]->count;
    return real;
}

static void train(Graph *g, const Model *m, const Sentences *d, int steps, float *losses, Rng *rng)
{
    int ids[BATCH * T], targets[BATCH * T];
    const Sentence *s[BATCH];
    Tensor *weight[LAYERS];
    Optimizer *o = nn_adamw_new(&m->params, 0.9f, 0.98f, 0.01f);
    Progress bar = progress_begin("training", steps);
    for (int step = 0; step < steps; step++) {
        for (int i = 0; i < BATCH; i++)
            s[i] = &d->train[rng_below(rng, SENTENCES_TRAIN)];
        Tensor *real = fill(g, s, BATCH, ids, targets);
        Tensor *loss = nn_cross_entropy(g, translate(g, m, ids, real, ALL_ON, weight), targets, -1);
        NnStep done = nn_train_step(g, o, loss, nn_cosine_rate(step, steps / 10, steps, 5e-3f, 0), 1);
        if (losses)
            losses[step] = done.loss;
        progress_update(&bar, step + 1, "loss %.3f", (double)done.loss);
    }
    progress_end(&bar);
    nn_optimizer_free(o);
}

typedef double Looks[ALL_HEADS][LOOKS]; /* mean weights over the test sentences */

/* The weights (T,T) of a head, 0 .. ALL_HEADS-1, in sentence i of the batch. */
static const float *weights_of(Tensor *const weight[LAYERS], int head, int i)
{
    return weight[head / HEADS]->data + (i * HEADS + head % HEADS) * T * T;
}

/* Translates the test sentences with some heads on. right: accuracy in per cent by kind of word; looks may be NULL. */
static void measure(Graph *g, const Model *m, const Sentences *d, unsigned on, double right[KINDS],
                    Looks looks)
{
    static int ids[TESTS * T], targets[TESTS * T], said[TESTS * T];
    Tensor *weight[LAYERS], *real = fill(g, d->test_list, TESTS, ids, targets);
    double count[KINDS];
    const float *logits = translate(g, m, ids, real, on, weight)->data;
    for (int i = 0; i < TESTS * T; i++)
        said[i] = nn_argmax(logits + i * VOCABULARY_WORDS, VOCABULARY_WORDS);
    sentences_score(d->test_list, TESTS, said, count, right);
    for (int h = 0; looks && h < ALL_HEADS; h++)
        sentences_look(d, weights_of(weight, h, 0), HEADS * T * T, looks[h]);
    nn_graph_reset(g);
}

enum { WHOLE, FINDER_OFF, LAYER_OFF, REASON_OFF, CASES };

/* The finder is the head of layer 2 that looks most strongly from "it" to its noun; reason, the head of layer 1 that
 * looks most strongly from "it" to slow or fast. */
typedef struct Finder {
    int head, reason;
    Looks looks;
    double right[CASES][KINDS]; /* accuracy in per cent */
} Finder;

/* The head among the HEADS of a layer with the maximum weight. */
static int strongest(const Looks looks, Look look, int layer)
{
    int best = layer * HEADS;
    for (int h = best + 1; h < (layer + 1) * HEADS; h++)
        best = looks[h][look] > looks[best][look] ? h : best;
    return best;
}

static Finder find(Graph *g, const Model *m, const Sentences *d)
{
    Finder f = {.looks = {{0}}};
    measure(g, m, d, ALL_ON, f.right[WHOLE], f.looks);
    f.head = strongest(f.looks, IT_NOUN, 1);
    f.reason = strongest(f.looks, IT_REASON, 0);
    measure(g, m, d, ALL_ON & ~(1u << f.head), f.right[FINDER_OFF], NULL);
    measure(g, m, d, ALL_ON & ~LAYER_2, f.right[LAYER_OFF], NULL);
    measure(g, m, d, ALL_ON & ~(1u << f.reason), f.right[REASON_OFF], NULL);
    return f;
}

/* Each model's finder: its name, its weights on the two nouns, and the accuracies on "it". Returns how many put over
 * half of their weight on the noun that is meant, and not a fifth as much on the other. */
enum { COLUMNS = 5 };
static int compare_seeds(const Finder *f, int seeds, const char *names[], double rows[][COLUMNS])
{
    int found = 0;
    for (int i = 0; i < seeds; i++) {
        const double *w = f[i].looks[f[i].head];
        names[i] = HEAD_NAMES[f[i].head].en;
        rows[i][0] = w[IT_NOUN];
        rows[i][1] = w[IT_OTHER];
        for (int k = WHOLE; k <= LAYER_OFF; k++)
            rows[i][2 + k] = f[i].right[k][IT];
        found += w[IT_NOUN] > 0.5 && w[IT_NOUN] > 5 * w[IT_OTHER];
    }
    return found;
}

static void print_looks(const Finder *f)
{
    static const TabularColumn columns[LOOKS] = {{"it: its noun", 2}, {"other noun", 2},
                                                 {"slow, fast", 2},   {"the: noun", 2},
                                                 {"old: noun", 2},    {"word before", 2}};
    const char *names[ALL_HEADS];
    for (int h = 0; h < ALL_HEADS; h++)
        names[h] = HEAD_NAMES[h].en;
    printf("Where the heads look: the mean weight, over %d test sentences, that a word puts on another\n",
           TESTS);
    tabular_print_matrix("", names, columns, LOOKS, f->looks[0], ALL_HEADS);
}

static void print_accuracy(const Finder *f, const Sentences *d)
{
    static const TabularColumn columns[KINDS] = {{"it", 0}, {"the", 0}, {"old", 0}, {"all others", 0}};
    double rows[2 + CASES][KINDS];
    char off[64], reason[64];
    snprintf(off, sizeof off, "%s off: it finds the noun", HEAD_NAMES[f->head].en);
    snprintf(reason, sizeof reason, "%s off: it finds slow, fast", HEAD_NAMES[f->reason].en);
    const char *const names[] = {"number of test words",    "the most frequent translation",
                                 "the model, all heads on", off,
                                 "all of layer 2 off",      reason};
    sentences_guess(d, rows[0], rows[1]);
    memcpy(rows[2], f->right, sizeof f->right);
    puts("\nAccuracy on test words, per cent");
    tabular_print_matrix("", names, columns, KINDS, rows[0], 2 + CASES);
}

/* All heads for one sentence, as a picture; and the finder's row of "it" for both ends of the sentence. */
static void show_sentence(Graph *g, const Model *m, Sentences *d, const Finder *f, int language)
{
    int ids[2 * T], targets[2 * T];
    const char *names[T];
    Sentence s[2]; /* ... because it was slow, ... because it was fast */
    sentences_example(d, s);
    Tensor *weight[LAYERS];
    translate(g, m, ids, fill(g, (const Sentence *const[]){&s[0], &s[1]}, 2, ids, targets), ALL_ON, weight);
    int time = s[0].count;
    float cells[ALL_HEADS * T * T], rows[2 * T];
    for (int t = 0; t < time; t++)
        names[t] = d->words.words[s[0].english[t]];
    for (int i = 0; i < ALL_HEADS * time * time; i++)
        cells[i] = weights_of(weight, i / (time * time), 0)[i / time % time * T + i % time];
    for (int i = 0; i < 2 * time; i++)
        rows[i] = weights_of(weight, f->head, i / time)[s[0].it * T + i % time];
    names[s[0].reason] = "...";
    printf("\nThe row of \"it\" in %s, for two sentences that differ in their last word only\n",
           HEAD_NAMES[f->head].en);
    terminal_heatmap(rows, 2, time, (const char *const[]){"... slow", "... fast"}, names);
    names[s[0].reason] = "slow";
    Plot *p = plot_new("ch03/out/mha_heads_demo.svg", language,
                       plot_text("Attention weights of six trained heads", "训练后六个头的注意力权重"));
    plot_axes(p, plot_text("attends to", "看向"), plot_text("word", "词"));
    plot_heatmaps(p, HEAD_NAMES, cells, ALL_HEADS, time, names);
    plot_finish(p, "picture of all heads");
    nn_graph_reset(g);
}

static void print_seeds(const Finder *f, int seeds)
{
    static const TabularColumn columns[COLUMNS] = {{"weight on noun", 2},
                                                   {"on other noun", 2},
                                                   {"it correct (%)", 0},
                                                   {"finder off", 0},
                                                   {"layer 2 off", 0}};
    const char *names[MAX_SEEDS];
    double rows[MAX_SEEDS][COLUMNS];
    int found = compare_seeds(f, seeds, names, rows);
    puts("\nWhich head resolves \"it\"? It depends on the seed, and so does how much the model relies on "
         "it");
    tabular_print_matrix("finder", names, columns, COLUMNS, rows[0], seeds);
    printf("%d of %d finders put over half of their weight on the noun that is meant, and not a fifth as "
           "much on "
           "the other\n",
           found, seeds);
}

/* One model from its initialization to what it finds, which the first model shows. */
static Finder train_and_find(Graph *g, Sentences *d, int steps, uint64_t seed, float *losses, int language)
{
    Rng rng = rng_new(seed);
    Model m = model_new(&rng);
    train(g, &m, d, steps, losses, &rng);
    nn_graph_record(g, false);
    Finder f = find(g, &m, d);
    if (losses) { /* the first */
        print_looks(&f);
        print_accuracy(&f, d);
        show_sentence(g, &m, d, &f, language);
    }
    nn_graph_record(g, true);
    nn_params_free(&m.params);
    return f;
}

int main(int argc, char **argv)
{
    Demo demo = {.name = "ch03/mha_heads_demo",
                 .about = "What trained heads look at, section 3.3.3.",
                 .draws = true,
                 .steps = 600,
                 .seeds = 4,
                 .max_seeds = MAX_SEEDS,
                 .watched = "the first model"};
    demo_begin(&demo, argc, argv, NULL);
    Finder found[MAX_SEEDS];
    Sentences *d = sentences_new(demo.seed);
    Graph *g = nn_graph_new();
    for (int i = 0; i < (demo.alone ? 1 : demo.seeds); i++)
        found[i] = train_and_find(g, d, demo.steps, demo.seed + (uint64_t)i, i == 0 ? demo.losses : NULL,
                                  demo.language);
    if (!demo.alone)
        print_seeds(found, demo.seeds);
    free(d);
    nn_graph_free(g);
    return demo_end(&demo);
}
