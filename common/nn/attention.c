/* attention.c -- attention without the (T,S) matrix in memory.
 *
 * The queries go through in blocks. The scores of one block against its keys
 * fit into the cache: they are made, turned into weights, used, and forgotten;
 * only the log of each row's normaliser is kept. The backward pass makes them
 * again from it (Dao et al., FlashAttention, 2022). The heads are not copied
 * apart: a head is a matrix with the row stride of the whole tensor. Several
 * heads of the queries may share one head of the keys and values. */
#define NN_INSIDE
#include "common/nn/ops.h"

#include "common/tensor/kernels.h"
#include "common/tensor/vmath.h"

#include <math.h>
#include <omp.h>
#include <string.h>

enum { QUERIES = 128 }; /* rows of a block */

typedef struct Sizes {
    int batch, time, keys, heads, kv_heads, dim; /* dim: channels of a head */
    int q_stride, kv_stride, out_stride;
    const NnAttention *how;
    TensorPrecision precision; /* of the products */
} Sizes;

/* One head of one sequence: where its rows begin. */
typedef struct Head {
    const float *q, *k, *v;
    float *out;     /* (T,dim), strided */
    float *log_sum; /* (T) */
    int length;     /* keys that count */
    int batch, head;
} Head;

/* The queries first .. first+rows, and the keys begin .. end that one of them can see. */
typedef struct Block {
    int first, rows, begin, end;
} Block;

static int blocks_of(const Sizes *s)
{
    return (s->time + QUERIES - 1) / QUERIES;
}

/* How many keys query t can see, from the first key of all on. */
static int seen_by(const Sizes *s, const Head *h, int t)
{
    int seen = s->how->causal ? t + 1 + s->keys - s->time : s->keys;
    seen = seen < h->length ? seen : h->length;
    return seen < 0 ? 0 : seen;
}

/* The first key that query t can see. */
static int first_of(const Sizes *s, const Head *h, int t)
{
    return s->how->first ? s->how->first[(size_t)h->batch * (size_t)s->time + (size_t)t] : 0;
}

static Block block_at(const Sizes *s, const Head *h, int index)
{
    int first = index * QUERIES, rows = s->time - first < QUERIES ? s->time - first : QUERIES;
    int end = s->how->causal ? first + rows + s->keys - s->time : s->keys, begin = 0;
    end = end < 1 ? 1 : end > s->keys ? s->keys : end;
    if (s->how->first) {
        begin = end - 1;
        for (int r = 0; r < rows; r++)
            begin = first_of(s, h, first + r) < begin ? first_of(s, h, first + r) : begin;
    }
    return (Block){first, rows, begin, end};
}

/* Adds the bias to one row of scores and hides what the mask forbids: row (end - begin) of query t. */
static void bend_row(const Sizes *s, const Head *h, const Block *b, int t, float *row)
{
    const Tensor *bias = s->how->bias, *mask = s->how->mask;
    size_t pairs = (size_t)s->time * (size_t)s->keys, at = (size_t)t * (size_t)s->keys + (size_t)b->begin;
    int count = b->end - b->begin;
    if (bias) {
        size_t sequence = bias->rank == 4 ? (size_t)h->batch * (size_t)s->heads : 0;
        const float *add = bias->data + (bias->rank > 2 ? (sequence + (size_t)h->head) * pairs : 0) + at;
        for (int i = 0; i < count; i++)
            row[i] += add[i];
    }
    if (mask) {
        const float *allowed = mask->data + (mask->rank > 2 ? (size_t)h->batch * pairs : 0) + at;
        for (int i = 0; i < count; i++)
            row[i] = allowed[i] != 0 ? row[i] : -INFINITY;
    }
}

/* score (rows, end - begin) = q k^T / sqrt(dim), and what is added to it */
static void block_scores(const Sizes *s, const Head *h, const Block *b, float *score)
{
    int keys = b->end - b->begin;
    Matrix q = {h->q + (size_t)b->first * (size_t)s->q_stride, s->q_stride, false};
    Matrix k = {h->k + (size_t)b->begin * (size_t)s->kv_stride, s->kv_stride, true};
    kernel_matmul_serial_in(s->precision, b->rows, keys, s->dim, 1 / sqrtf((float)s->dim), q, k, 0, score,
                            keys);
    for (int r = 0; (s->how->bias || s->how->mask) && r < b->rows; r++)
        bend_row(s, h, b, b->first + r, score + (size_t)r * (size_t)keys);
}

/* The part of a block's row that query t sees: *from .. *until. */
static void visible(const Sizes *s, const Head *h, const Block *b, int t, int *from, int *until)
{
    int first = first_of(s, h, t) - b->begin, seen = seen_by(s, h, t) - b->begin;
    *until = seen < 0 ? 0 : seen;
    *from = first < *until ? first : *until;
}

