/* cache.c -- rows of keys and values in 32, 16 or 8 bits, read once. */
#include "common/model/cache.h"

#include "common/tensor/vmath.h"

#include <math.h>
#include <string.h>

#if defined __AVX512F__
enum { LANES = 16 };
#define LOW_HALVES 0, 16, 1, 17, 2, 18, 3, 19, 4, 20, 5, 21, 6, 22, 7, 23
#define HIGH_HALVES 8, 24, 9, 25, 10, 26, 11, 27, 12, 28, 13, 29, 14, 30, 15, 31
#define FOUR 0, 4, 8, 12
#elif defined __AVX2__ || defined __AVX__
enum { LANES = 8 };
#define LOW_HALVES 0, 8, 1, 9, 2, 10, 3, 11
#define HIGH_HALVES 4, 12, 5, 13, 6, 14, 7, 15
#define FOUR 0, 2, 4, 6
#else
enum { LANES = 4 };
#define LOW_HALVES 0, 4, 1, 5
#define HIGH_HALVES 2, 6, 3, 7
#define FOUR 0, 1, 2, 3
#endif

enum {
    SPAN = 64,       /* positions that one thread sees at a time */
    PAD = 16,        /* numbers: the vectors of any processor divide it */
    QUARTERS = 64,   /* numbers of 8 bits that lie together */
    SMALL = 1 << 16, /* with fewer products, waking the threads takes longer */
    LINE = 64        /* bytes that the memory brings at once */
};

#define INLINE __attribute__((always_inline)) static inline

typedef float Vector __attribute__((vector_size(LANES * sizeof(float)), may_alias));
typedef float Loose __attribute__((vector_size(LANES * sizeof(float)), aligned(4), may_alias));
typedef int32_t Whole __attribute__((vector_size(LANES * sizeof(int32_t)), may_alias));
typedef int16_t Halves __attribute__((vector_size(LANES * sizeof(int16_t)), aligned(2), may_alias));
typedef uint32_t Bits __attribute__((vector_size(LANES * sizeof(uint32_t)), may_alias));
typedef uint32_t LooseBits __attribute__((vector_size(LANES * sizeof(uint32_t)), aligned(4), may_alias));
typedef float Four __attribute__((vector_size(4 * sizeof(float)), aligned(4), may_alias));

const char *const model_cache_names[MODEL_CACHE_KINDS + 1] = {"f32", "f16", "int8", NULL};

/* ---- numbers of 16 and of 8 bits ------------------------------------------------------------------------ */

/* The bits of half precision, in place in a float: its value times 2^-112, zero and the smallest included. Who
 * multiplies it has 2^112 in the other factor. */
#define HALF_SCALE 0x1p112f

static inline Vector of_half(const uint8_t *from)
{
    return (Vector)(((Bits) __builtin_convertvector(*(const Halves *)from, Whole) << 13) & 0x8fffe000u);
}

/* What is beyond 65504, or no number, counts as that. */
static uint16_t half_of(float x)
{
    enum { MAX = 65504 };
    float size = fabsf(x), scaled = (size < MAX ? size : MAX) * 0x1p-112f;
    uint32_t bits;
    memcpy(&bits, &scaled, sizeof bits);
    bits += 0xfff + (bits >> 13 & 1); /* to the nearest, or the even one */
    return (uint16_t)(bits >> 13 | (signbit(x) ? 0x8000 : 0));
}

static inline size_t number_bytes(ModelCacheKind kind)
{
    return kind == MODEL_CACHE_F32 ? sizeof(float) : kind == MODEL_CACHE_F16 ? sizeof(uint16_t) : 1;
}

