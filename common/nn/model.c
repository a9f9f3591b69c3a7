/* model.c -- what a model is made of, and the parts of a forward pass that all families share. */
#include "common/nn/model.h"

#include "common/base/error.h"
#include "common/tensor/kernels.h"
#include "common/tensor/thin.h"
#include "common/tensor/vmath.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* ---- the configuration ------------------------------------------------------------------------------- */

enum { MOST_SIZE = 1 << 24, MOST_LAYERS = 4096, MOST_HEADS = 1 << 14 };
static const double MOST_WEIGHTS = 17179869184.0; /* 2^34 */

static bool within(int size, int most)
{
    return size >= 1 && size <= most;
}

static const char *rotary_fault(const ModelConfig *c)
{
    const Rotary *r = &c->rotary;
    if (c->family == MODEL_GPT2 || c->family == MODEL_BERT)
        return NULL;
    if (c->head_dim % 2 != 0)
        return "rotary positions need an even dimension of the heads";
    if (!(r->theta >= 1 && r->theta < 1e12f))
        return "rope_theta must be at least 1 and below 1e12";
    if (r->kind != ROTARY_PLAIN && !(r->factor >= 1 && r->factor < 1e6f))
        return "the factor of rope_scaling must be at least 1 and below 1e6";
    if (r->kind == ROTARY_LLAMA3 && !(r->low > 0 && r->high > r->low && r->high < 1e6f && r->original >= 1))
        return "rope_scaling needs 0 < low_freq_factor < high_freq_factor and a positive original context";
    return NULL;
}

const char *nn_model_config_fault(const ModelConfig *c)
{
    if (!within(c->vocab, MOST_SIZE) || !within(c->context, MOST_SIZE) || !within(c->channels, MOST_SIZE) ||
        !within(c->hidden, MOST_SIZE) || !within(c->head_dim, MOST_SIZE))
        return "vocabulary, context and widths must be from 1 to 16777216";
    if (!within(c->layers, MOST_LAYERS) || !within(c->heads, MOST_HEADS) || !within(c->kv_heads, c->heads))
        return "layers must be from 1 to 4096, heads to 16384, key and value heads to the heads";
    if (c->heads % c->kv_heads != 0)
        return "the key and value heads must divide the heads";
    if (!(c->eps > 0 && c->eps < 1))
        return "the epsilon of the norms must be above 0 and below 1";
    double width = c->channels, joined = (double)c->head_dim * c->heads;
    double layer = 2 * width * (joined + (double)c->head_dim * c->kv_heads) +
                   width * c->hidden * (c->family == MODEL_LLAMA || c->family == MODEL_QWEN2 ? 3 : 2);
    double tables = width * ((c->tied ? 1.0 : 2.0) * c->vocab + (c->family == MODEL_GPT2 ? c->context : 0));
    if (!(c->layers * layer + tables <= MOST_WEIGHTS) || joined > MOST_SIZE)
        return "more than 17179869184 weights, or heads that together are wider than 16777216";
    return rotary_fault(c);
}

/* ---- weights --------------------------------------------------------------------------------------------- */

Weight nn_weight_of(Arena *arena, QuantKind kind, const float *values, int rows, int cols,
                    const float *bias)
{
    if (kind == QUANT_NONE)
        return (Weight){.rows = rows, .cols = cols, .f32 = values, .bias = bias};
    Quant *q = quant_new(arena, kind, rows, cols);
#pragma omp parallel for schedule(static)
    for (int r = 0; r < rows; r++)
        quant_set_row(q, r, values + (size_t)r * (size_t)cols);
    return (Weight){.rows = rows, .cols = cols, .quant = q, .bias = bias};
}

static size_t weight_bytes(const Weight *w)
{
    if (w->quant)
        return quant_bytes(w->quant);
    return (size_t)w->rows * (size_t)w->cols * sizeof *w->f32;
}

size_t nn_model_bytes(const Model *m)
{
    size_t sum = weight_bytes(&m->head);
    for (int i = 0; i < m->config.layers; i++) {
        const ModelLayer *l = &m->layers[i];
        sum += weight_bytes(&l->qkv) + weight_bytes(&l->attention) + weight_bytes(&l->up) +
               weight_bytes(&l->down);
    }
    return sum;
}