static void forward_block(const Sizes *s, const Head *h, int index, float *score)
{
    Block b = block_at(s, h, index);
    int keys = b.end - b.begin, from, until;
    block_scores(s, h, &b, score);
    for (int r = 0; r < b.rows; r++) {
        float *row = score + (size_t)r * (size_t)keys;
        visible(s, h, &b, b.first + r, &from, &until);
        h->log_sum[b.first + r] = kernel_softmax_row(row + from, until - from);
        if (from > 0)
            memset(row, 0, (size_t)from * sizeof *row);
        memset(row + until, 0, (size_t)(keys - until) * sizeof *row);
    }
    kernel_matmul_serial_in(s->precision, b.rows, s->dim, keys, 1, (Matrix){score, keys, false},
                            (Matrix){h->v + (size_t)b.begin * (size_t)s->kv_stride, s->kv_stride, false}, 0,
                            h->out + (size_t)b.first * (size_t)s->out_stride, s->out_stride);
}

/* Gradients of one head; each points at the head's first number, with the stride of its tensor. */
typedef struct HeadGrad {
    const float *up;
    float *q, *k, *v;
    float beta_q, beta_k, beta_v;
} HeadGrad;

/* weight = P, slope = dS = P (dO V^T - D) with D = rowsum(dO O), from the scores and from dO V^T */
static void weights_and_slopes(const Sizes *s, const Head *h, const Block *b, const float *up,
                               float *weight, float *slope)
{
    size_t keys = (size_t)(b->end - b->begin);
    for (int r = 0; r < b->rows; r++) {
        float *p = weight + (size_t)r * keys, *ds = slope + (size_t)r * keys;
        const float *o = h->out + (size_t)(b->first + r) * (size_t)s->out_stride;
        const float *u = up + (size_t)r * (size_t)s->out_stride;
        float dot = 0, log_sum = h->log_sum[b->first + r];
        int from, until;
        visible(s, h, b, b->first + r, &from, &until);
        until = log_sum == -INFINITY ? from : until; /* the mask hides all */
#pragma omp simd reduction(+ : dot)
        for (int i = 0; i < s->dim; i++)
            dot += o[i] * u[i];
#pragma omp simd
        for (int i = from; i < until; i++) {
            p[i] = vmath_exp(p[i] - log_sum);
            ds[i] = p[i] * (ds[i] - dot);
        }
        if (from > 0) {
            memset(p, 0, (size_t)from * sizeof *p);
            memset(ds, 0, (size_t)from * sizeof *ds);
        }
        memset(p + until, 0, (keys - (size_t)until) * sizeof *p);
        memset(ds + until, 0, (keys - (size_t)until) * sizeof *ds);
    }
}

/* out (rows end .. of the head) = beta out + it. The block that comes first writes where it sees keys,
 * and zeros before them; the others add to what it wrote. */
static void add_to_keys(const Sizes *s, const Block *b, float scale, Matrix pairs, Matrix rows, float beta,
                        float *out)
{
    for (int i = 0; beta == 0 && i < b->begin; i++)
        memset(out + (size_t)i * (size_t)s->kv_stride, 0, (size_t)s->dim * sizeof *out);
    kernel_matmul_serial_in(s->precision, b->end - b->begin, s->dim, b->rows, scale, pairs, rows, beta,
                            out + (size_t)b->begin * (size_t)s->kv_stride, s->kv_stride);
}

/* dV = P^T dO, dQ = dS K, dK = dS^T Q. */
static void backward_block(const Sizes *s, const Head *h, const HeadGrad *d, int index, float *weight,
                           float *slope)
{
    Block b = block_at(s, h, index);
    int keys = b.end - b.begin;
    bool last = index == blocks_of(s) - 1; /* it sees the last key and comes first */
    float scale = 1 / sqrtf((float)s->dim);
    size_t q_at = (size_t)b.first * (size_t)s->q_stride, k_at = (size_t)b.begin * (size_t)s->kv_stride;
    Matrix up = {d->up + (size_t)b.first * (size_t)s->out_stride, s->out_stride, false};
    block_scores(s, h, &b, weight);
    kernel_matmul_serial_in(s->precision, b.rows, keys, s->dim, 1, up,
                            (Matrix){h->v + k_at, s->kv_stride, true}, 0, slope, keys);
    weights_and_slopes(s, h, &b, up.data, weight, slope);
    Matrix q = {h->q + q_at, s->q_stride, false}, k = {h->k + k_at, s->kv_stride, false};
    if (d->v)
        add_to_keys(s, &b, 1, (Matrix){weight, keys, true}, up, last ? d->beta_v : 1, d->v);
    if (d->q)
        kernel_matmul_serial_in(s->precision, b.rows, s->dim, keys, scale, (Matrix){slope, keys, false}, k,
                                d->beta_q, d->q + q_at, s->q_stride);
    if (d->k)
        add_to_keys(s, &b, scale, (Matrix){slope, keys, true}, q, last ? d->beta_k : 1, d->k);
}

