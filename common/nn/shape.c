/* shape.c -- operations that move numbers and compute none. */
#define NN_INSIDE
#include "common/nn/ops.h"
#include "common/nn/rows.h"

#include <string.h>

static void add_to(float *out, float beta, const float *x, size_t n)
{
    for (size_t i = 0; i < n; i++)
        out[i] = (beta != 0 ? out[i] : 0) + x[i];
}

/* ---- reshape --------------------------------------------------------------------------------- */

static void view_backward(Graph *g, GraphNode *n)
{
    float beta, *grad = nn_grad(g, n->in[0], &beta);
    add_to(grad, beta, n->out->grad, n->out->size);
}

Tensor *nn_view(Graph *g, Tensor *x, int rank, const int *shape)
{
    static const GraphOperation op = {"nn_reshape", view_backward};
    GraphNode *n;
    Tensor wanted = {.rank = rank};
    if (rank < 0 || rank > TENSOR_MAX_RANK)
        nn_shape_error(g, op.name, x, NULL, "the new shape has too many dimensions");
    memcpy(wanted.shape, shape, sizeof(int) * (size_t)rank);
    if (shape_product(shape, 0, rank) != x->size)
        nn_shape_error(g, op.name, x, &wanted, "the new shape holds another count of numbers");
    return nn_record_view(g, &op, x, rank, shape, &n);
}

/* ---- transpose ------------------------------------------------------------------------------- */

/* x (outer, a, middle, b, inner) -> out (outer, b, middle, a, inner), out = beta out + it. */
static void swap(const float *x, float *out, float beta, const size_t n[5])
{
    size_t a = n[1], middle = n[2], b = n[3], inner = n[4], rows = n[0] * a;
#pragma omp parallel for schedule(static) if (rows * middle * b * inner > 16384)
    for (size_t row = 0; row < rows; row++) {
        size_t o = row / a, i = row % a;
        for (size_t m = 0; m < middle; m++) {
            for (size_t j = 0; j < b; j++) {
                const float *from = x + (((o * a + i) * middle + m) * b + j) * inner;
                float *to = out + (((o * b + j) * middle + m) * a + i) * inner;
                add_to(to, beta, from, inner);
            }
        }
    }
}

static void split_at(const Tensor *x, int i, int j, size_t n[5])
{
    n[0] = shape_product(x->shape, 0, i);
    n[1] = (size_t)x->shape[i];
    n[2] = shape_product(x->shape, i + 1, j);
    n[3] = (size_t)x->shape[j];
    n[4] = shape_product(x->shape, j + 1, x->rank);
}

static void transpose_backward(Graph *g, GraphNode *n)
{
    float beta, *grad = nn_grad(g, n->in[0], &beta);
    size_t parts[5];
    split_at(n->out, n->ints[0], n->ints[1], parts);
    swap(n->out->grad, grad, beta, parts);
}

Tensor *nn_transpose(Graph *g, Tensor *x, int i, int j)
{
    static const GraphOperation op = {"nn_transpose", transpose_backward};
    i = shape_axis(g, op.name, x, i);
    j = shape_axis(g, op.name, x, j);
    if (i == j)
        return x;
    int first = i < j ? i : j, second = i < j ? j : i, shape[TENSOR_MAX_RANK];
    memcpy(shape, x->shape, sizeof shape);
    shape[first] = x->shape[second];
    shape[second] = x->shape[first];
    GraphNode *n;
    Tensor *out = nn_record(g, &op, x->rank, shape, &x, 1, &n);
    if (n) {
        n->ints[0] = first;
        n->ints[1] = second;
    }
    size_t parts[5];
    split_at(x, first, second, parts);
    swap(x->data, out->data, 0, parts);
    return out;
}

/* ---- concat and slice ------------------------------------------------------------------------ */

static void concat_backward(Graph *g, GraphNode *n)
{
    size_t outer = shape_product(n->out->shape, 0, n->ints[0]), whole = n->out->size / outer, start = 0;
    for (int k = 0; k < 2; k++) {
        float beta, *grad = nn_grad(g, n->in[k], &beta);
        size_t part = n->in[k]->size / outer;
        for (size_t o = 0; grad && o < outer; o++)
            add_to(grad + o * part, beta, n->out->grad + o * whole + start, part);
        start += part;
    }
}

Tensor *nn_concat(Graph *g, Tensor *a, Tensor *b, int axis)
{
    static const GraphOperation op = {"nn_concat", concat_backward};
    axis = shape_axis(g, op.name, a, axis);
    int shape[TENSOR_MAX_RANK];
    memcpy(shape, a->shape, sizeof shape);
    for (int i = 0; i < a->rank; i++) {
        if (a->rank != b->rank || (i != axis && a->shape[i] != b->shape[i]))
            nn_shape_error(g, op.name, a, b, "all dimensions but the joined one must be equal");
    }
    shape[axis] += b->shape[axis];
    GraphNode *n;
    Tensor *out = nn_record(g, &op, a->rank, shape, (Tensor *[]){a, b}, 2, &n);
    if (n)
        n->ints[0] = axis;
    size_t outer = shape_product(shape, 0, axis), of_a = a->size / outer, of_b = b->size / outer;
    for (size_t o = 0; o < outer; o++) {
        memcpy(out->data + o * (of_a + of_b), a->data + o * of_a, of_a * sizeof(float));
        memcpy(out->data + o * (of_a + of_b) + of_a, b->data + o * of_b, of_b * sizeof(float));
    }
    return out;
}

static void slice_backward(Graph *g, GraphNode *n)
{
    Tensor *x = n->in[0];
    float beta, *grad = nn_grad(g, x, &beta);
    size_t outer = shape_product(x->shape, 0, n->ints[0]),
           inner = shape_product(x->shape, n->ints[0] + 1, x->rank);
    size_t whole = x->size / outer, part = n->out->size / outer, start = (size_t)n->ints[1] * inner;
    if (beta == 0)
        memset(grad, 0, x->size * sizeof *grad);
    for (size_t o = 0; o < outer; o++)
        add_to(grad + o * whole + start, 1, n->out->grad + o * part, part);
}

Tensor *nn_slice(Graph *g, Tensor *x, int axis, int first, int count)
{
    static const GraphOperation op = {"nn_slice", slice_backward};
    axis = shape_axis(g, op.name, x, axis);
    if (first < 0 || count < 1 || first > x->shape[axis] - count)
        nn_shape_error(g, op.name, x, NULL, "the slice leaves the tensor");
    int shape[TENSOR_MAX_RANK];
    memcpy(shape, x->shape, sizeof shape);
    shape[axis] = count;
    GraphNode *n;
    Tensor *out = nn_record(g, &op, x->rank, shape, &x, 1, &n);
    if (n) {
        n->ints[0] = axis;
        n->ints[1] = first;
    }
    size_t outer = shape_product(x->shape, 0, axis), inner = shape_product(x->shape, axis + 1, x->rank);
    size_t whole = x->size / outer, part = out->size / outer;
    for (size_t o = 0; o < outer; o++)
        memcpy(out->data + o * part, x->data + o * whole + (size_t)first * inner, part * sizeof(float));
    return out;
}
