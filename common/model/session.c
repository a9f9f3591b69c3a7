/* session.c -- a forward pass over rows, each of which is a token of a lane at a position.
 *
 * Reading a prompt and writing a token are the same pass: many rows of one lane,
 * or one row of each lane. Only attention tells them apart: many rows share the
 * keys they look at, so there it is a matrix product. */
#include "common/model/cache.h"

#include "common/base/error.h"
#include "common/base/threads.h"
#include "common/tensor/kernels.h"

#include <math.h>
#include <omp.h>
#include <stdlib.h>
#include <string.h>

enum {
    CHUNK = 256,    /* rows of one pass at most */
    QUERIES = 32,   /* rows that attend together */
    ATTEND_ONE = 8, /* with fewer rows, each attends for itself */
    SMALL = 1 << 16 /* with fewer products, waking the threads takes longer */
};

typedef struct Lane {
    int *slots; /* (capacity): where the token at each position lies in the cache */
    int length;
    int start; /* model_session_follow: the token of the text that is at position 0 */
    int ahead; /* model_session_prefix: the first slots, which no token stands at */
} Lane;

/* The rows of one pass. */
typedef struct Rows {
    int n;
    int lane[CHUNK], position[CHUNK], slot[CHUNK];
    int place[CHUNK]; /* in the lane: what is ahead of its text counts, as it does not for the position */
    bool one_lane;    /* all of one lane, at places that follow each other */
} Rows;

/* Room for CHUNK rows of what a pass computes. */
typedef struct Work {
    float *x;        /* (n,C) the stream */
    float *normed;   /* (n,C) */
    float *qkv;      /* (n, (H + 2 K) D) */
    float *attended; /* (n, H D) */
    float *added;    /* (n,C) what a part adds to the stream */
    float *up;       /* (n, F or 2F) */
    float *gated;    /* (n,F), only where there is a gate */
    QuantInput input;
    float *spans;   /* of cache_attend */
    float *threads; /* for each thread: keys (capacity,D), values (capacity,D), scores (QUERIES,capacity) */
} Work;

/* Of rotary positions; NULL where there are none. */
typedef struct Angles {
    float *cosines, *sines; /* (capacity, D/2) */
} Angles;

struct ModelSession {
    const ModelRun *model;
    int lanes, capacity, slots, threads;
    Lane *lane;
    Cache cache;
    int *users; /* (slots): lanes that hold it */
    int *free, free_count;
    Angles angles, local; /* local: of the layers with a window, if there are any */
    Work work;
    float *logits;  /* (lanes,V) */
    int *reordered; /* (lanes, capacity): room for model_session_reorder */
    Arena *arena;
};

/* ---- sessions ------------------------------------------------------------------------------------ */

static size_t kv_width(const ModelConfig *c)
{
    return (size_t)c->kv_heads * (size_t)c->head_dim;
}

static size_t qkv_width(const ModelConfig *c)
{
    return (size_t)c->heads * (size_t)c->head_dim + 2 * kv_width(c);
}

static size_t thread_floats(const ModelSession *s)
{
    return (size_t)s->capacity * (2 * (size_t)s->model->config.head_dim + QUERIES);
}

static float *floats(ModelSession *s, size_t rows, size_t cols)
{
    return arena_alloc(s->arena, rows * cols * sizeof(float));
}

static void make_work(ModelSession *s)
{
    const ModelConfig *c = &s->model->config;
    size_t rows = (size_t)(s->capacity < CHUNK ? s->capacity : CHUNK), width = (size_t)c->channels;
    size_t joined = (size_t)c->heads * (size_t)c->head_dim, hidden = (size_t)c->hidden;
    rows = rows < (size_t)s->lanes ? (size_t)s->lanes : rows;
    size_t widest = width > joined ? width : joined;
    widest = widest > hidden ? widest : hidden;
    s->work =
        (Work){.x = floats(s, rows, width),
               .normed = floats(s, rows, width),
               .qkv = floats(s, rows, qkv_width(c)),
               .attended = floats(s, rows, joined),
               .added = floats(s, rows, width),
               .up = floats(s, rows, model_config_gated(c) ? 2 * hidden : hidden),
               .gated = model_config_gated(c) ? floats(s, rows, hidden) : NULL,
               .spans = floats(
                   s, 1, cache_room(&s->cache, s->lanes > ATTEND_ONE ? s->lanes : ATTEND_ONE, s->capacity)),
               .threads = floats(s, (size_t)s->threads, thread_floats(s))};
    if (s->model->kind != QUANT_NONE)
        s->work.input = quant_input_new(s->arena, (int)rows, (int)widest);
}

