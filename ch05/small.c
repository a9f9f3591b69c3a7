/* small.c -- a small transformer behind any mask. */
#include "ch05/small.h"

#include <math.h>
#include <stdio.h>

static SmallBlock block_new(Params *p, int layer, int channels, Rng *rng)
{
    static const char *const parts[] = {"norm1", "norm2", "attention", "up", "down"};
    char n[5][PARAM_NAME];
    for (int k = 0; k < 5; k++)
        snprintf(n[k], PARAM_NAME, "block.%d.%s", layer, parts[k]);
    SmallBlock b = {.norm1 = nn_norm_new(p, n[0], channels), .norm2 = nn_norm_new(p, n[1], channels)};
    b.attention = nn_mha_new(p, n[2], channels, rng);
    b.up = nn_linear_new(p, n[3], channels, 4 * channels, true, 0, rng);
    b.down = nn_linear_new(p, n[4], 4 * channels, channels, true, 0, rng);
    return b;
}

Small small_new(int vocab, int context, int heads, int channels, Rng *rng)
{
    Small m = {.heads = heads};
    m.tokens = nn_embedding_new(&m.params, "tokens", vocab, channels, 0.05f, rng);
    m.positions = nn_embedding_new(&m.params, "positions", context, channels, 0.05f, rng);
    for (int i = 0; i < SMALL_LAYERS; i++)
        m.blocks[i] = block_new(&m.params, i, channels, rng);
    m.norm = nn_norm_new(&m.params, "norm", channels);
    return m;
}

Tensor *small_embed(Graph *g, const Small *m, const int *ids, const int *positions, int batch, int time)
{
    return nn_add(g, nn_embedding(g, m->tokens, ids, batch, time),
                  nn_embedding(g, m->positions, positions, batch, time));
}

/* (B,T,C) -> (H,B,T,C/H): the heads outermost, so that one mask (B,T,S) serves them all. */
static Tensor *split_heads(Graph *g, Tensor *x, int heads)
{
    int batch = x->shape[0], time = x->shape[1], channels = x->shape[2];
    x = nn_transpose(g, nn_reshape(g, x, batch, time, heads, channels / heads), 1, 2);
    return nn_transpose(g, x, 0, 1);
}

/* (H,B,T,C/H) -> (B,T,C) */
static Tensor *join_heads(Graph *g, Tensor *x)
{
    int heads = x->shape[0], batch = x->shape[1], time = x->shape[2], head_dim = x->shape[3];
    x = nn_transpose(g, nn_transpose(g, x, 0, 1), 1, 2); /* (B,T,H,C/H) */
    return nn_reshape(g, x, batch, time, heads * head_dim);
}

/* x (B,T,C) asks, memory (B,S,C) answers; allowed (B,T,S) says who may see whom. */
static Tensor *attend(Graph *g, const Mha *m, Tensor *x, Tensor *memory, const Tensor *allowed, int heads)
{
    Tensor *q = split_heads(g, nn_linear(g, &m->q, x), heads); /* (H,B,T,C/H) */
    Tensor *k = split_heads(g, nn_linear(g, &m->k, memory), heads);
    Tensor *v = split_heads(g, nn_linear(g, &m->v, memory), heads);
    Tensor *score = nn_scale(g, nn_matmul_nt(g, q, k), 1 / sqrtf((float)q->shape[3])); /* (H,B,T,S) */
    Tensor *weight = nn_softmax(g, nn_mask(g, score, allowed));
    return nn_linear(g, &m->out, join_heads(g, nn_matmul(g, weight, v)));
}

Tensor *small_block(Graph *g, const Small *m, int layer, Tensor *x, Tensor *memory, const Tensor *allowed)
{
    const SmallBlock *b = &m->blocks[layer];
    Tensor *asks = nn_norm(g, &b->norm1, x);
    Tensor *answers = memory == x ? asks : nn_norm(g, &b->norm1, memory);
    x = nn_add(g, x, attend(g, &b->attention, asks, answers, allowed, m->heads));
    Tensor *hidden = nn_gelu(g, nn_linear(g, &b->up, nn_norm(g, &b->norm2, x))); /* (B,T,4C) */
    return nn_add(g, x, nn_linear(g, &b->down, hidden));
}

Tensor *small_stream(Graph *g, const Small *m, const int *ids, const int *positions, const Tensor *allowed)
{
    Tensor *x = small_embed(g, m, ids, positions, allowed->shape[0], allowed->shape[1]);
    for (int i = 0; i < SMALL_LAYERS; i++)
        x = small_block(g, m, i, x, x, allowed);
    return nn_norm(g, &m->norm, x);
}

Tensor *small_loss(Graph *g, const Small *m, Tensor *stream, const int *labels)
{
    return nn_affine_cross_entropy(g, stream, m->tokens, labels, -1);
}

float small_step(Graph *g, Optimizer *o, Tensor *loss, float rate)
{
    float value = tensor_item(loss);
    nn_backward(g, loss);
    nn_clip_gradients(o, 1);
    nn_optimizer_step(o, rate);
    nn_graph_reset(g);
    return value;
}
