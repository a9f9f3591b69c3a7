/* word_vectors_demo.c -- from one-hot to distributed representations of words, section 2.2.1.
 *
 * A one-hot vector says which word it is and nothing else: all words are equally far from one another. Vectors made
 * from the company that words keep are short, and similar words get similar ones. What this buys is measured: a
 * classifier that has seen few labeled sentences, with either representation. */
#include "ch02/topic_sentences.h"
#include "common/base/base.h"
#include "common/nn/nn.h"
#include "common/plot/plot.h"
#include "common/tensor/kernels.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { UNLABELED = 4000, TEST = 400, CHANNELS = 24, SEEDS = 5 };

/* ---- vectors from company ------------------------------------------------------------------------------ */

//> ppmi
/* How much more often two words share a sentence than chance would bring them together, as a logarithm, and 0 where
 * it is not more often: x (V,V). */
static Tensor *mutual_information(Arena *arena, const TopicSentences *s, int vocab)
{
    Tensor *x = tensor_new(arena, vocab, vocab), *sum = tensor_new(arena, vocab);
    double all = 0;
    tensor_fill(x, 0);
    tensor_fill(sum, 0);
    for (int i = 0; i < s->count; i++) {
        for (int a = 0; a < s->length[i]; a++) {
            for (int b = 0; b < s->length[i]; b++) {
                if (a != b) {
                    x->data[s->ids[i][a] * vocab + s->ids[i][b]]++;
                    sum->data[s->ids[i][a]]++;
                    all++;
                }
            }
        }
    }
    for (int a = 0; a < vocab; a++) {
        for (int b = 0; b < vocab; b++) {
            float *cell = &x->data[a * vocab + b];
            double chance = (double)sum->data[a] * (double)sum->data[b] / all;
            *cell = *cell > 0 && *cell > chance ? (float)log(*cell / chance) : 0;
        }
    }
    return x;
}
//< ppmi

/* Makes the columns of q (V,K) orthogonal and of length 1, one after another. */
static void orthogonalize(Tensor *q)
{
    int rows = q->shape[0], columns = q->shape[1];
    for (int k = 0; k < columns; k++) {
        for (int j = 0; j <= k; j++) {
            double dot = 0;
            for (int i = 0; i < rows; i++)
                dot += (double)q->data[i * columns + k] * (double)q->data[i * columns + j];
            for (int i = 0; i < rows; i++)
                q->data[i * columns + k] =
                    j < k ? q->data[i * columns + k] - (float)dot * q->data[i * columns + j]
                          : q->data[i * columns + k] / (float)sqrt(dot + 1e-20);
        }
    }
}

//> shorten
/* The K directions in which the rows of x differ most: multiplying by x again and again turns any K directions there
 * (orthogonal iteration). A word's vector is its row of x seen in these directions: (V,K). */
static Tensor *shorten(Arena *arena, const Tensor *x, int channels, Rng *rng)
{
    int vocab = x->shape[0];
    Tensor *q = tensor_new(arena, vocab, channels), *next = tensor_new(arena, vocab, channels);
    tensor_normal(q, 1, rng);
    orthogonalize(q);
    for (int round = 0; round < 30; round++) {
        kernel_matmul(vocab, channels, vocab, 1, (Matrix){x->data, vocab, false},
                      (Matrix){q->data, channels, false}, 0, next->data, channels);
        tensor_copy(q, next->data);
        orthogonalize(q);
    }
    kernel_matmul(vocab, channels, vocab, 1, (Matrix){x->data, vocab, false},
                  (Matrix){q->data, channels, false}, 0, next->data, channels);
    return next;
}
//< shorten

static Tensor *one_hot(Arena *arena, int vocab)
{
    Tensor *x = tensor_new(arena, vocab, vocab);
    tensor_fill(x, 0);
    for (int i = 0; i < vocab; i++)
        x->data[i * vocab + i] = 1;
    return x;
}

