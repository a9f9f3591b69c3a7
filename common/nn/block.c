/* block.c -- one block, put together by its configuration. */
#define NN_INSIDE
#include "common/nn/block.h"

#include "common/base/error.h"

#include <stdio.h>
#include <string.h>

const NnBlockNames nn_block_names = {.prefix = "block.%d",
                                     .norm1 = "norm1",
                                     .qkv = "attention.qkv",
                                     .q = "attention.q",
                                     .k = "attention.k",
                                     .v = "attention.v",
                                     .q_norm = "attention.q_norm",
                                     .k_norm = "attention.k_norm",
                                     .out = "attention.out",
                                     .norm_cross = "norm_cross",
                                     .cross = "cross",
                                     .norm2 = "norm2",
                                     .gate = "gate",
                                     .up = "up",
                                     .down = "down",
                                     .norm1_after = "norm1_after",
                                     .norm2_after = "norm2_after"};

Tensor *nn_activate(Graph *g, NnActivation kind, Tensor *x)
{
    switch (kind) {
    case NN_GELU_ERF:
        return nn_gelu_erf(g, x);
    case NN_RELU:
        return nn_relu(g, x);
    case NN_SILU:
        return nn_silu(g, x);
    case NN_GELU:
        break;
    }
    return nn_gelu(g, x);
}

/* ---- making one ---------------------------------------------------------------------------------- */

static NnBlockConfig filled_in(NnBlockConfig c)
{
    c.kv_heads = c.kv_heads ? c.kv_heads : c.heads;
    c.head_dim = c.head_dim ? c.head_dim : c.heads > 0 ? c.channels / c.heads : 0;
    c.hidden = c.hidden ? c.hidden : 4 * c.channels;
    c.residual_std = c.residual_std > 0 ? c.residual_std : c.std;
    c.names = c.names ? c.names : &nn_block_names;
    c.prefix = c.prefix ? c.prefix : c.names->prefix;
    return c;
}

const char *nn_block_config_fault(const NnBlockConfig *config)
{
    NnBlockConfig c = filled_in(*config);
    if (c.channels < 1 || c.heads < 1 || c.kv_heads < 1 || c.head_dim < 1 || c.hidden < 1)
        return "channels, heads and widths must be at least 1";
    if (config->head_dim == 0 && c.channels % c.heads != 0)
        return "the heads must divide the channels";
    if (c.heads % c.kv_heads != 0)
        return "kv_heads must divide the heads";
    if (c.sandwich && (c.post_norm || c.cross))
        return "a sandwich is of pre-norms, without cross-attention";
    if (!(c.eps >= 0 && c.eps < 1))
        return "the epsilon of the norms must be at least 0 and below 1";
    if (!(c.dropout >= 0 && c.dropout < 1))
        return "dropout must be at least 0 and below 1";
    return NULL;
}

/* Where a part is made: everything that its making needs. */
typedef struct Maker {
    Params *params;
    const NnBlockConfig *config;
    int layer;
    Rng *rng;
} Maker;

static const char *name_of(const Maker *m, const char *part, char name[PARAM_NAME])
{
    char prefix[PARAM_NAME];
    snprintf(prefix, sizeof prefix, m->config->prefix, m->layer);
    if (snprintf(name, PARAM_NAME, "%s.%s", prefix, part) >= PARAM_NAME)
        FATAL("nn_block_new: the name %s is too long", name);
    return name;
}

static Norm make_norm(const Maker *m, const char *part, NnNormKind kind, int channels)
{
    char name[PARAM_NAME];
    Norm n = nn_norm_of_kind(m->params, name_of(m, part, name), channels, kind, m->config->eps);
    nn_param_of(m->params, n.weight)->offset = m->config->gain_offset;
    return n;
}

static Linear make_linear(const Maker *m, const char *part, int in, int out, bool bias, float std)
{
    char name[PARAM_NAME];
    Linear l = nn_linear_new(m->params, name_of(m, part, name), in, out, bias, std, m->rng);
    nn_param_of(m->params, l.weight)->transposed = m->config->transposed;
    return l;
}