static Angles make_angles(ModelSession *s, const TensorRotary *rotary)
{
    int dim = s->model->config.head_dim;
    size_t half = (size_t)dim / 2;
    Angles a = {floats(s, (size_t)s->capacity, half), floats(s, (size_t)s->capacity, half)};
    for (int p = 0; p < s->capacity; p++)
        tensor_rotary_angles(rotary, dim, p, a.cosines + (size_t)p * half, a.sines + (size_t)p * half);
    return a;
}

ModelSession *model_session_new(const ModelRun *m, int lanes, int capacity)
{
    return model_session_new_in(m, lanes, capacity, MODEL_CACHE_F32);
}

ModelSession *model_session_new_in(const ModelRun *m, int lanes, int capacity, ModelCacheKind cache)
{
    const ModelConfig *c = &m->config;
    if (c->family == MODEL_BERT)
        FATAL("model_session_new: a bert reads a text as a whole: see model_encode");
    if (lanes < 1 || lanes > CHUNK || capacity < 0 || capacity > c->context)
        FATAL("model_session_new: %d lanes of %d tokens; expected 1 to %d lanes and at most %d tokens",
              lanes, capacity, CHUNK, c->context);
    ModelSession *s = memory_zero(1, sizeof *s);
    s->model = m;
    s->arena = arena_new();
    s->threads = omp_get_max_threads();
    s->lanes = lanes;
    s->capacity = capacity ? capacity : c->context;
    s->slots = s->free_count = lanes * s->capacity;
    size_t slots = (size_t)s->slots;
    s->cache = cache_new(s->arena, c, cache, s->slots);
    s->users = memset(arena_alloc(s->arena, slots * sizeof *s->users), 0, slots * sizeof *s->users);
    s->free = arena_alloc(s->arena, slots * sizeof *s->free);
    for (int i = 0; i < s->slots; i++)
        s->free[i] = s->slots - 1 - i; /* the lowest comes first */
    s->lane = arena_alloc(s->arena, (size_t)lanes * sizeof *s->lane);
    for (int i = 0; i < lanes; i++)
        s->lane[i] = (Lane){arena_alloc(s->arena, (size_t)s->capacity * sizeof(int)), 0, 0, 0};
    s->reordered = arena_alloc(s->arena, slots * sizeof *s->reordered);
    s->logits = floats(s, (size_t)lanes, (size_t)c->vocab);
    make_work(s);
    if (!m->positions)
        s->angles = make_angles(s, &c->rotary);
    if (c->window)
        s->local = make_angles(s, &c->local_rotary);
    return s;
}

void model_session_free(ModelSession *s)
{
    if (!s)
        return;
    arena_free(s->arena);
    free(s);
}

const ModelRun *model_session_model(const ModelSession *s)
{
    return s->model;
}

int model_session_length(const ModelSession *s, int lane)
{
    return s->lane[lane].length;
}

int model_session_capacity(const ModelSession *s)
{
    return s->capacity;
}

/* ---- slots --------------------------------------------------------------------------------------- */

static void leave_slot(ModelSession *s, int slot)
{
    if (--s->users[slot] == 0)
        s->free[s->free_count++] = slot;
}

void model_session_rewind(ModelSession *s, int lane, int length)
{
    Lane *l = &s->lane[lane];
    if (length < 0 || length > l->length)
        FATAL("model_session_rewind: to %d tokens, but the lane holds %d", length, l->length);
    while (l->length > length)
        leave_slot(s, l->slots[--l->length]);
    l->start = length ? l->start : 0;
    l->ahead = length < l->ahead ? length : l->ahead;
}

void model_session_reorder(ModelSession *s, const int *parents)
{
    size_t room = (size_t)s->capacity;
    for (int i = 0; i < s->lanes; i++) {
        const Lane *from = &s->lane[parents[i]];
        memcpy(s->reordered + (size_t)i * room, from->slots, (size_t)from->length * sizeof(int));
        for (int p = 0; p < from->length; p++)
            s->users[from->slots[p]]++;
    }
    int lengths[CHUNK], starts[CHUNK], ahead[CHUNK];
    for (int i = 0; i < s->lanes; i++) {
        lengths[i] = s->lane[parents[i]].length;
        starts[i] = s->lane[parents[i]].start;
        ahead[i] = s->lane[parents[i]].ahead;
    }
    for (int i = 0; i < s->lanes; i++) {
        model_session_rewind(s, i, 0);
        s->lane[i].length = lengths[i];
        s->lane[i].start = starts[i];
        s->lane[i].ahead = ahead[i];
        memcpy(s->lane[i].slots, s->reordered + (size_t)i * room, (size_t)lengths[i] * sizeof(int));
    }
}

