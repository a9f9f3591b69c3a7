/* elementwise.c -- each operation: forward, then its derivative, then the two joined. */
#define NN_INSIDE
#include "common/nn/ops.h"

#include "common/tensor/kernels.h"
#include "common/tensor/vmath.h"

#include <math.h>
#include <string.h>

/* ---- sums and products of two tensors ------------------------------------------------------------ */

static bool is_tail_of(const Tensor *b, const Tensor *a)
{
    int lead = a->rank - b->rank;
    return lead >= 0 && memcmp(a->shape + lead, b->shape, sizeof(int) * (size_t)b->rank) == 0;
}

/* out = beta out + factor x, with beta 0 or 1 */
static void accumulate(float *out, float beta, float factor, const float *x, size_t n)
{
    if (beta != 0)
        KERNEL_FOR(i, n)
    out[i] += factor * x[i];
    else KERNEL_FOR(i, n) out[i] = factor * x[i];
}

/* The gradient of b, which served a->size / b->size times: the sum over its uses. */
static void accumulate_uses(float *out, float beta, float sign, const float *x, size_t n, size_t uses)
{
    if (uses > 1) {
        if (sign < 0 && beta != 0)
            accumulate(out, 0, -1, out, n);
        kernel_column_sums(x, uses, (int)n, beta, out);
        if (sign < 0)
            accumulate(out, 0, -1, out, n);
    } else {
        accumulate(out, beta, sign, x, n);
    }
}

static Tensor *record_two(Graph *g, const GraphOperation *op, Tensor *a, Tensor *b, GraphNode **n)
{
    if (!is_tail_of(b, a))
        nn_shape_error(g, op->name, a, b,
                       "the second needs the shape of the first, or of its last dimensions");
    return nn_record(g, op, a->rank, a->shape, (Tensor *[]){a, b}, 2, n);
}

static void sum_backward(Graph *g, GraphNode *n, float sign)
{
    Tensor *a = n->in[0], *b = n->in[1];
    float beta, *grad;
    if ((grad = nn_grad(g, a, &beta)))
        accumulate(grad, beta, 1, n->out->grad, a->size);
    if ((grad = nn_grad(g, b, &beta)))
        accumulate_uses(grad, beta, sign, n->out->grad, b->size, a->size / b->size);
}

static void add_backward(Graph *g, GraphNode *n)
{
    sum_backward(g, n, 1);
}

static void sub_backward(Graph *g, GraphNode *n)
{
    sum_backward(g, n, -1);
}

static const GraphOperation ADD = {"nn_add", add_backward}, SUB = {"nn_sub", sub_backward};

static Tensor *sum_of(Graph *g, const GraphOperation *op, Tensor *a, Tensor *b, float sign)
{
    GraphNode *n;
    Tensor *out = record_two(g, op, a, b, &n);
    for (size_t start = 0; start < a->size; start += b->size) {
        const float *x = a->data + start, *y = b->data;
        float *z = out->data + start;
        KERNEL_FOR(i, b->size)
        z[i] = x[i] + sign * y[i];
    }
    return out;
}

Tensor *nn_add(Graph *g, Tensor *a, Tensor *b)
{
    return sum_of(g, &ADD, a, b, 1);
}

Tensor *nn_sub(Graph *g, Tensor *a, Tensor *b)
{
    return sum_of(g, &SUB, a, b, -1);
}

static void mul_backward(Graph *g, GraphNode *n)
{
    Tensor *a = n->in[0], *b = n->in[1];
    const float *up = n->out->grad;
    float beta, *grad = nn_grad(g, a, &beta);
    for (size_t start = 0; grad && start < a->size; start += b->size) {
        float *to = grad + start;
        KERNEL_FOR(i, b->size)
        to[i] = (beta != 0 ? to[i] : 0) + up[start + i] * b->data[i];
    }
    if ((grad = nn_grad(g, b, &beta))) {
        float *product = nn_scratch(g, a->size);
        KERNEL_FOR(i, a->size)
        product[i] = up[i] * a->data[i];
        accumulate_uses(grad, beta, 1, product, b->size, a->size / b->size);
    }
}