static void make_attention(const Maker *m, NnBlock *b)
{
    const NnBlockConfig *c = m->config;
    const NnBlockNames *n = c->names;
    int q = c->heads * c->head_dim, kv = c->kv_heads * c->head_dim;
    if (c->packed) {
        b->qkv = make_linear(m, n->qkv, c->channels, q + 2 * kv, !c->no_qkv_bias, c->std);
        nn_param_of(m->params, b->qkv.weight)->parts = q == kv ? 3 : 1;
    } else {
        b->q = make_linear(m, n->q, c->channels, q, !c->no_qkv_bias, c->std);
        b->k = make_linear(m, n->k, c->channels, kv, !c->no_qkv_bias, c->std);
        b->v = make_linear(m, n->v, c->channels, kv, !c->no_qkv_bias, c->std);
    }
    if (c->qk_norm) {
        b->q_norm = make_norm(m, n->q_norm, NN_RMS_NORM, c->head_dim);
        b->k_norm = make_norm(m, n->k_norm, NN_RMS_NORM, c->head_dim);
    }
    b->out = make_linear(m, n->out, q, c->channels, !c->no_out_bias, c->residual_std);
}

static void make_feed_forward(const Maker *m, NnBlock *b)
{
    const NnBlockConfig *c = m->config;
    bool both = c->gated && c->gate_packed;
    if (c->gated && !both)
        b->gate = make_linear(m, c->names->gate, c->channels, c->hidden, !c->no_mlp_bias, c->std);
    b->up = make_linear(m, c->names->up, c->channels, both ? 2 * c->hidden : c->hidden, !c->no_mlp_bias,
                        c->std);
    nn_param_of(m->params, b->up.weight)->parts = both ? 2 : 1;
    b->down = make_linear(m, c->names->down, c->hidden, c->channels, !c->no_mlp_bias, c->residual_std);
}

NnBlock nn_block_new(Params *p, const NnBlockConfig *config, int layer, Rng *rng)
{
    if (nn_block_config_fault(config))
        FATAL("nn_block_new: %s", nn_block_config_fault(config));
    NnBlock b = {.config = filled_in(*config)};
    const NnBlockConfig *c = &b.config;
    Maker m = {p, c, layer, rng};
    char name[PARAM_NAME];
    if (!c->post_norm)
        b.norm1 = make_norm(&m, c->names->norm1, c->norm, c->channels);
    make_attention(&m, &b);
    if (c->post_norm)
        b.norm1 = make_norm(&m, c->names->norm1, c->norm, c->channels);
    if (c->sandwich)
        b.norm1_after = make_norm(&m, c->names->norm1_after, c->norm, c->channels);
    if (c->cross && !c->post_norm)
        b.norm_cross = make_norm(&m, c->names->norm_cross, c->norm, c->channels);
    if (c->cross)
        b.cross = nn_mha_new(p, name_of(&m, c->names->cross, name), c->channels, rng);
    if (c->cross && c->post_norm)
        b.norm_cross = make_norm(&m, c->names->norm_cross, c->norm, c->channels);
    if (!c->post_norm)
        b.norm2 = make_norm(&m, c->names->norm2, c->norm, c->channels);
    make_feed_forward(&m, &b);
    if (c->post_norm)
        b.norm2 = make_norm(&m, c->names->norm2, c->norm, c->channels);
    if (c->sandwich)
        b.norm2_after = make_norm(&m, c->names->norm2_after, c->norm, c->channels);
    return b;
}

/* ---- a pass through it --------------------------------------------------------------------------- */

/* x (B,T,HD): each head of D channels is normalised by itself. */
static Tensor *norm_heads(Graph *g, const Norm *n, Tensor *x, int head_dim)
{
    int shape[] = {x->shape[0], x->shape[1], x->shape[2] / head_dim, head_dim};
    return nn_view(g, nn_norm(g, n, nn_view(g, x, 4, shape)), 3, x->shape);
}

