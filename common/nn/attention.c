/* attention.c -- attention without the (T,S) matrix in memory.
 *
 * The queries go through in blocks. The scores of one block against its keys
 * fit into the cache: they are made, turned into weights, used, and forgotten;
 * only the log of each row's normaliser is kept. The backward pass makes them
 * again from it (Dao et al., FlashAttention, 2022). The heads are not copied
 * apart: a head is a matrix with the row stride of the whole tensor. */
#define NN_INSIDE
#include "common/nn/ops.h"

#include "common/tensor/kernels.h"
#include "common/tensor/vmath.h"

#include <math.h>
#include <omp.h>
#include <string.h>

enum { QUERIES = 128 }; /* rows of a block */

typedef struct Sizes {
    int batch, time, keys, heads, dim; /* dim: channels of a head */
    int q_stride, kv_stride, out_stride;
    bool causal;
    const int *lengths;
} Sizes;

/* One head of one sequence: where its rows begin. */
typedef struct Head {
    const float *q, *k, *v;
    float *out;     /* (T,dim), strided */
    float *log_sum; /* (T) */
    int length;     /* keys that count */
} Head;

static int blocks_of(const Sizes *s)
{
    return (s->time + QUERIES - 1) / QUERIES;
}

/* Keys that the queries up to (excluding) `end` can see. */
static int keys_until(const Sizes *s, int end)
{
    int seen = s->causal ? end + s->keys - s->time : s->keys;
    return seen < 1 ? 1 : seen > s->keys ? s->keys : seen;
}

/* How many keys query t gives weight to. */
static int seen_by(const Sizes *s, const Head *h, int t)
{
    int seen = s->causal ? t + 1 + s->keys - s->time : s->keys;
    seen = seen < h->length ? seen : h->length;
    return seen < 0 ? 0 : seen;
}

/* score (rows,keys) = q k^T / sqrt(dim) for the queries first .. first+rows */
static void block_scores(const Sizes *s, const Head *h, int first, int rows, int keys, float *score)
{
    Matrix q = {h->q + (size_t)first * (size_t)s->q_stride, s->q_stride, false};
    kernel_matmul_serial(rows, keys, s->dim, 1 / sqrtf((float)s->dim), q,
                         (Matrix){h->k, s->kv_stride, true}, 0, score, keys);
}

static void forward_block(const Sizes *s, const Head *h, int block, float *score)
{
    int first = block * QUERIES, rows = s->time - first < QUERIES ? s->time - first : QUERIES;
    int keys = keys_until(s, first + rows);
    block_scores(s, h, first, rows, keys, score);
    for (int r = 0; r < rows; r++) {
        float *row = score + (size_t)r * (size_t)keys;
        int seen = seen_by(s, h, first + r);
        h->log_sum[first + r] = kernel_softmax_row(row, seen);
        memset(row + seen, 0, (size_t)(keys - seen) * sizeof *row);
    }
    kernel_matmul_serial(rows, s->dim, keys, 1, (Matrix){score, keys, false},
                         (Matrix){h->v, s->kv_stride, false}, 0,
                         h->out + (size_t)first * (size_t)s->out_stride, s->out_stride);
}

/* Gradients of one head; each points at the head's first number, with the stride of its tensor. */
typedef struct HeadGrad {
    const float *up;
    float *q, *k, *v;
    float beta_q, beta_k, beta_v;
} HeadGrad;

