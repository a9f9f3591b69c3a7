/* low_rank.c -- what LoRA adds to the output of a layer, without another array of its size: the sum takes the place
 * of y, and only x A^T, which is narrow, is kept for the backward pass. */
#define NN_INSIDE
#include "common/nn/ops.h"

#include "common/tensor/kernels.h"

typedef struct Sizes {
    int rows, in, rank, out;
} Sizes;

static Sizes sizes_of(const Tensor *x, const Tensor *b)
{
    return (Sizes){(int)tensor_rows(x), tensor_dim(x, -1), b->shape[1], b->shape[0]};
}

/* With low = x A^T and d the gradient of the sum: dB = s d^T low; dlow = s d B; dA = dlow^T x; dx = dlow A; dy = d. */
static void low_rank_backward(Graph *g, GraphNode *n)
{
    Tensor *y = n->in[0], *x = n->in[1], *a = n->in[2], *b = n->in[3];
    Sizes s = sizes_of(x, b);
    TensorPrecision p = nn_graph_precision(g);
    const float *d = n->out->grad;
    float beta, *grad, scale = n->floats[0], *low = nn_scratch(g, (size_t)s.rows * (size_t)s.rank);
    if ((grad = nn_grad(g, b, &beta)))
        kernel_matmul_in(p, s.out, s.rank, s.rows, scale, (Matrix){d, s.out, true},
                         (Matrix){n->saved, s.rank, false}, beta, NULL, grad, s.rank);
    kernel_matmul_in(p, s.rows, s.rank, s.out, scale, (Matrix){d, s.out, false},
                     (Matrix){b->data, s.rank, false}, 0, NULL, low, s.rank);
    if ((grad = nn_grad(g, a, &beta)))
        kernel_matmul_in(p, s.rank, s.in, s.rows, 1, (Matrix){low, s.rank, true},
                         (Matrix){x->data, s.in, false}, beta, NULL, grad, s.in);
    if ((grad = nn_grad(g, x, &beta)))
        kernel_matmul_in(p, s.rows, s.in, s.rank, 1, (Matrix){low, s.rank, false},
                         (Matrix){a->data, s.in, false}, beta, NULL, grad, s.in);
    if ((grad = nn_grad(g, y, &beta))) {
        for (size_t i = 0; i < y->size; i++)
            grad[i] = (beta != 0 ? grad[i] : 0) + d[i];
    }
}

static void check(Graph *g, const Tensor *y, const Tensor *x, const Tensor *a, const Tensor *b)
{
    static const char name[] = "nn_add_low_rank";
    if (a->rank != 2 || x->rank < 1 || a->shape[1] != tensor_dim(x, -1))
        nn_shape_error(g, name, x, a, "A is (r,in), and in is the last dimension of x");
    if (b->rank != 2 || b->shape[1] != a->shape[0])
        nn_shape_error(g, name, a, b, "A is (r,in) and B (out,r)");
    if (y->rank < 1 || tensor_dim(y, -1) != b->shape[0] || tensor_rows(y) != tensor_rows(x))
        nn_shape_error(g, name, y, b, "y has the rows of x, and out of B is its last dimension");
}

Tensor *nn_add_low_rank(Graph *g, Tensor *y, Tensor *x, Tensor *a, Tensor *b, float scale)
{
    static const GraphOperation op = {"nn_add_low_rank", low_rank_backward};
    check(g, y, x, a, b);
    Sizes s = sizes_of(x, b);
    GraphNode *n;
    Tensor *out = nn_record_in_place(g, &op, (Tensor *[]){y, x, a, b}, 4, &n);
    float *low = arena_alloc(nn_arena(g), sizeof *low * (size_t)s.rows * (size_t)s.rank);
    kernel_matmul_in(nn_graph_precision(g), s.rows, s.rank, s.in, 1, (Matrix){x->data, s.in, false},
                     (Matrix){a->data, s.in, true}, 0, NULL, low, s.rank);
    kernel_matmul_in(nn_graph_precision(g), s.rows, s.out, s.rank, scale, (Matrix){low, s.rank, false},
                     (Matrix){b->data, s.rank, true}, 1, NULL, out->data, s.out);
    if (n) {
        n->floats[0] = scale;
        n->saved = low;
    }
    return out;
}