/* The next place of a lane gets a slot. */
static int take_slot(ModelSession *s, Lane *l)
{
    if (l->length >= s->capacity)
        FATAL("a lane of %d tokens is full", s->capacity);
    int slot = s->free[--s->free_count];
    s->users[slot] = 1;
    l->slots[l->length++] = slot;
    return slot;
}

/* It becomes a row of the pass. */
static void add_row(ModelSession *s, Rows *rows, int lane)
{
    rows->lane[rows->n] = lane;
    rows->place[rows->n] = s->lane[lane].length;
    rows->position[rows->n] = s->lane[lane].length - s->lane[lane].ahead;
    rows->slot[rows->n++] = take_slot(s, &s->lane[lane]);
}

void model_session_prefix(ModelSession *s, int lane, const float *keys, const float *values, int count)
{
    Lane *l = &s->lane[lane];
    if (l->length > 0 || s->model->config.window)
        FATAL("model_session_prefix: %s",
              l->length > 0 ? "the lane holds tokens already" : "a window would slide over the prefix");
    for (int i = 0; i < count; i++) {
        int slot = take_slot(s, l);
        for (int layer = 0; layer < s->model->config.layers; layer++) {
            size_t at = ((size_t)layer * (size_t)count + (size_t)i) * kv_width(&s->model->config);
            cache_put(&s->cache, layer, slot, keys + at, values + at);
        }
    }
    l->ahead = count;
}

/* ---- the pass ------------------------------------------------------------------------------------ */

static void embed(ModelSession *s, const Rows *rows, const int *ids)
{
    const ModelRun *m = s->model;
    size_t width = (size_t)m->config.channels;
    float scale = model_config_embedding_scale(&m->config);
    for (int i = 0; i < rows->n; i++) {
        float *x = s->work.x + (size_t)i * width;
        if (ids[i] < 0 || ids[i] >= m->config.vocab)
            FATAL("token %d is not in a vocabulary of %d", ids[i], m->config.vocab);
        model_weight_row(&m->tokens, ids[i], x);
        for (size_t j = 0; scale != 1 && j < width; j++)
            x[j] *= scale;
        const float *place = m->positions ? m->positions + (size_t)rows->position[i] * width : NULL;
        for (size_t j = 0; place && j < width; j++)
            x[j] += place[j];
    }
}

/* Queries and keys are normalised, where they are, and turned to their position; keys and values go into the
 * cache. */
static void remember(ModelSession *s, const Rows *rows, int layer)
{
    const ModelConfig *c = &s->model->config;
    const ModelLayer *l = &s->model->layers[layer];
    size_t kv = kv_width(c), queries = (size_t)c->heads * (size_t)c->head_dim;
    const Angles *angles = model_config_window(c, layer) ? &s->local : &s->angles;
#pragma omp parallel for schedule(static) if (rows->n > 4)
    for (int i = 0; i < rows->n; i++) {
        float *qkv = s->work.qkv + (size_t)i * qkv_width(c);
        size_t turn = (size_t)rows->position[i] * (size_t)(c->head_dim / 2);
        if (l->q_norm) {
            model_run_norm_heads(c, l->q_norm, qkv, c->heads);
            model_run_norm_heads(c, l->k_norm, qkv + queries, c->kv_heads);
        }
        if (angles->cosines)
            tensor_rotary_turn(qkv, qkv, 0, c->heads + c->kv_heads, c->head_dim, angles->cosines + turn,
                               angles->sines + turn, 1);
        cache_put(&s->cache, layer, rows->slot[i], qkv + queries, qkv + queries + kv);
    }
}

/* The first place that a row at a place sees. */
static int first_seen(const ModelConfig *c, int layer, int place)
{
    int window = model_config_window(c, layer);
    return window && place >= window ? place - window + 1 : 0;
}

/* Each row by itself. */
static void attend_rows(ModelSession *s, const Rows *rows, int layer)
{
    const ModelConfig *c = &s->model->config;
    CacheQuery queries[CHUNK];
    for (int i = 0; i < rows->n; i++) {
        int first = first_seen(c, layer, rows->place[i]);
        queries[i] = (CacheQuery){s->work.qkv + (size_t)i * qkv_width(c),
                                  s->lane[rows->lane[i]].slots + first, rows->place[i] + 1 - first,
                                  s->work.attended + (size_t)i * (size_t)c->heads * (size_t)c->head_dim};
    }
    cache_attend(&s->cache, layer, queries, rows->n, s->work.spans);
}

