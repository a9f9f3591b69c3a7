/* matmul.c -- matrix products. For c = a b the gradients are again products:
 * da = dc b^T and db = a^T dc. */
#define NN_INSIDE
#include "common/nn/ops.h"

#include "common/tensor/kernels.h"

#include <string.h>

/* How many (m,k) (k,n) products, and whether b is the same for all of them. */
typedef struct Batch {
    int m, n, k;
    size_t count;
    bool shared; /* then the rows of all a's form one tall matrix: count is 1, m their sum */
} Batch;

static Batch batch_of(Graph *g, const char *name, const Tensor *a, const Tensor *b, bool transposed)
{
    if (a->rank < 2 || b->rank < 2)
        nn_shape_error(g, name, a, b, "both need at least two dimensions");
    int rows = b->shape[b->rank - 2], cols = b->shape[b->rank - 1];
    Batch p = {a->shape[a->rank - 2], transposed ? rows : cols, a->shape[a->rank - 1], 1, b->rank == 2};
    if ((transposed ? cols : rows) != p.k)
        nn_shape_error(g, name, a, b, "the inner dimensions differ");
    if (p.shared) {
        p.m = (int)tensor_rows(a);
        return p;
    }
    if (a->rank != b->rank || memcmp(a->shape, b->shape, sizeof(int) * (size_t)(a->rank - 2)) != 0)
        nn_shape_error(g, name, a, b,
                       "the leading dimensions differ, and the second is not a plain matrix");
    p.count = a->size / ((size_t)p.m * (size_t)p.k);
    return p;
}

/* All products of a batch: one is cut into blocks, many go to the threads one by one. */
static void multiply(TensorPrecision precision, const Batch *p, int m, int n, int k, Matrix a, Matrix b,
                     float beta, float *c)
{
    if (p->count == 1) {
        kernel_matmul_in(precision, m, n, k, 1, a, b, beta, NULL, c, n);
        return;
    }
#pragma omp parallel for schedule(static)
    for (size_t i = 0; i < p->count; i++) {
        Matrix ai = {a.data + i * (size_t)m * (size_t)k, a.stride, a.transposed};
        Matrix bi = {b.data + i * (size_t)k * (size_t)n, b.stride, b.transposed};
        kernel_matmul_serial_in(precision, m, n, k, 1, ai, bi, beta, c + i * (size_t)m * (size_t)n, n);
    }
}

static void matmul_backward(Graph *g, GraphNode *node)
{
    Tensor *a = node->in[0], *b = node->in[1];
    bool nt = node->ints[0];
    Batch p = batch_of(g, node->op->name, a, b, nt);
    int b_stride = b->shape[b->rank - 1];
    Matrix up = {node->out->grad, p.n, false}, up_t = {node->out->grad, p.n, true};
    float beta, *grad;
    if ((grad = nn_grad(g, a, &beta)))
        multiply(nn_graph_precision(g), &p, p.m, p.k, p.n, up, (Matrix){b->data, b_stride, !nt}, beta,
                 grad);
    if ((grad = nn_grad(g, b, &beta)) && nt)
        multiply(nn_graph_precision(g), &p, p.n, p.k, p.m, up_t, (Matrix){a->data, p.k, false}, beta, grad);
    else if (grad)
        multiply(nn_graph_precision(g), &p, p.k, p.n, p.m, (Matrix){a->data, p.k, true}, up, beta, grad);
}

static Tensor *matmul_of(Graph *g, const GraphOperation *op, Tensor *a, Tensor *b, bool nt)
{
    Batch p = batch_of(g, op->name, a, b, nt);
    int shape[TENSOR_MAX_RANK];
    memcpy(shape, a->shape, sizeof shape);
    shape[a->rank - 1] = p.n;
    GraphNode *node;
    Tensor *out = nn_record(g, op, a->rank, shape, (Tensor *[]){a, b}, 2, &node);
    if (node)
        node->ints[0] = nt;
    multiply(nn_graph_precision(g), &p, p.m, p.n, p.k, (Matrix){a->data, p.k, false},
             (Matrix){b->data, b->shape[b->rank - 1], nt}, 0, out->data);
    return out;
}

Tensor *nn_matmul(Graph *g, Tensor *a, Tensor *b)
{
    static const GraphOperation op = {"nn_matmul", matmul_backward};
    return matmul_of(g, &op, a, b, false);
}

Tensor *nn_matmul_nt(Graph *g, Tensor *a, Tensor *b)
{
    static const GraphOperation op = {"nn_matmul_nt", matmul_backward};
    return matmul_of(g, &op, a, b, true);
}

