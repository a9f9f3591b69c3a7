/* encoder.c -- bert: the sums are normalised after each part, and every token sees all. */
#include "common/model/encoder.h"

#include "common/base/error.h"
#include "common/tensor/kernels.h"

#include <math.h>

typedef struct Room {
    float *qkv;      /* (n,3C) */
    float *attended; /* (n,C) */
    float *added;    /* (n,C) */
    float *inner;    /* (n,F) */
    float *score;    /* (heads,n,n) */
    QuantInput input;
    Arena *arena;
} Room;

static Room room_new(const ModelRun *m, int n)
{
    const ModelConfig *c = &m->config;
    Arena *a = arena_new();
    size_t rows = (size_t)n, row = rows * sizeof(float), width = (size_t)c->channels;
    Room r = {.qkv = arena_alloc(a, 3 * row * width),
              .attended = arena_alloc(a, row * width),
              .added = arena_alloc(a, row * width),
              .inner = arena_alloc(a, row * (size_t)c->hidden),
              .score = arena_alloc(a, row * rows * (size_t)c->heads),
              .arena = a};
    if (m->kind != QUANT_NONE)
        r.input = quant_input_new(a, n, c->channels > c->hidden ? c->channels : c->hidden);
    return r;
}

static void check_call(const ModelRun *m, const char *function, bool possible)
{
    if (m->config.family != MODEL_BERT)
        FATAL("%s: the model is not a bert", function);
    if (!possible)
        FATAL("%s: the folder had no weights for this; look at rows first", function);
}

static void embed(const ModelRun *m, const int *ids, const int *types, int n, float *x)
{
    size_t width = (size_t)m->config.channels;
    for (int i = 0; i < n; i++) {
        float *row = x + (size_t)i * width;
        int type = types ? types[i] : 0;
        if (ids[i] < 0 || ids[i] >= m->config.vocab || type < 0 || type >= m->config.types)
            FATAL("model_encode: token %d of type %d; the model has %d tokens and %d types", ids[i], type,
                  m->config.vocab, m->config.types);
        model_weight_row(&m->tokens, ids[i], row);
        for (size_t j = 0; j < width; j++)
            row[j] += m->types[(size_t)type * width + j] + m->positions[(size_t)i * width + j];
    }
    model_run_norm(&m->config, &m->norm, x, n, x);
}

static void attend(const ModelConfig *c, const Room *r, int n)
{
    int width = c->channels, dim = c->head_dim;
    float factor = 1 / sqrtf((float)dim);
#pragma omp parallel for schedule(static)
    for (int h = 0; h < c->heads; h++) {
        float *score = r->score + (size_t)h * (size_t)n * (size_t)n;
        const float *q = r->qkv + h * dim, *k = q + width, *v = k + width;
        kernel_matmul_serial(n, n, dim, factor, (Matrix){q, 3 * width, false}, (Matrix){k, 3 * width, true},
                             0, score, n);
        for (int i = 0; i < n; i++)
            kernel_softmax_row(score + (size_t)i * (size_t)n, n);
        kernel_matmul_serial(n, dim, n, 1, (Matrix){score, n, false}, (Matrix){v, 3 * width, false}, 0,
                             r->attended + h * dim, width);
    }
}

/* x = norm(x + added) */
static void add_and_norm(const ModelConfig *c, const ModelNorm *norm, const float *added, int n, float *x)
{
    size_t size = (size_t)n * (size_t)c->channels;
    KERNEL_FOR(i, size)
    x[i] += added[i];
    model_run_norm(c, norm, x, n, x);
}

void model_encode(const ModelRun *m, const int *ids, const int *types, int n, float *states)
{
    const ModelConfig *c = &m->config;
    check_call(m, "model_encode", true);
    if (n < 1 || n > c->context)
        FATAL("model_encode: %d tokens; expected 1 to %d", n, c->context);
    Room r = room_new(m, n);
    embed(m, ids, types, n, states);
    for (int i = 0; i < c->layers; i++) {
        const ModelLayer *l = &m->layers[i];
        model_weight_product(&l->qkv, states, n, &r.input, r.qkv);
        attend(c, &r, n);
        model_weight_product(&l->out, r.attended, n, &r.input, r.added);
        add_and_norm(c, &l->norm1, r.added, n, states);
        model_weight_product(&l->up, states, n, &r.input, r.inner);
        model_activate(c->activation, r.inner, (size_t)n * (size_t)c->hidden);
        model_weight_product(&l->down, r.inner, n, &r.input, r.added);
        add_and_norm(c, &l->norm2, r.added, n, states);
    }
    arena_free(r.arena);
}

void model_encode_pooled(const ModelRun *m, const float *states, float *pooled)
{
    check_call(m, "model_encode_pooled", m->pool.rows > 0);
    Room r = room_new(m, 1);
    model_weight_product(&m->pool, states, 1, &r.input, pooled);
    for (int i = 0; i < m->config.channels; i++)
        pooled[i] = tanhf(pooled[i]);
    arena_free(r.arena);
}

void model_encode_logits(const ModelRun *m, const float *states, int n, float *logits)
{
    const ModelConfig *c = &m->config;
    check_call(m, "model_encode_logits", m->head.rows > 0);
    Room r = room_new(m, n);
    model_weight_product(&m->transform, states, n, &r.input, r.added);
    model_activate(c->activation, r.added, (size_t)n * (size_t)c->channels);
    model_run_norm(c, &m->transform_norm, r.added, n, r.added);
    model_weight_product(&m->head, r.added, n, &r.input, logits);
    arena_free(r.arena);
}