/* ---- the operation: three tensors, or one that holds all three ------------------------------------ */

static Sizes sizes_of(const Graph *g, const GraphNode *n)
{
    const NnAttention *how = n->settings;
    const Tensor *q = n->in[0], *k = n->in[1] ? n->in[1] : q;
    int channels = n->out->shape[2];
    return (Sizes){q->shape[0],           q->shape[1], k->shape[1], how->heads, how->kv_heads,
                   channels / how->heads, q->shape[2], k->shape[2], channels,   how,
                   nn_graph_precision(g)};
}

/* Head `head` of the queries of sequence b; at: where its q, k and v begin in their tensors. */
static Head head_of(const GraphNode *n, const Sizes *s, int batch, int head, size_t at[3])
{
    size_t b = (size_t)batch, dim = (size_t)s->dim, shared = (size_t)(head / (s->heads / s->kv_heads));
    bool packed = !n->in[1];
    size_t width = (size_t)s->out_stride, kv_width = (size_t)s->kv_heads * dim;
    at[0] = b * (size_t)s->time * (size_t)s->q_stride + (size_t)head * dim;
    at[1] = b * (size_t)s->keys * (size_t)s->kv_stride + shared * dim + (packed ? width : 0);
    at[2] = b * (size_t)s->keys * (size_t)s->kv_stride + shared * dim + (packed ? width + kv_width : 0);
    const Tensor *k = packed ? n->in[0] : n->in[1], *v = packed ? n->in[0] : n->in[2];
    return (Head){n->in[0]->data + at[0],
                  k->data + at[1],
                  v->data + at[2],
                  n->out->data + b * (size_t)s->time * width + (size_t)head * dim,
                  n->saved + (b * (size_t)s->heads + (size_t)head) * (size_t)s->time,
                  s->how->lengths ? s->how->lengths[b] : s->keys,
                  batch,
                  head};
}