/* Numbers i .. i+LANES of a row, without their scale; in 8 bits, 4 vectors lie in the bytes of one. */
static inline Vector load(ModelCacheKind kind, const uint8_t *row, unsigned i)
{
    if (kind == MODEL_CACHE_F32)
        return *(const Loose *)(row + i * sizeof(float));
    if (kind == MODEL_CACHE_F16)
        return of_half(row + i * sizeof(uint16_t));
    Bits four = *(const LooseBits *)(row + i / QUARTERS * QUARTERS + i % PAD * 4);
    return __builtin_convertvector((Whole)(four << (24 - i % QUARTERS / PAD * 8)) >> 24, Vector);
}

/* What the numbers of head kv are to be multiplied by: in 8 bits it comes after the numbers of the row. */
static inline float scale_of(ModelCacheKind kind, const Cache *c, const uint8_t *row, int kv)
{
    float scale = kind == MODEL_CACHE_F16 ? HALF_SCALE : 1;
    if (kind == MODEL_CACHE_INT8)
        memcpy(&scale, row + c->scales + (size_t)kv * sizeof scale, sizeof scale);
    return scale;
}

/* Where number i of a row in 8 bits lies: 4 of them, PAD apart, in a word; vectors of words then hold them in order. */
static size_t place_of(int i)
{
    return (size_t)(i / QUARTERS * QUARTERS + i % PAD * 4 + i % QUARTERS / PAD);
}

static void put_int8(const Cache *c, const float *x, int kv, uint8_t *row)
{
    float max = 0;
    for (int i = 0; i < c->dim; i++)
        max = fabsf(x[i]) > max ? fabsf(x[i]) : max;
    float scale = max / 127, inverse = max > 0 ? 127 / max : 0;
    for (int i = 0; i < c->dim; i++) {
        float whole = rintf(x[i] * inverse);
        ((int8_t *)row)[place_of(kv * c->padded + i)] =
            whole >= -127 && whole <= 127 ? (int8_t)whole : 0; /* 0 for what is not a number */
    }
    memcpy(row + c->scales + (size_t)kv * sizeof scale, &scale, sizeof scale);
}

/* ---- rows ------------------------------------------------------------------------------------------------ */

static size_t rounded_up(size_t n, size_t to)
{
    return (n + to - 1) / to * to;
}

static Cache layout_of(const ModelConfig *config, ModelCacheKind kind)
{
    Cache c = {.kind = kind,
               .heads = config->heads,
               .kv_heads = config->kv_heads,
               .dim = config->head_dim,
               .padded = (int)rounded_up((size_t)config->head_dim, PAD)};
    size_t heads = (size_t)c.kv_heads;
    c.scales = rounded_up(heads * (size_t)c.padded * number_bytes(kind), LINE);
    c.row_bytes = c.scales + (kind == MODEL_CACHE_INT8 ? rounded_up(heads * sizeof(float), LINE) : 0);
    return c;
}

size_t model_cache_bytes(const ModelConfig *c, ModelCacheKind kind)
{
    return 2 * (size_t)c->layers * layout_of(c, kind).row_bytes;
}

Cache cache_new(Arena *arena, const ModelConfig *config, ModelCacheKind kind, int slots)
{
    Cache c = layout_of(config, kind);
    c.slots = slots;
    size_t bytes = (size_t)config->layers * (size_t)slots * c.row_bytes;
    c.keys = arena_alloc(arena, bytes);
    c.values = arena_alloc(arena, bytes);
    return c;
}

static uint8_t *row_of(const Cache *c, uint8_t *rows, int layer, int slot)
{
    return rows + ((size_t)layer * (size_t)c->slots + (size_t)slot) * c->row_bytes;
}

static void put_row(const Cache *c, const float *x, uint8_t *row)
{
    memset(row, 0, c->row_bytes);
    for (int kv = 0; kv < c->kv_heads; kv++, x += c->dim) {
        uint8_t *head = row + (size_t)(kv * c->padded) * number_bytes(c->kind);
        if (c->kind == MODEL_CACHE_F32)
            memcpy(head, x, (size_t)c->dim * sizeof *x);
        else if (c->kind == MODEL_CACHE_INT8)
            put_int8(c, x, kv, row);
        for (int i = 0; c->kind == MODEL_CACHE_F16 && i < c->dim; i++) {
            uint16_t half = half_of(x[i]);
            memcpy(head + (size_t)i * sizeof half, &half, sizeof half);
        }
    }
}

