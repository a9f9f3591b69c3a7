/* alignment_demo.c -- where a translator looks, section 3.2.
 *
 * An encoder reads a Chinese sentence, a decoder writes the English one, and a single cross-attention is the
 * only connection between them. The encoder is no more than embedding and position, so that the vector of a
 * character holds that character alone. Nobody tells the model which character belongs to which word: it is
 * trained on sentence pairs alone. The alignment is then read off the weights of that attention, where one can
 * see the lines cross: Chinese puts the location before the verb, English after it. */
#include "ch03/dictionary.h"
#include "ch03/pairs.h"
#include "common/demo/demo.h"
#include "common/nn/nn.h"

#include <math.h>
#include <stdlib.h>

enum { CHANNELS = 64, HEADS = 4, BATCH = 32, SEEDS = 3, SHOWN = 2 };
enum { TRAIN_PAIRS = 8000, TEST_PAIRS = 500 };

/* ---- the model ---------------------------------------------------------------------------------------- */

typedef struct Model {
    Params params;
    Tensor *words; /* (V,C) */
    Mha look_back; /* self-attention of the decoder */
    Mha cross;
    Norm norm_memory, norm_self, norm_cross, norm_out;
    Linear out; /* (V,C) */
} Model;

static Model model_new(int vocab, Rng *rng)
{
    Model m = {0};
    m.words = nn_embedding_new(&m.params, "words", vocab, CHANNELS, 1 / sqrtf(CHANNELS), rng);
    m.look_back = nn_mha_new(&m.params, "look_back", CHANNELS, rng);
    m.cross = nn_mha_new(&m.params, "cross", CHANNELS, rng);
    m.norm_memory = nn_norm_new(&m.params, "norm_memory", CHANNELS);
    m.norm_self = nn_norm_new(&m.params, "norm_self", CHANNELS);
    m.norm_cross = nn_norm_new(&m.params, "norm_cross", CHANNELS);
    m.norm_out = nn_norm_new(&m.params, "norm_out", CHANNELS);
    m.out = nn_linear_new(&m.params, "out", CHANNELS, vocab, true, 0, rng);
    return m;
}

/* ids (B,T) -> embeddings times sqrt(C), plus the positions (B,T,C) */
static Tensor *embed(Graph *g, const Model *m, const int *ids, int batch, int time)
{
    Tensor *x = nn_scale(g, nn_embedding(g, m->words, ids, batch, time), sqrtf(CHANNELS));
    return nn_add(g, x, nn_sinusoids(nn_arena(g), time, CHANNELS));
}

/* allowed (B,T,S): 1 for the characters of a sentence, 0 for what pads it. */
static Tensor *padding_mask(Graph *g, const Batch *b)
{
    Tensor *allowed = nn_input(g, b->source.rows, b->target.time, b->source.time);
    for (int row = 0; row < b->source.rows * b->target.time; row++)
        for (int s = 0; s < b->source.time; s++)
            allowed->data[row * b->source.time + s] = s < b->source.lengths[row / b->target.time];
    return allowed;
}

//> cross
/* Queries from the English positions, keys and values from the Chinese ones: x (B,T,C), memory (B,S,C) -> (B,T,C).
 * One head, so that *weight (B,T,S) is one alignment. */
static Tensor *cross_attention(Graph *g, const Mha *m, Tensor *x, Tensor *memory, const Tensor *allowed,
                               Tensor **weight)
{
    Tensor *q = nn_linear(g, &m->q, x), *k = nn_linear(g, &m->k, memory);
    Tensor *score = nn_scale(g, nn_matmul_nt(g, q, k), 1 / sqrtf(CHANNELS)); /* (B,T,S) */
    *weight = nn_softmax(g, nn_mask(g, score, allowed));
    return nn_linear(g, &m->out, nn_matmul(g, *weight, nn_linear(g, &m->v, memory)));
}
//< cross

/* Logits (B,T,V) of the next English word, and the weights (B,T,S) of the cross-attention. */
static Tensor *translate(Graph *g, const Model *m, const Batch *b, Tensor **weight)
{
    Tensor *source = embed(g, m, b->source.ids, b->source.rows, b->source.time);
    Tensor *memory = nn_norm(g, &m->norm_memory, source); /* (B,S,C) */

    Tensor *x = embed(g, m, b->target.ids, b->source.rows, b->target.time);
    Tensor *normed = nn_norm(g, &m->norm_self, x);
    x = nn_add(g, x, nn_mha(g, &m->look_back, normed, normed, HEADS, true, NULL));
    normed = nn_norm(g, &m->norm_cross, x);
    x = nn_add(g, x, cross_attention(g, &m->cross, normed, memory, padding_mask(g, b), weight));
    return nn_linear(g, &m->out, nn_norm(g, &m->norm_out, x));
}

