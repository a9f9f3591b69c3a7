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

enum { SOURCE = 5, TARGET = 6 };
static const char *const source[SOURCE] = {"我", "喜欢", "那", "只", "猫"};
static const char *const target[TARGET] = {"<s>", "I", "like", "the", "cat", "."};

typedef struct Settings {
    int dim, heads;
    uint64_t seed;
} Settings;

//> block
typedef struct Decoder {
    Params params;
    Norm norm_self, norm_cross, norm_feed;
    Mha self, cross;
    Linear up, down; /* (4C,C), (C,4C) */
    int heads;
} Decoder;

/* x (B,T,C), memory (B,S,C) -> (B,T,C). say: print the shapes on the way. */
static Tensor *decoder_block(Graph *g, const Decoder *d, Tensor *x, Tensor *memory, bool say)
{
    char shape[TENSOR_SHAPE_TEXT];
    Tensor *h = nn_norm(g, &d->norm_self, x);
    x = nn_add(g, x, nn_mha(g, &d->self, h, h, d->heads, true, NULL));
    if (say)
        printf("  masked self-attention  q, k, v from x              %s\n", tensor_shape_text(x, shape));
    h = nn_norm(g, &d->norm_cross, x);
    x = nn_add(g, x, nn_mha(g, &d->cross, h, memory, d->heads, false, NULL));
    if (say)
        printf("  cross-attention        q from x, k, v from memory   %s\n", tensor_shape_text(x, shape));
    h = nn_relu(g, nn_linear(g, &d->up, nn_norm(g, &d->norm_feed, x)));
    if (say)
        printf("  feed-forward           four times as wide inside    %s\n", tensor_shape_text(h, shape));
    x = nn_add(g, x, nn_linear(g, &d->down, h));
    if (say)
        printf("  output                 x's shape, so blocks stack   %s\n", tensor_shape_text(x, shape));
    return x;
}
//< block

static Decoder decoder_new(int dim, int heads, Rng *rng)
{
    Decoder d = {.heads = heads};
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
static void row_lengths(const Tensor *t, float *out)
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
        Tensor *y = nn_slice(g, decoder_block(g, d, x, memory, false), 1, t, 1);
        x->has_grad = memory->has_grad = false; /* this output's gradient alone */
        nn_backward(g, nn_sum(g, nn_mul(g, y, y)));
        row_lengths(x, own + t * TARGET);
        row_lengths(memory, read + t * SOURCE);
        nn_graph_reset(g);
    }
}
//< sight

/* Above the diagonal every number must be 0, elsewhere none. */
static bool is_causal(const float *own)
{
    for (int t = 0; t < TARGET; t++) {
        for (int s = 0; s < TARGET; s++) {
            if (s > t ? !(own[t * TARGET + s] == 0) : !(own[t * TARGET + s] > 0))
                return false;
        }
    }
    return true;
}

static bool all_seen(const float *read)
{
    for (int i = 0; i < TARGET * SOURCE; i++) {
        if (!(read[i] > 0))
            return false;
    }
    return true;
}

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
    h = nn_attention(g, nn_linear(g, &d->self.q, h), c->k, c->v, d->heads, false, &c->count);
    x = nn_add(g, x, nn_linear(g, &d->self.out, h));
    h = nn_linear(g, &d->cross.q, nn_norm(g, &d->norm_cross, x));
    h = nn_attention(g, h, c->memory_k, c->memory_v, d->heads, false, NULL);
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

/* All outputs in one pass, as in training; one after another, as when writing, where step t
 * computes t + 1 words and only its last output counts; and one after another with a cache.
 * Returns the maximum difference; the times in seconds[]. */
