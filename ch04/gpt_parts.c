/* gpt_parts.c -- draws the whole model and cuts a part out of it. (A model that no rank can hold would draw each layer
 * from a seed of its own.) */
#include "ch04/gpt_parts.h"

#include "common/text/corpus.h"
#include "common/text/words.h"
#include "common/world/world.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- texts ---------------------------------------------------------------------------------------------------- */

Stories stories_new(void)
{
    enum { STORIES = 200, MAX_TOKENS = 20000 };
    Rng rng = rng_new(7);
    char *text = world_stories(WORLD_EN, WORLD_TRAIN, STORIES, &rng);
    TextWords *words = text_words_new();
    text_words_add(words, text);
    Stories s = {.vocab = text_words_count(words), .ids = memory_new(sizeof(int) * MAX_TOKENS)};
    s.count = (size_t)text_words_encode(words, text, s.ids, MAX_TOKENS);
    text_words_free(words);
    free(text);
    return s;
}

void stories_free(Stories *s)
{
    free(s->ids);
}

void stories_batch(const Stories *s, Rng *rng, int *x, int *y)
{
    text_corpus_batch(s->ids, s->count, GPT_BATCH, GPT_TIME, rng, x, y);
}

/* ---- whole ---------------------------------------------------------------------------------------------------- */

Gpt gpt_new(int vocab, uint64_t seed)
{
    Gpt m = {0};
    Rng rng = rng_new(seed);
    const NnBlockConfig block = {.channels = GPT_CHANNELS, .heads = GPT_HEADS};
    m.table = nn_embedding_new(&m.params, "tokens", vocab, GPT_CHANNELS, 0.1f, &rng);
    m.positions = nn_embedding_new(&m.params, "positions", GPT_TIME, GPT_CHANNELS, 0.1f, &rng);
    for (int i = 0; i < GPT_LAYERS; i++)
        m.blocks[i] = nn_block_new(&m.params, &block, i, &rng);
    m.norm = nn_norm_new(&m.params, "norm", GPT_CHANNELS);
    m.head = nn_linear_new(&m.params, "head", GPT_CHANNELS, vocab, false, 0, &rng);
    return m;
}

static Tensor *gpt_loss(Graph *g, const Gpt *m, const int *x, const int *y, int batch)
{
    Tensor *h = nn_add(g, nn_embedding(g, m->table, x, batch, GPT_TIME), m->positions);
    for (int i = 0; i < GPT_LAYERS; i++)
        h = nn_block(g, &m->blocks[i], h, &(NnBlockCall){.attention = {.causal = true}});
    return nn_affine_cross_entropy(g, nn_norm(g, &m->norm, h), m->head.weight, y, -1);
}

Optimizer *gpt_optimizer(const Params *p)
{
    return nn_adamw_new(p, 0.9f, 0.99f, 0.1f);
}

void gpt_train(const Stories *s, int steps, uint64_t seed, float *loss)
{
    int x[GPT_BATCH * GPT_TIME], y[GPT_BATCH * GPT_TIME];
    Rng batches = rng_new(seed + 1);
    Graph *g = nn_graph_new();
    Gpt m = gpt_new(s->vocab, seed);
    Optimizer *o = gpt_optimizer(&m.params);
    for (int i = 0; i < steps; i++) {
        stories_batch(s, &batches, x, y);
        loss[i] = nn_train_step(g, o, gpt_loss(g, &m, x, y, GPT_BATCH), GPT_RATE, 0).loss;
    }
    nn_optimizer_free(o);
    nn_params_free(&m.params);
    nn_graph_free(g);
}

/* ---- cut ------------------------------------------------------------------------------------------------------ */

/* A copy of rows [row, row+rows) and columns [column, column+columns) of t, as a parameter. */
static Tensor *piece(Params *p, const Gpt *whole, const Tensor *t, DistShare rows, DistShare columns)
{
    int shape[] = {(int)rows.count, (int)columns.count};
    size_t width = t->rank == 2 ? (size_t)t->shape[1] : 1;
    Tensor *part = nn_param(p, nn_param_of(&whole->params, t)->name, t->rank, shape);
    for (size_t r = 0; r < rows.count; r++)
        memcpy(part->data + r * columns.count, t->data + (rows.first + r) * width + columns.first,
               columns.count * sizeof(float));
    return part;
}

static Tensor *copy(Params *p, const Gpt *whole, const Tensor *t)
{
    DistShare columns = {0, t->rank == 2 ? (size_t)t->shape[1] : 1};
    return piece(p, whole, t, (DistShare){0, (size_t)t->shape[0]}, columns);
}

static Norm copy_norm(Params *p, const Gpt *whole, const Norm *n)
{
    Norm made = *n;
    made.weight = copy(p, whole, n->weight);
    made.bias = copy(p, whole, n->bias);
    return made;
}