/* Rows first .. first+count of one lane, and the query heads that share `kv`: their scores are a matrix; each row
 * counts the keys from the first that it sees to its own position. */
static void attend_block(const ModelSession *s, const Rows *rows, int first, int count, int layer, int kv,
                         float *room)
{
    const ModelConfig *c = &s->model->config;
    int dim = c->head_dim, group = c->heads / c->kv_heads;
    int begin = first_seen(c, layer, rows->place[first]), start = rows->place[first] - begin,
        seen = start + count;
    const int *slots = s->lane[rows->lane[first]].slots + begin;
    float *keys = room, *values = keys + (size_t)s->capacity * (size_t)dim;
    float *score = values + (size_t)s->capacity * (size_t)dim; /* (count,seen) */
    cache_gather(&s->cache, layer, kv, slots, seen, keys, values);
    for (int h = kv * group; h < (kv + 1) * group; h++) {
        const float *q = s->work.qkv + (size_t)first * qkv_width(c) + (size_t)h * (size_t)dim;
        float *out = s->work.attended + ((size_t)first * (size_t)c->heads + (size_t)h) * (size_t)dim;
        kernel_matmul_serial(count, seen, dim, 1 / sqrtf((float)dim), (Matrix){q, (int)qkv_width(c), false},
                             (Matrix){keys, dim, true}, 0, score, seen);
        for (int i = 0; i < count; i++) {
            float *line = score + (size_t)i * (size_t)seen;
            int from = first_seen(c, layer, rows->place[first] + i) - begin;
            memset(line, 0, (size_t)from * sizeof *line);
            kernel_softmax_row(line + from, start + i + 1 - from);
            memset(line + start + i + 1, 0, (size_t)(count - i - 1) * sizeof *line);
        }
        kernel_matmul_serial(count, dim, seen, 1, (Matrix){score, seen, false},
                             (Matrix){values, dim, false}, 0, out, c->heads * dim);
    }
}

static void attend(ModelSession *s, const Rows *rows, int layer)
{
    int kv_heads = s->model->config.kv_heads, parts = (rows->n + QUERIES - 1) / QUERIES;
    if (!rows->one_lane || rows->n < ATTEND_ONE) {
        attend_rows(s, rows, layer);
        return;
    }
    size_t products = (size_t)rows->n * (size_t)rows->place[rows->n - 1] * qkv_width(&s->model->config);
    int threads = omp_get_max_threads() < s->threads ? omp_get_max_threads() : s->threads;
#pragma omp parallel for schedule(dynamic, 1) num_threads(threads) if (products > SMALL)
    for (int task = parts * kv_heads - 1; task >= 0; task--) { /* the blocks that see most come first */
        float *room = s->work.threads + (size_t)omp_get_thread_num() * thread_floats(s);
        int first = task / kv_heads * QUERIES;
        attend_block(s, rows, first, rows->n - first < QUERIES ? rows->n - first : QUERIES, layer,
                     task % kv_heads, room);
    }
}

/* The first half of each row is the gate of the second. */
static void apply_gate(const ModelConfig *c, const float *up, int n, float *out)
{
    size_t hidden = (size_t)c->hidden;
#pragma omp parallel for schedule(static) if (n > 4)
    for (int i = 0; i < n; i++) {
        float *line = out + (size_t)i * hidden;
        const float *passed = up + ((size_t)i * 2 + 1) * hidden;
        memcpy(line, up + (size_t)i * 2 * hidden, hidden * sizeof *line);
        model_activate(c->activation, line, hidden);
        for (size_t j = 0; j < hidden; j++)
            line[j] *= passed[j];
    }
}

static void add(float *x, const float *y, size_t n)
{
    KERNEL_FOR(i, n)
    x[i] += y[i];
}

/* The residual stream takes in what a part made, normalised where there is a norm for it. */
static void add_part(ModelSession *s, int n, const ModelNorm *after)
{
    const ModelConfig *c = &s->model->config;
    if (after->gain)
        model_run_norm(c, after, s->work.added, n, s->work.added);
    add(s->work.x, s->work.added, (size_t)n * (size_t)c->channels);
}

