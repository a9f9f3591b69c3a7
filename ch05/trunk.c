/* trunk.c -- embeddings, two blocks and a norm under any mask. */
#include "ch05/trunk.h"

Trunk trunk_new(int vocab, int context, Rng *rng)
{
    const NnBlockConfig block = {.channels = TRUNK_CHANNELS, .heads = TRUNK_HEADS};
    Trunk m = {.params = {0}};
    m.tokens = nn_embedding_new(&m.params, "tokens", vocab, TRUNK_CHANNELS, 0.05f, rng);
    m.positions = nn_positions_new(&m.params, "positions", NN_LEARNED, context, TRUNK_CHANNELS, 0.05f, rng);
    for (int i = 0; i < TRUNK_LAYERS; i++)
        m.blocks[i] = nn_block_new(&m.params, &block, i, rng);
    m.norm = nn_norm_new(&m.params, "norm", TRUNK_CHANNELS);
    return m;
}

Tensor *trunk_embed(Graph *g, const Trunk *m, const int *ids, const int *positions, int batch, int time)
{
    return nn_positions_add(g, &m->positions, nn_embedding(g, m->tokens, ids, batch, time), positions);
}

Tensor *trunk_hidden(Graph *g, const Trunk *m, const int *ids, const int *positions, int batch, int time,
                     const NnBlockCall *call)
{
    Tensor *x = trunk_embed(g, m, ids, positions, batch, time);
    for (int i = 0; i < TRUNK_LAYERS; i++)
        x = nn_block(g, &m->blocks[i], x, call);
    return nn_norm(g, &m->norm, x);
}

Tensor *trunk_loss(Graph *g, const Trunk *m, Tensor *hidden, const int *labels)
{
    return nn_affine_cross_entropy(g, hidden, m->tokens, labels, -1);
}

void trunk_train(Graph *g, const Trunk *m, int steps, NnLoss *loss, void *context, float *losses)
{
    NnTraining t = nn_training_new();
    t.steps = steps;
    t.warmup = steps / 10;
    t.rate = 4e-3f;
    t.min_rate = 0;
    t.beta2 = 0.98f;
    t.weight_decay = 0.01f;
    nn_train(g, &m->params, &t, loss, context, losses);
}
