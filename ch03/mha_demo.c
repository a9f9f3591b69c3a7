/* mha_demo.c -- multi-head attention, section 3.3.3.
 *
 * Splits the channels of a sentence into heads, attends in each of them, and
 * joins the results; shows every shape on the way and the weights of the
 * heads; then checks itself against the fused kernel in common. */
#include "common/base/base.h"
#include "common/nn/nn.h"
#include "common/plot/plot.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { MAX_WORDS = 24, MAX_HEADS = 8 };
static const char *const HEADS[MAX_HEADS] = {"head 1", "head 2", "head 3", "head 4",
                                             "head 5", "head 6", "head 7", "head 8"};

typedef struct Settings {
    int heads, dim, mask; /* mask: 0 causal, 1 none */
    const char *text, *word;
    uint64_t seed;
    int language; /* of the picture */
} Settings;

typedef struct Sentence {
    char *text; /* the words, each ended by a zero byte */
    const char *word[MAX_WORDS];
    int id[MAX_WORDS]; /* where the word first occurs: equal words have equal ids */
    int count;
} Sentence;

static Settings parse(int argc, char **argv)
{
    static const char *const masks[] = {"causal", "none", NULL};
    Settings s = {
        .heads = 4, .dim = 32, .text = "the cat sat on the mat as it was tired", .word = "it", .seed = 1};
    const Option options[] = {
        option_int("heads", &s.heads, 1, MAX_HEADS, "attention heads; they divide the channels"),
        option_int("channels", &s.dim, 1, 1024, "channels of a word"),
        option_choice("mask", &s.mask, masks, "causal: a word sees no word after it"),
        option_string("text", &s.text, "the sentence, its words separated by spaces"),
        option_string("word", &s.word, "the word to follow through the heads; else the last one"),
        option_seed(&s.seed),
        plot_option(&s.language),
        OPTION_END};
    options_parse(argc, argv, "Multi-head attention from tensor operations, section 3.3.3.", options);
    if (s.dim % s.heads != 0)
        error_exitf("--heads %d, --channels %d: the heads must divide the channels", s.heads, s.dim);
    return s;
}

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

typedef struct Model {
    Params params;
    Tensor *table; /* (words,C) */
    Mha mha;
} Model;

static Model model_new(const Settings *s, const Sentence *words)
{
    Model m = {0};
    Rng rng = rng_new(s->seed);
    m.table = nn_embedding_new(&m.params, "table", words->count, s->dim, 1, &rng);
    m.mha = nn_mha_new(&m.params, "mha", s->dim, &rng);
    return m;
}

/* What goes into attention, x (1,T,C): a vector for each word, and its position added. */
static Tensor *embed(Graph *g, const Model *m, const Sentence *words)
{
    Tensor *x = nn_embedding(g, m->table, words->id, 1, words->count);
    return nn_add(g, x, nn_sinusoids(nn_arena(g), words->count, m->table->shape[1]));
}

static void print_stage(const char *name, const char *letters, const Tensor *t, const char *what)
{
    char shape[TENSOR_SHAPE_TEXT];
    printf("  %-15s  %-11s %-12s %s\n", name, letters, tensor_shape_text(t, shape), what);
}

static void print_stages(const Stages *s)
{
    print_stage("x", "(B,T,C)", s->x, "a vector for each word, its position added");
    print_stage("q, k, v", "(B,H,T,C/H)", s->q, "three projections of x, split into heads");
    print_stage("q k^T / sqrt(d)", "(B,H,T,T)", s->score, "how well each query fits each key");
    if (s->masked != s->score)
        print_stage("causal mask", "(B,H,T,T)", s->masked, "later words out of sight: -infinity");
    print_stage("softmax", "(B,H,T,T)", s->weight, "the weights: every row now sums to 1");
    print_stage("weights v", "(B,H,T,C/H)", s->mixed, "each word collects values by weight");
    print_stage("join heads", "(B,T,C)", s->joined, "the heads side by side again");
    print_stage("output", "(B,T,C)", s->out, "one more matrix; x's shape, so layers stack");
}

/* values (rows, words) under the words; a dot where no weight is. */
static void print_table(const float *values, int rows, const char *const *row_names, const Sentence *words)
{
    int width = 6;
    for (int i = 0; i < words->count; i++)
        width = terminal_width(words->word[i]) >= width ? terminal_width(words->word[i]) + 1 : width;
    printf("  %*s", width, "");
    for (int k = 0; k < words->count; k++)
        terminal_print(words->word[k], -width);
    for (int r = 0; r < rows; r++) {
        fputs("\n  ", stdout);
        terminal_print(row_names[r], -width);
        for (int k = 0; k < words->count; k++) {
            float value = values[r * words->count + k];
            if (value == 0)
                printf("%*s", width, ".");
            else
                printf("%*.2f", width, (double)value);
        }
    }
    putchar('\n');
}