void nn_weight_product(const Weight *w, const float *x, int n, QuantInput *in, float *y)
{
    Matrix left = {x, w->cols, false}, right = {w->f32, w->cols, true};
    if (w->quant) {
        quant_input_set(in, x, n, w->cols);
        quant_product(w->quant, in, w->bias, y);
    } else if (n <= THIN_MOST) {
        thin_product(x, n, w->f32, w->rows, w->cols, w->bias, y);
    } else if (w->bias) {
        kernel_matmul_bias(n, w->rows, w->cols, left, right, w->bias, y);
    } else {
        kernel_matmul(n, w->rows, w->cols, 1, left, right, 0, y, w->rows);
    }
}

void nn_weight_row(const Weight *w, int i, float *out)
{
    if (w->quant)
        quant_row(w->quant, i, out);
    else
        memcpy(out, w->f32 + (size_t)i * (size_t)w->cols, sizeof *out * (size_t)w->cols);
}

/* ---- norms and activations --------------------------------------------------------------------------------- */

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

void nn_model_norm(const ModelConfig *c, const ModelNorm *norm, const float *x, int n, float *y)
{
    size_t width = (size_t)c->channels;
#pragma omp parallel for schedule(static) if (n > 4)
    for (int i = 0; i < n; i++)
        norm_row(x + (size_t)i * width, norm, c->channels, c->eps, y + (size_t)i * width);
}

static float gelu_tanh(float x)
{
    return 0.5f * x * (1 + vmath_tanh(0.7978845608f * (x + 0.044715f * x * x * x)));
}

void nn_activate(Activation a, float *x, size_t n)
{
    switch (a) {
    case ACTIVATION_GELU_TANH:
        KERNEL_FOR(i, n)
        x[i] = gelu_tanh(x[i]);
        break;
    case ACTIVATION_GELU:
#pragma omp parallel for schedule(static) if (n > 4096)
        for (size_t i = 0; i < n; i++)
            x[i] = 0.5f * x[i] * (1 + erff(x[i] * 0.70710678f));
        break;
    case ACTIVATION_SILU:
        KERNEL_FOR(i, n)
        x[i] = x[i] * vmath_sigmoid(x[i]);
        break;
    case ACTIVATION_RELU:
        KERNEL_FOR(i, n)
        x[i] = x[i] > 0 ? x[i] : 0;
        break;
    }
}

/* ---- from a Gpt ---------------------------------------------------------------------------------------------- */

static ModelNorm norm_of(const Norm *n)
{
    return (ModelNorm){n->weight->data, n->bias->data};
}

static Weight weight_of(Arena *arena, QuantKind kind, const Tensor *w, const Tensor *bias)
{
    return nn_weight_of(arena, kind, w->data, w->shape[0], w->shape[1], bias ? bias->data : NULL);
}

Model *nn_model_of_gpt(const Gpt *g, QuantKind kind)
{
    const GptConfig *c = &g->config;
    Model *m = memory_zero(1, sizeof *m);
    Arena *a = m->arena = arena_new();
    m->kind = kind;
    m->config = (ModelConfig){.family = MODEL_GPT2,
                              .vocab = c->vocab,
                              .context = c->context,
                              .layers = c->layers,
                              .channels = c->channels,
                              .heads = c->heads,
                              .kv_heads = c->heads,
                              .head_dim = c->channels / c->heads,
                              .hidden = 4 * c->channels,
                              .activation = ACTIVATION_GELU_TANH,
                              .eps = 1e-5f,
                              .tied = true,
                              .qkv_bias = true,
                              .output_bias = true,
                              .mlp_bias = true,
                              .ends = {g->end},
                              .end_count = g->end >= 0};
    m->tokens = m->head = weight_of(a, kind, g->tokens, NULL);
    m->positions = g->positions->data;
    m->norm = norm_of(&g->norm);
    m->layers = arena_alloc(a, sizeof *m->layers * (size_t)c->layers);
    for (int i = 0; i < c->layers; i++) {
        const GptBlock *b = &g->blocks[i];
        m->layers[i] = (ModelLayer){.norm1 = norm_of(&b->norm1),
                                    .norm2 = norm_of(&b->norm2),
                                    .qkv = weight_of(a, kind, b->qkv.weight, b->qkv.bias),
                                    .attention = weight_of(a, kind, b->attention.weight, b->attention.bias),
                                    .up = weight_of(a, kind, b->up.weight, b->up.bias),
                                    .down = weight_of(a, kind, b->down.weight, b->down.bias)};
    }
    return m;
}

void nn_model_free(Model *m)
{
    if (!m)
        return;
    arena_free(m->arena);
    free(m);
}