static const GraphOperation MUL = {"nn_mul", mul_backward};

Tensor *nn_mul(Graph *g, Tensor *a, Tensor *b)
{
    GraphNode *n;
    Tensor *out = record_two(g, &MUL, a, b, &n);
    for (size_t start = 0; start < a->size; start += b->size) {
        const float *x = a->data + start, *y = b->data;
        float *z = out->data + start;
        KERNEL_FOR(i, b->size)
        z[i] = x[i] * y[i];
    }
    return out;
}

/* ---- the smaller and the larger of two: the gradient goes to the one taken, of equal ones the first ---- */

/* Whether x is taken and not y; what is not a number wins, so that it is seen. */
static inline bool takes_first(float x, float y, bool larger)
{
    return y == y && !(larger ? x < y : x > y);
}

static void choice_backward(Graph *g, GraphNode *n)
{
    Tensor *a = n->in[0], *b = n->in[1];
    const float *up = n->out->grad;
    bool larger = n->ints[0];
    float beta, *grad = nn_grad(g, a, &beta);
    for (size_t start = 0; grad && start < a->size; start += b->size) {
        float *to = grad + start;
        const float *x = a->data + start;
        KERNEL_FOR(i, b->size)
        to[i] = (beta != 0 ? to[i] : 0) + (takes_first(x[i], b->data[i], larger) ? up[start + i] : 0);
    }
    if ((grad = nn_grad(g, b, &beta))) {
        float *taken = nn_scratch(g, a->size);
        for (size_t start = 0; start < a->size; start += b->size) {
            const float *x = a->data + start;
            KERNEL_FOR(i, b->size)
            taken[start + i] = takes_first(x[i], b->data[i], larger) ? 0 : up[start + i];
        }
        accumulate_uses(grad, beta, 1, taken, b->size, a->size / b->size);
    }
}

static Tensor *choice_of(Graph *g, const GraphOperation *op, Tensor *a, Tensor *b, bool larger)
{
    GraphNode *n;
    Tensor *out = record_two(g, op, a, b, &n);
    if (n)
        n->ints[0] = larger;
    for (size_t start = 0; start < a->size; start += b->size) {
        const float *x = a->data + start, *y = b->data;
        float *z = out->data + start;
        KERNEL_FOR(i, b->size)
        z[i] = takes_first(x[i], y[i], larger) ? x[i] : y[i];
    }
    return out;
}

Tensor *nn_minimum(Graph *g, Tensor *a, Tensor *b)
{
    static const GraphOperation op = {"nn_minimum", choice_backward};
    return choice_of(g, &op, a, b, false);
}

Tensor *nn_maximum(Graph *g, Tensor *a, Tensor *b)
{
    static const GraphOperation op = {"nn_maximum", choice_backward};
    return choice_of(g, &op, a, b, true);
}

/* ---- functions of one tensor ---------------------------------------------------------------------------
 * Each is two loops over a block: y = f(x), and grad += up * f'(x), where the
 * derivative is written from x or from y, whichever is cheaper. */

typedef struct Function {
    GraphOperation op;
    void (*forward)(const float *x, float *y, size_t n);
    void (*backward)(const float *x, const float *y, const float *up, float *grad, size_t n);
} Function;

enum { BLOCK = 4096 };

static size_t block_size(size_t start, size_t n)
{
    return n - start < BLOCK ? n - start : BLOCK;
}

static Tensor *apply(Graph *g, const Function *f, Tensor *x)
{
    GraphNode *node;
    Tensor *y = nn_record(g, &f->op, x->rank, x->shape, &x, 1, &node);
#pragma omp parallel for schedule(static) if (x->size > 2 * BLOCK)
    for (size_t start = 0; start < x->size; start += BLOCK)
        f->forward(x->data + start, y->data + start, block_size(start, x->size));
    return y;
}

