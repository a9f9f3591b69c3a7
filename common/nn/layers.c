/* layers.c -- parameters are made here and nowhere else. */
#define NN_INSIDE
#include "common/nn/layers.h"

#include "common/base/error.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

Tensor *nn_param(Params *p, const char *name, int rank, const int *shape)
{
    if (nn_param_find(p, name))
        FATAL("nn_param: there are two parameters called %s", name);
    if (p->count == p->capacity) {
        p->capacity = p->capacity ? 2 * p->capacity : 32;
        p->items = memory_resize(p->items, sizeof *p->items * (size_t)p->capacity);
    }
    Param *item = &p->items[p->count++];
    *item = (Param){.tensor = nn_parameter_make(rank, shape), .decays = rank >= 2};
    if (snprintf(item->name, sizeof item->name, "%s", name) >= PARAM_NAME)
        FATAL("nn_param: the name %s is too long", name);
    return item->tensor;
}

Param *nn_param_find(const Params *p, const char *name)
{
    for (int i = 0; i < p->count; i++) {
        if (strcmp(p->items[i].name, name) == 0)
            return &p->items[i];
    }
    return NULL;
}

size_t nn_param_total(const Params *p)
{
    size_t total = 0;
    for (int i = 0; i < p->count; i++)
        total += p->items[i].tensor->size;
    return total;
}

void nn_params_free(Params *p)
{
    for (int i = 0; i < p->count; i++)
        tensor_free(p->items[i].tensor);
    free(p->items);
    *p = (Params){0};
}

static Tensor *named(Params *p, const char *name, const char *part, int rank, const int *shape)
{
    char full[2 * PARAM_NAME];
    snprintf(full, sizeof full, "%s.%s", name, part);
    return nn_param(p, full, rank, shape);
}

Linear nn_linear_new(Params *p, const char *name, int in, int out, bool bias, float std, Rng *rng)
{
    Linear l = {named(p, name, "weight", 2, (int[]){out, in}), NULL};
    tensor_normal(l.weight, std > 0 ? std : 1 / sqrtf((float)in), rng);
    if (bias) {
        l.bias = named(p, name, "bias", 1, &out);
        tensor_fill(l.bias, 0);
    }
    return l;
}

Tensor *nn_linear(Graph *g, const Linear *l, Tensor *x)
{
    return nn_affine(g, x, l->weight, l->bias);
}

Norm nn_norm_new(Params *p, const char *name, int channels)
{
    Norm n = {named(p, name, "weight", 1, &channels), named(p, name, "bias", 1, &channels)};
    tensor_fill(n.weight, 1);
    tensor_fill(n.bias, 0);
    return n;
}

Tensor *nn_norm(Graph *g, const Norm *n, Tensor *x)
{
    return nn_layer_norm(g, x, n->weight, n->bias);
}

Tensor *nn_embedding_new(Params *p, const char *name, int rows, int channels, float std, Rng *rng)
{
    Tensor *t = named(p, name, "weight", 2, (int[]){rows, channels});
    tensor_normal(t, std, rng);
    return t;
}

static Linear projection(Params *p, const char *name, const char *part, int channels, Rng *rng)
{
    char full[2 * PARAM_NAME];
    snprintf(full, sizeof full, "%s.%s", name, part);
    return nn_linear_new(p, full, channels, channels, true, 0, rng);
}

Mha nn_mha_new(Params *p, const char *name, int channels, Rng *rng)
{
    Mha m;
    m.q = projection(p, name, "q", channels, rng);
    m.k = projection(p, name, "k", channels, rng);
    m.v = projection(p, name, "v", channels, rng);
    m.out = projection(p, name, "out", channels, rng);
    return m;
}

Tensor *nn_mha(Graph *g, const Mha *m, Tensor *x, Tensor *memory, int heads, bool causal,
               const int *lengths)
{
    Tensor *q = nn_linear(g, &m->q, x), *k = nn_linear(g, &m->k, memory), *v = nn_linear(g, &m->v, memory);
    return nn_linear(g, &m->out, nn_attention(g, q, k, v, heads, causal, lengths));
}

Tensor *nn_sinusoids(Arena *arena, int time, int channels)
{
    Tensor *t = tensor_new(arena, time, channels);
    for (int pos = 0; pos < time; pos++) {
        for (int i = 0; i < channels; i++) {
            double angle = pos / pow(10000, (double)(i / 2 * 2) / channels);
            t->data[pos * channels + i] = (float)(i % 2 ? cos(angle) : sin(angle));
        }
    }
    return t;
}
