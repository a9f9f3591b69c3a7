/* softmax.c -- weights from scores, row by row, and the masks in front of them. */
#define NN_INSIDE
#include "common/nn/ops.h"
#include "common/nn/rows.h"

#include "common/tensor/kernels.h"
#include "common/tensor/vmath.h"

#include <math.h>
#include <string.h>

/* ---- softmax: dx = y (dy - sum dy y) -------------------------------------------------------------- */

static void softmax_backward(Graph *g, GraphNode *n)
{
    int cols = tensor_dim(n->out, -1);
    size_t rows = tensor_rows(n->out);
    float beta, *grad = nn_grad(g, n->in[0], &beta);
#pragma omp parallel for schedule(static) if (n->out->size > 4096)
    for (size_t r = 0; r < rows; r++) {
        const float *y = n->out->data + r * (size_t)cols, *up = n->out->grad + r * (size_t)cols;
        float *to = grad + r * (size_t)cols, mean = rows_dot(y, up, cols);
#pragma omp simd
        for (int i = 0; i < cols; i++)
            to[i] = (beta != 0 ? to[i] : 0) + y[i] * (up[i] - mean);
    }
}

Tensor *nn_softmax(Graph *g, Tensor *x)
{
    static const GraphOperation op = {"nn_softmax", softmax_backward};
    GraphNode *n;
    int cols = rows_columns(g, op.name, x);
    Tensor *out = nn_record(g, &op, x->rank, x->shape, &x, 1, &n);
#pragma omp parallel for schedule(static) if (x->size > 4096)
    for (size_t r = 0; r < tensor_rows(x); r++) {
        float *row = out->data + r * (size_t)cols;
        memcpy(row, x->data + r * (size_t)cols, (size_t)cols * sizeof *row);
        kernel_softmax_row(row, cols);
    }
    return out;
}

/* ---- log softmax: dx = dy - e^y sum dy ------------------------------------------------------------ */

static void log_softmax_backward(Graph *g, GraphNode *n)
{
    int cols = tensor_dim(n->out, -1);
    float beta, *grad = nn_grad(g, n->in[0], &beta);
    for (size_t r = 0; r < tensor_rows(n->out); r++) {
        const float *y = n->out->data + r * (size_t)cols, *up = n->out->grad + r * (size_t)cols;
        float *to = grad + r * (size_t)cols, sum = rows_sum(up, cols);
#pragma omp simd
        for (int i = 0; i < cols; i++)
            to[i] = (beta != 0 ? to[i] : 0) + up[i] - vmath_exp(y[i]) * sum;
    }
}

Tensor *nn_log_softmax(Graph *g, Tensor *x)
{
    static const GraphOperation op = {"nn_log_softmax", log_softmax_backward};
    GraphNode *n;
    int cols = rows_columns(g, op.name, x);
    Tensor *out = nn_record(g, &op, x->rank, x->shape, &x, 1, &n);
    for (size_t r = 0; r < tensor_rows(x); r++) {
        const float *from = x->data + r * (size_t)cols;
        float *row = out->data + r * (size_t)cols;
        memcpy(row, from, (size_t)cols * sizeof *row);
        float total = kernel_softmax_row(row, cols);
        for (int i = 0; i < cols; i++)
            row[i] = from[i] - total;
    }
    return out;
}

/* ---- masks: a masked score passes no gradient ----------------------------------------------------- */

static void mask_backward(Graph *g, GraphNode *n)
{
    float beta, *grad = nn_grad(g, n->in[0], &beta);
    for (size_t i = 0; i < n->out->size; i++)
        grad[i] = (beta != 0 ? grad[i] : 0) + (n->out->data[i] == -INFINITY ? 0 : n->out->grad[i]);
}

Tensor *nn_causal_mask(Graph *g, Tensor *score)
{
    static const GraphOperation op = {"nn_causal_mask", mask_backward};
    if (score->rank < 2)
        nn_shape_error(g, op.name, score, NULL, "scores are (...,T,S)");
    int queries = tensor_dim(score, -2), keys = tensor_dim(score, -1);
    GraphNode *n;
    Tensor *out = nn_record(g, &op, score->rank, score->shape, &score, 1, &n);
    for (size_t r = 0; r < tensor_rows(score); r++) {
        int seen = (int)(r % (size_t)queries) + keys - queries;
        for (int s = 0; s < keys; s++) {
            size_t i = r * (size_t)keys + (size_t)s;
            out->data[i] = s > seen ? -INFINITY : score->data[i];
        }
    }
    return out;
}

Tensor *nn_mask(Graph *g, Tensor *score, const Tensor *allowed)
{
    static const GraphOperation op = {"nn_mask", mask_backward};
    int lead = score->rank - allowed->rank;
    if (lead < 0 || memcmp(score->shape + lead, allowed->shape, sizeof(int) * (size_t)allowed->rank) != 0)
        nn_shape_error(g, op.name, score, allowed,
                       "the mask needs the shape of the scores' last dimensions");
    GraphNode *n;
    Tensor *out = nn_record(g, &op, score->rank, score->shape, &score, 1, &n);
    for (size_t i = 0; i < score->size; i++)
        out->data[i] = allowed->data[i % allowed->size] == 0 ? -INFINITY : score->data[i];
    return out;
}