void cache_put(const Cache *c, int layer, int slot, const float *key, const float *value)
{
    put_row(c, key, row_of(c, c->keys, layer, slot));
    put_row(c, value, row_of(c, c->values, layer, slot));
}

static void get_head(const Cache *c, const uint8_t *row, int kv, float *out)
{
    float scale = scale_of(c->kind, c, row, kv);
    for (int i = 0; i < c->dim; i += LANES) {
        Vector x = scale * load(c->kind, row, (unsigned)(kv * c->padded + i));
        int left = c->dim - i;
        memcpy(out + i, &x, sizeof *out * (size_t)(left < LANES ? left : LANES));
    }
}

void cache_gather(const Cache *c, int layer, int kv, const int *slots, int count, float *keys,
                  float *values)
{
    size_t dim = (size_t)c->dim;
    for (int t = 0; t < count; t++) {
        get_head(c, row_of(c, c->keys, layer, slots[t]), kv, keys + (size_t)t * dim);
        get_head(c, row_of(c, c->values, layer, slots[t]), kv, values + (size_t)t * dim);
    }
}

/* ---- one span ---------------------------------------------------------------------------------------------- */

/* What a thread found in one span: for each head the sum of e^(score - max) v, and the same without v. */
typedef struct Found {
    float *max, *sum; /* (H) */
    float *out;       /* (H,padded) */
} Found;

static size_t found_floats(const Cache *c)
{
    return ((size_t)c->heads * (size_t)(c->padded + 2) + PAD - 1) / PAD * PAD;
}

static Found found_at(const Cache *c, float *room, size_t span)
{
    float *at = room + span * found_floats(c), *max = at + (size_t)c->heads * (size_t)c->padded;
    return (Found){max, max + c->heads, at};
}

enum { TOGETHER = 4 }; /* rows that are read side by side: as many streams as any processor fetches ahead */

/* Where each of them begins, and each of those after them; where fewer are left, the last one again. */
typedef struct Rows {
    const uint8_t *now[TOGETHER], *next[TOGETHER];
} Rows;

static inline Rows find_rows(const Cache *c, uint8_t *rows, int layer, const int *slots, int left)
{
    Rows r;
    for (int i = 0; i < TOGETHER; i++) {
        r.now[i] = row_of(c, rows, layer, slots[i < left ? i : left - 1]);
        r.next[i] = row_of(c, rows, layer, slots[i + TOGETHER < left ? i + TOGETHER : left - 1]);
    }
    return r;
}

/* Asks the memory for head kv of the next rows, which then arrives while that of these is read. */
INLINE void ask_for(ModelCacheKind kind, int padded, const Cache *c, const Rows *r, int kv)
{
    size_t at = (size_t)(kv * padded) * number_bytes(kind);
    for (int i = 0; i < TOGETHER; i++) {
#pragma GCC unroll 8
        for (size_t b = 0; b < (size_t)padded * number_bytes(kind); b += LINE)
            __builtin_prefetch(r->next[i] + at + b, 0, 2);
        if (kind == MODEL_CACHE_INT8 && kv == 0)
            __builtin_prefetch(r->next[i] + c->scales, 0, 2);
    }
}

/* The numbers of a fold onto those of b, each with the one half a vector further. */
static inline Vector fold(Vector a, Vector b)
{
    return __builtin_shufflevector(a, b, LOW_HALVES) + __builtin_shufflevector(a, b, HIGH_HALVES);
}