/* ---- training ------------------------------------------------------------------------------------------ */

typedef struct Training {
    const Model *model;
    const Example *examples;
    Batch batch;
    Rng *rng;
} Training;

/* The loss of a batch of pairs drawn at random. */
static Tensor *loss_of(Graph *g, void *context, int step)
{
    Training *t = context;
    (void)step;
    batch_draw(&t->batch, t->examples, TRAIN_PAIRS, BATCH, t->rng);
    Tensor *weight, *logits = translate(g, t->model, &t->batch, &weight);
    return nn_cross_entropy(g, logits, t->batch.target.labels, TEXT_PAD);
}

static void train(Graph *g, const Model *m, const Pairs *d, int steps, float *losses, Rng *rng)
{
    const NnTraining how = {.steps = steps,
                            .warmup = steps / 10,
                            .rate = 3e-3f,
                            .beta2 = 0.98f,
                            .weight_decay = 0.01f,
                            .clip = 1};
    Training t = {m, d->train, batch_new(BATCH), rng};
    nn_train(g, &m->params, &how, loss_of, &t, losses);
    batch_free(&t.batch);
}

/* ---- reading the alignment off the weights ------------------------------------------------------------- */

/* What was counted over the test sentences. */
typedef struct Counts {
    long words, words_right; /* all English words, and those predicted correctly */
    long content[KINDS];     /* words of the dictionary */
    long aligned[KINDS];     /* of content: those whose maximum weight is on a correct character */
    long on_diagonal;        /* of content: those that a straight diagonal would align */
    double chance;           /* of content: sum of the chances of a random guess */
} Counts;

/* Compares the weights (S) with which the word t + 1 of the target was written with the dictionary. */
static void count_alignment(Counts *c, const TextWords *words, const Example *e, int t, const float *weight)
{
    Kind kind;
    bool correct[PAIRS_MAX];
    int characters = dictionary_align(words, e, t + 1, &kind, correct);
    if (characters == 0)
        return;
    int hit = correct[nn_argmax(weight, e->source_count)];
    c->content[kind]++;
    c->content[ALL]++;
    c->aligned[kind] += hit;
    c->aligned[ALL] += hit;
    c->on_diagonal += correct[t * e->source_count / (e->target_count - 1)];
    c->chance += (double)characters / e->source_count;
}

static Counts evaluate(Graph *g, const Model *m, const Pairs *d)
{
    Counts c = {0};
    Batch b = batch_new(BATCH);
    int vocab = text_words_count(d->words);
    for (int first = 0; first < TEST_PAIRS; first += BATCH) {
        const Example *e = d->test + first;
        batch_take(&b, e, first + BATCH > TEST_PAIRS ? TEST_PAIRS - first : BATCH);
        Tensor *weight, *logits = translate(g, m, &b, &weight);
        for (int row = 0; row < b.target.rows * b.target.time; row++) {
            if (b.target.labels[row] == TEXT_PAD)
                continue;
            c.words++;
            c.words_right += nn_argmax(logits->data + row * vocab, vocab) == b.target.labels[row];
            count_alignment(&c, d->words, &e[row / b.target.time], row % b.target.time,
                            weight->data + row * b.source.time);
        }
        nn_graph_reset(g);
    }
    batch_free(&b);
    return c;
}

/* In per cent: a row for each model, of the words aligned by kind and of the words predicted correctly; then what a
 * straight diagonal would align, and a random guess. */
enum { ROWS = SEEDS + 2 };
static void count_per_cent(const Counts counts[SEEDS], double rows[ROWS][KINDS + 1])
{
    for (int i = 0; i < ROWS * (KINDS + 1); i++)
        rows[i / (KINDS + 1)][i % (KINDS + 1)] = NAN;
    for (int i = 0; i < SEEDS; i++) {
        const Counts *c = &counts[i];
        for (int k = 0; k < KINDS; k++)
            rows[i][k] = 100.0 * (double)c->aligned[k] / (double)c->content[k];
        rows[i][KINDS] = 100.0 * (double)c->words_right / (double)c->words;
    }
    rows[SEEDS][ALL] = 100.0 * (double)counts[0].on_diagonal / (double)counts[0].content[ALL];
    rows[SEEDS + 1][ALL] = 100 * counts[0].chance / (double)counts[0].content[ALL];
}

/* ---- what is shown ------------------------------------------------------------------------------------- */

