/* mask_demo.c -- padding and look-ahead masks, section 3.6.
 *
 * Two sentences of different length share a batch, so the short one is filled
 * up with <pad>. One mask hides the padding, one hides what comes later, and a
 * decoder has both. What a mask promises is then measured: what it hides may
 * change, and no output that must not see it changes, not by one bit. */
#include "common/base/base.h"
#include "common/nn/nn.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { BATCH = 2, TIME = 6, WORDS = 10 };

static const char *const words[WORDS] = {"<pad>", "the",   "cat",  "sat", "on",
                                         "mat",   "birds", "sing", "at",  "dawn"};
static const int sentences[BATCH * TIME] = {1, 2, 3, 4, 1, 5, 6, 7, 8, 9, 0, 0}; /* (B,T) */
static const int lengths[BATCH] = {6, 4};

typedef struct Settings {
    int dim;
    uint64_t seed;
} Settings;

typedef struct Model {
    Params params;
    Tensor *table;  /* (V,C) */
    Linear q, k, v; /* (C,C) */
} Model;

/* allowed (T,T): may the query of the row see the key of the column? */
static void look_ahead_mask(float *allowed)
{
    for (int t = 0; t < TIME; t++)
        for (int s = 0; s < TIME; s++)
            allowed[t * TIME + s] = s <= t;
}

static void padding_mask(float *allowed, int length)
{
    for (int t = 0; t < TIME; t++)
        for (int s = 0; s < TIME; s++)
            allowed[t * TIME + s] = s < length;
}

//> both
/* Both at once: a key is seen where each of them allows it. (B,T,T) */
static Tensor *masks_for(Graph *g, bool padding, bool look_ahead)
{
    Tensor *both = nn_input(g, BATCH, TIME, TIME);
    float pad[TIME * TIME], ahead[TIME * TIME];
    look_ahead_mask(ahead);
    for (int b = 0; b < BATCH; b++) {
        padding_mask(pad, lengths[b]);
        for (int i = 0; i < TIME * TIME; i++)
            both->data[b * TIME * TIME + i] = (!padding || pad[i] > 0) && (!look_ahead || ahead[i] > 0);
    }
    return both;
}
//< both

//> masked
/* x (B,T,C) -> (B,T,C); the softmax turns the mask's -infinity into a weight of 0. */
static Tensor *attention(Graph *g, const Model *m, Tensor *x, const Tensor *allowed, Tensor **weight)
{
    Tensor *q = nn_linear(g, &m->q, x), *k = nn_linear(g, &m->k, x), *v = nn_linear(g, &m->v, x);
    Tensor *score = nn_scale(g, nn_matmul_nt(g, q, k), 1 / sqrtf((float)tensor_dim(x, -1))); /* (B,T,T) */
    *weight = nn_softmax(g, nn_mask(g, score, allowed));
    return nn_matmul(g, *weight, v);
}
//< masked

static Model model_new(int dim, Rng *rng)
{
    Model m = {.params = {0}};
    m.table = nn_embedding_new(&m.params, "table", WORDS, dim, 1, rng);
    m.q = nn_linear_new(&m.params, "q", dim, dim, false, 0, rng);
    m.k = nn_linear_new(&m.params, "k", dim, dim, false, 0, rng);
    m.v = nn_linear_new(&m.params, "v", dim, dim, false, 0, rng);
    return m;
}

static void show(const char *title, const Tensor *rows, int b)
{
    const char *names[TIME];
    for (int t = 0; t < TIME; t++)
        names[t] = words[sentences[b * TIME + t]];
    printf("\n%s\n", title);
    terminal_heatmap(rows->data + b * TIME * TIME, TIME, TIME, names, names);
}

/* The output for a batch of ids, copied: (B,T,C) numbers, to be freed. */
static float *output_of(Graph *g, const Model *m, const int *ids, bool padding, bool look_ahead)
{
    Tensor *weight, *x = nn_embedding(g, m->table, ids, BATCH, TIME);
    Tensor *out = attention(g, m, x, masks_for(g, padding, look_ahead), &weight);
    float *copy = memory_new(out->size * sizeof *copy);
    memcpy(copy, out->data, out->size * sizeof *copy);
    nn_graph_reset(g);
    return copy;
}

/* Replaces one word, and returns by how much the outputs at positions first .. last of its sentence change. */
static float moved(Graph *g, const Model *m, int sentence, int position, int first, int last, bool padding,
                   bool look_ahead)
{
    int ids[BATCH * TIME], dim = m->table->shape[1];
    memcpy(ids, sentences, sizeof ids);
    float *before = output_of(g, m, ids, padding, look_ahead);
    ids[sentence * TIME + position] = 5;
    float *after = output_of(g, m, ids, padding, look_ahead);
    size_t from = (size_t)((sentence * TIME + first) * dim), count = (size_t)((last - first + 1) * dim);
    float distance = tensor_distance(before + from, after + from, count);
    free(before);
    free(after);
    return distance;
}

