/* modern_block.c -- RMSNorm, SwiGLU, rotary positions, ALiBi, QK norm and grouped-query attention, each written
 * out from primitive operations, and the block of 2017 beside them. */
#include "ch03/modern_block.h"

#include <math.h>
#include <stdio.h>

//> rms
/* x / sqrt(mean of x^2) * gain over the last dimension C. A product with a matrix full of 1/C puts the mean
 * into every channel, and z^(-1/2) = exp(-log(z) / 2). */
Tensor *rms_norm(Graph *g, Tensor *x, Tensor *gain)
{
    int channels = tensor_dim(x, -1);
    Tensor *average = nn_input(g, channels, channels), *epsilon = nn_input(g, channels);
    tensor_fill(average, 1.0f / (float)channels);
    tensor_fill(epsilon, 1e-5f);
    Tensor *square = nn_add(g, nn_matmul(g, nn_mul(g, x, x), average), epsilon);
    Tensor *inverse = nn_exp(g, nn_scale(g, nn_log(g, square), -0.5f));
    return nn_mul(g, nn_mul(g, x, inverse), gain);
}
//< rms

//> rope
/* Rotates channels i and i + D/2 of x (B,H,T,D), as a pair, by the angle t w_i, w_i = 10000^(-2i/D), where t
 * counts positions from `first` on:  (a, b) -> (a cos - b sin, b cos + a sin). */
Tensor *rope(Graph *g, Tensor *x, int first)
{
    int time = x->shape[2], dim = x->shape[3], half = dim / 2;
    Tensor *cosine = nn_input(g, time, dim), *sine = nn_input(g, time, dim);
    for (int i = 0; i < time * dim; i++) {
        double angle = (first + i / dim) * pow(10000, -2.0 * (i % half) / dim);
        cosine->data[i] = (float)cos(angle);
        sine->data[i] = (float)sin(angle);
    }
    Tensor *a = nn_slice(g, x, 3, 0, half), *b = nn_slice(g, x, 3, half, half);
    Tensor *turned = nn_concat(g, nn_scale(g, b, -1), a, 3); /* (-b, a) */
    return nn_add(g, nn_mul(g, x, cosine), nn_mul(g, turned, sine));
}
//< rope

//> alibi
/* (H,T,T): -m_h (t - s), with m_h = 2^(-8h/H) for the heads h = 1 .. H. */
static Tensor *alibi(Graph *g, int heads, int time)
{
    Tensor *bias = nn_input(g, heads, time, time);
    for (int i = 0; i < heads * time * time; i++) {
        int h = i / (time * time), t = i / time % time, s = i % time;
        bias->data[i] = -exp2f(-8.0f * (float)(h + 1) / (float)heads) * (float)(t - s);
    }
    return bias;
}
//< alibi

//> gqa
/* (B,T,n D) -> (B,n,T,D) */
static Tensor *split(Graph *g, Tensor *x, int n)
{
    x = nn_reshape(g, x, x->shape[0], x->shape[1], n, tensor_dim(x, -1) / n);
    return nn_transpose(g, x, 1, 2);
}

/* Causal, x (B,T,C) -> (B,T,C). Queries that share keys and values are stacked along time: one product for all. */
static Tensor *attend(Graph *g, const Parts *p, const Block *b, Tensor *x)
{
    int batch = x->shape[0], time = x->shape[1], rows = HEADS / p->kv_heads * time;
    Tensor *q = split(g, nn_linear(g, &b->q, x), HEADS);       /* (B,H,T,D) */
    Tensor *k = split(g, nn_linear(g, &b->k, x), p->kv_heads); /* (B,Hkv,T,D) */
    Tensor *v = split(g, nn_linear(g, &b->v, x), p->kv_heads);
    if (p->qk_norm) {
        q = nn_rms_norm(g, q, b->norm_q.weight);
        k = nn_rms_norm(g, k, b->norm_k.weight);
    }
    if (p->rotary) {
        q = rope(g, q, 0);
        k = rope(g, k, 0);
    }
    q = nn_reshape(g, q, batch, p->kv_heads, rows, HEAD_DIM); /* (B,Hkv,H/Hkv T,D) */
    Tensor *score = nn_scale(g, nn_matmul_nt(g, q, k), 1 / sqrtf(HEAD_DIM));
    score = nn_reshape(g, score, batch, HEADS, time, time);
    if (p->alibi)
        score = nn_add(g, score, alibi(g, HEADS, time));
    Tensor *weight = nn_softmax(g, nn_causal_mask(g, score));
    Tensor *mixed = nn_matmul(g, nn_reshape(g, weight, batch, p->kv_heads, rows, time), v);
    mixed = nn_transpose(g, nn_reshape(g, mixed, batch, HEADS, time, HEAD_DIM), 1, 2);
    return nn_linear(g, &b->out, nn_reshape(g, mixed, batch, time, CHANNELS));
}
//< gqa

