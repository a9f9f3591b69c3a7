/* alignment_demo.c -- where a translator looks, section 3.2.
 *
 * An encoder reads a Chinese sentence, a decoder writes the English one, and a
 * single cross-attention is the only way between them. The encoder is no more
 * than embedding and position, so that what it says at a character is said of
 * that character alone. Nobody tells the model which character belongs to which
 * word: it is trained on sentence pairs alone.
 * The alignment is then read off the weights of that attention, where one can
 * see the path cross: Chinese puts the place before the verb, English after it. */
#include "ch03/dictionary.h"
#include "ch03/pairs.h"
#include "common/base/base.h"
#include "common/nn/nn.h"
#include "common/plot/plot.h"
#include "common/text/words.h"
#include "common/world/world.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { CHANNELS = 64, HEADS = 4, BATCH = 32, SEEDS = 3 };
enum { MAX = PAIRS_MAX, TRAIN_PAIRS = 8000, TEST_PAIRS = 500, SHOWN = 2 };

typedef struct Model {
    Params params;
    Tensor *words;                 /* (V,C) */
    Mha look_back;                 /* self-attention of the decoder */
    Linear query, key, value, mix; /* the cross-attention */
    Norm norm_memory, norm_self, norm_cross, norm_out;
    Linear out; /* (V,C) */
} Model;

static Model model_new(int vocab, Rng *rng)
{
    Model m = {0};
    m.words = nn_embedding_new(&m.params, "words", vocab, CHANNELS, 1 / sqrtf(CHANNELS), rng);
    m.look_back = nn_mha_new(&m.params, "look_back", CHANNELS, rng);
    m.query = nn_linear_new(&m.params, "query", CHANNELS, CHANNELS, true, 0, rng);
    m.key = nn_linear_new(&m.params, "key", CHANNELS, CHANNELS, true, 0, rng);
    m.value = nn_linear_new(&m.params, "value", CHANNELS, CHANNELS, true, 0, rng);
    m.mix = nn_linear_new(&m.params, "mix", CHANNELS, CHANNELS, true, 0, rng);
    m.norm_memory = nn_norm_new(&m.params, "norm_memory", CHANNELS);
    m.norm_self = nn_norm_new(&m.params, "norm_self", CHANNELS);
    m.norm_cross = nn_norm_new(&m.params, "norm_cross", CHANNELS);
    m.norm_out = nn_norm_new(&m.params, "norm_out", CHANNELS);
    m.out = nn_linear_new(&m.params, "out", CHANNELS, vocab, true, 0, rng);
    return m;
}

/* ids (B,T) -> embeddings times sqrt(C), and on them the positions (B,T,C) */
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
static Tensor *cross_attention(Graph *g, const Model *m, Tensor *x, Tensor *memory, const Tensor *allowed,
                               Tensor **weight)
{
    Tensor *q = nn_linear(g, &m->query, x), *k = nn_linear(g, &m->key, memory);
    Tensor *score = nn_scale(g, nn_matmul_nt(g, q, k), 1 / sqrtf(CHANNELS)); /* (B,T,S) */
    *weight = nn_softmax(g, nn_mask(g, score, allowed));
    return nn_linear(g, &m->mix, nn_matmul(g, *weight, nn_linear(g, &m->value, memory)));
}
//< cross

/* Logits (B,T,V) of the next English word, and the weights (B,T,S) they were made with. */
static Tensor *translate(Graph *g, const Model *m, const Batch *b, Tensor **weight)
{
    Tensor *source = embed(g, m, b->source.ids, b->source.rows, b->source.time);
    Tensor *memory = nn_norm(g, &m->norm_memory, source); /* (B,S,C) */

    Tensor *x = embed(g, m, b->target.ids, b->source.rows, b->target.time);
    Tensor *normed = nn_norm(g, &m->norm_self, x);
    x = nn_add(g, x, nn_mha(g, &m->look_back, normed, normed, HEADS, true, NULL));
    normed = nn_norm(g, &m->norm_cross, x);
    x = nn_add(g, x, cross_attention(g, m, normed, memory, padding_mask(g, b), weight));
    return nn_linear(g, &m->out, nn_norm(g, &m->norm_out, x));
}

/* ---- data ---------------------------------------------------------------------------------------- */

typedef struct Data {
    WorldPairs pairs[2]; /* of WORLD_TRAIN and WORLD_TEST */
    Example *examples[2];
    TextWords *words; /* one vocabulary for both languages */
} Data;