static void apply_backward(Graph *g, GraphNode *n)
{
    const Function *f = (const Function *)n->op; /* op is the first member of its Function */
    Tensor *x = n->in[0], *y = n->out;
    float beta, *grad = nn_grad(g, x, &beta);
#pragma omp parallel for schedule(static) if (x->size > 2 * BLOCK)
    for (size_t start = 0; start < x->size; start += BLOCK) {
        size_t count = block_size(start, x->size);
        if (beta == 0)
            memset(grad + start, 0, count * sizeof *grad);
        f->backward(x->data + start, y->data + start, y->grad + start, grad + start, count);
    }
}

/* d max(x, 0) / dx is 1 where x > 0 */
static void relu_forward(const float *x, float *y, size_t n)
{
#pragma omp simd
    for (size_t i = 0; i < n; i++)
        y[i] = x[i] > 0 ? x[i] : 0;
}

static void relu_backward(const float *x, const float *y, const float *up, float *grad, size_t n)
{
    (void)y;
#pragma omp simd
    for (size_t i = 0; i < n; i++)
        grad[i] += up[i] * (x[i] > 0 ? 1.0f : 0.0f);
}

Tensor *nn_relu(Graph *g, Tensor *x)
{
    static const Function f = {{"nn_relu", apply_backward}, relu_forward, relu_backward};
    return apply(g, &f, x);
}

/* tanh' = 1 - y^2 */
static void tanh_forward(const float *x, float *y, size_t n)
{
#pragma omp simd
    for (size_t i = 0; i < n; i++)
        y[i] = vmath_tanh(x[i]);
}

static void tanh_backward(const float *x, const float *y, const float *up, float *grad, size_t n)
{
    (void)x;
#pragma omp simd
    for (size_t i = 0; i < n; i++)
        grad[i] += up[i] * (1 - y[i] * y[i]);
}

Tensor *nn_tanh(Graph *g, Tensor *x)
{
    static const Function f = {{"nn_tanh", apply_backward}, tanh_forward, tanh_backward};
    return apply(g, &f, x);
}

/* sigmoid' = y (1 - y) */
static void sigmoid_forward(const float *x, float *y, size_t n)
{
#pragma omp simd
    for (size_t i = 0; i < n; i++)
        y[i] = vmath_sigmoid(x[i]);
}

static void sigmoid_backward(const float *x, const float *y, const float *up, float *grad, size_t n)
{
    (void)x;
#pragma omp simd
    for (size_t i = 0; i < n; i++)
        grad[i] += up[i] * (y[i] * (1 - y[i]));
}

Tensor *nn_sigmoid(Graph *g, Tensor *x)
{
    static const Function f = {{"nn_sigmoid", apply_backward}, sigmoid_forward, sigmoid_backward};
    return apply(g, &f, x);
}

/* silu' = s + y (1 - s), with s = sigmoid(x) */
static void silu_forward(const float *x, float *y, size_t n)
{
#pragma omp simd
    for (size_t i = 0; i < n; i++)
        y[i] = x[i] * vmath_sigmoid(x[i]);
}

static void silu_backward(const float *x, const float *y, const float *up, float *grad, size_t n)
{
#pragma omp simd
    for (size_t i = 0; i < n; i++)
        grad[i] += up[i] * (vmath_sigmoid(x[i]) + y[i] * (1 - vmath_sigmoid(x[i])));
}

Tensor *nn_silu(Graph *g, Tensor *x)
{
    static const Function f = {{"nn_silu", apply_backward}, silu_forward, silu_backward};
    return apply(g, &f, x);
}

/* exp' = y */
static void exp_forward(const float *x, float *y, size_t n)
{
#pragma omp simd
    for (size_t i = 0; i < n; i++)
        y[i] = vmath_exp(x[i]);
}

