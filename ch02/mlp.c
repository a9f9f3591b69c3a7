/* mlp.c -- makes a network of fully connected layers, runs, trains and scores it. */
#include "ch02/mlp.h"

#include "common/base/base.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

Mlp mlp_new(const int *widths, int layers, float gain, Rng *rng)
{
    Mlp m = {.layers = layers};
    for (int i = 0; i < layers; i++) {
        char name[16];
        snprintf(name, sizeof name, "layer%d", i);
        m.layer[i] = nn_linear_new(&m.params, name, widths[i], widths[i + 1], true,
                                   gain / sqrtf((float)widths[i]), rng);
    }
    return m;
}

Tensor *mlp_forward(Graph *g, const Mlp *m, Tensor *x, MlpActivation *activate)
{
    for (int i = 0; i < m->layers; i++) {
        x = nn_linear(g, &m->layer[i], x);
        x = i + 1 < m->layers ? activate(g, x) : x;
    }
    return x;
}

void mlp_train(Graph *g, Optimizer *o, MlpForward *forward, const void *context, const SmallData *d,
               const MlpTraining *t, Rng *rng)
{
    int *label = memory_new((size_t)t->batch * sizeof *label);
    for (int step = 0; step < t->steps; step++) {
        Tensor *x = nn_input(g, t->batch, d->width);
        small_batch(d, t->batch, rng, x->data, label);
        Tensor *logits = forward(g, context, x);
        Tensor *loss = t->loss ? t->loss(g, logits, label) : nn_cross_entropy(g, logits, label, -1);
        if (!isfinite(nn_train_step(g, o, loss, t->rate, 0).norm))
            break;
    }
    nn_graph_reset(g);
    free(label);
}

MlpScore mlp_score(Graph *g, MlpForward *forward, const void *context, const SmallData *d)
{
    bool recording = nn_graph_recording(g);
    int right = 0;
    nn_graph_record(g, false);
    Tensor *x = nn_input(g, d->count, d->width);
    tensor_copy(x, d->x);
    Tensor *logits = forward(g, context, x);
    for (int i = 0; i < d->count; i++)
        right += nn_argmax(logits->data + i * d->classes, d->classes) == d->label[i];
    double loss = (double)tensor_item(nn_cross_entropy(g, logits, d->label, -1));
    nn_graph_record(g, recording);
    nn_graph_reset(g);
    return (MlpScore){loss, (double)right / d->count};
}