/* score[i] = q k of TOGETHER rows; q has the scale of f16, rows have their own of int8. */
INLINE void score_head(ModelCacheKind kind, int padded, const Cache *c, const Rows *r, int kv,
                       const float *q, float *score)
{
    unsigned first = (unsigned)kv * (unsigned)padded;
    Vector sum[TOGETHER];
#pragma GCC unroll 4
    for (int i = 0; i < TOGETHER; i++)
        sum[i] = (Vector){0};
#pragma GCC unroll 4
    for (int d = 0; d < padded; d += LANES) {
        Vector part = *(const Loose *)(q + d);
#pragma GCC unroll 4
        for (int i = 0; i < TOGETHER; i++)
            sum[i] += part * load(kind, r->now[i], first + (unsigned)d);
    }
    Vector all = fold(fold(sum[0], sum[2]), fold(sum[1], sum[3]));
#pragma GCC unroll 4
    for (int left = LANES / TOGETHER; left > 1; left /= 2) /* each sum is there `left` times in parts */
        all = fold(all, all);
    *(Four *)score = __builtin_shufflevector(all, all, FOUR);
#pragma GCC unroll 4
    for (int i = 0; kind == MODEL_CACHE_INT8 && i < TOGETHER; i++)
        score[i] *= scale_of(kind, c, r->now[i], kv);
}

/* out += share v of TOGETHER rows. */
INLINE void add_head(ModelCacheKind kind, int padded, const Cache *c, const Rows *r, int kv,
                     const float *share, float *out)
{
    unsigned first = (unsigned)kv * (unsigned)padded;
    float part[TOGETHER];
#pragma GCC unroll 4
    for (int i = 0; i < TOGETHER; i++)
        part[i] = share[i] * scale_of(kind, c, r->now[i], kv);
#pragma GCC unroll 4
    for (int d = 0; d < padded; d += LANES) {
        Vector sum = *(const Loose *)(out + d);
#pragma GCC unroll 4
        for (int i = 0; i < TOGETHER; i++)
            sum += part[i] * load(kind, r->now[i], first + (unsigned)d);
        *(Loose *)(out + d) = sum;
    }
}

/* Scores become e^(score - max); what lies beyond the span counts nothing. */
static void weigh(const Cache *c, int count, float (*score)[SPAN], const Found *f)
{
    for (int h = 0; h < c->heads; h++) {
        float max = -INFINITY, sum = 0, *row = score[h];
        for (int t = 0; t < count; t++)
            max = row[t] > max ? row[t] : max;
#pragma omp simd reduction(+ : sum)
        for (int t = 0; t < SPAN; t++) {
            row[t] = t < count ? vmath_exp(row[t] - max) : 0;
            sum += row[t];
        }
        f->max[h] = max;
        f->sum[h] = sum;
    }
}

/* q (H,padded), already divided by sqrt(D), and with the scale of the keys where it is one for all. */
INLINE void attend_span(ModelCacheKind kind, int padded, const Cache *c, int layer, const float *q,
                        const int *slots, int count, float (*score)[SPAN], const Found *f)
{
    int group = c->heads / c->kv_heads;
    for (int t = 0; t < count; t += TOGETHER) {
        Rows r = find_rows(c, c->keys, layer, slots + t, count - t);
        for (int kv = 0; kv < c->kv_heads; kv++) {
            ask_for(kind, padded, c, &r, kv);
            for (int h = kv * group; h < (kv + 1) * group; h++)
                score_head(kind, padded, c, &r, kv, q + (size_t)h * (size_t)padded, score[h] + t);
        }
    }
    weigh(c, count, score, f);
    memset(f->out, 0, (size_t)c->heads * (size_t)padded * sizeof *f->out);
    for (int t = 0; t < count; t += TOGETHER) {
        Rows r = find_rows(c, c->values, layer, slots + t, count - t);
        for (int kv = 0; kv < c->kv_heads; kv++) {
            ask_for(kind, padded, c, &r, kv);
            for (int h = kv * group; h < (kv + 1) * group; h++)
                add_head(kind, padded, c, &r, kv, score[h] + t, f->out + (size_t)h * (size_t)padded);
        }
    }
}