static void exp_backward(const float *x, const float *y, const float *up, float *grad, size_t n)
{
    (void)x;
#pragma omp simd
    for (size_t i = 0; i < n; i++)
        grad[i] += up[i] * y[i];
}

Tensor *nn_exp(Graph *g, Tensor *x)
{
    static const Function f = {{"nn_exp", apply_backward}, exp_forward, exp_backward};
    return apply(g, &f, x);
}

/* log' = 1 / x */
static void log_forward(const float *x, float *y, size_t n)
{
#pragma omp simd
    for (size_t i = 0; i < n; i++)
        y[i] = logf(x[i]);
}

static void log_backward(const float *x, const float *y, const float *up, float *grad, size_t n)
{
    (void)y;
#pragma omp simd
    for (size_t i = 0; i < n; i++)
        grad[i] += up[i] * (1 / x[i]);
}

Tensor *nn_log(Graph *g, Tensor *x)
{
    static const Function f = {{"nn_log", apply_backward}, log_forward, log_backward};
    return apply(g, &f, x);
}

/* sqrt' = 1 / (2 y) */
static void sqrt_forward(const float *x, float *y, size_t n)
{
#pragma omp simd
    for (size_t i = 0; i < n; i++)
        y[i] = sqrtf(x[i]);
}

static void sqrt_backward(const float *x, const float *y, const float *up, float *grad, size_t n)
{
    (void)x;
#pragma omp simd
    for (size_t i = 0; i < n; i++)
        grad[i] += up[i] * (0.5f / y[i]);
}

Tensor *nn_sqrt(Graph *g, Tensor *x)
{
    static const Function f = {{"nn_sqrt", apply_backward}, sqrt_forward, sqrt_backward};
    return apply(g, &f, x);
}

/* log(1 + e^x) = max(x, 0) + log(1 + e^-|x|), which does not overflow; softplus' = sigmoid(x) */
static void softplus_forward(const float *x, float *y, size_t n)
{
#pragma omp simd
    for (size_t i = 0; i < n; i++)
        y[i] = (x[i] > 0 ? x[i] : 0) + log1pf(vmath_exp(x[i] > 0 ? -x[i] : x[i]));
}

static void softplus_backward(const float *x, const float *y, const float *up, float *grad, size_t n)
{
    (void)y;
#pragma omp simd
    for (size_t i = 0; i < n; i++)
        grad[i] += up[i] * vmath_sigmoid(x[i]);
}

Tensor *nn_softplus(Graph *g, Tensor *x)
{
    static const Function f = {{"nn_softplus", apply_backward}, softplus_forward, softplus_backward};
    return apply(g, &f, x);
}

static const float TWICE_ROOT_2_OVER_PI = 1.59576912f, CUBIC = 0.044715f;

/* (1 + tanh u) / 2 is sigmoid(2u), so gelu = x s with s = sigmoid(v), v = 2 sqrt(2/pi) (x + 0.044715 x^3);
 * gelu' = s + x s (1 - s) v' */
static void gelu_forward(const float *x, float *y, size_t n)
{
#pragma omp simd
    for (size_t i = 0; i < n; i++)
        y[i] = x[i] * vmath_sigmoid(TWICE_ROOT_2_OVER_PI * (x[i] + CUBIC * x[i] * x[i] * x[i]));
}

static void gelu_backward(const float *x, const float *y, const float *up, float *grad, size_t n)
{
#pragma omp simd
    for (size_t i = 0; i < n; i++) {
        float square = x[i] * x[i];
        float s = vmath_sigmoid(TWICE_ROOT_2_OVER_PI * x[i] * (1 + CUBIC * square));
        float slope = TWICE_ROOT_2_OVER_PI * (1 + 3 * CUBIC * square);
        grad[i] += up[i] * (s + y[i] * (1 - s) * slope);
    }
}

Tensor *nn_gelu(Graph *g, Tensor *x)
{
    static const Function f = {{"nn_gelu", apply_backward}, gelu_forward, gelu_backward};
    return apply(g, &f, x);
}

