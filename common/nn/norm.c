/* norm.c -- layer norm and RMS norm.
 *
 * Both normalise a row: h = (x - mean) / standard deviation, where RMS norm takes mean 0.
 * With u = dy gain:  dx = (u - [mean of u] - h mean of (u h)) / standard deviation;
 * the bracket belongs to layer norm alone. saved holds (mean, 1/standard deviation) a row. */
#define NN_INSIDE
#include "common/nn/ops.h"
#include "common/nn/rows.h"

#include "common/tensor/kernels.h"

#include <math.h>
#include <string.h>

static const float EPSILON = 1e-5f;
enum { ROW_BLOCK = 32 }; /* rows whose part of d gain and d bias one thread adds up */

static void norm_row_backward(const GraphNode *n, size_t r, int cols, float *grad, float beta,
                              float *gain_sum, float *bias_sum)
{
    size_t at = r * (size_t)cols;
    const float *x = n->in[0]->data + at, *up = n->out->grad + at, *gain = n->in[1]->data;
    float mean = n->saved[2 * r], inverse = n->saved[2 * r + 1], sum_u = 0, sum_uh = 0;
#pragma omp simd reduction(+ : sum_u, sum_uh)
    for (int i = 0; i < cols; i++) {
        float u = up[i] * gain[i];
        sum_u += u;
        sum_uh += u * (x[i] - mean) * inverse;
    }
    float mean_u = n->ints[0] ? sum_u / (float)cols : 0, mean_uh = sum_uh / (float)cols;
    if (grad) {
        float *to = grad + at;
#pragma omp simd
        for (int i = 0; i < cols; i++) {
            float h = (x[i] - mean) * inverse;
            to[i] = (beta != 0 ? to[i] : 0) + (up[i] * gain[i] - mean_u - h * mean_uh) * inverse;
        }
    }
#pragma omp simd
    for (int i = 0; i < cols; i++) {
        gain_sum[i] += up[i] * (x[i] - mean) * inverse;
        bias_sum[i] += up[i];
    }
}

static void norm_backward(Graph *g, GraphNode *n)
{
    int cols = tensor_dim(n->out, -1);
    size_t rows = tensor_rows(n->out), blocks = (rows + ROW_BLOCK - 1) / ROW_BLOCK,
           part = blocks * (size_t)cols;
    float beta, *grad = nn_grad(g, n->in[0], &beta);
    float *gains = nn_scratch(g, part), *biases = nn_scratch(g, part);
#pragma omp parallel for schedule(static)
    for (size_t b = 0; b < blocks; b++) {
        float *gain_sum = gains + b * (size_t)cols, *bias_sum = biases + b * (size_t)cols;
        memset(gain_sum, 0, (size_t)cols * sizeof *gain_sum);
        memset(bias_sum, 0, (size_t)cols * sizeof *bias_sum);
        size_t last = (b + 1) * ROW_BLOCK < rows ? (b + 1) * ROW_BLOCK : rows;
        for (size_t r = b * ROW_BLOCK; r < last; r++)
            norm_row_backward(n, r, cols, grad, beta, gain_sum, bias_sum);
    }
    if ((grad = nn_grad(g, n->in[1], &beta)))
        kernel_column_sums(gains, blocks, cols, beta, grad);
    if ((grad = nn_grad(g, n->in[2], &beta)))
        kernel_column_sums(biases, blocks, cols, beta, grad);
}

//> norm
static void norm_row(const float *x, float *y, int cols, const float *gain, const float *bias, bool centred,
                     float eps, float saved[2])
{
    float mean = centred ? rows_sum(x, cols) / (float)cols : 0, squares = 0;
#pragma omp simd reduction(+ : squares)
    for (int i = 0; i < cols; i++)
        squares += (x[i] - mean) * (x[i] - mean);
    float inverse = 1 / sqrtf(squares / (float)cols + eps);
#pragma omp simd
    for (int i = 0; i < cols; i++)
        y[i] = (x[i] - mean) * inverse * gain[i] + (bias ? bias[i] : 0);
    saved[0] = mean;
    saved[1] = inverse;
}
//< norm

static Tensor *norm_of(Graph *g, const GraphOperation *op, Tensor *x, Tensor *gain, Tensor *bias,
                       bool centred, float eps)
{
    int cols = rows_columns(g, op->name, x);
    if (gain->rank != 1 || gain->shape[0] != cols)
        nn_shape_error(g, op->name, x, gain, "the gain needs one number for each channel");
    if (bias && (bias->rank != 1 || bias->shape[0] != cols))
        nn_shape_error(g, op->name, x, bias, "the bias needs one number for each channel");
    GraphNode *n;
    Tensor *out = nn_record(g, op, x->rank, x->shape, (Tensor *[]){x, gain, bias}, 3, &n);
    size_t rows = tensor_rows(x);
    float *saved = arena_alloc(nn_arena(g), 2 * rows * sizeof *saved);
#pragma omp parallel for schedule(static) if (x->size > 4096)
    for (size_t r = 0; r < rows; r++)
        norm_row(x->data + r * (size_t)cols, out->data + r * (size_t)cols, cols, gain->data,
                 bias ? bias->data : NULL, centred, eps, saved + 2 * r);
    if (n) {
        n->saved = saved;
        n->ints[0] = centred;
    }
    return out;
}

Tensor *nn_layer_norm(Graph *g, Tensor *x, Tensor *gain, Tensor *bias)
{
    static const GraphOperation op = {"nn_layer_norm", norm_backward};
    return norm_of(g, &op, x, gain, bias, true, EPSILON);
}

Tensor *nn_layer_norm_with(Graph *g, Tensor *x, Tensor *gain, Tensor *bias, float eps)
{
    static const GraphOperation op = {"nn_layer_norm_with", norm_backward};
    return norm_of(g, &op, x, gain, bias, true, eps);
}

Tensor *nn_rms_norm(Graph *g, Tensor *x, Tensor *gain)
{
    static const GraphOperation op = {"nn_rms_norm", norm_backward};
    return norm_of(g, &op, x, gain, NULL, false, EPSILON);
}

Tensor *nn_rms_norm_with(Graph *g, Tensor *x, Tensor *gain, float eps)
{
    static const GraphOperation op = {"nn_rms_norm_with", norm_backward};
    return norm_of(g, &op, x, gain, NULL, false, eps);
}
