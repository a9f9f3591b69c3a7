/* run.c -- what a model is made of, and the parts of a forward pass that all families share. */
#include "common/model/run.h"

#include "common/base/error.h"
#include "common/tensor/kernels.h"
#include "common/tensor/gemv.h"
#include "common/tensor/vmath.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* ---- weights ------------------------------------------------------------------------------------- */

ModelWeight model_weight_of(Arena *arena, QuantKind kind, const float *values, int rows, int cols,
                            const float *bias)
{
    if (kind == QUANT_NONE)
        return (ModelWeight){.rows = rows, .cols = cols, .f32 = values, .bias = bias};
    Quant *q = quant_new(arena, kind, rows, cols);
#pragma omp parallel for schedule(static)
    for (int r = 0; r < rows; r++)
        quant_set_row(q, r, values + (size_t)r * (size_t)cols);
    return (ModelWeight){.rows = rows, .cols = cols, .quant = q, .bias = bias};
}

static size_t weight_bytes(const ModelWeight *w)
{
    if (w->quant)
        return quant_bytes(w->quant);
    return (size_t)w->rows * (size_t)w->cols * sizeof *w->f32;
}

size_t model_run_bytes(const ModelRun *m)
{
    size_t sum = weight_bytes(&m->head);
    for (int i = 0; i < m->config.layers; i++) {
        const ModelLayer *l = &m->layers[i];
        sum +=
            weight_bytes(&l->qkv) + weight_bytes(&l->out) + weight_bytes(&l->up) + weight_bytes(&l->down);
    }
    return sum;
}

void model_weight_product(const ModelWeight *w, const float *x, int n, QuantInput *in, float *y)
{
    Matrix left = {x, w->cols, false}, right = {w->f32, w->cols, true};
    if (w->quant) {
        quant_input_set(in, x, n, w->cols);
        quant_product(w->quant, in, w->bias, y);
    } else if (n <= GEMV_MAX) {
        gemv_product(x, n, w->f32, w->rows, w->cols, w->bias, y);
    } else if (w->bias) {
        kernel_matmul_bias(n, w->rows, w->cols, left, right, w->bias, y);
    } else {
        kernel_matmul(n, w->rows, w->cols, 1, left, right, 0, y, w->rows);
    }
}

void model_weight_row(const ModelWeight *w, int i, float *out)
{
    if (w->quant)
        quant_row(w->quant, i, out);
    else
        memcpy(out, w->f32 + (size_t)i * (size_t)w->cols, sizeof *out * (size_t)w->cols);
}

/* ---- norms and activations ----------------------------------------------------------------------- */

static void norm_row(const float *x, const ModelNorm *norm, int n, float eps, float *y)
{
    float mean = norm->bias ? (float)(kernel_sum(x, (size_t)n) / n) : 0, squares = 0;
#pragma omp simd reduction(+ : squares)
    for (int i = 0; i < n; i++)
        squares += (x[i] - mean) * (x[i] - mean);
    float scale = 1 / sqrtf(squares / (float)n + eps);
#pragma omp simd
    for (int i = 0; i < n; i++)
        y[i] = (x[i] - mean) * scale * norm->gain[i] + (norm->bias ? norm->bias[i] : 0);
}

void model_run_norm(const ModelConfig *c, const ModelNorm *norm, const float *x, int n, float *y)
{
    size_t width = (size_t)c->channels;
#pragma omp parallel for schedule(static) if (n > 4)
    for (int i = 0; i < n; i++)
        norm_row(x + (size_t)i * width, norm, c->channels, c->eps, y + (size_t)i * width);
}

void model_run_norm_heads(const ModelConfig *c, const float *gain, float *x, int heads)
{
    const ModelNorm norm = {gain, NULL};
    for (int h = 0; h < heads; h++, x += c->head_dim)
        norm_row(x, &norm, c->head_dim, c->eps, x);
}

static float gelu_tanh(float x)
{
    return 0.5f * x * (1 + vmath_tanh(0.7978845608f * (x + 0.044715f * x * x * x)));
}

void model_activate(ModelActivation a, float *x, size_t n)
{
    switch (a) {
    case MODEL_ACTIVATION_GELU_TANH:
        KERNEL_FOR(i, n)
        x[i] = gelu_tanh(x[i]);
        break;
    case MODEL_ACTIVATION_GELU:
#pragma omp parallel for schedule(static) if (n > 4096)
        for (size_t i = 0; i < n; i++)
            x[i] = 0.5f * x[i] * (1 + erff(x[i] * 0.70710678f));
        break;
    case MODEL_ACTIVATION_SILU:
        KERNEL_FOR(i, n)
        x[i] = x[i] * vmath_sigmoid(x[i]);
        break;
    case MODEL_ACTIVATION_RELU:
        KERNEL_FOR(i, n)
        x[i] = x[i] > 0 ? x[i] : 0;
        break;
    }
}

void model_run_free(ModelRun *m)
{
    if (!m)
        return;
    arena_free(m->arena);
    free(m);
}