//> block
static Tensor *norm(Graph *g, const Parts *p, const Norm *n, Tensor *x)
{
    return p->rms ? nn_rms_norm(g, x, n->weight) : nn_norm(g, n, x);
}

/* relu(x W1) W2, or (silu(x W1) * x W3) W2, whose hidden layer is two thirds as wide. */
static Tensor *feed_forward(Graph *g, const Parts *p, const Block *b, Tensor *x)
{
    Tensor *hidden = nn_linear(g, &b->up, x);
    hidden = p->gated ? nn_mul(g, nn_silu(g, nn_linear(g, &b->gate, x)), hidden) : nn_relu(g, hidden);
    return nn_linear(g, &b->down, hidden);
}

/* x (B,T,C) -> (B,T,C) */
static Tensor *block(Graph *g, const Parts *p, const Block *b, Tensor *x)
{
    if (!p->pre_norm) {
        x = norm(g, p, &b->norm_attention, nn_add(g, x, attend(g, p, b, x)));
        return norm(g, p, &b->norm_feed, nn_add(g, x, feed_forward(g, p, b, x)));
    }
    x = nn_add(g, x, attend(g, p, b, norm(g, p, &b->norm_attention, x)));
    return nn_add(g, x, feed_forward(g, p, b, norm(g, p, &b->norm_feed, x)));
}
//< block

/* ids (B,T) -> (B,T,C): what the logits are made of. */
Tensor *model_run(Graph *g, const Model *m, const int *ids, int batch, int time)
{
    const Parts *p = m->parts;
    Tensor *x = nn_scale(g, nn_embedding(g, m->table, ids, batch, time), sqrtf(CHANNELS));
    if (!p->rotary && !p->alibi)
        x = nn_add(g, x, nn_sinusoids(nn_arena(g), time, CHANNELS));
    for (int i = 0; i < LAYERS; i++)
        x = block(g, p, &m->block[i], x);
    return p->pre_norm ? norm(g, p, &m->norm_last, x) : x;
}

/* Parameters are called by their numbers: 0.weight, 1.weight ... */
static Linear linear(Model *m, int in, int out, Rng *rng)
{
    char name[PARAM_NAME];
    snprintf(name, sizeof name, "%d", m->params.count);
    return nn_linear_new(&m->params, name, in, out, !m->parts->rms, 0, rng);
}

static Norm norm_new(Model *m, int n)
{
    char name[PARAM_NAME];
    snprintf(name, sizeof name, "%d", m->params.count);
    if (!m->parts->rms)
        return nn_norm_new(&m->params, name, n);
    Norm gain = {.weight = nn_param(&m->params, name, 1, &n)};
    tensor_fill(gain.weight, 1);
    return gain;
}

Model model_new(const Parts *p, int vocab, Rng *rng)
{
    Model m = {.parts = p};
    int kv = p->kv_heads * HEAD_DIM, width = p->gated ? 8 * CHANNELS / 3 : 4 * CHANNELS;
    m.table = nn_embedding_new(&m.params, "table", vocab, CHANNELS, 1 / sqrtf(CHANNELS), rng);
    for (Block *b = m.block; b < m.block + LAYERS; b++) {
        b->norm_attention = norm_new(&m, CHANNELS);
        b->q = linear(&m, CHANNELS, CHANNELS, rng);
        b->k = linear(&m, CHANNELS, kv, rng);
        b->v = linear(&m, CHANNELS, kv, rng);
        b->out = linear(&m, CHANNELS, CHANNELS, rng);
        b->norm_feed = norm_new(&m, CHANNELS);
        b->up = linear(&m, CHANNELS, width, rng);
        b->down = linear(&m, width, CHANNELS, rng);
        if (p->gated)
            b->gate = linear(&m, CHANNELS, width, rng);
        if (p->qk_norm) {
            b->norm_q = norm_new(&m, HEAD_DIM);
            b->norm_k = norm_new(&m, HEAD_DIM);
        }
    }
    if (p->pre_norm)
        m.norm_last = norm_new(&m, CHANNELS);
    return m;
}