/* This rank's rows of W (out,in) and of the bias: its outputs, whole. */
static Linear cut_outputs(GptPart *m, const Gpt *whole, const Linear *l)
{
    DistShare rows = dist_share(m->tensor, (size_t)l->weight->shape[0], m->tensor->rank);
    DistShare columns = {0, (size_t)l->weight->shape[1]};
    Linear part = {.weight = piece(&m->params, whole, l->weight, rows, columns)};
    if (l->bias)
        part.bias = piece(&m->params, whole, l->bias, rows, (DistShare){0, 1});
    return part;
}

/* This rank's columns: all outputs, of which each is a sum over ranks. The bias is not cut. */
static Linear cut_inputs(GptPart *m, const Gpt *whole, const Linear *l)
{
    DistShare rows = {0, (size_t)l->weight->shape[0]};
    DistShare columns = dist_share(m->tensor, (size_t)l->weight->shape[1], m->tensor->rank);
    return (Linear){.weight = piece(&m->params, whole, l->weight, rows, columns),
                    .bias = copy(&m->params, whole, l->bias)};
}

static PartBlock cut_block(GptPart *m, const Gpt *whole, const NnBlock *b)
{
    return (PartBlock){.norm1 = copy_norm(&m->params, whole, &b->norm1),
                       .norm2 = copy_norm(&m->params, whole, &b->norm2),
                       .q = cut_outputs(m, whole, &b->q),
                       .k = cut_outputs(m, whole, &b->k),
                       .v = cut_outputs(m, whole, &b->v),
                       .out = cut_inputs(m, whole, &b->out),
                       .up = cut_outputs(m, whole, &b->up),
                       .down = cut_inputs(m, whole, &b->down)};
}

GptPart gpt_part_new(int vocab, uint64_t seed, Dist *tensor, int first, int end)
{
    GptPart m = {.tensor = tensor, .first = first, .end = end, .vocab = vocab};
    Gpt whole = gpt_new(vocab, seed);
    if (first == 0) {
        DistShare rows = dist_share(tensor, (size_t)vocab, tensor->rank);
        m.table = piece(&m.params, &whole, whole.table, rows, (DistShare){0, GPT_CHANNELS});
        m.positions = copy(&m.params, &whole, whole.positions);
    }
    for (int i = first; i < end; i++)
        m.blocks[i] = cut_block(&m, &whole, &whole.blocks[i]);
    if (end == GPT_LAYERS) {
        m.norm = copy_norm(&m.params, &whole, &whole.norm);
        m.head = cut_outputs(&m, &whole, &whole.head);
    }
    nn_params_free(&whole.params);
    return m;
}

/* ---- run ------------------------------------------------------------------------------------------------------ */

static Tensor *linear(Graph *g, const GptPart *m, const Linear *l, Tensor *x)
{
    return m->deferred ? deferred_linear(g, m->deferred, l, x) : nn_linear(g, l, x);
}

/* f */
static Tensor *before_outputs(Graph *g, const GptPart *m, Tensor *x)
{
    return m->without_f ? x : dist_sum_gradients(g, m->tensor, x);
}

//> block
/* A layer cut by inputs gives a share of each sum; the bias comes once, after the sum. */
static Tensor *linear_cut_by_inputs(Graph *g, const GptPart *m, const Linear *l, Tensor *x)
{
    Tensor *share = linear(g, m, &(Linear){.weight = l->weight}, x);
    return nn_add(g, dist_sum_outputs(g, m->tensor, share), l->bias); /* g */
}

Tensor *gpt_part_block(Graph *g, const GptPart *m, const PartBlock *b, Tensor *x)
{
    int heads = GPT_HEADS / m->tensor->size;                         /* of this rank */
    Tensor *h = before_outputs(g, m, nn_norm(g, &b->norm1, x));      /* f: (B,T,C) */
    Tensor *q = linear(g, m, &b->q, h), *k = linear(g, m, &b->k, h); /* (B,T,C/n) */
    Tensor *mixed = nn_attention(g, q, k, linear(g, m, &b->v, h), heads, true, NULL);
    x = nn_add(g, x, linear_cut_by_inputs(g, m, &b->out, mixed)); /* (B,T,C) */
    h = before_outputs(g, m, nn_norm(g, &b->norm2, x));           /* f */
    Tensor *hidden = nn_gelu(g, linear(g, m, &b->up, h));         /* (B,T,4C/n) */
    return nn_add(g, x, linear_cut_by_inputs(g, m, &b->down, hidden));
}
//< block

Tensor *gpt_part_run(Graph *g, const GptPart *m, Tensor *x, const int *ids, const int *y, int batch)
{
    if (m->first == 0)
        x = nn_add(g, dist_embedding(g, m->tensor, m->table, m->vocab, ids, batch, GPT_TIME), m->positions);
    for (int i = m->first; i < m->end; i++)
        x = gpt_part_block(g, m, &m->blocks[i], x);
    if (m->end < GPT_LAYERS)
        return x;
    Tensor *logits = linear(g, m, &m->head, before_outputs(g, m, nn_norm(g, &m->norm, x)));
    return dist_cross_entropy(g, m->tensor, logits, m->vocab, y);
}
