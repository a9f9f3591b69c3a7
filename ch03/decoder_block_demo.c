/* decoder_block_demo.c -- one decoder block, section 3.6.
 *
 * Masked self-attention over the words written so far, cross-attention over the
 * encoder's output, and a feed-forward network for each position. Gradients then
 * show which inputs each output can see; and one pass over a whole sentence
 * gives what word-by-word decoding gives, which is what the mask is for. */
#include "common/base/base.h"
#include "common/nn/nn.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { SOURCE = 5, TARGET = 6, LONGER = 96, HEADS = 4 };
static const char *const source[SOURCE] = {"我", "喜欢", "那", "只", "猫"};
static const char *const target[TARGET] = {"<s>", "I", "like", "the", "cat", "."};

//> block
typedef struct Decoder {
    Params params;
    Norm norm_self, norm_cross, norm_feed;
    Mha self, cross;
    Linear up, down; /* (4C,C), (C,4C) */
} Decoder;

/* What is made on the way: after self-attention, after cross-attention, the hidden layer, and the output. */
typedef struct Stages {
    Tensor *self, *cross, *hidden, *out;
} Stages;

/* x (B,T,C), memory (B,S,C) -> out (B,T,C) */
static Stages decoder_block(Graph *g, const Decoder *d, Tensor *x, Tensor *memory)
{
    Stages s;
    Tensor *h = nn_norm(g, &d->norm_self, x);
    s.self = nn_add(g, x, nn_mha(g, &d->self, h, h, HEADS, true, NULL)); /* causal */
    h = nn_norm(g, &d->norm_cross, s.self);
    s.cross = nn_add(g, s.self, nn_mha(g, &d->cross, h, memory, HEADS, false, NULL));
    s.hidden = nn_relu(g, nn_linear(g, &d->up, nn_norm(g, &d->norm_feed, s.cross))); /* (B,T,4C) */
    s.out = nn_add(g, s.cross, nn_linear(g, &d->down, s.hidden));
    return s;
}
//< block

static Decoder decoder_new(int dim, Rng *rng)
{
    Decoder d = {0};
    d.norm_self = nn_norm_new(&d.params, "norm_self", dim);
    d.self = nn_mha_new(&d.params, "self", dim, rng);
    d.norm_cross = nn_norm_new(&d.params, "norm_cross", dim);
    d.cross = nn_mha_new(&d.params, "cross", dim, rng);
    d.norm_feed = nn_norm_new(&d.params, "norm_feed", dim);
    d.up = nn_linear_new(&d.params, "up", dim, 4 * dim, true, 0, rng);
    d.down = nn_linear_new(&d.params, "down", 4 * dim, dim, true, 0, rng);
    return d;
}

static Tensor *copy_in(Graph *g, const Tensor *t, int time)
{
    Tensor *x = nn_input(g, 1, time, t->shape[2]);
    tensor_copy(x, t->data);
    return x;
}

/* The gradient norm of each row of a parameter (1,T,C). */
static void row_norms(const Tensor *t, float *out)
{
    int dim = t->shape[2];
    for (int i = 0; i < t->shape[1]; i++) {
        double sum = 0;
        for (int c = 0; c < dim; c++)
            sum += (double)t->grad[i * dim + c] * (double)t->grad[i * dim + c];
        out[i] = (float)sqrt(sum);
    }
}

//> sight
/* own (T,T), read (T,S): the norm of the gradient of output t with respect to every position of x and of memory. */
static void measure_sight(Graph *g, const Decoder *d, Tensor *x, Tensor *memory, float *own, float *read)
{
    for (int t = 0; t < TARGET; t++) {
        Tensor *y = nn_slice(g, decoder_block(g, d, x, memory).out, 1, t, 1);
        x->has_grad = memory->has_grad = false; /* this output's gradient alone */
        nn_backward(g, nn_sum(g, nn_mul(g, y, y)));
        row_norms(x, own + t * TARGET);
        row_norms(memory, read + t * SOURCE);
        nn_graph_reset(g);
    }
}
//< sight

//> cache
/* Keys and values of the words so far, and those of memory, which are computed once. */
typedef struct Cache {
    Tensor *k, *v, *memory_k, *memory_v; /* (1,T,C), (1,S,C) */
    int count;
} Cache;