/* With P the weights, D = rowsum(dO O): dV = P^T dO, dS = P (dO V^T - D), dQ = dS K, dK = dS^T Q. */
static void backward_block(const Sizes *s, const Head *h, const HeadGrad *d, int block, float *weight,
                           float *slope)
{
    int first = block * QUERIES, rows = s->time - first < QUERIES ? s->time - first : QUERIES;
    int keys = keys_until(s, first + rows), last = block == blocks_of(s) - 1;
    float scale = 1 / sqrtf((float)s->dim);
    Matrix up = {d->up + (size_t)first * (size_t)s->out_stride, s->out_stride, false};
    block_scores(s, h, first, rows, keys, weight);
    kernel_matmul_serial(rows, keys, s->dim, 1, up, (Matrix){h->v, s->kv_stride, true}, 0, slope, keys);
    for (int r = 0; r < rows; r++) {
        float *p = weight + (size_t)r * (size_t)keys, *ds = slope + (size_t)r * (size_t)keys;
        const float *o = h->out + (size_t)(first + r) * (size_t)s->out_stride;
        const float *u = up.data + (size_t)r * (size_t)s->out_stride;
        float dot = 0, log_sum = h->log_sum[first + r];
        int seen = seen_by(s, h, first + r);
#pragma omp simd reduction(+ : dot)
        for (int i = 0; i < s->dim; i++)
            dot += o[i] * u[i];
#pragma omp simd
        for (int i = 0; i < seen; i++) {
            p[i] = vmath_exp(p[i] - log_sum);
            ds[i] = p[i] * (ds[i] - dot);
        }
        memset(p + seen, 0, (size_t)(keys - seen) * sizeof *p);
        memset(ds + seen, 0, (size_t)(keys - seen) * sizeof *ds);
    }
    Matrix q = {h->q + (size_t)first * (size_t)s->q_stride, s->q_stride, false};
    Matrix k = {h->k, s->kv_stride, false}, ds = {slope, keys, false}, ds_t = {slope, keys, true};
    /* The last block sees every key and comes first; the others add to what it wrote. */
    if (d->v)
        kernel_matmul_serial(keys, s->dim, rows, 1, (Matrix){weight, keys, true}, up, last ? d->beta_v : 1,
                             d->v, s->kv_stride);
    if (d->q)
        kernel_matmul_serial(rows, s->dim, keys, scale, ds, k, d->beta_q,
                             d->q + (size_t)first * (size_t)s->q_stride, s->q_stride);
    if (d->k)
        kernel_matmul_serial(keys, s->dim, rows, scale, ds_t, q, last ? d->beta_k : 1, d->k, s->kv_stride);
}

/* ---- the operation: three tensors, or one that holds all three ------------------------------------ */

static Sizes sizes_of(const GraphNode *n)
{
    const Tensor *q = n->in[0], *k = n->in[1] ? n->in[1] : q;
    int packed = n->in[1] ? 1 : 3, channels = q->shape[2] / packed;
    return (Sizes){q->shape[0], q->shape[1], k->shape[1], n->ints[0],      channels / n->ints[0],
                   q->shape[2], k->shape[2], channels,    n->ints[1] != 0, n->ids};
}

/* Number `index` of the (batch, head) pairs. */
static Head head_of(const GraphNode *n, const Sizes *s, int index, size_t at[3])
{
    size_t b = (size_t)(index / s->heads), column = (size_t)(index % s->heads) * (size_t)s->dim;
    bool packed = !n->in[1];
    size_t width = (size_t)s->out_stride;
    at[0] = b * (size_t)s->time * (size_t)s->q_stride + column;
    at[1] = b * (size_t)s->keys * (size_t)s->kv_stride + column + (packed ? width : 0);
    at[2] = b * (size_t)s->keys * (size_t)s->kv_stride + column + (packed ? 2 * width : 0);
    const Tensor *k = packed ? n->in[0] : n->in[1], *v = packed ? n->in[0] : n->in[2];
    return (Head){n->in[0]->data + at[0],
                  k->data + at[1],
                  v->data + at[2],
                  n->out->data + b * (size_t)s->time * width + column,
                  n->saved + (size_t)index * (size_t)s->time,
                  s->lengths ? s->lengths[b] : s->keys};
}

static void attention_forward(Graph *g, const GraphNode *n)
{
    Sizes s = sizes_of(n);
    int blocks = blocks_of(&s), work = s.batch * s.heads * blocks;
    size_t room = (size_t)(s.time < QUERIES ? s.time : QUERIES) * (size_t)s.keys;
    float *score = nn_scratch(g, room * (size_t)omp_get_max_threads());
#pragma omp parallel for schedule(dynamic, 1)
    for (int i = 0; i < work; i++) {
        size_t at[3];
        Head h = head_of(n, &s, i / blocks, at);
        forward_block(&s, &h, i % blocks, score + room * (size_t)omp_get_thread_num());
    }
    nn_scratch_done(g);
}

