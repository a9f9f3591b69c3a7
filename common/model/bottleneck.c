/* bottleneck.c -- adapters by the hook of the linear layers. */
#define NN_INSIDE
#include "common/model/bottleneck.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* What is attached to one layer. */
typedef struct Bottleneck {
    Param *layer;
    Linear down, up; /* (m,C), (C,m) */
} Bottleneck;

struct ModelBottleneck {
    Params *model;
    Params params;
    Bottleneck *items;
    int count;
};

//> bottleneck
/* y + up(gelu(down(y))) */
static Tensor *apply(Graph *g, const void *context, Tensor *x, Tensor *y)
{
    const Bottleneck *b = context;
    (void)x; /* what went into the layer does not matter */
    return nn_add(g, y, nn_linear(g, &b->up, nn_gelu(g, nn_linear(g, &b->down, y))));
}
//< bottleneck

static Linear make_linear(Params *p, const Param *layer, const char *part, int in, int out, Rng *rng)
{
    char name[2 * PARAM_NAME];
    int length = (int)(strlen(layer->name) - strlen(".weight"));
    snprintf(name, sizeof name, "%.*s.%s", length, layer->name, part);
    return nn_linear_new(p, name, in, out, true, 0, rng);
}

static void add_one(ModelBottleneck *m, Param *layer, int size, Rng *rng)
{
    int channels = layer->tensor->shape[0];
    Bottleneck *b = &m->items[m->count++];
    *b = (Bottleneck){.layer = layer};
    b->down = make_linear(&m->params, layer, "adapter_down", channels, size, rng);
    b->up = make_linear(&m->params, layer, "adapter_up", size, channels, rng);
    tensor_fill(b->up.weight, 0);
}

static void bottleneck_destroy(ModelBottleneck *m)
{
    nn_params_free(&m->params);
    free(m->items);
    free(m);
}

ModelBottleneck *model_bottleneck_new(Params *model, const char *layers, int size, Rng *rng, Error *e)
{
    ModelBottleneck *m = memory_zero(1, sizeof *m);
    m->model = model;
    m->items = memory_new(sizeof *m->items * (size_t)(model->count + 1));
    bool good = size >= 1 || error_set(e, "a bottleneck of %d channels; expected at least 1", size);
    for (Param *p = NULL; good && (p = nn_linear_next(model, layers, p));) {
        if (p->adapter->apply)
            good = error_set(e, "%s: an adapter is attached to it already", p->name);
        else
            add_one(m, p, size, rng);
    }
    if (good && m->count == 0)
        good = error_set(e, "'%.60s': no linear layer of the model has such a name", layers);
    if (!good) {
        bottleneck_destroy(m);
        return NULL;
    }
    for (int i = 0; i < m->count; i++) {
        m->items[i].layer->adapter->apply = apply;
        m->items[i].layer->adapter->context = &m->items[i];
    }
    nn_params_freeze(model, true);
    return m;
}

void model_bottleneck_free(ModelBottleneck *m)
{
    if (!m)
        return;
    for (int i = 0; i < m->count; i++)
        m->items[i].layer->adapter->apply = NULL;
    nn_params_freeze(m->model, false);
    bottleneck_destroy(m);
}

Params *model_bottleneck_params(ModelBottleneck *m)
{
    return &m->params;
}