static Data data_new(uint64_t seed)
{
    Data d = {.words = text_words_new()};
    Rng rng = rng_new(seed);
    d.pairs[WORLD_TRAIN] = world_pairs(WORLD_TRAIN, TRAIN_PAIRS, &rng);
    d.pairs[WORLD_TEST] = world_pairs(WORLD_TEST, TEST_PAIRS, &rng);
    for (int i = 0; i < TRAIN_PAIRS * WORLD_LANGUAGES; i++)
        text_words_add(d.words, d.pairs[WORLD_TRAIN].items[i / WORLD_LANGUAGES].text[i % WORLD_LANGUAGES]);
    for (int side = 0; side < 2; side++) {
        const WorldPairs *pairs = &d.pairs[side];
        d.examples[side] = memory_new((size_t)pairs->count * sizeof(Example));
        for (int i = 0; i < pairs->count; i++)
            d.examples[side][i] =
                example_new(d.words, pairs->items[i].text[WORLD_ZH], pairs->items[i].text[WORLD_EN]);
    }
    return d;
}

static void data_free(Data *d)
{
    for (int side = 0; side < 2; side++) {
        free(d->examples[side]);
        world_pairs_free(&d->pairs[side]);
    }
    text_words_free(d->words);
}

static void train(Graph *g, const Model *m, const Example *examples, int count, int steps, Rng *rng)
{
    Optimizer *o = nn_adamw_new(&m->params, 0.9f, 0.98f, 0.01f);
    Progress bar = progress_begin("training", steps);
    Batch b = batch_new(BATCH);
    for (int step = 0; step < steps; step++) {
        const Example *chosen[BATCH];
        for (int i = 0; i < BATCH; i++)
            chosen[i] = &examples[rng_below(rng, count)];
        batch_fill(&b, chosen, BATCH);
        Tensor *weight, *logits = translate(g, m, &b, &weight);
        Tensor *loss = nn_cross_entropy(g, logits, b.target.labels, TEXT_PAD);
        NnStep done = nn_train_step(g, o, loss, nn_cosine_rate(step, steps / 10, steps, 3e-3f, 0), 1);
        progress_update(&bar, step + 1, "loss %.3f", (double)done.loss);
    }
    progress_end(&bar);
    batch_free(&b);
    nn_optimizer_free(o);
}

/* ---- reading the alignment off the weights ------------------------------------------------------- */

/* What was counted over the test sentences. */
typedef struct Counts {
    long words, words_right; /* all English words, and those predicted right */
    long content[KINDS];     /* words of the dictionary */
    long aligned[KINDS];     /* of content: those with the largest weight on the right characters */
    long on_diagonal;        /* of content: those that a straight diagonal would align */
    double chance;           /* of content: sum of the chances of a random guess */
} Counts;

/* Marks in right (S) the characters that spell the text; returns how many they are. */
static int mark(const TextWords *words, const Example *e, const char *chinese, bool *right)
{
    int ids[MAX], length = text_words_encode(words, chinese, ids, MAX), marked = 0;
    memset(right, 0, MAX * sizeof *right);
    for (int s = 0; s + length <= e->source_count; s++) {
        if (memcmp(e->source + s, ids, (size_t)length * sizeof *ids) != 0)
            continue;
        memset(right + s, 1, (size_t)length * sizeof *right);
        marked += length;
    }
    return marked;
}

/* Compares one English word's row of weights with the dictionary. weight (S) */
static void count_alignment(Counts *c, const TextWords *words, const Example *e, int t, const float *weight)
{
    const DictionaryEntry *entry = dictionary_find(text_words_piece(words, e->target[t + 1]));
    bool right[MAX];
    int marked = entry ? mark(words, e, entry->chinese, right) : 0;
    if (marked == 0)
        return;
    int hit = right[nn_argmax(weight, e->source_count)];
    c->content[entry->kind]++;
    c->content[ALL]++;
    c->aligned[entry->kind] += hit;
    c->aligned[ALL] += hit;
    c->on_diagonal += right[t * e->source_count / (e->target_count - 1)];
    c->chance += (double)marked / e->source_count;
}

static Counts evaluate(Graph *g, const Model *m, const TextWords *words, const Example *examples, int count)
{
    Counts c = {0};
    Batch b = batch_new(BATCH);
    int vocab = text_words_count(words);
    nn_graph_record(g, false);
    for (int first = 0; first < count; first += BATCH) {
        const Example *chosen[BATCH];
        int size = count - first < BATCH ? count - first : BATCH;
        for (int i = 0; i < size; i++)
            chosen[i] = &examples[first + i];
        batch_fill(&b, chosen, size);
        Tensor *weight, *logits = translate(g, m, &b, &weight);
        for (int row = 0; row < size * b.target.time; row++) {
            if (b.target.labels[row] == TEXT_PAD)
                continue;
            c.words++;
            c.words_right +=
                nn_argmax(logits->data + (size_t)row * (size_t)vocab, vocab) == b.target.labels[row];
            count_alignment(&c, words, &examples[first + row / b.target.time], row % b.target.time,
                            weight->data + (size_t)row * (size_t)b.source.time);
        }
        nn_graph_reset(g);
    }
    nn_graph_record(g, true);
    batch_free(&b);
    return c;
}

