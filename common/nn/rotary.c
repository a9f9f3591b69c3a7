/* rotary.c -- y = R x with a rotation R for each position; dx = R^T dy, which turns back. */
#define NN_INSIDE
#include "common/nn/ops.h"

/* to = beta to + x, whose first `heads` heads are turned; angles (n,D), row r takes the (r mod n)-th. */
static void turn_rows(const float *x, float *to, float beta, const Tensor *shape, int heads,
                      const Tensor *angles, float sign)
{
    int width = tensor_dim(shape, -1), dim = angles->shape[1], turned = heads * dim;
#pragma omp parallel for schedule(static) if (shape->size > 16384)
    for (size_t r = 0; r < tensor_rows(shape); r++) {
        const float *cosines = angles->data + r % (size_t)angles->shape[0] * (size_t)dim;
        const float *from = x + r * (size_t)width;
        float *out = to + r * (size_t)width;
        tensor_rotary_turn(from, out, beta, heads, dim, cosines, cosines + dim / 2, sign);
        for (int i = turned; i < width; i++)
            out[i] = (beta != 0 ? out[i] : 0) + from[i];
    }
}

static void rotary_backward(Graph *g, GraphNode *n)
{
    float beta, *grad = nn_grad(g, n->in[0], &beta);
    turn_rows(n->out->grad, grad, beta, n->out, n->ints[0], n->settings, -1);
}

Tensor *nn_rotary(Graph *g, Tensor *x, int heads, const Tensor *angles)
{
    static const GraphOperation op = {"nn_rotary", rotary_backward};
    if (x->rank != 3 || angles->rank != 2 || angles->shape[1] % 2 != 0 || heads < 1 ||
        heads > x->shape[2] / angles->shape[1])
        nn_shape_error(g, op.name, x, angles, "x is (B,T,C), the angles (T,D), and C holds the heads of D");
    if (angles->shape[0] != x->shape[1] && angles->shape[0] != x->shape[0] * x->shape[1])
        nn_shape_error(g, op.name, x, angles, "there are angles for each position, (T,D) or (BT,D)");
    GraphNode *n;
    Tensor *out = nn_record(g, &op, 3, x->shape, &x, 1, &n);
    turn_rows(x->data, out->data, 0, x, heads, angles, 1);
    if (n) {
        n->ints[0] = heads;
        n->settings = angles;
    }
    return out;
}
