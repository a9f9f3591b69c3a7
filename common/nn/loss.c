/* loss.c -- from logits to losses and log-probabilities. */
#define NN_INSIDE
#include "common/nn/ops.h"

#include "common/tensor/kernels.h"
#include "common/tensor/vmath.h"

#include <math.h>
#include <string.h>

/* ---- cross-entropy: loss = log sum exp(x) - x[target]; d loss / dx = softmax(x) - one hot -------- */

/* saved[r] = log sum exp of row r */
static void log_sums(const float *logits, size_t rows, int vocab, float *saved)
{
#pragma omp parallel for schedule(static) if (rows * (size_t)vocab > 16384)
    for (size_t r = 0; r < rows; r++) {
        const float *x = logits + r * (size_t)vocab;
        float max = x[0], sum = 0;
#pragma omp simd reduction(max : max)
        for (int i = 0; i < vocab; i++)
            max = x[i] > max ? x[i] : max;
#pragma omp simd reduction(+ : sum)
        for (int i = 0; i < vocab; i++)
            sum += vmath_exp(x[i] - max);
        saved[r] = max + logf(sum);
    }
}

/* The mean over the `*counted` rows that count of the loss and, of log sum exp squared, z times. */
static float mean_loss(const float *logits, size_t rows, int vocab, const int *targets, int ignore, float z,
                       float *saved, int *counted)
{
    double total = 0;
    *counted = 0;
    log_sums(logits, rows, vocab, saved);
    for (size_t r = 0; r < rows; r++) {
        if (targets[r] == ignore)
            continue;
        total += (double)saved[r] - (double)logits[r * (size_t)vocab + (size_t)targets[r]] +
                 (double)z * (double)saved[r] * (double)saved[r];
        *counted += 1;
    }
    return *counted ? (float)(total / *counted) : 0;
}

/* grad = beta grad + factor ((1 + 2 z log sum exp(x)) softmax(x) - one hot); grad may be x itself, with beta 0. */
static void logits_gradient(const float *logits, size_t rows, int vocab, const int *targets, int ignore,
                            float z, const float *saved, float factor, float beta, float *grad)
{
#pragma omp parallel for schedule(static) if (rows * (size_t)vocab > 16384)
    for (size_t r = 0; r < rows; r++) {
        const float *x = logits + r * (size_t)vocab;
        float *to = grad + r * (size_t)vocab, f = targets[r] == ignore ? 0 : factor;
        float share = f * (1 + 2 * z * saved[r]);
#pragma omp simd
        for (int i = 0; i < vocab; i++)
            to[i] = (beta != 0 ? to[i] : 0) + share * vmath_exp(x[i] - saved[r]);
        if (targets[r] != ignore)
            to[targets[r]] -= f;
    }
}

static void check_targets(Graph *g, const char *name, const Tensor *x, size_t rows, int vocab,
                          const int *targets, int ignore)
{
    for (size_t r = 0; r < rows; r++) {
        if (targets[r] != ignore && (targets[r] < 0 || targets[r] >= vocab))
            nn_shape_error(g, name, x, NULL, "a target lies outside the vocabulary");
    }
}

static void cross_entropy_backward(Graph *g, GraphNode *n)
{
    Tensor *x = n->in[0];
    float beta, *grad = nn_grad(g, x, &beta), factor = n->ints[1] ? n->out->grad[0] / (float)n->ints[1] : 0;
    logits_gradient(x->data, tensor_rows(x), tensor_dim(x, -1), n->ids, n->ints[0], 0, n->saved, factor,
                    beta, grad);
}

Tensor *nn_cross_entropy(Graph *g, Tensor *logits, const int *targets, int ignore)
{
    static const GraphOperation op = {"nn_cross_entropy", cross_entropy_backward};
    GraphNode *n;
    if (logits->rank < 1)
        nn_shape_error(g, op.name, logits, NULL, "logits are (...,V)");
    int vocab = tensor_dim(logits, -1), counted;
    size_t rows = tensor_rows(logits);
    check_targets(g, op.name, logits, rows, vocab, targets, ignore);
    Tensor *out = nn_record(g, &op, 0, NULL, &logits, 1, &n);
    float *saved = arena_alloc(nn_arena(g), rows * sizeof *saved);
    out->data[0] = mean_loss(logits->data, rows, vocab, targets, ignore, 0, saved, &counted);
    if (n) {
        n->ids = targets;
        n->saved = saved;
        n->ints[0] = ignore;
        n->ints[1] = counted;
    }
    return out;
}

static void affine_cross_entropy_backward(Graph *g, GraphNode *n)
{
    Tensor *x = n->in[0], *weight = n->in[1];
    int vocab = weight->shape[0], ins = weight->shape[1], rows = (int)tensor_rows(x);
    float *logits = n->saved, *saved = logits + (size_t)rows * (size_t)vocab;
    float beta, *grad, up = n->out->grad[0];
    if (!n->ints[2]) /* a second pass over the same graph finds the gradient already there */
        logits_gradient(logits, (size_t)rows, vocab, n->ids, n->ints[0], n->floats[0], saved,
                        n->ints[1] ? 1 / (float)n->ints[1] : 0, 0, logits);
    n->ints[2] = true;
    if ((grad = nn_grad(g, x, &beta)))
        kernel_matmul_in(nn_graph_precision(g), rows, ins, vocab, up, (Matrix){logits, vocab, false},
                         (Matrix){weight->data, ins, false}, beta, NULL, grad, ins);
    if ((grad = nn_grad(g, weight, &beta)))
        kernel_matmul_in(nn_graph_precision(g), vocab, ins, rows, up, (Matrix){logits, vocab, true},
                         (Matrix){x->data, ins, false}, beta, NULL, grad, ins);
}

