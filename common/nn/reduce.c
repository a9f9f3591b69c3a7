/* reduce.c -- sums and means, of everything and along a dimension. */
#define NN_INSIDE
#include "common/nn/ops.h"
#include "common/nn/rows.h"

#include "common/tensor/kernels.h"

#include <string.h>

/* ---- of everything: the gradient is the same for each number ----------------------------------------- */

static void sum_backward(Graph *g, GraphNode *n)
{
    float beta, *grad = nn_grad(g, n->in[0], &beta), up = n->floats[0] * n->out->grad[0];
    for (size_t i = 0; i < n->in[0]->size; i++)
        grad[i] = (beta != 0 ? grad[i] : 0) + up;
}

static Tensor *scaled_sum(Graph *g, const GraphOperation *op, Tensor *x, double factor)
{
    GraphNode *n;
    Tensor *out = nn_record(g, op, 0, NULL, &x, 1, &n);
    if (n)
        n->floats[0] = (float)factor;
    out->data[0] = (float)(factor * kernel_sum(x->data, x->size));
    return out;
}

Tensor *nn_sum(Graph *g, Tensor *x)
{
    static const GraphOperation op = {"nn_sum", sum_backward};
    return scaled_sum(g, &op, x, 1);
}

Tensor *nn_mean(Graph *g, Tensor *x)
{
    static const GraphOperation op = {"nn_mean", sum_backward};
    return scaled_sum(g, &op, x, 1.0 / (double)x->size);
}

/* ---- along a dimension: x (outer, n, inner) -> out (outer, inner) -------------------------------------- */

typedef struct Parts {
    size_t outer, n, inner;
} Parts;

static Parts parts_of(const Tensor *x, int axis)
{
    return (Parts){shape_product(x->shape, 0, axis), (size_t)x->shape[axis],
                   shape_product(x->shape, axis + 1, x->rank)};
}

static void axis_backward(Graph *g, GraphNode *n)
{
    Parts p = parts_of(n->in[0], n->ints[0]);
    float beta, *grad = nn_grad(g, n->in[0], &beta), factor = n->floats[0];
#pragma omp parallel for schedule(static) if (n->in[0]->size > 16384)
    for (size_t row = 0; row < p.outer * p.n; row++) {
        const float *up = n->out->grad + row / p.n * p.inner;
        float *to = grad + row * p.inner;
        for (size_t j = 0; j < p.inner; j++)
            to[j] = (beta != 0 ? to[j] : 0) + factor * up[j];
    }
}

/* The sums of the columns, in double: x (n, inner). */
static void column_sums(const float *x, size_t n, size_t inner, double factor, float *out)
{
    enum { WIDTH = 64 };
    double sum[WIDTH];
    for (size_t first = 0; first < inner; first += WIDTH) {
        size_t here = inner - first < WIDTH ? inner - first : WIDTH;
        memset(sum, 0, sizeof sum);
        for (size_t i = 0; i < n; i++) {
            for (size_t j = 0; j < here; j++)
                sum[j] += (double)x[i * inner + first + j];
        }
        for (size_t j = 0; j < here; j++)
            out[first + j] = (float)(factor * sum[j]);
    }
}

static Tensor *along_axis(Graph *g, const GraphOperation *op, Tensor *x, int axis, bool mean)
{
    axis = shape_axis(g, op->name, x, axis);
    Parts p = parts_of(x, axis);
    double factor = mean ? 1.0 / (double)p.n : 1;
    int shape[TENSOR_MAX_RANK], rank = 0;
    for (int i = 0; i < x->rank; i++) {
        if (i != axis)
            shape[rank++] = x->shape[i];
    }
    GraphNode *n;
    Tensor *out = nn_record(g, op, rank, shape, &x, 1, &n);
    if (n) {
        n->ints[0] = axis;
        n->floats[0] = (float)factor;
    }
#pragma omp parallel for schedule(static) if (x->size > 16384)
    for (size_t o = 0; o < p.outer; o++) {
        const float *from = x->data + o * p.n * p.inner;
        if (p.inner == 1)
            out->data[o] = (float)(factor * kernel_sum(from, p.n));
        else
            column_sums(from, p.n, p.inner, factor, out->data + o * p.inner);
    }
    return out;
}

Tensor *nn_sum_axis(Graph *g, Tensor *x, int axis)
{
    static const GraphOperation op = {"nn_sum_axis", axis_backward};
    return along_axis(g, &op, x, axis, false);
}

Tensor *nn_mean_axis(Graph *g, Tensor *x, int axis)
{
    static const GraphOperation op = {"nn_mean_axis", axis_backward};
    return along_axis(g, &op, x, axis, true);
}