/* The maximum entry of the gradient that a position of the input gets from the first `seen` outputs of its
 * sentence. */
static float gradient_at(Graph *g, const Model *m, int sentence, int position, int seen)
{
    Tensor *weight, *x = nn_embedding(g, m->table, sentences, BATCH, TIME);
    nn_keep_grad(g, x);
    Tensor *out = attention(g, m, x, masks_for(g, true, true), &weight);
    Tensor *part = nn_slice(g, nn_slice(g, out, 0, sentence, 1), 1, 0, seen);
    nn_backward(g, nn_sum(g, nn_mul(g, part, part)));
    int dim = m->table->shape[1];
    float max = 0;
    for (int c = 0; c < dim; c++)
        max = fmaxf(max, fabsf(x->grad[(sentence * TIME + position) * dim + c]));
    nn_graph_reset(g);
    return max;
}

static bool verdict(const char *what, float value, bool good)
{
    printf("  %-58s %8.4f  %s\n", what, (double)value, good ? "as promised" : "NOT AS PROMISED");
    return good;
}

/* The same by the fused kernel, whose masks are two arguments. */
static float fused_distance(Graph *g, const Model *m)
{
    Tensor *weight, *x = nn_embedding(g, m->table, sentences, BATCH, TIME);
    Tensor *plain = attention(g, m, x, masks_for(g, true, true), &weight);
    Tensor *fused = nn_attention(g, nn_linear(g, &m->q, x), nn_linear(g, &m->k, x), nn_linear(g, &m->v, x),
                                 1, true, lengths);
    float distance = tensor_distance(plain->data, fused->data, plain->size);
    nn_graph_reset(g);
    return distance;
}

static void show_masks(Graph *g, const Model *m)
{
    Tensor *weight, *x = nn_embedding(g, m->table, sentences, BATCH, TIME);
    show("Padding mask of the second sentence: no column of <pad> is seen", masks_for(g, true, false), 1);
    show("Look-ahead mask: a row sees itself and what came before", masks_for(g, false, true), 1);
    show("Both, for a decoder", masks_for(g, true, true), 1);
    attention(g, m, x, masks_for(g, true, true), &weight);
    show("The attention weights with both masks (untrained)", weight, 1);
    nn_graph_reset(g);
}

int main(int argc, char **argv)
{
    Settings s = {16, 1};
    const Option options[] = {option_int("channels", &s.dim, 1, 1024, "channels of a word"),
                              option_seed(&s.seed), OPTION_END};
    options_parse(argc, argv, "Padding and look-ahead masks, section 3.6.", options);
    Rng rng = rng_new(s.seed);
    Model m = model_new(s.dim, &rng);
    Graph *g = nn_graph_new();
    printf("A batch of two sentences, (B,T) = (%d,%d): \"the cat sat on the mat\", \"birds sing at dawn "
           "<pad> <pad>\"\n",
           BATCH, TIME);
    show_masks(g, &m);

    bool good = true;
    float d;
    puts("\nChange a <pad> into a word; how far do the real words' outputs move?");
    d = moved(g, &m, 1, 4, 0, 3, false, false), good &= verdict("without a mask", d, d > 0);
    d = moved(g, &m, 1, 4, 0, 3, true, false), good &= verdict("with the padding mask", d, d == 0);
    puts("Change the fourth word; how far do the three before it move?");
    d = moved(g, &m, 0, 3, 0, 2, true, false), good &= verdict("with the padding mask only", d, d > 0);
    d = moved(g, &m, 0, 3, 0, 2, true, true), good &= verdict("with both masks", d, d == 0);
    d = moved(g, &m, 0, 3, 3, 5, true, true), good &= verdict("and from the fourth word on", d, d > 0);
    puts("The gradient that flows back, with both masks");
    d = gradient_at(g, &m, 1, 0, 4), good &= verdict("to the first word of the second sentence", d, d > 0);
    d = gradient_at(g, &m, 1, 4, 4), good &= verdict("to its <pad>", d, d == 0);
    d = gradient_at(g, &m, 0, 3, 3), good &= verdict("from the first three words to the fourth", d, d == 0);
    puts("The fused kernel takes both masks as arguments (causal, lengths)");
    d = fused_distance(g, &m), good &= verdict("maximum difference", d, d <= 1e-5f);

    nn_graph_free(g);
    nn_params_free(&m.params);
    int status = error_finish();
    return status ? status : !good;
}
