/* deferred.c -- the backward pass of a linear layer, cut where zero-bubble schedules cut it. */
#include "ch04/deferred.h"

#include "common/base/error.h"

#include <string.h>

typedef struct Waiting {
    Deferred *list;
} Waiting;

//> halves
/* dx = up W is what the stage before waits for. dW = up^T x needs nothing but what is here already: it can wait. */
static void first_half(Graph *g, GraphNode *n)
{
    Tensor *x = n->in[0], *weight = n->in[1], *bias = n->in[2];
    int rows = (int)tensor_rows(x), outs = weight->shape[0], ins = weight->shape[1];
    float beta, *grad;
    if ((grad = nn_grad(g, x, &beta)))
        kernel_matmul(rows, ins, outs, 1, (Matrix){n->out->grad, outs, false},
                      (Matrix){weight->data, ins, false}, beta, grad, ins);
    if ((grad = nn_grad(g, bias, &beta)))
        kernel_column_sums(n->out->grad, (size_t)rows, outs, beta, grad);
    float *up = arena_alloc(nn_arena(g), sizeof *up * n->out->size);
    memcpy(up, n->out->grad, sizeof *up * n->out->size);
    Deferred *d = ((const Waiting *)n->settings)->list;
    if (d->count == DEFERRED_MAX)
        FATAL("more than %d layers wait for their second half", DEFERRED_MAX);
    d->items[d->count].x = x;
    d->items[d->count].up = up;
    d->items[d->count++].weight = weight;
}

void deferred_run(Graph *g, Deferred *d)
{
    for (int i = 0; i < d->count; i++) {
        Tensor *x = d->items[i].x, *weight = d->items[i].weight;
        int rows = (int)tensor_rows(x), outs = weight->shape[0], ins = weight->shape[1];
        float beta, *grad = nn_grad(g, weight, &beta);
        kernel_matmul(outs, ins, rows, 1, (Matrix){d->items[i].up, outs, true},
                      (Matrix){x->data, ins, false}, beta, grad, ins);
    }
    d->count = 0;
}
//< halves

Tensor *deferred_linear(Graph *g, Deferred *d, const Linear *l, Tensor *x)
{
    static const GraphOperation op = {"deferred_linear", first_half};
    int rows = (int)tensor_rows(x), outs = l->weight->shape[0], ins = l->weight->shape[1];
    int shape[TENSOR_MAX_RANK];
    memcpy(shape, x->shape, sizeof shape);
    shape[x->rank - 1] = outs;
    GraphNode *n;
    Tensor *out = nn_record(g, &op, x->rank, shape, (Tensor *[]){x, l->weight, l->bias}, 3, &n);
    if (n) {
        Waiting *waiting = arena_alloc(nn_arena(g), sizeof *waiting);
        waiting->list = d;
        n->settings = waiting;
    }
    kernel_matmul_bias(rows, outs, ins, (Matrix){x->data, ins, false}, (Matrix){l->weight->data, ins, true},
                       l->bias ? l->bias->data : NULL, out->data);
    return out;
}