/* gelu_erf = x P(x), P the normal distribution; gelu_erf' = P + x P' */
static void gelu_erf_forward(const float *x, float *y, size_t n)
{
#pragma omp simd
    for (size_t i = 0; i < n; i++) {
        float density;
        y[i] = x[i] * vmath_normal(x[i], &density);
    }
}

static void gelu_erf_backward(const float *x, const float *y, const float *up, float *grad, size_t n)
{
    (void)y;
#pragma omp simd
    for (size_t i = 0; i < n; i++) {
        float density, below = vmath_normal(x[i], &density);
        grad[i] += up[i] * (below + x[i] * density);
    }
}

Tensor *nn_gelu_erf(Graph *g, Tensor *x)
{
    static const Function f = {{"nn_gelu_erf", apply_backward}, gelu_erf_forward, gelu_erf_backward};
    return apply(g, &f, x);
}

/* ---- clamp: y = x between the limits, where alone it passes a gradient ----------------------------- */

static void clamp_backward(Graph *g, GraphNode *n)
{
    const float *x = n->in[0]->data, *up = n->out->grad, min = n->floats[0], max = n->floats[1];
    float beta, *grad = nn_grad(g, n->in[0], &beta);
    KERNEL_FOR(i, n->out->size)
    grad[i] = (beta != 0 ? grad[i] : 0) + (x[i] < min || x[i] > max ? 0 : up[i]);
}

Tensor *nn_clamp(Graph *g, Tensor *x, float min, float max)
{
    static const GraphOperation op = {"nn_clamp", clamp_backward};
    if (!(min <= max))
        nn_shape_error(g, op.name, x, NULL, "the minimum must not be above the maximum");
    GraphNode *n;
    Tensor *out = nn_record(g, &op, x->rank, x->shape, &x, 1, &n);
    if (n) {
        n->floats[0] = min;
        n->floats[1] = max;
    }
    const float *from = x->data;
    float *to = out->data;
    KERNEL_FOR(i, x->size)
    to[i] = from[i] < min ? min : from[i] > max ? max : from[i];
    return out;
}

/* ---- scale and dropout: y = factor x ---------------------------------------------------------------- */

static void scale_backward(Graph *g, GraphNode *n)
{
    float beta, *grad = nn_grad(g, n->in[0], &beta);
    accumulate(grad, beta, n->floats[0], n->out->grad, n->out->size);
}

Tensor *nn_scale(Graph *g, Tensor *x, float factor)
{
    static const GraphOperation op = {"nn_scale", scale_backward};
    GraphNode *n;
    Tensor *out = nn_record(g, &op, x->rank, x->shape, &x, 1, &n);
    if (n)
        n->floats[0] = factor;
    accumulate(out->data, 0, factor, x->data, x->size);
    return out;
}

static void dropout_backward(Graph *g, GraphNode *n)
{
    float beta, *grad = nn_grad(g, n->in[0], &beta);
    for (size_t i = 0; i < n->out->size; i++)
        grad[i] = (beta != 0 ? grad[i] : 0) + n->saved[i] * n->out->grad[i];
}

Tensor *nn_dropout(Graph *g, Tensor *x, float rate)
{
    static const GraphOperation op = {"nn_dropout", dropout_backward};
    if (rate <= 0 || !nn_graph_recording(g))
        return x;
    if (!(rate < 1))
        nn_shape_error(g, op.name, x, NULL, "the rate must be below 1");
    GraphNode *n;
    Tensor *out = nn_record(g, &op, x->rank, x->shape, &x, 1, &n);
    float *mask = arena_alloc(nn_arena(g), x->size * sizeof *mask);
    for (size_t i = 0; i < x->size; i++) {
        mask[i] = rng_uniform(nn_graph_rng(g)) < rate ? 0 : 1 / (1 - rate);
        out->data[i] = mask[i] * x->data[i];
    }
    if (n)
        n->saved = mask;
    return out;
}
