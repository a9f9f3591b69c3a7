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

Tensor *small_block(Graph *g, const Small *m, int layer, Tensor *x, Tensor *memory, const Tensor *allowed)
{
    const SmallBlock *b = &m->blocks[layer];
    Tensor *asks = nn_norm(g, &b->norm1, x);
    Tensor *answers = memory == x ? asks : nn_norm(g, &b->norm1, memory);
    const NnAttention how = {.heads = m->heads, .mask = allowed};
    x = nn_add(g, x, nn_mha_with(g, &b->attention, asks, answers, &how));
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
