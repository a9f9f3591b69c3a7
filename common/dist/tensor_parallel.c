/* tensor_parallel.c -- four operations that send messages, forward or backward. */
#include "common/dist/tensor_parallel.h"

#include "common/tensor/kernels.h"

#include <math.h>
#include <string.h>

/* The group of a node. Its counters change, so it cannot be const. */
typedef struct Group {
    Dist *dist;
} Group;

static const Group *group_of(Graph *g, Dist *d)
{
    Group *group = arena_alloc(nn_arena(g), sizeof *group);
    group->dist = d;
    return group;
}

static void hand_on_gradient(Graph *g, GraphNode *n)
{
    float beta, *grad = nn_grad(g, n->in[0], &beta);
    for (size_t i = 0; i < n->out->size; i++)
        grad[i] = (beta != 0 ? grad[i] : 0) + n->out->grad[i];
}

//> f
static void sum_gradients_backward(Graph *g, GraphNode *n)
{
    const Group *group = n->settings;
    dist_all_reduce(group->dist, n->out->grad, n->out->size);
    hand_on_gradient(g, n);
}

Tensor *dist_sum_gradients(Graph *g, Dist *d, Tensor *x)
{
    static const GraphOperation op = {"dist_sum_gradients", sum_gradients_backward};
    if (d->size == 1)
        return x;
    GraphNode *n;
    Tensor *out = nn_record_view(g, &op, x, x->rank, x->shape, &n); /* the same numbers, no copy */
    if (n)
        n->settings = group_of(g, d);
    return out;
}
//< f

//> g
Tensor *dist_sum_outputs(Graph *g, Dist *d, Tensor *x)
{
    static const GraphOperation op = {"dist_sum_outputs", hand_on_gradient};
    if (d->size == 1)
        return x;
    GraphNode *n;
    Tensor *out = nn_record(g, &op, x->rank, x->shape, &x, 1, &n);
    tensor_copy(out, x->data);
    dist_all_reduce(d, out->data, out->size);
    return out;
}
//< g

/* ---- a vocabulary in shares -------------------------------------------------------------------------------- */

/* The row of the table that a rank has for an id, or -1. */
static int own_row(DistShare share, int id)
{
    bool own = (size_t)id >= share.first && (size_t)id < share.first + share.count;
    return own ? id - (int)share.first : -1;
}

static void embedding_backward(Graph *g, GraphNode *n)
{
    Tensor *table = n->in[0];
    size_t channels = (size_t)table->shape[1];
    float beta, *grad = nn_grad(g, table, &beta);
    if (beta == 0)
        memset(grad, 0, table->size * sizeof *grad);
    for (int i = 0; i < n->ints[0]; i++) {
        for (size_t c = 0; n->ids[i] >= 0 && c < channels; c++)
            grad[(size_t)n->ids[i] * channels + c] += n->out->grad[(size_t)i * channels + c];
    }
}

Tensor *dist_embedding(Graph *g, Dist *d, Tensor *table, int vocab, const int *ids, int batch, int time)
{
    static const GraphOperation op = {"dist_embedding", embedding_backward};
    DistShare share = dist_share(d, (size_t)vocab, d->rank);
    size_t channels = (size_t)table->shape[1];
    int count = batch * time, *rows = arena_alloc(nn_arena(g), sizeof *rows * (size_t)count);
    GraphNode *n;
    Tensor *out = nn_record(g, &op, 3, (int[]){batch, time, table->shape[1]}, &table, 1, &n);
    tensor_fill(out, 0);
    for (int i = 0; i < count; i++) {
        rows[i] = own_row(share, ids[i]);
        if (rows[i] >= 0)
            memcpy(out->data + (size_t)i * channels, table->data + (size_t)rows[i] * channels,
                   channels * sizeof(float));
    }
    if (n) {
        n->ids = rows;
        n->ints[0] = count;
    }
    return dist_sum_outputs(g, d, out);
}

/* log sum exp of whole rows, and the logits of their targets, from shares: each rank gives its maximum, and then its
 * sum and its target. logits (rows,share.count); target and log_sum (rows). */
static void reduce_rows(Dist *d, DistShare share, const Tensor *logits, const int *targets, float *target,
                        float *log_sum, Arena *arena)
{
    size_t rows = tensor_rows(logits), all = rows * (size_t)d->size;
    float *max = arena_alloc(arena, sizeof *max * all), *mine = max + rows * (size_t)d->rank;
    float *sums =
        arena_alloc(arena, sizeof *sums * 2 * rows); /* (rows,2): sum of exponentials, target's logit */
    for (size_t r = 0; r < rows; r++) {
        const float *x = logits->data + r * share.count;
        mine[r] = -INFINITY;
        for (size_t i = 0; i < share.count; i++)
            mine[r] = fmaxf(mine[r], x[i]);
    }
    dist_all_gather(d, mine, max, all);
    for (size_t r = 0; r < rows; r++) {
        const float *x = logits->data + r * share.count;
        int own = own_row(share, targets[r]);
        for (int k = 0; k < d->size; k++)
            max[r] = fmaxf(max[r], max[r + (size_t)k * rows]);
        sums[2 * r] = 0;
        for (size_t i = 0; i < share.count; i++)
            sums[2 * r] += expf(x[i] - max[r]);
        sums[2 * r + 1] = own >= 0 ? x[own] : 0;
    }
    dist_all_reduce(d, sums, 2 * rows);
    for (size_t r = 0; r < rows; r++) {
        log_sum[r] = max[r] + logf(sums[2 * r]);
        target[r] = sums[2 * r + 1];
    }
}

static void cross_entropy_backward(Graph *g, GraphNode *n)
{
    const Group *group = n->settings;
    Tensor *logits = n->in[0];
    DistShare share = dist_share(group->dist, (size_t)n->ints[0], group->dist->rank);
    size_t rows = tensor_rows(logits);
    float factor = n->out->grad[0] / (float)rows, beta, *grad = nn_grad(g, logits, &beta);
    for (size_t r = 0; r < rows; r++) {
        const float *x = logits->data + r * share.count;
        float *to = grad + r * share.count;
        int own = own_row(share, n->ids[r]);
        for (size_t i = 0; i < share.count; i++)
            to[i] = (beta != 0 ? to[i] : 0) + factor * expf(x[i] - n->saved[r]);
        if (own >= 0)
            to[own] -= factor;
    }
}

Tensor *dist_cross_entropy(Graph *g, Dist *d, Tensor *logits, int vocab, const int *targets)
{
    static const GraphOperation op = {"dist_cross_entropy", cross_entropy_backward};
    DistShare share = dist_share(d, (size_t)vocab, d->rank);
    if ((size_t)tensor_dim(logits, -1) != share.count)
        nn_shape_error(g, op.name, logits, NULL,
                       "the last dimension is this rank's share of the vocabulary");
    size_t rows = tensor_rows(logits);
    float *target = arena_alloc(nn_arena(g), sizeof *target * rows);
    float *log_sum = arena_alloc(nn_arena(g), sizeof *log_sum * rows);
    reduce_rows(d, share, logits, targets, target, log_sum, nn_arena(g));
    GraphNode *n;
    Tensor *out = nn_record(g, &op, 0, NULL, &logits, 1, &n);
    double sum = 0;
    for (size_t r = 0; r < rows; r++)
        sum += (double)(log_sum[r] - target[r]);
    out->data[0] = (float)(sum / (double)rows);
    if (n) {
        n->settings = group_of(g, d);
        n->ints[0] = vocab;
        n->ids = targets;
        n->saved = log_sum;
    }
    return out;
}