static double cosine(const Tensor *x, int a, int b)
{
    int n = x->shape[1];
    double ab = 0, aa = 1e-20, bb = 1e-20;
    for (int i = 0; i < n; i++) {
        ab += (double)x->data[a * n + i] * (double)x->data[b * n + i];
        aa += (double)x->data[a * n + i] * (double)x->data[a * n + i];
        bb += (double)x->data[b * n + i] * (double)x->data[b * n + i];
    }
    return ab / sqrt(aa * bb);
}

static int id_of(const TextWords *w, const char *word)
{
    int ids[2];
    return text_words_encode(w, word, ids, 2) == 1 ? ids[0] : TEXT_UNKNOWN;
}

static void print_cosines(const TextWords *w, const Tensor *hot, const Tensor *dense)
{
    static const char *const pairs[][2] = {{"lion", "elephant"}, {"sing", "music"}, {"teacher", "lesson"},
                                           {"lion", "teacher"},  {"music", "shop"}, {"lion", "money"}};
    Tabular *t = tabular_new();
    tabular_column(t, "cosine of");
    tabular_numbers(t, "one-hot", NULL, 2, TABULAR_NONE);
    tabular_numbers(t, "distributed", NULL, 2, TABULAR_NONE);
    for (int i = 0; i < 6; i++) {
        char text[64];
        int a = id_of(w, pairs[i][0]), b = id_of(w, pairs[i][1]);
        snprintf(text, sizeof text, "%s, %s", pairs[i][0], pairs[i][1]);
        tabular_text(t, text), tabular_number(t, cosine(hot, a, b)), tabular_number(t, cosine(dense, a, b));
    }
    tabular_print(t);
}

//> lookup
/* An embedding layer is a product with a one-hot vector, of which all but one row is multiplied by 0. */
static float lookup_difference(Graph *g, Tensor *table, int id)
{
    Tensor *hot = nn_input(g, 1, table->shape[0]);
    tensor_fill(hot, 0);
    hot->data[id] = 1;
    Tensor *product = nn_matmul(g, hot, table), *row = nn_embedding(g, table, &id, 1, 1);
    return tensor_distance(product->data, row->data, product->size);
}
//< lookup

/* ---- what it buys -------------------------------------------------------------------------------------- */

/* The mean vector of each sentence's words, of length 1: (N,C). */
static Tensor *means(Arena *arena, const TopicSentences *s, int first, int count, const Tensor *table)
{
    int channels = table->shape[1];
    Tensor *x = tensor_new(arena, count, channels);
    tensor_fill(x, 0);
    for (int i = 0; i < count; i++) {
        float *row = x->data + (size_t)i * (size_t)channels;
        double length = 1e-20;
        for (int k = 0; k < s->length[first + i]; k++) {
            for (int c = 0; c < channels; c++)
                row[c] += table->data[s->ids[first + i][k] * channels + c];
        }
        for (int c = 0; c < channels; c++)
            length += (double)row[c] * (double)row[c];
        for (int c = 0; c < channels; c++)
            row[c] /= (float)sqrt(length);
    }
    return x;
}

//> classify
/* Trains a linear classifier on `labels` sentences; returns the accuracy on the test sentences in per cent. */
static double accuracy(const TopicSentences *train, const TopicSentences *test, const Tensor *table,
                       int labels, Rng *rng)
{
    Graph *g = nn_graph_new();
    Arena *arena = arena_new();
    Params params = {0};
    Linear layer = nn_linear_new(&params, "topic", table->shape[1], TOPICS, true, 0.01f, rng);
    Optimizer *o = nn_adamw_new(&params, 0.9f, 0.999f, 0.01f);
    int first = rng_below(rng, train->count - labels), right = 0;
    Tensor *x = means(arena, train, first, labels, table),
           *unseen = means(arena, test, 0, test->count, table);
    for (int step = 0; step < 200; step++)
        nn_train_step(g, o, nn_cross_entropy(g, nn_linear(g, &layer, x), train->topic + first, -1), 0.05f,
                      0);
    Tensor *logits = nn_linear(g, &layer, unseen);
    for (int i = 0; i < test->count; i++)
        right += nn_argmax(logits->data + i * TOPICS, TOPICS) == test->topic[i];
    nn_optimizer_free(o);
    nn_params_free(&params);
    nn_graph_free(g);
    arena_free(arena);
    return 100.0 * right / test->count;
}
//< classify