/* The row of one word in every head. weight (1,H,T,T) */
static void follow(Graph *g, Tensor *weight, const Sentence *words, const char *word)
{
    int at = words->count - 1;
    for (int i = 0; i < words->count; i++)
        at = strcmp(words->word[i], word) == 0 ? i : at;
    const Tensor *rows = nn_slice(g, weight, 2, at, 1); /* (1,H,1,T) */
    printf("\nThe row of \"%s\" in every head: each looks elsewhere\n", words->word[at]);
    print_table(rows->data, rows->shape[1], HEADS, words);
}

/* weight (1,H,T,T); what the mask hides stays empty. */
static void draw(const Tensor *weight, const Sentence *words, const Settings *s, const char *path)
{
    Plot *p = plot_new(path, s->language,
                       plot_text("Attention weights of untrained heads", "未经训练的头的注意力权重"));
    plot_axes(p, plot_text("attends to", "看向"), plot_text("word", "词"));
    int time = words->count;
    float *cells = memory_new(sizeof *cells * (size_t)(time * time));
    for (int h = 0; h < weight->shape[1]; h++) {
        char chinese[32];
        snprintf(chinese, sizeof chinese, "头 %d", h + 1);
        for (int i = 0; i < time * time; i++)
            cells[i] = s->mask == 0 && i % time > i / time ? NAN : weight->data[h * time * time + i];
        plot_panel(p, plot_text(HEADS[h], chinese));
        plot_heatmap(p, cells, time, time, words->word, words->word);
    }
    free(cells);
    putchar('\n');
    plot_finish(p, "picture of all heads");
}

static void show(Graph *g, const Model *m, const Settings *s, const Sentence *words)
{
    Stages stages = multi_head_attention(g, &m->mha, embed(g, m, words), s->heads, s->mask == 0);
    printf("%d words, %d channels, %d heads of %d channels\n\n", words->count, s->dim, s->heads,
           s->dim / s->heads);
    print_stages(&stages);
    puts("\nThe matrices are random and untrained: the weights show the mechanism, and mean nothing yet.\n"
         "(ch03/mha_heads_demo trains them.)\n\nHead 1: what the row's word takes from the column's word");
    print_table(stages.weight->data, words->count, words->word, words);
    puts("\nHead 1 again, shaded");
    terminal_heatmap(stages.weight->data, words->count, words->count, words->word, words->word);
    follow(g, stages.weight, words, s->word);
    draw(stages.weight, words, s, "ch03/out/mha_demo.svg");
    nn_graph_reset(g);
}

/* Forward and back in one of the two forms; the output's gradient is `pull` (T,C). */
static Tensor *run(Graph *g, const Model *m, const Settings *s, const Sentence *words, bool fused,
                   const float *pull)
{
    bool causal = s->mask == 0;
    Tensor *x = embed(g, m, words);
    for (int i = 0; i < m->params.count; i++)
        m->params.items[i].tensor->has_grad = false;
    Tensor *out = fused ? nn_mha(g, &m->mha, x, x, s->heads, causal, NULL)
                        : multi_head_attention(g, &m->mha, x, s->heads, causal).out;
    nn_backward_from(g, out, pull);
    return out;
}

/* Prints how far b is from a, measured against the largest number of a if that is above 1. */
static bool equal(const char *what, const float *a, const float *b, size_t size)
{
    float largest = 1;
    for (size_t i = 0; i < size; i++)
        largest = fabsf(a[i]) > largest ? fabsf(a[i]) : largest;
    float difference = tensor_distance(a, b, size) / largest;
    bool good = difference <= 1e-5f; /* false for NaN */
    printf("  %-27s %.0e  %s\n", what, (double)difference, good ? "equal" : "NOT EQUAL");
    return good;
}

/* The fused kernel must give the same output and the same gradient of every parameter. */
static bool check(Graph *g, const Model *m, const Settings *s, const Sentence *words)
{
    Rng rng = rng_new(s->seed + 1);
    Tensor *pull = nn_input(g, words->count, s->dim), *grads[16];
    tensor_normal(pull, 1, &rng);
    Tensor *plain = run(g, m, s, words, false, pull->data);
    for (int i = 0; i < m->params.count; i++) {
        grads[i] = nn_input(g, (int)m->params.items[i].tensor->size);
        tensor_copy(grads[i], m->params.items[i].tensor->grad);
    }
    Tensor *fused = run(g, m, s, words, true, pull->data);
    puts("\nThe same by the fused kernel, nn_mha: maximum difference");
    bool good = equal("output", plain->data, fused->data, plain->size);
    for (int i = 0; i < m->params.count; i++) {
        const Param *p = &m->params.items[i];
        char what[PARAM_NAME + 16];
        snprintf(what, sizeof what, "gradient of %s", p->name);
        good = equal(what, grads[i]->data, p->tensor->grad, p->tensor->size) && good;
    }
    printf("%s\n",
           good ? "All within 1e-5: both forms compute the same." : "They DIFFER by more than 1e-5.");
    return good;
}

int main(int argc, char **argv)
{
    Settings s = parse(argc, argv);
    Sentence words = cut(s.text);
    Model m = model_new(&s, &words);
    Graph *g = nn_graph_new();
    show(g, &m, &s, &words);
    bool good = check(g, &m, &s, &words);
    nn_graph_free(g);
    nn_params_free(&m.params);
    free(words.text);
    return error_finish() || !good;
}