/* The weights of one sentence as a table: a row for each Chinese character, a column for each English word. */
static void show_sentence(Graph *g, const Model *m, const TextWords *words, const Example *e, int number,
                          int language)
{
    const char *rows[MAX], *cols[MAX];
    char path[64];
    Batch b = batch_new(1);
    Tensor *weight;
    batch_fill(&b, &e, 1);
    nn_graph_record(g, false);
    translate(g, m, &b, &weight);
    Tensor *table = nn_transpose(g, weight, 1, 2); /* (1,S,T) */
    for (int s = 0; s < b.source.time; s++)
        rows[s] = text_words_piece(words, e->source[s]);
    for (int t = 0; t < b.target.time; t++)
        cols[t] = text_words_piece(words, e->target[t + 1]);
    terminal_heatmap(table->data, b.source.time, b.target.time, rows, cols);
    snprintf(path, sizeof path, "ch03/out/alignment_%d.svg", number);
    Plot *p = plot_new(path, language, plot_text("Weights of the cross-attention", "交叉注意力的权重"));
    plot_axes(p, plot_text("English word being written", "正要写出的英文词"),
              plot_text("Chinese character", "汉字"));
    plot_heatmap(p, table->data, b.source.time, b.target.time, rows, cols);
    plot_finish(p, "  picture");
    putchar('\n');
    batch_free(&b);
    nn_graph_record(g, true);
    nn_graph_reset(g);
}

static double percent(double part, double whole)
{
    return whole > 0 ? 100 * part / whole : 0;
}

/* Whether a sentence names a place and also an animal or a thing: these change their order. */
static bool crosses(const TextWords *words, const Example *e)
{
    bool found[KINDS] = {false};
    for (int t = 1; t < e->target_count; t++) {
        const DictionaryEntry *entry = dictionary_find(text_words_piece(words, e->target[t]));
        if (entry)
            found[entry->kind] = true;
    }
    return found[PLACE] && (found[ANIMAL] || found[THING]);
}

/* Some held-out sentences of which the path crosses. */
static void show_sentences(Graph *g, const Model *m, const Data *d, int language)
{
    for (int i = 0, shown = 0; i < TEST_PAIRS && shown < SHOWN; i++) {
        if (!crosses(d->words, &d->examples[WORLD_TEST][i]))
            continue;
        printf("%s\n%s\n", d->pairs[WORLD_TEST].items[i].text[WORLD_ZH],
               d->pairs[WORLD_TEST].items[i].text[WORLD_EN]);
        show_sentence(g, m, d->words, &d->examples[WORLD_TEST][i], ++shown, language);
    }
}

/* Shows sentences if language is one of the pictures' languages and not -1. */
static Counts train_and_count(Graph *g, const Data *d, int steps, uint64_t seed, int language)
{
    Rng rng = rng_new(seed);
    Model m = model_new(text_words_count(d->words), &rng);
    train(g, &m, d->examples[WORLD_TRAIN], TRAIN_PAIRS, steps, &rng);
    if (language >= 0)
        show_sentences(g, &m, d, language);
    Counts c = evaluate(g, &m, d->words, d->examples[WORLD_TEST], TEST_PAIRS);
    nn_params_free(&m.params);
    return c;
}

static void print_table(const Counts counts[SEEDS])
{
    double content = (double)counts[0].content[ALL], share = 0;
    double diagonal = percent((double)counts[0].on_diagonal, content);
    printf("Content words whose maximum weight is on the correct character: per cent of the %ld\n"
           "in all held-out sentences\n"
           "                         names  animals   things   places      all   English words correct\n",
           counts[0].content[ALL]);
    for (int i = 0; i < SEEDS; i++) {
        const Counts *c = &counts[i];
        printf("  model %d             ", i + 1);
        for (int k = 0; k < KINDS; k++)
            printf(" %8.0f", percent((double)c->aligned[k], (double)c->content[k]));
        printf(" %21.0f\n", percent((double)c->words_right, (double)c->words));
        share += percent((double)c->aligned[ALL], content) / SEEDS;
    }
    printf("  a straight diagonal %45.0f\n  a random guess      %45.0f\n", diagonal,
           percent(counts[0].chance, content));
    printf("the models have found the alignment by themselves: %s\n",
           share > 80 && diagonal < 50 ? "yes" : "NO");
}

int main(int argc, char **argv)
{
    int steps = 600, language = PLOT_BOTH;
    uint64_t seed = 1;
    const Option options[] = {option_int("steps", &steps, 1, 100000, "training steps of each model"),
                              option_seed(&seed), plot_option(&language), OPTION_END};
    options_parse(argc, argv, "Alignment by cross-attention, section 3.2.", options);
    Data d = data_new(seed);
    Graph *g = nn_graph_new();
    Counts counts[SEEDS];
    printf("%d sentence pairs to learn from, %d held out, %d pieces in both languages\n\n", TRAIN_PAIRS,
           TEST_PAIRS, text_words_count(d.words));
    for (int i = 0; i < SEEDS; i++)
        counts[i] = train_and_count(g, &d, steps, seed + (uint64_t)i, i == 0 ? language : -1);
    print_table(counts);
    nn_graph_free(g);
    data_free(&d);
    return error_finish();
}
