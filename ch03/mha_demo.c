/* mha_demo.c -- multi-head attention, section 3.3.3.
 *
 * Splits the channels of a sentence into heads, attends in each of them, and joins the results; shows every shape on
 * the way and the weights of the heads; then checks itself against the fused kernel in common. */
#include "common/base/base.h"
#include "common/nn/nn.h"
#include "common/plot/plot.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { MAX_WORDS = 24, MAX_HEADS = 8, CHANNELS = 32 };
static const PlotText HEADS[MAX_HEADS] = {{"head 1", "头 1"}, {"head 2", "头 2"}, {"head 3", "头 3"},
                                          {"head 4", "头 4"}, {"head 5", "头 5"}, {"head 6", "头 6"},
                                          {"head 7", "头 7"}, {"head 8", "头 8"}};

/* What is made on the way from x to the output, for a look at it afterwards. */
typedef struct Stages {
    Tensor *x, *q, *k, *v, *score, *masked, *weight, *mixed, *joined, *out;
} Stages;

//> split
/* (B,T,C) -> (B,H,T,C/H) */
static Tensor *split_heads(Graph *g, Tensor *x, int heads)
{
    int batch = x->shape[0], time = x->shape[1], channels = x->shape[2];
    return nn_transpose(g, nn_reshape(g, x, batch, time, heads, channels / heads), 1, 2);
}

/* (B,H,T,C/H) -> (B,T,C) */
static Tensor *join_heads(Graph *g, Tensor *x)
{
    int batch = x->shape[0], heads = x->shape[1], time = x->shape[2], head_dim = x->shape[3];
    return nn_reshape(g, nn_transpose(g, x, 1, 2), batch, time, heads * head_dim);
}
//< split

//> attend
/* x (B,T,C) -> out (B,T,C). Each head sees C/H of the channels. */
static Stages multi_head_attention(Graph *g, const Mha *m, Tensor *x, int heads, bool causal)
{
    Stages s = {.x = x};
    float head_dim = (float)(x->shape[2] / heads);
    s.q = split_heads(g, nn_linear(g, &m->q, x), heads); /* (B,H,T,C/H) */
    s.k = split_heads(g, nn_linear(g, &m->k, x), heads);
    s.v = split_heads(g, nn_linear(g, &m->v, x), heads);
    s.score = nn_scale(g, nn_matmul_nt(g, s.q, s.k), 1 / sqrtf(head_dim)); /* (B,H,T,T) */
    s.masked = causal ? nn_causal_mask(g, s.score) : s.score;
    s.weight = nn_softmax(g, s.masked);
    s.mixed = nn_matmul(g, s.weight, s.v); /* (B,H,T,C/H) */
    s.joined = join_heads(g, s.mixed);     /* (B,T,C) */
    s.out = nn_linear(g, &m->out, s.joined);
    return s;
}
//< attend

/* ---- the sentence -------------------------------------------------------------------------------------- */

typedef struct Sentence {
    char *text; /* the words, each ended by a zero byte */
    const char *word[MAX_WORDS];
    int id[MAX_WORDS]; /* where the word first occurs: equal words have equal ids */
    int count;
} Sentence;

static Sentence cut(const char *text)
{
    Sentence s = {.text = memory_string(text)};
    for (char *rest = s.text, *word; (word = strtok_r(rest, " \t\n", &rest));) {
        if (s.count == MAX_WORDS)
            error_exitf("--text: more than %d words", MAX_WORDS);
        int i = 0;
        while (i < s.count && strcmp(s.word[i], word) != 0)
            i++;
        s.id[s.count] = i;
        s.word[s.count++] = word;
    }
    if (s.count == 0)
        error_exitf("--text: there is no word in it");
    return s;
}

typedef struct Model {
    Params params;
    Tensor *table; /* (words,C) */
    Mha mha;
    int heads;
    bool causal;
} Model;

static Model model_new(int heads, bool causal, int words, uint64_t seed)
{
    Model m = {.heads = heads, .causal = causal};
    Rng rng = rng_new(seed);
    m.table = nn_embedding_new(&m.params, "table", words, CHANNELS, 1, &rng);
    m.mha = nn_mha_new(&m.params, "mha", CHANNELS, &rng);
    return m;
}

