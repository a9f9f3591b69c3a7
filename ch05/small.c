/* small.c -- a small transformer behind any mask. */
#include "ch05/small.h"

#include "common/nn/train.h"

#include <string.h>

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

Tensor *small_loss(Graph *g, const Small *m, Tensor *hidden, const int *labels)
{
    return nn_affine_cross_entropy(g, hidden, m->tokens, labels, -1);
}

void small_train(Graph *g, const Small *m, int steps, NnLoss *loss, void *context)
{
    NnTraining t = nn_training_new();
    t.steps = steps;
    t.warmup = steps / 10;
    t.rate = 4e-3f;
    t.min_rate = 0;
    t.beta2 = 0.98f;
    t.weight_decay = 0.01f;
    nn_train(g, &m->params, &t, loss, context, NULL);
}

bool small_curve_due(int step, int steps)
{
    return step % (steps / (SMALL_POINTS - 1) + 1) == 0;
}

void small_curve_add(SmallCurve *c, int step, double loss)
{
    c->step[c->count] = (float)step;
    c->loss[c->count++] = (float)loss;
}

void small_curves_plot(const SmallCurve *curves, int seeds, Plot *p, PlotText name)
{
    enum { MAX_SEEDS = 8 };
    float losses[MAX_SEEDS * SMALL_POINTS]; /* (seeds,points) */
    int points = curves[0].count;
    for (int i = 0; i < seeds; i++)
        memcpy(losses + i * points, curves[i].loss, sizeof *losses * (size_t)points);
    plot_seeds(p, name, curves[0].step, losses, seeds, points);
}