static Tensor *attend_packed(Graph *g, const NnBlock *b, Tensor *x, const NnAttention *how,
                             const Tensor *angles)
{
    Tensor *qkv = nn_linear(g, &b->qkv, x); /* (B,T,(H+2K)D) */
    if (angles)
        qkv = nn_rotary(g, qkv, b->config.heads + b->config.kv_heads, angles);
    return nn_linear(g, &b->out, nn_self_attention_with(g, qkv, how));
}

/* q, k, v from one matrix or three. */
static void multiply(Graph *g, const NnBlock *b, Tensor *x, Tensor *keys, Tensor *qkv[3])
{
    const NnBlockConfig *c = &b->config;
    if (!c->packed) {
        qkv[0] = nn_linear(g, &b->q, x);
        qkv[1] = nn_linear(g, &b->k, keys);
        qkv[2] = nn_linear(g, &b->v, keys);
        return;
    }
    int q = c->heads * c->head_dim, kv = c->kv_heads * c->head_dim;
    Tensor *of_x = nn_linear(g, &b->qkv, x), *of_keys = keys == x ? of_x : nn_linear(g, &b->qkv, keys);
    qkv[0] = nn_slice(g, of_x, 2, 0, q);
    qkv[1] = nn_slice(g, of_keys, 2, q, kv);
    qkv[2] = nn_slice(g, of_keys, 2, q + kv, kv);
}

/* The same, normalised and turned to their positions. */
static void project(Graph *g, const NnBlock *b, Tensor *x, Tensor *keys, const Tensor *angles,
                    Tensor *qkv[3])
{
    const NnBlockConfig *c = &b->config;
    multiply(g, b, x, keys, qkv);
    if (c->qk_norm) {
        qkv[0] = norm_heads(g, &b->q_norm, qkv[0], c->head_dim);
        qkv[1] = norm_heads(g, &b->k_norm, qkv[1], c->head_dim);
    }
    if (angles) {
        qkv[0] = nn_rotary(g, qkv[0], c->heads, angles);
        qkv[1] = nn_rotary(g, qkv[1], c->kv_heads, angles);
    }
}

/* ---- a prefix ------------------------------------------------------------------------------------ */

/* p (S,C) or (B,S,C) in front of x (B,T,C) -> (B,S+T,C). */
static Tensor *after_prefix(Graph *g, Tensor *p, Tensor *x)
{
    int batch = x->shape[0], count = p->shape[p->rank - 2];
    if (p->rank == 2) {
        int *rows = arena_alloc(nn_arena(g), sizeof *rows * (size_t)batch * (size_t)count);
        for (int i = 0; i < batch * count; i++)
            rows[i] = i % count;
        p = nn_embedding(g, p, rows, batch, count);
    }
    return nn_concat(g, p, x, 1);
}

/* Each row of t (...,S) with `count` times `value` in front: nn_attention gives masks and biases no gradient. */
static const Tensor *wider(Graph *g, const Tensor *t, int count, float value)
{
    int shape[TENSOR_MAX_RANK], old = t->shape[t->rank - 1], wide = old + count;
    memcpy(shape, t->shape, sizeof shape);
    shape[t->rank - 1] = wide;
    Tensor *out = tensor_make(nn_arena(g), t->rank, shape);
    for (size_t row = 0; row < t->size / (size_t)old; row++) {
        float *to = out->data + row * (size_t)wide;
        for (int i = 0; i < count; i++)
            to[i] = value;
        memcpy(to + count, t->data + row * (size_t)old, sizeof *to * (size_t)old);
    }
    return out;
}