/* Whether a sentence names a location and also an animal or a thing: these change their order. */
static bool crosses(const TextWords *words, const Example *e)
{
    bool found[KINDS] = {false}, in[PAIRS_MAX];
    for (int t = 1; t < e->target_count; t++) {
        Kind kind;
        if (dictionary_align(words, e, t, &kind, in))
            found[kind] = true;
    }
    return found[LOCATION] && (found[ANIMAL] || found[THING]);
}

/* The weights of one sentence: a row for each Chinese character, a column for each English word. */
static void show_sentence(Graph *g, const Model *m, const TextWords *words, const Example *e, int number,
                          int language)
{
    const char *rows[PAIRS_MAX], *cols[PAIRS_MAX];
    char path[64];
    Batch b = batch_new(1);
    Tensor *weight;
    batch_take(&b, e, 1);
    translate(g, m, &b, &weight);
    const float *table = nn_transpose(g, weight, 1, 2)->data; /* (1,S,T) */
    for (int s = 0; s < b.source.time; s++)
        rows[s] = text_words_piece(words, e->source[s]);
    for (int t = 0; t < b.target.time; t++)
        cols[t] = text_words_piece(words, e->target[t + 1]);
    text_words_print(words, "", e->source, e->source_count, "\n");
    text_words_print(words, "", e->target, e->target_count, "\n");
    terminal_heatmap(table, b.source.time, b.target.time, rows, cols);
    snprintf(path, sizeof path, "ch03/out/alignment_%d.svg", number);
    Plot *p = plot_new(path, language, plot_text("Weights of the cross-attention", "交叉注意力的权重"));
    plot_axes(p, plot_text("English word being written", "正要写出的英文词"),
              plot_text("Chinese character", "汉字"));
    plot_heatmap(p, table, b.source.time, b.target.time, rows, cols);
    plot_finish(p, "picture");
    putchar('\n');
    batch_free(&b);
    nn_graph_reset(g);
}

static void print_table(double rows[ROWS][KINDS + 1], long content)
{
    static const TabularColumn columns[] = {{"names", 0},     {"animals", 0}, {"things", 0},
                                            {"locations", 0}, {"all", 0},     {"English words correct", 0}};
    static const char *const names[ROWS] = {"model 1", "model 2", "model 3", "a straight diagonal",
                                            "a random guess"};
    printf("Per cent of %ld content words, in %d unseen sentences, whose maximum weight is on a correct "
           "character\n",
           content, TEST_PAIRS);
    tabular_print_matrix("", names, columns, KINDS + 1, rows[0], ROWS);
    terminal_verdict((rows[0][ALL] + rows[1][ALL] + rows[2][ALL]) / SEEDS > 80 && rows[SEEDS][ALL] < 50,
                     "the models have found the alignment by themselves");
}

/* One model from its initialization to its counts. The first of them gives its losses and shows sentences. */
static Counts train_and_count(Graph *g, const Pairs *d, int steps, uint64_t seed, float *losses,
                              int language)
{
    Rng rng = rng_new(seed);
    Model m = model_new(text_words_count(d->words), &rng);
    train(g, &m, d, steps, losses, &rng);
    nn_graph_record(g, false);
    for (int i = 0, shown = 0; losses && i < TEST_PAIRS && shown < SHOWN; i++) {
        if (crosses(d->words, &d->test[i]))
            show_sentence(g, &m, d->words, &d->test[i], ++shown, language);
    }
    Counts c = evaluate(g, &m, d);
    nn_graph_record(g, true);
    nn_params_free(&m.params);
    return c;
}

int main(int argc, char **argv)
{
    Demo demo = {.name = "ch03/alignment_demo",
                 .about = "Alignment by cross-attention, section 3.2.",
                 .draws = true,
                 .steps = 600,
                 .watched = "model 1"};
    demo_begin(&demo, argc, argv, NULL);
    Rng rng = rng_new(demo.seed);
    Pairs d = pairs_new(TRAIN_PAIRS, TEST_PAIRS, false, &rng);
    Graph *g = nn_graph_new();
    Counts counts[SEEDS];
    double rows[ROWS][KINDS + 1];
    printf("%d sentence pairs to learn from, %d held out, %d tokens in both languages\n\n", TRAIN_PAIRS,
           TEST_PAIRS, text_words_count(d.words));
    for (int i = 0; i < (demo.alone ? 1 : SEEDS); i++)
        counts[i] = train_and_count(g, &d, demo.steps, demo.seed + (uint64_t)i, i == 0 ? demo.losses : NULL,
                                    demo.language);
    if (!demo.alone) {
        count_per_cent(counts, rows);
        print_table(rows, counts[0].content[ALL]);
    }
    nn_graph_free(g);
    pairs_free(&d);
    return demo_end(&demo);
}