static void affine_backward(Graph *g, GraphNode *n)
{
    Tensor *x = n->in[0], *weight = n->in[1], *bias = n->in[2];
    int rows = (int)tensor_rows(x), outs = weight->shape[0], ins = weight->shape[1];
    Matrix up = {n->out->grad, outs, false}, up_t = {n->out->grad, outs, true};
    TensorPrecision precision = nn_graph_precision(g);
    float beta, *grad;
    if ((grad = nn_grad(g, x, &beta)))
        kernel_matmul_in(precision, rows, ins, outs, 1, up, (Matrix){weight->data, ins, false}, beta, NULL,
                         grad, ins);
    if ((grad = nn_grad(g, weight, &beta)))
        kernel_matmul_in(precision, outs, ins, rows, 1, up_t, (Matrix){x->data, ins, false}, beta, NULL,
                         grad, ins);
    if ((grad = nn_grad(g, bias, &beta)))
        kernel_column_sums(n->out->grad, (size_t)rows, outs, beta, grad);
}

Tensor *nn_affine(Graph *g, Tensor *x, Tensor *weight, Tensor *bias)
{
    static const GraphOperation op = {"nn_affine", affine_backward};
    if (x->rank < 1 || weight->rank != 2 || weight->shape[1] != x->shape[x->rank - 1])
        nn_shape_error(g, op.name, x, weight, "the weight is (out,in), and in is the last dimension of x");
    if (bias && (bias->rank != 1 || bias->shape[0] != weight->shape[0]))
        nn_shape_error(g, op.name, weight, bias, "the bias needs one number for each output");
    int rows = (int)tensor_rows(x), outs = weight->shape[0], ins = weight->shape[1];
    int shape[TENSOR_MAX_RANK];
    memcpy(shape, x->shape, sizeof shape);
    shape[x->rank - 1] = outs;
    GraphNode *n;
    Tensor *out = nn_record(g, &op, x->rank, shape, (Tensor *[]){x, weight, bias}, 3, &n);
    Matrix left = {x->data, ins, false}, right = {weight->data, ins, true};
    kernel_matmul_in(nn_graph_precision(g), rows, outs, ins, 1, left, right, 0, bias ? bias->data : NULL,
                     out->data, outs);
    return out;
}

/* ---- a weight that is kept quantised --------------------------------------------------------------- */

enum { QUANT_TOGETHER = 128 }; /* rows that are floats at a time */

/* Rows first .. of the weight as floats; returns how many. */
static int rows_as_floats(const Quant *q, int first, float *to)
{
    int count = q->rows - first < QUANT_TOGETHER ? q->rows - first : QUANT_TOGETHER;
#pragma omp parallel for schedule(static)
    for (int r = 0; r < count; r++)
        quant_row(q, first + r, to + (size_t)r * (size_t)q->cols);
    return count;
}

static void affine_quant_backward(Graph *g, GraphNode *n)
{
    Tensor *x = n->in[0], *bias = n->in[1];
    const Quant *q = n->settings;
    int rows = (int)tensor_rows(x);
    float beta, *grad;
    if ((grad = nn_grad(g, x, &beta))) {
        float *weight = nn_scratch(g, (size_t)QUANT_TOGETHER * (size_t)q->cols);
        for (int first = 0; first < q->rows; first += QUANT_TOGETHER, beta = 1) {
            int count = rows_as_floats(q, first, weight);
            kernel_matmul_in(nn_graph_precision(g), rows, q->cols, count, 1,
                             (Matrix){n->out->grad + first, q->rows, false},
                             (Matrix){weight, q->cols, false}, beta, NULL, grad, q->cols);
        }
    }
    if ((grad = nn_grad(g, bias, &beta)))
        kernel_column_sums(n->out->grad, (size_t)rows, q->rows, beta, grad);
}

Tensor *nn_affine_quant(Graph *g, Tensor *x, const Quant *q, Tensor *bias)
{
    static const GraphOperation op = {"nn_affine_quant", affine_quant_backward};
    if (x->rank < 1 || q->cols != x->shape[x->rank - 1])
        nn_shape_error(g, op.name, x, NULL, "the last dimension of x is not the inner one of the weight");
    if (bias && (bias->rank != 1 || bias->shape[0] != q->rows))
        nn_shape_error(g, op.name, x, bias, "the bias needs one number for each output");
    int rows = (int)tensor_rows(x), shape[TENSOR_MAX_RANK];
    memcpy(shape, x->shape, sizeof shape);
    shape[x->rank - 1] = q->rows;
    GraphNode *n;
    Tensor *out = nn_record(g, &op, x->rank, shape, (Tensor *[]){x, bias}, 2, &n);
    if (n)
        n->settings = q;
    float *weight = nn_scratch(g, (size_t)QUANT_TOGETHER * (size_t)q->cols);
    for (int first = 0; first < q->rows; first += QUANT_TOGETHER) {
        int count = rows_as_floats(q, first, weight);
        kernel_matmul_in(nn_graph_precision(g), rows, count, q->cols, 1, (Matrix){x->data, q->cols, false},
                         (Matrix){weight, q->cols, true}, 0, bias ? bias->data + first : NULL,
                         out->data + first, q->rows);
    }
    nn_scratch_done(g);
    return out;
}