/* Written out for the usual widths, so that the sums stay in registers. */
INLINE void attend_kind(ModelCacheKind kind, const Cache *c, int layer, const float *q, const int *slots,
                        int count, float (*score)[SPAN], const Found *f)
{
    if (c->padded == 32)
        attend_span(kind, 32, c, layer, q, slots, count, score, f);
    else if (c->padded == 64)
        attend_span(kind, 64, c, layer, q, slots, count, score, f);
    else if (c->padded == 128)
        attend_span(kind, 128, c, layer, q, slots, count, score, f);
    else
        attend_span(kind, c->padded, c, layer, q, slots, count, score, f);
}

/* ---- all spans ------------------------------------------------------------------------------------------- */

static int spans_of(int seen)
{
    return (seen + SPAN - 1) / SPAN;
}

static void attend_task(const Cache *c, int layer, const CacheQuery *query, int span, const Found *f)
{
    float q[c->heads * c->padded], score[c->heads][SPAN];
    float factor = (c->kind == MODEL_CACHE_F16 ? HALF_SCALE : 1) / sqrtf((float)c->dim);
    for (int h = 0; h < c->heads; h++) {
        for (int i = 0; i < c->padded; i++)
            q[h * c->padded + i] = i < c->dim ? factor * query->q[h * c->dim + i] : 0;
    }
    int first = span * SPAN, left = query->seen - first, count = left < SPAN ? left : SPAN;
    if (c->kind == MODEL_CACHE_F32)
        attend_kind(MODEL_CACHE_F32, c, layer, q, query->slots + first, count, score, f);
    else if (c->kind == MODEL_CACHE_F16)
        attend_kind(MODEL_CACHE_F16, c, layer, q, query->slots + first, count, score, f);
    else
        attend_kind(MODEL_CACHE_INT8, c, layer, q, query->slots + first, count, score, f);
}

/* Head h of a token: its spans, each weighed by e^(its max - the max of all). */
static void join_spans(const Cache *c, const CacheQuery *query, int h, float *room)
{
    float max = -INFINITY, sum = 0, *out = query->out + (size_t)h * (size_t)c->dim;
    int spans = spans_of(query->seen);
    for (int s = 0; s < spans; s++) {
        float here = found_at(c, room, (size_t)s).max[h];
        max = here > max ? here : max;
    }
    memset(out, 0, (size_t)c->dim * sizeof *out);
    for (int s = 0; s < spans; s++) {
        Found f = found_at(c, room, (size_t)s);
        float share = vmath_exp(f.max[h] - max), *part = f.out + (size_t)h * (size_t)c->padded;
        sum += share * f.sum[h];
#pragma omp simd
        for (int i = 0; i < c->dim; i++)
            out[i] += share * part[i];
    }
    for (int i = 0; i < c->dim; i++)
        out[i] /= sum;
}

size_t cache_room(const Cache *c, int rows, int seen)
{
    return (size_t)rows * (size_t)spans_of(seen) * found_floats(c);
}

void cache_attend(const Cache *c, int layer, const CacheQuery *queries, int n, float *room)
{
    int max = 0;
    size_t products = 0, width = (size_t)c->heads * (size_t)c->padded;
    for (int i = 0; i < n; i++) {
        max = queries[i].seen > max ? queries[i].seen : max;
        products += (size_t)queries[i].seen * width;
    }
    int spans = spans_of(max);
    size_t each = (size_t)spans * found_floats(c);
#pragma omp parallel if (products > SMALL)
    {
#pragma omp for schedule(dynamic, 1)
        for (int task = 0; task < n * spans; task++) {
            int row = task / spans, span = task % spans;
            Found f = found_at(c, room + (size_t)row * each, (size_t)span);
            if (span < spans_of(queries[row].seen))
                attend_task(c, layer, &queries[row], span, &f);
        }
#pragma omp for schedule(static)
        for (int task = 0; task < n * c->heads; task++)
            join_spans(c, &queries[task / c->heads], task % c->heads,
                       room + (size_t)(task / c->heads) * each);
    }
}