static float compare_decoding(Graph *g, const Decoder *d, const Tensor *x, const Tensor *memory,
                              double seconds[3])
{
    int time = x->shape[1], dim = x->shape[2];
    float *whole = memory_new(x->size * sizeof *whole), *stepped = memory_new(x->size * sizeof *stepped);
    double start = clock_seconds();
    nn_graph_record(g, false);
    memcpy(whole,
           decoder_block(g, d, copy_in(g, x, time), copy_in(g, memory, memory->shape[1]), false)->data,
           x->size * sizeof *whole);
    nn_graph_reset(g);
    seconds[0] = clock_seconds() - start;
    start = clock_seconds();
    for (int t = 0; t < time; t++) {
        Tensor *y = decoder_block(g, d, copy_in(g, x, t + 1), copy_in(g, memory, memory->shape[1]), false);
        memcpy(stepped + t * dim, y->data + t * dim, sizeof *stepped * (size_t)dim);
        nn_graph_reset(g);
    }
    seconds[1] = clock_seconds() - start;
    float distance = tensor_distance(whole, stepped, x->size);
    start = clock_seconds();
    decode_with_cache(g, d, x, memory, stepped);
    seconds[2] = clock_seconds() - start;
    distance = fmaxf(distance, tensor_distance(whole, stepped, x->size));
    nn_graph_record(g, true);
    free(whole);
    free(stepped);
    return distance;
}

static Tensor *random_input(int time, int dim, Rng *rng)
{
    Tensor *t = nn_parameter(1, time, dim);
    tensor_normal(t, 1, rng);
    return t;
}

int main(int argc, char **argv)
{
    Settings s = {64, 4, 1};
    const Option options[] = {option_int("channels", &s.dim, 1, 1024, "channels"),
                              option_int("heads", &s.heads, 1, 64, "attention heads"), option_seed(&s.seed),
                              OPTION_END};
    options_parse(argc, argv, "One decoder block, section 3.6.", options);
    if (s.dim % s.heads)
        error_exitf("--channels %d, --heads %d: the heads must divide the dimension", s.dim, s.heads);
    Rng rng = rng_new(s.seed);
    Decoder d = decoder_new(s.dim, s.heads, &rng);
    Graph *g = nn_graph_new();
    Tensor *x = random_input(TARGET, s.dim, &rng), *memory = random_input(SOURCE, s.dim, &rng);
    char shape[2][TENSOR_SHAPE_TEXT];
    printf("x %s: the words written so far; memory %s: what the encoder made of the source\n",
           tensor_shape_text(x, shape[0]), tensor_shape_text(memory, shape[1]));
    decoder_block(g, &d, x, memory, true);
    nn_graph_reset(g);

    float own[TARGET * TARGET], read[TARGET * SOURCE];
    measure_sight(g, &d, x, memory, own, read);
    puts("\nWhat the row's output can see of the words written: the norm of its gradient");
    terminal_heatmap(own, TARGET, TARGET, target, target);
    puts("\nand of the source");
    terminal_heatmap(read, TARGET, SOURCE, target, source);
    bool causal = is_causal(own), seen = all_seen(read);
    printf("\nexactly 0 for every later word: %s; all of the source seen by every output: %s\n",
           causal ? "yes" : "NO", seen ? "yes" : "NO");

    double seconds[3] = {INFINITY, INFINITY, INFINITY};
    Tensor *longer = random_input(96, s.dim, &rng);
    float distance = 0;
    for (int round = 0; round < 5;
         round++) { /* other programs only make a round slower: the fastest counts */
        double times[3];
        distance = fmaxf(distance, compare_decoding(g, &d, longer, memory, times));
        for (int i = 0; i < 3; i++)
            seconds[i] = fmin(seconds[i], times[i]);
    }
    bool equal = distance <= 1e-5f;
    printf("\n96 words in one pass, one by one, and one by one with a KV cache give the same outputs: %s\n",
           equal ? "yes" : "NO");
    printf("time: %.1f ms in one pass, %.1f ms one by one, %.1f ms with the cache\n", 1e3 * seconds[0],
           1e3 * seconds[1], 1e3 * seconds[2]);
    tensor_free(longer);
    tensor_free(x);
    tensor_free(memory);
    nn_graph_free(g);
    nn_params_free(&d.params);
    int status = error_finish();
    return status ? status : !(causal && seen && equal);
}