/* Where the gradients of q, k and v go. One tensor in two roles has one
 * gradient, whose parts are written in no fixed order: it starts from zero. */
static void gradients_of(Graph *g, const GraphNode *n, float *grad[3], float beta[3])
{
    bool packed = !n->in[1];
    for (int i = 0; i < (packed ? 1 : 3); i++)
        grad[i] = nn_grad(g, n->in[i], &beta[i]);
    for (int i = 1; packed && i < 3; i++) {
        grad[i] = grad[0];
        beta[i] = beta[0];
    }
    bool shared = !packed && (n->in[0] == n->in[1] || n->in[1] == n->in[2] || n->in[0] == n->in[2]);
    for (int i = 0; shared && i < 3; i++) {
        if (grad[i] && beta[i] == 0)
            memset(grad[i], 0, n->in[i]->size * sizeof(float));
        beta[i] = 1;
    }
}

static void attention_backward(Graph *g, GraphNode *n)
{
    Sizes s = sizes_of(n);
    float beta[3], *grad[3];
    gradients_of(g, n, grad, beta);
    size_t room = (size_t)(s.time < QUERIES ? s.time : QUERIES) * (size_t)s.keys;
    float *score = nn_scratch(g, 2 * room * (size_t)omp_get_max_threads());
#pragma omp parallel for schedule(dynamic, 1)
    for (int i = 0; i < s.batch * s.heads; i++) {
        size_t at[3];
        Head h = head_of(n, &s, i, at);
        HeadGrad d = {n->out->grad + (h.out - n->out->data),
                      grad[0] ? grad[0] + at[0] : NULL,
                      grad[1] ? grad[1] + at[1] : NULL,
                      grad[2] ? grad[2] + at[2] : NULL,
                      beta[0],
                      beta[1],
                      beta[2]};
        float *weight = score + 2 * room * (size_t)omp_get_thread_num();
        for (int block = blocks_of(&s) - 1; block >= 0; block--)
            backward_block(&s, &h, &d, block, weight, weight + room);
    }
}

static Tensor *attend(Graph *g, const GraphOperation *op, Tensor *q, Tensor *k, Tensor *v, int channels,
                      int heads, bool causal, const int *lengths)
{
    GraphNode *node;
    Tensor *out =
        nn_record(g, op, 3, (int[]){q->shape[0], q->shape[1], channels}, (Tensor *[]){q, k, v}, 3, &node);
    GraphNode forgotten = {.op = op, .out = out, .in = {q, k, v}};
    GraphNode *n = node ? node : &forgotten;
    n->ints[0] = heads;
    n->ints[1] = causal;
    n->ids = lengths;
    n->saved = arena_alloc(nn_arena(g), (size_t)(q->shape[0] * heads * q->shape[1]) * sizeof(float));
    attention_forward(g, n);
    return out;
}

Tensor *nn_attention(Graph *g, Tensor *q, Tensor *k, Tensor *v, int heads, bool causal, const int *lengths)
{
    static const GraphOperation op = {"nn_attention", attention_backward};
    if (q->rank != 3 || k->rank != 3 || q->shape[0] != k->shape[0] || q->shape[2] != k->shape[2])
        nn_shape_error(g, op.name, q, k, "queries are (B,T,C), keys (B,S,C)");
    if (!tensor_same_shape(k, v))
        nn_shape_error(g, op.name, k, v, "keys and values need the same shape");
    if (heads < 1 || q->shape[2] % heads != 0)
        nn_shape_error(g, op.name, q, NULL, "the heads must divide the channels");
    return attend(g, &op, q, k, v, q->shape[2], heads, causal, lengths);
}

Tensor *nn_self_attention(Graph *g, Tensor *qkv, int heads, bool causal, const int *lengths)
{
    static const GraphOperation op = {"nn_self_attention", attention_backward};
    if (qkv->rank != 3 || heads < 1 || qkv->shape[2] % (3 * heads) != 0)
        nn_shape_error(g, op.name, qkv, NULL,
                       "q, k and v side by side are (B,T,3C), and the heads divide C");
    return attend(g, &op, qkv, NULL, NULL, qkv->shape[2] / 3, heads, causal, lengths);
}