/* A mask (B,T,S) that says what first (B,T) and mask ((T,S), (B,T,S) or NULL) say together. */
static const Tensor *mask_of_first(Graph *g, const int *first, const Tensor *mask, int batch, int time,
                                   int keys)
{
    size_t period = mask ? mask->size : 1;
    Tensor *out = nn_input(g, batch, time, keys);
    for (size_t i = 0; i < out->size; i++) {
        bool seen = (int)(i % (size_t)keys) >= first[i / (size_t)keys];
        out->data[i] = seen && (!mask || mask->data[i % period] != 0);
    }
    return out;
}

/* Who sees whom when `count` keys come in front of `keys` others, which all queries see. */
static NnAttention with_prefix(Graph *g, NnAttention how, int count, int batch, int time, int keys)
{
    if (how.lengths) {
        int *lengths = arena_alloc(nn_arena(g), sizeof *lengths * (size_t)batch);
        for (int i = 0; i < batch; i++)
            lengths[i] = how.lengths[i] + count;
        how.lengths = lengths;
    }
    if (how.first)
        how.mask = mask_of_first(g, how.first, how.mask, batch, time, keys);
    how.first = NULL;
    how.mask = how.mask ? wider(g, how.mask, count, 1) : NULL;
    how.bias = how.bias ? wider(g, how.bias, count, 0) : NULL;
    return how;
}

static void check_prefix(Graph *g, const NnPrefix *p, const Tensor *keys)
{
    const Tensor *k = p->keys;
    if (!p->values || !tensor_same_shape(k, p->values))
        nn_shape_error(g, "nn_block", k, p->values, "keys and values of a prefix have one shape");
    if (k->rank < 2 || k->rank > 3 || k->shape[k->rank - 1] != keys->shape[2] ||
        (k->rank == 3 && k->shape[0] != keys->shape[0]))
        nn_shape_error(g, "nn_block", k, keys, "a prefix of keys (S,KD) or (B,S,KD), and keys (B,T,KD)");
}

static bool has_prefix(const NnBlock *b)
{
    return b->prefix && b->prefix->keys;
}

static Tensor *attend(Graph *g, const NnBlock *b, Tensor *qkv[3], NnAttention how)
{
    if (has_prefix(b)) {
        const NnPrefix *p = b->prefix;
        check_prefix(g, p, qkv[1]);
        how = with_prefix(g, how, p->keys->shape[p->keys->rank - 2], qkv[0]->shape[0], qkv[0]->shape[1],
                          qkv[1]->shape[1]);
        qkv[1] = after_prefix(g, p->keys, qkv[1]);
        qkv[2] = after_prefix(g, p->values, qkv[2]);
    }
    return nn_attention_with(g, qkv[0], qkv[1], qkv[2], &how);
}

Tensor *nn_block_attention(Graph *g, const NnBlock *b, Tensor *x, Tensor *keys, const NnBlockCall *call)
{
    const NnBlockConfig *c = &b->config;
    NnAttention how = call->attention;
    how.heads = c->heads;
    how.kv_heads = c->kv_heads;
    if (c->packed && keys == x && !c->qk_norm && !has_prefix(b))
        return attend_packed(g, b, x, &how, call->angles);
    Tensor *qkv[3];
    project(g, b, x, keys, call->angles, qkv);
    return nn_linear(g, &b->out, attend(g, b, qkv, how));
}

Tensor *nn_block_feed_forward(Graph *g, const NnBlock *b, Tensor *x)
{
    const NnBlockConfig *c = &b->config;
    Tensor *up = nn_linear(g, &b->up, x); /* (B,T,F) */
    if (!c->gated)
        return nn_linear(g, &b->down, nn_activate(g, c->activation, up));
    Tensor *gate = c->gate_packed ? nn_slice(g, up, 2, 0, c->hidden) : nn_linear(g, &b->gate, x);
    up = c->gate_packed ? nn_slice(g, up, 2, c->hidden, c->hidden) : up;
    return nn_linear(g, &b->down, nn_mul(g, nn_activate(g, c->activation, gate), up));
}

//> block
/* The input of a part, normalised before it if that is where norms are. */
static Tensor *before(Graph *g, const NnBlock *b, const Norm *n, Tensor *x)
{
    return b->config.post_norm ? x : nn_norm(g, n, x);
}