static void attention_forward(Graph *g, const GraphNode *n)
{
    Sizes s = sizes_of(g, n);
    int blocks = blocks_of(&s), work = s.batch * s.heads * blocks;
    size_t room = (size_t)(s.time < QUERIES ? s.time : QUERIES) * (size_t)s.keys;
    float *score = nn_scratch(g, room * (size_t)omp_get_max_threads());
#pragma omp parallel for schedule(dynamic, 1)
    for (int i = 0; i < work; i++) {
        size_t at[3];
        Head h = head_of(n, &s, i / blocks / s.heads, i / blocks % s.heads, at);
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

/* One head of the keys and values, and the heads of the queries that share it, in turn. */
static void backward_group(const GraphNode *n, const Sizes *s, int index, float *const grad[3],
                           const float beta[3], float *weight, float *slope)
{
    int group = s->heads / s->kv_heads, batch = index / s->kv_heads, start = index % s->kv_heads * group;
    for (int i = start; i < start + group; i++) {
        size_t at[3];
        Head h = head_of(n, s, batch, i, at);
        HeadGrad d = {n->out->grad + (h.out - n->out->data),
                      grad[0] ? grad[0] + at[0] : NULL,
                      grad[1] ? grad[1] + at[1] : NULL,
                      grad[2] ? grad[2] + at[2] : NULL,
                      beta[0],
                      i == start ? beta[1] : 1,
                      i == start ? beta[2] : 1};
        for (int block = blocks_of(s) - 1; block >= 0; block--)
            backward_block(s, &h, &d, block, weight, slope);
    }
}

static void attention_backward(Graph *g, GraphNode *n)
{
    Sizes s = sizes_of(g, n);
    float beta[3], *grad[3];
    gradients_of(g, n, grad, beta);
    size_t room = (size_t)(s.time < QUERIES ? s.time : QUERIES) * (size_t)s.keys;
    float *score = nn_scratch(g, 2 * room * (size_t)omp_get_max_threads());
#pragma omp parallel for schedule(dynamic, 1)
    for (int i = 0; i < s.batch * s.kv_heads; i++) {
        float *weight = score + 2 * room * (size_t)omp_get_thread_num();
        backward_group(n, &s, i, grad, beta, weight, weight + room);
    }
}

static void check_extras(Graph *g, const char *name, const Tensor *q, int keys, const NnAttention *how)
{
    const Tensor *mask = how->mask, *bias = how->bias;
    int batch = q->shape[0], time = q->shape[1];
    const int *m = mask ? mask->shape + mask->rank - 2 : NULL,
              *b = bias ? bias->shape + bias->rank - 2 : NULL;
    if (mask && !((mask->rank == 2 || (mask->rank == 3 && mask->shape[0] == batch)) && m[0] == time &&
                  m[1] == keys))
        nn_shape_error(g, name, q, mask, "the mask is (T,S) or (B,T,S)");
    if (bias && !((bias->rank == 2 || (bias->rank == 3 && b[-1] == how->heads) ||
                   (bias->rank == 4 && bias->shape[0] == batch && b[-1] == how->heads)) &&
                  b[0] == time && b[1] == keys))
        nn_shape_error(g, name, q, bias, "the bias is (T,S), (H,T,S) or (B,H,T,S)");
    for (int i = 0; how->first && i < batch * time; i++) {
        if (how->first[i] < 0)
            nn_shape_error(g, name, q, NULL, "the first key of a query lies before all keys");
    }
}

static Tensor *attend(Graph *g, const GraphOperation *op, Tensor *const in[3], int channels, int keys,
                      const NnAttention *how)
{
    GraphNode *node;
    Tensor *q = in[0];
    check_extras(g, op->name, q, keys, how);
    Tensor *out = nn_record(g, op, 3, (int[]){q->shape[0], q->shape[1], channels}, in, 3, &node);
    GraphNode forgotten = {.op = op, .out = out, .in = {q, in[1], in[2]}};
    GraphNode *n = node ? node : &forgotten;
    NnAttention *kept = arena_alloc(nn_arena(g), sizeof *kept);
    *kept = *how;
    n->settings = kept;
    n->saved = arena_alloc(nn_arena(g), (size_t)(q->shape[0] * how->heads * q->shape[1]) * sizeof(float));
    attention_forward(g, n);
    return out;
}

static bool heads_divide(const NnAttention *how)
{
    return how->heads >= 1 && how->kv_heads >= 1 && how->heads % how->kv_heads == 0;
}

static Tensor *attend_apart(Graph *g, const GraphOperation *op, Tensor *q, Tensor *k, Tensor *v,
                            NnAttention how)
{
    how.kv_heads = how.kv_heads ? how.kv_heads : how.heads;
    if (q->rank != 3 || k->rank != 3 || q->shape[0] != k->shape[0])
        nn_shape_error(g, op->name, q, k, "queries are (B,T,C), keys (B,S,C)");
    if (!tensor_same_shape(k, v))
        nn_shape_error(g, op->name, k, v, "keys and values need the same shape");
    if (!heads_divide(&how) || q->shape[2] % how.heads != 0)
        nn_shape_error(g, op->name, q, NULL, "the heads must divide the channels, and kv_heads the heads");
    if (k->shape[2] != q->shape[2] / how.heads * how.kv_heads)
        nn_shape_error(g, op->name, q, k, "queries and keys need heads of the same width");
    return attend(g, op, (Tensor *[]){q, k, v}, q->shape[2], k->shape[1], &how);
}

static Tensor *attend_packed(Graph *g, const GraphOperation *op, Tensor *qkv, NnAttention how)
{
    how.kv_heads = how.kv_heads ? how.kv_heads : how.heads;
    int parts = how.heads + 2 * how.kv_heads;
    if (qkv->rank != 3 || !heads_divide(&how) || qkv->shape[2] % parts != 0)
        nn_shape_error(g, op->name, qkv, NULL,
                       "q, k and v side by side are (B,T,3C), and the heads divide C");
    return attend(g, op, (Tensor *[]){qkv, NULL, NULL}, qkv->shape[2] / parts * how.heads, qkv->shape[1],
                  &how);
}

Tensor *nn_attention(Graph *g, Tensor *q, Tensor *k, Tensor *v, int heads, bool causal, const int *lengths)
{
    static const GraphOperation op = {"nn_attention", attention_backward};
    return attend_apart(g, &op, q, k, v,
                        (NnAttention){.heads = heads, .causal = causal, .lengths = lengths});
}

Tensor *nn_attention_with(Graph *g, Tensor *q, Tensor *k, Tensor *v, const NnAttention *how)
{
    static const GraphOperation op = {"nn_attention_with", attention_backward};
    return attend_apart(g, &op, q, k, v, *how);
}

Tensor *nn_self_attention(Graph *g, Tensor *qkv, int heads, bool causal, const int *lengths)
{
    static const GraphOperation op = {"nn_self_attention", attention_backward};
    return attend_packed(g, &op, qkv, (NnAttention){.heads = heads, .causal = causal, .lengths = lengths});
}

Tensor *nn_self_attention_with(Graph *g, Tensor *qkv, const NnAttention *how)
{
    static const GraphOperation op = {"nn_self_attention_with", attention_backward};
    return attend_packed(g, &op, qkv, *how);
}