enum { SIZES = 6 };
static const int sizes[SIZES] = {8, 16, 32, 64, 128, 512};

static void compare(const TopicSentences *train, const TopicSentences *test, const Tensor *hot,
                    const Tensor *dense, Rng *rng, float curves[2][SEEDS * SIZES])
{
    Tabular *t = tabular_new();
    tabular_numbers(t, "labeled sentences", NULL, 0, TABULAR_NONE);
    tabular_numbers(t, "one-hot", "%", 1, TABULAR_NONE);
    tabular_numbers(t, "distributed", "%", 1, TABULAR_NONE);
    for (int i = 0; i < SIZES; i++) {
        tabular_number(t, sizes[i]);
        for (int k = 0; k < 2; k++) {
            double result[SEEDS];
            for (int s = 0; s < SEEDS; s++) {
                result[s] = accuracy(train, test, k ? dense : hot, sizes[i], rng);
                curves[k][s * SIZES + i] = (float)result[s];
            }
            tabular_seeds(t, result, SEEDS);
        }
    }
    tabular_print(t);
}

static void draw(float curves[WORLD_LANGUAGES][2][SEEDS * SIZES], int language)
{
    float x[SIZES];
    for (int i = 0; i < SIZES; i++)
        x[i] = (float)sizes[i];
    Plot *p = plot_new("ch02/out/word_vectors_demo.svg", language,
                       plot_text("Topics of sentences from few labels", "用少量标注判断句子的话题"));
    plot_axes(p, plot_text("labeled sentences", "标注的句子"), plot_text("accuracy (%)", "正确率（%）"));
    for (int l = WORLD_LANGUAGES - 1; l >= 0; l--) {
        plot_panel(p, l == WORLD_EN ? plot_text("English", "英文") : plot_text("Chinese", "中文"));
        plot_log_axes(p, true, false);
        plot_seeds(p, plot_same("one-hot"), x, curves[l][0], SEEDS, SIZES);
        plot_seeds(p, plot_text("distributed", "分布式"), x, curves[l][1], SEEDS, SIZES);
    }
    plot_finish(p, "picture");
}

int main(int argc, char **argv)
{
    static float curves[WORLD_LANGUAGES][2][SEEDS * SIZES];
    int language = PLOT_BOTH;
    uint64_t seed = 1;
    const Option options[] = {plot_option(&language), option_seed(&seed), OPTION_END};
    options_parse(argc, argv, "From one-hot to distributed representations of words, section 2.2.1.",
                  options);
    for (int l = WORLD_LANGUAGES - 1; l >= 0; l--) {
        Rng rng = rng_new(seed);
        Arena *arena = arena_new();
        Graph *g = nn_graph_new();
        TextWords *w = text_words_new();
        TopicSentences train = topic_sentences_new(w, (WorldLanguage)l, WORLD_TRAIN, UNLABELED, seed);
        TopicSentences test = topic_sentences_new(w, (WorldLanguage)l, WORLD_TEST, TEST, seed);
        int vocab = text_words_count(w);
        Tensor *hot = one_hot(arena, vocab), *ppmi = mutual_information(arena, &train, vocab);
        Tensor *dense = shorten(arena, ppmi, CHANNELS, &rng);
        printf("%s: %d words; one-hot vectors have %d numbers, distributed ones %d\n",
               l == WORLD_EN ? "English" : "Chinese", vocab, vocab, CHANNELS);
        if (l == WORLD_EN) {
            print_cosines(w, hot, dense);
            printf("Row of the table and product with the one-hot vector differ by %g\n\n",
                   (double)lookup_difference(g, dense, id_of(w, "lion")));
        }
        printf("Topic (one of %d) of %d unseen %s sentences: mean and standard deviation of %d draws\n",
               TOPICS, test.count, l == WORLD_EN ? "English" : "Chinese", SEEDS);
        compare(&train, &test, hot, dense, &rng, curves[l]);
        putchar('\n');
        topic_sentences_free(&train);
        topic_sentences_free(&test);
        text_words_free(w);
        nn_graph_free(g);
        arena_free(arena);
    }
    draw(curves, language);
    return error_finish();
}
