/* small.c -- a small transformer behind any mask. */
#include "ch05/small.h"

Small small_new(int vocab, int context, int heads, int channels, Rng *rng)
{
    const NnBlockConfig block = {.channels = channels, .heads = heads};
    Small m = {.params = {0}};
    m.tokens = nn_embedding_new(&m.params, "tokens", vocab, channels, 0.05f, rng);
    m.positions = nn_positions_new(&m.params, "positions", NN_LEARNED, context, channels, 0.05f, rng);
    for (int i = 0; i < SMALL_LAYERS; i++)
        m.blocks[i] = nn_block_new(&m.params, &block, i, rng);
    m.norm = nn_norm_new(&m.params, "norm", channels);
    return m;
}

Tensor *small_embed(Graph *g, const Small *m, const int *ids, const int *positions, int batch, int time)
{
    return nn_positions_add(g, &m->positions, nn_embedding(g, m->tokens, ids, batch, time), positions);
}

Tensor *small_hidden(Graph *g, const Small *m, const int *ids, const int *positions, int batch, int time,
                     const NnBlockCall *call)
{
    Tensor *x = small_embed(g, m, ids, positions, batch, time);
    for (int i = 0; i < SMALL_LAYERS; i++)
        x = nn_block(g, &m->blocks[i], x, call);
    return nn_norm(g, &m->norm, x);
}

Tensor *small_loss(Graph *g, const Small *m, Tensor *stream, const int *labels)
{
    return nn_affine_cross_entropy(g, stream, m->tokens, labels, -1);
}