/* The input of attention, x (1,T,C): a vector for each word plus its position. */
static Tensor *embed(Graph *g, const Model *m, const Sentence *words)
{
    Tensor *x = nn_embedding(g, m->table, words->id, 1, words->count);
    return nn_add(g, x, nn_sinusoids(nn_arena(g), words->count, CHANNELS));
}

/* ---- every shape, and the weights ---------------------------------------------------------------------- */

static void print_shapes(const Stages *s)
{
    const struct {
        const char *name, *letters, *what;
        const Tensor *tensor;
    } stages[] = {{"x", "(B,T,C)", "a vector for each word, plus its position", s->x},
                  {"q, k, v", "(B,H,T,C/H)", "three projections of x, split into heads", s->q},
                  {"q k^T / sqrt(d)", "(B,H,T,T)", "how well each query fits each key", s->score},
                  {"causal mask", "(B,H,T,T)", "later words out of sight: -infinity",
                   s->masked == s->score ? NULL : s->masked},
                  {"softmax", "(B,H,T,T)", "the weights: every row now sums to 1", s->weight},
                  {"weights v", "(B,H,T,C/H)", "each word collects values by weight", s->mixed},
                  {"join heads", "(B,T,C)", "the heads side by side again", s->joined},
                  {"output", "(B,T,C)", "one more matrix; x's shape, so layers stack", s->out}};
    for (size_t i = 0; i < sizeof stages / sizeof *stages; i++) {
        char shape[TENSOR_SHAPE_TEXT];
        if (!stages[i].tensor)
            continue;
        printf("  %-15s  %-11s %-12s %s\n", stages[i].name, stages[i].letters,
               tensor_shape_text(stages[i].tensor, shape), stages[i].what);
    }
}

/* Where a word stands, or the last word if it does not occur. */
static int position_of(const Sentence *words, const char *word)
{
    int at = words->count - 1;
    for (int i = 0; i < words->count; i++)
        at = strcmp(words->word[i], word) == 0 ? i : at;
    return at;
}

/* The row of the word at a position in every head; NaN for words that the mask hides. weight (1,H,T,T) */
static void rows_of(const Tensor *weight, int at, double rows[MAX_HEADS * MAX_WORDS])
{
    int time = weight->shape[2];
    for (int i = 0; i < weight->shape[1] * time; i++) {
        float w = weight->data[(i / time * time + at) * time + i % time];
        rows[i] = w != 0 ? (double)w : NAN;
    }
}

static void follow(const Tensor *weight, const Sentence *words, const char *word)
{
    const char *names[MAX_HEADS];
    double rows[MAX_HEADS * MAX_WORDS];
    TabularColumn columns[MAX_WORDS];
    int at = position_of(words, word);
    rows_of(weight, at, rows);
    for (int i = 0; i < words->count; i++)
        columns[i] = (TabularColumn){words->word[i], 2};
    for (int h = 0; h < weight->shape[1]; h++)
        names[h] = HEADS[h].en;
    printf("\nThe row of \"%s\" in every head: each looks elsewhere\n", words->word[at]);
    tabular_print_matrix("", names, columns, words->count, rows, weight->shape[1]);
}

static void show(Graph *g, const Model *m, const Sentence *words, int language)
{
    Stages s = multi_head_attention(g, &m->mha, embed(g, m, words), m->heads, m->causal);
    printf("%d words, %d channels, %d heads of %d channels\n\n", words->count, CHANNELS, m->heads,
           CHANNELS / m->heads);
    print_shapes(&s);
    puts("\nHead 1: what the row's word takes from the column's word. The matrices are random and "
         "untrained:\n"
         "the weights show the mechanism, and mean nothing yet. (ch03/mha_heads_demo trains them.)");
    terminal_heatmap(s.weight->data, words->count, words->count, words->word, words->word);
    follow(s.weight, words, "it");
    Plot *p = plot_new("ch03/out/mha_demo.svg", language,
                       plot_text("Attention weights of untrained heads", "未经训练的头的注意力权重"));
    plot_axes(p, plot_text("attends to", "看向"), plot_text("word", "词"));
    plot_heatmaps(p, HEADS, s.weight->data, m->heads, words->count, words->word);
    plot_finish(p, "picture of all heads");
    nn_graph_reset(g);
}

