/* decoder_run.c -- a decoder in memory as it runs: weights are borrowed, matrices with the same input joined. */
#define NN_INSIDE
#include "common/model/decoder.h"
#include "common/model/run.h"

#include <stdlib.h>
#include <string.h>

enum { MAX_PARTS = 3 };

static const float *data_of(const Tensor *t)
{
    return t ? t->data : NULL;
}

static ModelNorm norm_of(const Norm *n)
{
    return (ModelNorm){data_of(n->weight), data_of(n->bias)};
}

static ModelWeight one(Arena *a, QuantKind kind, const Linear *l)
{
    return model_weight_of(a, kind, l->weight->data, l->weight->shape[0], l->weight->shape[1],
                           data_of(l->bias));
}

/* The rows of the parts one after another; all of them have a bias or none has. */
static ModelWeight join(Arena *a, QuantKind kind, const Linear *const *parts, int count)
{
    int rows = 0, cols = parts[0]->weight->shape[1];
    for (int i = 0; i < count; i++)
        rows += parts[i]->weight->shape[0];
    size_t bytes = (size_t)rows * (size_t)cols * sizeof(float);
    float *all = kind == QUANT_NONE ? arena_alloc(a, bytes) : memory_new(bytes), *to = all;
    float *bias = parts[0]->bias ? arena_alloc(a, (size_t)rows * sizeof *bias) : NULL;
    int row = 0;
    for (int i = 0; i < count; i++) {
        const Tensor *w = parts[i]->weight;
        memcpy(to, w->data, w->size * sizeof *to);
        to += w->size;
        if (bias)
            memcpy(bias + row, parts[i]->bias->data, (size_t)w->shape[0] * sizeof *bias);
        row += w->shape[0];
    }
    ModelWeight made = model_weight_of(a, kind, all, rows, cols, bias);
    if (kind != QUANT_NONE)
        free(all);
    return made;
}

static ModelLayer layer_of(Arena *a, QuantKind kind, const NnBlock *b)
{
    const Linear *qkv[MAX_PARTS] = {&b->q, &b->k, &b->v}, *up[MAX_PARTS] = {&b->gate, &b->up};
    return (ModelLayer){.norm1 = norm_of(&b->norm1),
                        .norm2 = norm_of(&b->norm2),
                        .norm1_after = norm_of(&b->norm1_after),
                        .norm2_after = norm_of(&b->norm2_after),
                        .qkv = b->config.packed ? one(a, kind, &b->qkv) : join(a, kind, qkv, 3),
                        .q_norm = data_of(b->q_norm.weight),
                        .k_norm = data_of(b->k_norm.weight),
                        .out = one(a, kind, &b->out),
                        .up = b->gate.weight ? join(a, kind, up, 2) : one(a, kind, &b->up),
                        .down = one(a, kind, &b->down)};
}

ModelRun *model_run_of_decoder(const ModelDecoder *d, QuantKind kind)
{
    ModelRun *m = memory_zero(1, sizeof *m);
    Arena *a = arena_new();
    m->config = d->config;
    m->kind = kind;
    m->arena = a;
    m->tokens = one(a, kind, &(Linear){.weight = d->tokens});
    m->positions = data_of(d->positions.table);
    m->layers = arena_alloc(a, (size_t)d->config.layers * sizeof *m->layers);
    for (int i = 0; i < d->config.layers; i++)
        m->layers[i] = layer_of(a, kind, &d->blocks[i]);
    m->norm = norm_of(&d->norm);
    m->head = d->config.tied ? m->tokens : one(a, kind, &(Linear){.weight = d->head});
    return m;
}