/* x and what a part adds, itself normalised in a sandwich. */
static Tensor *added(Graph *g, const NnBlock *b, const Norm *n, const Norm *after, Tensor *x, Tensor *part)
{
    if (b->config.sandwich)
        part = nn_norm(g, after, part);
    Tensor *sum = nn_add(g, x, nn_dropout(g, part, b->config.dropout));
    return b->config.post_norm ? nn_norm(g, n, sum) : sum;
}

Tensor *nn_block(Graph *g, const NnBlock *b, Tensor *x, const NnBlockCall *told)
{
    const NnBlockCall *call = told ? told : &(NnBlockCall){.memory = NULL};
    Tensor *h = before(g, b, &b->norm1, x);
    Tensor *keys = call->keys ? before(g, b, &b->norm1, call->keys) : h;
    x = added(g, b, &b->norm1, &b->norm1_after, x, nn_block_attention(g, b, h, keys, call));
    if (call->memory) {
        NnAttention how = call->cross;
        how.heads = b->config.heads;
        if (!b->config.cross)
            nn_shape_error(g, "nn_block", x, call->memory,
                           "a memory, but the block has no cross-attention");
        h = nn_mha_with(g, &b->cross, before(g, b, &b->norm_cross, x), call->memory, &how);
        x = added(g, b, &b->norm_cross, NULL, x, h);
    }
    h = nn_block_feed_forward(g, b, before(g, b, &b->norm2, x));
    return added(g, b, &b->norm2, &b->norm2_after, x, h);
}
//< block

NnPrefix nn_block_keys(Graph *g, const NnBlock *b, Tensor *x, const NnBlockCall *call)
{
    Tensor *h = before(g, b, &b->norm1, x), *qkv[3];
    project(g, b, h, h, call ? call->angles : NULL, qkv);
    return (NnPrefix){qkv[1], qkv[2]};
}

/* ---- positions ----------------------------------------------------------------------------------- */

NnPositions nn_positions_new(Params *p, const char *name, NnPositionKind kind, int context, int channels,
                             float std, Rng *rng)
{
    NnPositions made = {.kind = kind, .context = context};
    made.rotary = (TensorRotary){.kind = TENSOR_ROTARY_PLAIN, .theta = 10000, .factor = 1, .original = 1};
    if (kind == NN_LEARNED)
        made.table = nn_embedding_new(p, name, context, channels, std, rng);
    return made;
}

/* Rows of the sinusoids at any positions. */
static Tensor *sinusoids_at(Graph *g, const int *ids, int batch, int time, int channels)
{
    int last = 0;
    for (int i = 0; i < batch * time; i++)
        last = ids[i] > last ? ids[i] : last;
    return nn_embedding(g, nn_sinusoids(nn_arena(g), last + 1, channels), ids, batch, time);
}

Tensor *nn_positions_add(Graph *g, const NnPositions *p, Tensor *x, const int *ids)
{
    int batch = x->shape[0], time = x->shape[1], channels = x->shape[2];
    if (p->kind == NN_LEARNED && !ids && time > p->context)
        nn_shape_error(g, "nn_positions_add", x, p->table, "the sequence is longer than the context");
    if (p->kind == NN_LEARNED)
        return nn_add(
            g, x, ids ? nn_embedding(g, p->table, ids, batch, time) : nn_slice(g, p->table, 0, 0, time));
    if (p->kind == NN_SINUSOIDAL)
        return nn_add(g, x,
                      ids ? sinusoids_at(g, ids, batch, time, channels)
                          : nn_sinusoids(nn_arena(g), time, channels));
    return x;
}

const Tensor *nn_positions_angles(Graph *g, const NnPositions *p, int head_dim, const int *ids, int n)
{
    return p->kind == NN_ROTARY ? nn_rotary_angles(nn_arena(g), &p->rotary, head_dim, ids, n) : NULL;
}