static void pass_layer(ModelSession *s, const Rows *rows, int layer)
{
    const ModelConfig *c = &s->model->config;
    const ModelLayer *l = &s->model->layers[layer];
    Work *w = &s->work;
    model_run_norm(c, &l->norm1, w->x, rows->n, w->normed);
    model_weight_product(&l->qkv, w->normed, rows->n, &w->input, w->qkv);
    remember(s, rows, layer);
    attend(s, rows, layer);
    model_weight_product(&l->out, w->attended, rows->n, &w->input, w->added);
    add_part(s, rows->n, &l->norm1_after);
    model_run_norm(c, &l->norm2, w->x, rows->n, w->normed);
    model_weight_product(&l->up, w->normed, rows->n, &w->input, w->up);
    if (model_config_gated(c))
        apply_gate(c, w->up, rows->n, w->gated);
    else
        model_activate(c->activation, w->up, (size_t)rows->n * (size_t)c->hidden);
    model_weight_product(&l->down, model_config_gated(c) ? w->gated : w->up, rows->n, &w->input, w->added);
    add_part(s, rows->n, &l->norm2_after);
}

/* Rows of a pass go through all layers: the residual stream is then in work.x. */
static void pass_layers(ModelSession *s, const Rows *rows, const int *ids)
{
    threads_pace();
    embed(s, rows, ids);
    for (int i = 0; i < s->model->config.layers; i++)
        pass_layer(s, rows, i);
}

/* The same, and the logits of the rows from `first` on. */
static void pass(ModelSession *s, const Rows *rows, const int *ids, int first, float *logits)
{
    const ModelConfig *c = &s->model->config;
    pass_layers(s, rows, ids);
    if (first >= rows->n)
        return;
    model_run_norm(c, &s->model->norm, s->work.x + (size_t)first * (size_t)c->channels, rows->n - first,
                   s->work.normed);
    model_weight_product(&s->model->head, s->work.normed, rows->n - first, &s->work.input, logits);
}

/* The next tokens of a lane, at most CHUNK of n. */
static Rows next_rows(ModelSession *s, int lane, int n)
{
    Rows rows = {.one_lane = true};
    while (rows.n < n && rows.n < CHUNK)
        add_row(s, &rows, lane);
    return rows;
}

/* n tokens of one lane, in passes of at most CHUNK. logits after each, or, with last_only, after the
 * last. */
static void read_tokens(ModelSession *s, int lane, const int *ids, int n, bool last_only, float *logits)
{
    for (int done = 0; done < n;) {
        Rows rows = next_rows(s, lane, n - done);
        int take = rows.n;
        bool last = done + take == n;
        pass(s, &rows, ids + done, !last_only ? 0 : last ? take - 1 : take, logits);
        done += take;
        if (!last_only)
            logits += (size_t)take * (size_t)s->model->config.vocab;
    }
}

const float *model_session_read(ModelSession *s, int lane, const int *ids, int n)
{
    if (n < 1)
        FATAL("model_session_read: %d tokens, expected at least 1", n);
    read_tokens(s, lane, ids, n, true, s->logits);
    return s->logits;
}

void model_session_score(ModelSession *s, int lane, const int *ids, int n, float *logits)
{
    read_tokens(s, lane, ids, n, false, logits);
}

void model_session_hidden(ModelSession *s, int lane, const int *ids, int n, float *states)
{
    const ModelConfig *c = &s->model->config;
    for (int done = 0; done < n;) {
        Rows rows = next_rows(s, lane, n - done);
        pass_layers(s, &rows, ids + done);
        model_run_norm(c, &s->model->norm, s->work.x, rows.n, states + (size_t)done * (size_t)c->channels);
        done += rows.n;
    }
}

const float *model_session_follow(ModelSession *s, int lane, const int *ids, int count)
{
    Lane *l = &s->lane[lane];
    int start = l->start;
    if (l->ahead)
        FATAL("model_session_follow: the lane has a prefix, which a full lane would forget");
    if (count - start > s->capacity)
        start = count - (l->length ? (s->capacity + 1) / 2 : s->capacity);
    int held = start == l->start ? l->length : 0, wanted = count - start;
    model_session_rewind(s, lane, held < wanted ? held : wanted - 1); /* the last is read in any case */
    l->start = start;
    return model_session_read(s, lane, ids + start + l->length, wanted - l->length);
}

const float *model_session_step(ModelSession *s, const int *ids)
{
    Rows rows = {.one_lane = s->lanes == 1};
    for (int i = 0; i < s->lanes; i++)
        add_row(s, &rows, i);
    pass(s, &rows, ids, 0, s->logits);
    return s->logits;
}
