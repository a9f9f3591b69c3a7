/* quantised.c -- the weights of a frozen model in few bits, by the hook of the linear layers. */
#define NN_INSIDE
#include "common/model/quantised.h"

#include <stdlib.h>

typedef struct Kept {
    Param *layer;
    Quant *weight;
} Kept;

struct ModelQuantised {
    Params *model;
    Arena *memory; /* of the quantised weights */
    Kept *items;
    int count;
};

static Tensor *multiply(Graph *g, const void *weight, Tensor *x, Tensor *bias)
{
    return nn_affine_quant(g, x, weight, bias);
}

static void keep(ModelQuantised *m, Param *layer, QuantKind kind)
{
    Tensor *t = layer->tensor;
    int rows = t->shape[0], cols = t->shape[1];
    Kept *k = &m->items[m->count++];
    *k = (Kept){layer, quant_new(m->memory, kind, rows, cols)};
    for (int r = 0; r < rows; r++)
        quant_set_row(k->weight, r, t->data + (size_t)r * (size_t)cols);
    free(t->data);
    free(t->grad);
    t->data = t->grad = NULL;
    t->has_grad = t->wants_grad = false;
    layer->adapter->multiply = multiply;
    layer->adapter->weight = k->weight;
}

ModelQuantised *model_quantise(Params *model, const char *layers, QuantKind kind, Error *e)
{
    if (!nn_linear_next(model, layers, NULL)) {
        error_set(e, "'%.60s': no linear layer of the model has such a name", layers);
        return NULL;
    }
    ModelQuantised *m = memory_zero(1, sizeof *m);
    m->model = model;
    m->memory = arena_new();
    m->items = memory_new(sizeof *m->items * (size_t)model->count);
    for (Param *p = NULL; (p = nn_linear_next(model, layers, p));) {
        if (!p->adapter->multiply)
            keep(m, p, kind);
    }
    return m;
}

static void give_back(const Kept *k)
{
    Tensor *t = k->layer->tensor;
    Tensor *full = tensor_new(NULL, t->shape[0], t->shape[1]);
    for (int r = 0; r < t->shape[0]; r++)
        quant_row(k->weight, r, full->data + (size_t)r * (size_t)t->shape[1]);
    t->data = full->data;
    full->data = NULL;
    tensor_free(full);
    t->grad = memory_zero(t->size, sizeof *t->grad);
    t->wants_grad = true;
    k->layer->adapter->multiply = NULL;
}

void model_quantised_free(ModelQuantised *m)
{
    if (!m)
        return;
    for (int i = 0; i < m->count; i++)
        give_back(&m->items[i]);
    free(m->items);
    arena_free(m->memory);
    free(m);
}

size_t model_quantised_bytes(const ModelQuantised *m)
{
    size_t bytes = 0;
    for (int i = 0; i < m->count; i++)
        bytes += quant_bytes(m->items[i].weight);
    return bytes;
}

size_t model_quantised_float_bytes(const ModelQuantised *m)
{
    size_t bytes = 0;
    for (int i = 0; i < m->count; i++)
        bytes += m->items[i].layer->tensor->size * sizeof(float);
    return bytes;
}