static Cache cache_new(Graph *g, const Decoder *d, Tensor *memory, int time)
{
    int dim = memory->shape[2], keys = memory->shape[1];
    Cache c = {tensor_new(NULL, 1, time, dim), tensor_new(NULL, 1, time, dim),
               tensor_new(NULL, 1, keys, dim), tensor_new(NULL, 1, keys, dim), 0};
    tensor_copy(c.memory_k, nn_linear(g, &d->cross.k, memory)->data);
    tensor_copy(c.memory_v, nn_linear(g, &d->cross.v, memory)->data);
    nn_graph_reset(g);
    return c;
}

/* The next word, x (1,1,C) -> (1,1,C): its key and value join the cache, and its query meets all of them. */
static Tensor *cached_step(Graph *g, const Decoder *d, Cache *c, Tensor *x)
{
    int dim = x->shape[2];
    Tensor *h = nn_norm(g, &d->norm_self, x);
    memcpy(c->k->data + c->count * dim, nn_linear(g, &d->self.k, h)->data, sizeof(float) * (size_t)dim);
    memcpy(c->v->data + c->count * dim, nn_linear(g, &d->self.v, h)->data, sizeof(float) * (size_t)dim);
    c->count++;
    h = nn_attention(g, nn_linear(g, &d->self.q, h), c->k, c->v, HEADS, false, &c->count);
    x = nn_add(g, x, nn_linear(g, &d->self.out, h));
    h = nn_linear(g, &d->cross.q, nn_norm(g, &d->norm_cross, x));
    h = nn_attention(g, h, c->memory_k, c->memory_v, HEADS, false, NULL);
    x = nn_add(g, x, nn_linear(g, &d->cross.out, h));
    h = nn_relu(g, nn_linear(g, &d->up, nn_norm(g, &d->norm_feed, x)));
    return nn_add(g, x, nn_linear(g, &d->down, h));
}
//< cache

/* All outputs, one word at a time, into out (T,C). */
static void decode_with_cache(Graph *g, const Decoder *d, const Tensor *x, const Tensor *memory, float *out)
{
    int time = x->shape[1], dim = x->shape[2];
    Cache c = cache_new(g, d, copy_in(g, memory, memory->shape[1]), time);
    for (int t = 0; t < time; t++) {
        Tensor *word = nn_input(g, 1, 1, dim);
        tensor_copy(word, x->data + t * dim);
        memcpy(out + t * dim, cached_step(g, d, &c, word)->data, sizeof *out * (size_t)dim);
        nn_graph_reset(g);
    }
    Tensor *const all[] = {c.k, c.v, c.memory_k, c.memory_v};
    for (int i = 0; i < 4; i++)
        tensor_free(all[i]);
}

/* All outputs in one pass, as in training, into out (T,C). */
static void decode_at_once(Graph *g, const Decoder *d, const Tensor *x, const Tensor *memory, float *out)
{
    Tensor *y = decoder_block(g, d, copy_in(g, x, x->shape[1]), copy_in(g, memory, memory->shape[1])).out;
    memcpy(out, y->data, y->size * sizeof *out);
    nn_graph_reset(g);
}

/* One after another, without a cache: step t computes t + 1 words, and only its last output counts. */
static void decode_again(Graph *g, const Decoder *d, const Tensor *x, const Tensor *memory, float *out)
{
    int dim = x->shape[2];
    for (int t = 0; t < x->shape[1]; t++) {
        Tensor *y = decoder_block(g, d, copy_in(g, x, t + 1), copy_in(g, memory, memory->shape[1])).out;
        memcpy(out + t * dim, y->data + t * dim, sizeof *out * (size_t)dim);
        nn_graph_reset(g);
    }
}

/* Whether the three ways lead to the same outputs, to 1e-5. milliseconds: the fastest of several rounds, since other
 * programs only make a round slower. */