static Tensor *affine_cross_entropy(Graph *g, const GraphOperation *op, Tensor *x, Tensor *weight,
                                    const int *targets, int ignore, float z)
{
    if (x->rank < 1 || weight->rank != 2 || tensor_dim(x, -1) != weight->shape[1])
        nn_shape_error(g, op->name, x, weight, "the weight is (V,C), and C is the last dimension of x");
    int vocab = weight->shape[0], ins = weight->shape[1], counted;
    size_t rows = tensor_rows(x);
    check_targets(g, op->name, x, rows, vocab, targets, ignore);
    GraphNode *n;
    Tensor *out = nn_record(g, op, 0, NULL, (Tensor *[]){x, weight}, 2, &n);
    float *logits = arena_alloc(nn_arena(g), rows * ((size_t)vocab + 1) * sizeof *logits);
    float *saved = logits + rows * (size_t)vocab;
    kernel_matmul_in(nn_graph_precision(g), (int)rows, vocab, ins, 1, (Matrix){x->data, ins, false},
                     (Matrix){weight->data, ins, true}, 0, NULL, logits, vocab);
    out->data[0] = mean_loss(logits, rows, vocab, targets, ignore, z, saved, &counted);
    if (n) {
        n->ids = targets;
        n->saved = logits;
        n->floats[0] = z;
        n->ints[0] = ignore;
        n->ints[1] = counted;
    }
    return out;
}

Tensor *nn_affine_cross_entropy(Graph *g, Tensor *x, Tensor *weight, const int *targets, int ignore)
{
    static const GraphOperation op = {"nn_affine_cross_entropy", affine_cross_entropy_backward};
    return affine_cross_entropy(g, &op, x, weight, targets, ignore, 0);
}

Tensor *nn_affine_cross_entropy_z(Graph *g, Tensor *x, Tensor *weight, const int *targets, int ignore,
                                  float z)
{
    static const GraphOperation op = {"nn_affine_cross_entropy_z", affine_cross_entropy_backward};
    return affine_cross_entropy(g, &op, x, weight, targets, ignore, z);
}

/* ---- log-probability of a token: y = x[token] - log sum exp(x); dx = dy (one hot - softmax(x)) --------- */

static void token_log_probs_backward(Graph *g, GraphNode *n)
{
    Tensor *x = n->in[0];
    int vocab = tensor_dim(x, -1), ignore = n->ints[0];
    float beta, *grad = nn_grad(g, x, &beta);
#pragma omp parallel for schedule(static) if (x->size > 16384)
    for (size_t r = 0; r < tensor_rows(x); r++) {
        const float *from = x->data + r * (size_t)vocab;
        float *to = grad + r * (size_t)vocab, up = n->ids[r] == ignore ? 0 : n->out->grad[r];
#pragma omp simd
        for (int i = 0; i < vocab; i++)
            to[i] = (beta != 0 ? to[i] : 0) - up * vmath_exp(from[i] - n->saved[r]);
        if (n->ids[r] != ignore)
            to[n->ids[r]] += up;
    }
}

Tensor *nn_token_log_probs(Graph *g, Tensor *logits, const int *tokens, int ignore)
{
    static const GraphOperation op = {"nn_token_log_probs", token_log_probs_backward};
    if (logits->rank < 1)
        nn_shape_error(g, op.name, logits, NULL, "logits are (...,V)");
    int vocab = tensor_dim(logits, -1);
    size_t rows = tensor_rows(logits);
    check_targets(g, op.name, logits, rows, vocab, tokens, ignore);
    GraphNode *n;
    Tensor *out = nn_record(g, &op, logits->rank - 1, logits->shape, &logits, 1, &n);
    float *saved = arena_alloc(nn_arena(g), rows * sizeof *saved);
    log_sums(logits->data, rows, vocab, saved);
    for (size_t r = 0; r < rows; r++)
        out->data[r] =
            tokens[r] == ignore ? 0 : logits->data[r * (size_t)vocab + (size_t)tokens[r]] - saved[r];
    if (n) {
        n->ids = tokens;
        n->saved = saved;
        n->ints[0] = ignore;
    }
    return out;
}

/* ---- mean squared error ---------------------------------------------------------------------------- */

Tensor *nn_mse(Graph *g, Tensor *a, Tensor *b)
{
    if (!tensor_same_shape(a, b))
        nn_shape_error(g, "nn_mse", a, b, "both need the same shape");
    Tensor *d = nn_sub(g, a, b);
    return nn_mean(g, nn_mul(g, d, d));
}