/* ---- the same by the fused kernel ---------------------------------------------------------------------- */

/* Forward and back in one of the two forms; the output's gradient is `pull` (T,C). */
static Tensor *run(Graph *g, const Model *m, const Sentence *words, bool fused, const float *pull)
{
    Tensor *x = embed(g, m, words);
    for (int i = 0; i < m->params.count; i++)
        m->params.items[i].tensor->has_grad = false;
    Tensor *out = fused ? nn_mha(g, &m->mha, x, x, m->heads, m->causal, NULL)
                        : multi_head_attention(g, &m->mha, x, m->heads, m->causal).out;
    nn_backward_from(g, out, pull);
    return out;
}

/* How far b is from a, relative to the maximum of |a| if that is above 1. */
static double difference(const float *a, const float *b, size_t size)
{
    float max = 1;
    for (size_t i = 0; i < size; i++)
        max = fmaxf(max, fabsf(a[i]));
    return (double)(tensor_distance(a, b, size) / max);
}

/* The fused kernel must give the same output and the same gradient of every parameter. */
static bool check(Graph *g, const Model *m, const Sentence *words, uint64_t seed)
{
    enum { PARAMETERS = 9 };
    static const TabularColumn column[] = {{"difference", -1}};
    const char *names[1 + PARAMETERS] = {"output"};
    double far[1 + PARAMETERS];
    bool equal = true;
    Rng rng = rng_new(seed + 1);
    Tensor *pull = nn_input(g, words->count, CHANNELS), *grads[PARAMETERS];
    tensor_normal(pull, 1, &rng);
    Tensor *plain = run(g, m, words, false, pull->data);
    for (int i = 0; i < PARAMETERS; i++) {
        grads[i] = nn_input(g, (int)m->params.items[i].tensor->size);
        tensor_copy(grads[i], m->params.items[i].tensor->grad);
    }
    Tensor *fused = run(g, m, words, true, pull->data);
    far[0] = difference(plain->data, fused->data, plain->size);
    for (int i = 0; i < PARAMETERS; i++) {
        names[1 + i] = m->params.items[i].name;
        far[1 + i] = difference(grads[i]->data, m->params.items[i].tensor->grad, grads[i]->size);
    }
    for (int i = 0; i < 1 + PARAMETERS; i++)
        equal &= far[i] <= 1e-5; /* not if it is NaN */
    puts("\nThe fused kernel, nn_mha: maximum difference of the output and of the gradients");
    tabular_print_matrix("", names, column, 1, far, 1 + PARAMETERS);
    return terminal_verdict(equal, "both forms compute the same, to 1e-5");
}

int main(int argc, char **argv)
{
    static const char *const masks[] = {"causal", "none", NULL};
    int heads = 4, mask = 0, language = PLOT_BOTH;
    const char *text = "the cat sat on the mat as it was tired";
    uint64_t seed = 1;
    const Option options[] = {
        option_int("heads", &heads, 1, MAX_HEADS, "attention heads; they divide the 32 channels"),
        option_choice("mask", &mask, masks, "causal: a word sees no word after it"),
        option_string("text", &text, "the sentence, its words separated by spaces"),
        option_seed(&seed),
        plot_option(&language),
        OPTION_END};
    options_parse(argc, argv, "Multi-head attention from tensor operations, section 3.3.3.", options);
    if (CHANNELS % heads != 0)
        error_exitf("--heads %d: the heads must divide %d channels", heads, CHANNELS);
    Sentence words = cut(text);
    Model m = model_new(heads, mask == 0, words.count, seed);
    Graph *g = nn_graph_new();
    show(g, &m, &words, language);
    bool good = check(g, &m, &words, seed);
    nn_graph_free(g);
    nn_params_free(&m.params);
    free(words.text);
    return error_finish() || !good;
}