static bool compare_decoding(Graph *g, const Decoder *d, const Tensor *x, const Tensor *memory,
                             double milliseconds[3])
{
    void (*const ways[3])(Graph *, const Decoder *, const Tensor *, const Tensor *,
                          float *) = {decode_at_once, decode_again, decode_with_cache};
    float *first = memory_new(x->size * sizeof *first), *other = memory_new(x->size * sizeof *other);
    bool equal = true;
    nn_graph_record(g, false);
    for (int i = 0; i < 15; i++) {
        double start = clock_seconds();
        ways[i % 3](g, d, x, memory, i % 3 ? other : first);
        double now = 1e3 * (clock_seconds() - start);
        milliseconds[i % 3] = i < 3 ? now : fmin(milliseconds[i % 3], now);
        if (i % 3)
            equal &= tensor_distance(first, other, x->size) <= 1e-5f;
    }
    nn_graph_record(g, true);
    free(first);
    free(other);
    return equal;
}

/* ---- what is shown ------------------------------------------------------------------------------------- */

static void show_shapes(Graph *g, const Decoder *d, Tensor *x, Tensor *memory)
{
    Stages s = decoder_block(g, d, x, memory);
    const struct {
        const char *what;
        const Tensor *tensor;
    } stages[] = {{"x                      the words written so far", x},
                  {"memory                 what the encoder made of the source", memory},
                  {"masked self-attention  q, k, v from x", s.self},
                  {"cross-attention        q from x, k, v from memory", s.cross},
                  {"feed-forward           four times as wide inside", s.hidden},
                  {"output                 x's shape, so blocks stack", s.out}};
    for (size_t i = 0; i < sizeof stages / sizeof *stages; i++) {
        char shape[TENSOR_SHAPE_TEXT];
        printf("  %-62s %s\n", stages[i].what, tensor_shape_text(stages[i].tensor, shape));
    }
    nn_graph_reset(g);
}

/* Returns whether the mask keeps what it promises: later words have a gradient of exactly 0, all others more. */
static bool show_sight(Graph *g, const Decoder *d, Tensor *x, Tensor *memory)
{
    float own[TARGET * TARGET], read[TARGET * SOURCE];
    bool causal = true, seen = true;
    measure_sight(g, d, x, memory, own, read);
    for (int i = 0; i < TARGET * TARGET; i++)
        causal &= i % TARGET > i / TARGET ? own[i] == 0 : own[i] > 0;
    for (int i = 0; i < TARGET * SOURCE; i++)
        seen &= read[i] > 0;
    puts("\nWhat the row's output can see of the words written: the norm of its gradient");
    terminal_heatmap(own, TARGET, TARGET, target, target);
    puts("\nand of the source");
    terminal_heatmap(read, TARGET, SOURCE, target, source);
    putchar('\n');
    terminal_verdict(causal, "exactly 0 for every later word, and above 0 for the others");
    return terminal_verdict(seen, "all of the source is seen by every output") && causal;
}

static Tensor *random_input(int time, int dim, Rng *rng)
{
    Tensor *t = nn_parameter(1, time, dim);
    tensor_normal(t, 1, rng);
    return t;
}

int main(int argc, char **argv)
{
    int dim = 64;
    uint64_t seed = 1;
    double ms[3];
    const Option options[] = {option_int("channels", &dim, HEADS, 1024, "channels, a multiple of 4"),
                              option_seed(&seed), OPTION_END};
    options_parse(argc, argv, "One decoder block, section 3.6.", options);
    if (dim % HEADS)
        error_exitf("--channels %d: %d heads must divide the channels", dim, HEADS);
    Rng rng = rng_new(seed);
    Decoder d = decoder_new(dim, &rng);
    Graph *g = nn_graph_new();
    Tensor *x = random_input(TARGET, dim, &rng), *memory = random_input(SOURCE, dim, &rng),
           *longer = random_input(LONGER, dim, &rng);
    show_shapes(g, &d, x, memory);
    bool good = show_sight(g, &d, x, memory);
    bool equal = compare_decoding(g, &d, longer, memory, ms);
    good &= terminal_verdict(
        equal, "\n%d words in one pass, one by one, and one by one with a KV cache give the same outputs",
        LONGER);
    printf("time: %.1f ms in one pass, %.1f ms one by one, %.1f ms with the cache\n", ms[0], ms[1], ms[2]);
    tensor_free(longer);
    tensor_free(x);
    tensor_free(memory);
    nn_graph_free(g);
    nn_params_free(&d.params);
    return error_finish() || !good;
}
