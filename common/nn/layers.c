/* layers.c -- parameters are made here and nowhere else. */
#define NN_INSIDE
#include "common/nn/layers.h"

#include "common/base/error.h"

#include <fnmatch.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Room for one more. */
static Param *next_item(Params *p)
{
    if (p->count == p->capacity) {
        p->capacity = p->capacity ? 2 * p->capacity : 32;
        p->items = memory_resize(p->items, sizeof *p->items * (size_t)p->capacity);
    }
    return &p->items[p->count++];
}

Tensor *nn_param(Params *p, const char *name, int rank, const int *shape)
{
    if (nn_param_find(p, name))
        FATAL("nn_param: there are two parameters called %s", name);
    Param *item = next_item(p);
    *item = (Param){.tensor = nn_parameter_make(rank, shape), .decays = rank >= 2, .parts = 1};
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

Param *nn_param_of(const Params *p, const Tensor *tensor)
{
    for (int i = 0; i < p->count; i++) {
        if (p->items[i].tensor == tensor)
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
    for (int i = 0; i < p->count; i++)
        free(p->items[i].adapter);
    free(p->items);
    *p = (Params){0};
}

Params nn_params_join(const Params *a, const Params *b)
{
    Params joined = {.count = a->count + b->count, .capacity = a->count + b->count};
    joined.items = memory_new(sizeof *joined.items * (size_t)(joined.count + 1));
    for (int i = 0; i < joined.count; i++) {
        joined.items[i] = i < a->count ? a->items[i] : b->items[i - a->count];
        if (i >= a->count && nn_param_find(a, joined.items[i].name))
            FATAL("nn_params_join: there are two parameters called %s", joined.items[i].name);
    }
    return joined;
}

void nn_params_part(Params *joined)
{
    free(joined->items);
    *joined = (Params){0};
}

static Tensor *named(Params *p, const char *name, const char *part, int rank, const int *shape)
{
    char full[2 * PARAM_NAME];
    snprintf(full, sizeof full, "%s.%s", name, part);
    return nn_param(p, full, rank, shape);
}

Linear nn_linear_new(Params *p, const char *name, int in, int out, bool bias, float std, Rng *rng)
{
    Linear l = {.weight = named(p, name, "weight", 2, (int[]){out, in})};
    l.adapter = nn_param_of(p, l.weight)->adapter = memory_zero(1, sizeof(NnAdapter));
    tensor_normal(l.weight, std > 0 ? std : 1 / sqrtf((float)in), rng);
    if (bias) {
        l.bias = named(p, name, "bias", 1, &out);
        tensor_fill(l.bias, 0);
    }
    return l;
}

Tensor *nn_linear(Graph *g, const Linear *l, Tensor *x)
{
    const NnAdapter *a = l->adapter;
    Tensor *y =
        a && a->multiply ? a->multiply(g, a->weight, x, l->bias) : nn_affine(g, x, l->weight, l->bias);
    return a && a->apply ? a->apply(g, a->context, x, y) : y;
}

/* Whether a name matches one of the patterns between commas. */
static bool matches_any(const char *name, const char *patterns)
{
    char pattern[PARAM_NAME];
    for (const char *at = patterns; *at; at += strspn(at, ",")) {
        size_t length = strcspn(at, ",");
        snprintf(pattern, sizeof pattern, "%.*s", (int)length, at);
        if (fnmatch(pattern, name, 0) == 0)
            return true;
        at += length;
    }
    return false;
}

static bool matches(const char *name, const char *patterns)
{
    char layer[PARAM_NAME];
    size_t length = strlen(name), tail = strlen(".weight");
    if (length <= tail || strcmp(name + length - tail, ".weight") != 0)
        return false;
    snprintf(layer, sizeof layer, "%.*s", (int)(length - tail), name);
    return matches_any(layer, patterns);
}

Param *nn_linear_next(const Params *p, const char *pattern, const Param *after)
{
    for (int i = after ? (int)(after - p->items) + 1 : 0; i < p->count; i++) {
        if (p->items[i].adapter && matches(p->items[i].name, pattern))
            return &p->items[i];
    }
    return NULL;
}

void nn_params_freeze(Params *p, bool frozen)
{
    for (int i = 0; i < p->count; i++)
        p->items[i].tensor->wants_grad = !frozen;
}

int nn_params_thaw(Params *p, const char *pattern)
{
    int count = 0;
    for (int i = 0; i < p->count; i++) {
        if (!matches_any(p->items[i].name, pattern))
            continue;
        p->items[i].tensor->wants_grad = true;
        count++;
    }
    return count;
}

Params nn_params_trained(const Params *p)
{
    Params list = {0};
    for (int i = 0; i < p->count; i++) {
        if (p->items[i].tensor->wants_grad)
            *next_item(&list) = p->items[i];
    }
    return list;
}

Norm nn_norm_of_kind(Params *p, const char *name, int channels, NnNormKind kind, float eps)
{
    Norm n = {.weight = named(p, name, "weight", 1, &channels), .kind = kind, .eps = eps};
    tensor_fill(n.weight, 1);
    if (kind == NN_LAYER_NORM) {
        n.bias = named(p, name, "bias", 1, &channels);
        tensor_fill(n.bias, 0);
    }
    return n;
}

Norm nn_norm_new(Params *p, const char *name, int channels)
{
    return nn_norm_of_kind(p, name, channels, NN_LAYER_NORM, 0);
}

Tensor *nn_norm(Graph *g, const Norm *n, Tensor *x)
{
    if (n->kind == NN_RMS_NORM)
        return n->eps != 0 ? nn_rms_norm_with(g, x, n->weight, n->eps) : nn_rms_norm(g, x, n->weight);
    return n->eps != 0 ? nn_layer_norm_with(g, x, n->weight, n->bias, n->eps)
                       : nn_layer_norm(g, x, n->weight, n->bias);
}

Tensor *nn_embedding_new(Params *p, const char *name, int rows, int channels, float std, Rng *rng)
{
    Tensor *t = named(p, name, "weight", 2, (int[]){rows, channels});
    tensor_normal(t, std, rng);
    return t;
}

Tensor *nn_split_heads(Graph *g, Tensor *x, int heads)
{
    if (x->rank != 3 || heads < 1 || x->shape[2] % heads != 0)
        nn_shape_error(g, "nn_split_heads", x, NULL, "x is (B,T,C), and the heads divide C");
    x = nn_view(g, x, 4, (int[]){x->shape[0], x->shape[1], heads, x->shape[2] / heads});
    return nn_transpose(g, x, 1, 2);
}

Tensor *nn_join_heads(Graph *g, Tensor *x)
{
    if (x->rank != 4)
        nn_shape_error(g, "nn_join_heads", x, NULL, "the heads are (B,H,T,C/H)");
    x = nn_transpose(g, x, 1, 2); /* (B,T,H,C/H) */
    return nn_view(g, x, 3, (int[]){x->shape[0], x->shape[1], x->shape[2] * x->shape[3]});
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

Tensor *nn_mha_with(Graph *g, const Mha *m, Tensor *x, Tensor *memory, const NnAttention *how)
{
    Tensor *q = nn_linear(g, &m->q, x), *k = nn_linear(g, &m->k, memory), *v = nn_linear(g, &m->v, memory);
    return nn_linear(g, &m->out, nn_attention_with(g, q, k, v, how));
}

Tensor *nn_mha(Graph *g, const Mha *m, Tensor *x, Tensor *memory, int heads, bool causal,
               const int *lengths)
{
    return nn_mha_with(g, m, x, memory,
                       &(NnAttention){.heads = heads, .causal = causal, .lengths = lengths});
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

Tensor *nn_rotary_angles(Arena *arena, const TensorRotary *r, int head_dim, const int *positions, int n)
{
    Tensor *t = tensor_new(arena, n, head_dim);
    for (int i = 0; i < n; i++) {
        float *row = t->data + (size_t)i * (size_t)head_dim;
        tensor_rotary_angles(r, head_dim, positions ? positions[i] : i, row, row + head_dim / 2);
    }
    return t;
}
