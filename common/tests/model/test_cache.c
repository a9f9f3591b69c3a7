/* test_cache.c -- attention of single tokens to cached keys and values, against plain loops in double. */
#include "common/base/base.h"
#include "common/model/cache.h"

#include <check.h>
#include <math.h>
#include <omp.h>
#include <stdlib.h>
#include <string.h>

static Rng rng;

static void seed(void)
{
    rng = rng_new(31);
}

enum { SLOTS = 330, LAYERS = 2 };

/* Heads of queries, of keys, and their width. */
static const int shapes[][3] = {{3, 3, 64}, {4, 2, 16}, {6, 1, 5}, {2, 2, 128}, {5, 5, 80}, {8, 4, 24}};
enum { SHAPES = sizeof shapes / sizeof *shapes };

/* A cache whose slots are all filled, and what was put there, layer after layer. */
typedef struct Filled {
    Arena *arena;
    Cache cache;
    int width;            /* of a row */
    float *keys, *values; /* (LAYERS,SLOTS,width) */
    int slots[SLOTS];     /* in no order */
    float *room;
} Filled;

static Filled filled(ModelCacheKind kind, const int shape[3], int rows)
{
    Filled f = {.arena = arena_new(), .width = shape[1] * shape[2]};
    ModelConfig config = {.heads = shape[0], .kv_heads = shape[1], .head_dim = shape[2], .layers = LAYERS};
    size_t size = (size_t)(LAYERS * SLOTS * f.width);
    f.cache = cache_new(f.arena, &config, kind, SLOTS);
    f.keys = memory_new(size * sizeof *f.keys);
    f.values = memory_new(size * sizeof *f.values);
    for (size_t i = 0; i < size; i++) {
        f.keys[i] = rng_normal(&rng);
        f.values[i] = rng_normal(&rng);
    }
    for (int i = 0; i < LAYERS * SLOTS; i++)
        cache_put(&f.cache, i / SLOTS, i % SLOTS, f.keys + i * f.width, f.values + i * f.width);
    for (int i = 0; i < SLOTS; i++)
        f.slots[i] = i;
    for (int i = SLOTS - 1; i > 0; i--) {
        int other = rng_below(&rng, i + 1), held = f.slots[i];
        f.slots[i] = f.slots[other];
        f.slots[other] = held;
    }
    f.room = arena_alloc(f.arena, cache_room(&f.cache, rows, SLOTS) * sizeof *f.room);
    return f;
}

static void filled_free(Filled *f)
{
    arena_free(f->arena);
    free(f->keys);
    free(f->values);
}

static float *random_query(const Filled *f)
{
    int size = f->cache.heads * f->cache.dim;
    float *q = memory_new(sizeof *q * (size_t)size);
    for (int i = 0; i < size; i++)
        q[i] = 2 * rng_normal(&rng);
    return q;
}

static const float *row_of(const Filled *f, const float *rows, int layer, int slot, int head)
{
    int kv = head / (f->cache.heads / f->cache.kv_heads);
    return rows + (size_t)((layer * SLOTS + slot) * f->width + kv * f->cache.dim);
}

/* Head h of what a token finds, in double. */
static void plain_head(const Filled *f, int layer, const CacheQuery *query, int h, double *out)
{
    int dim = f->cache.dim;
    double score[SLOTS], max = -INFINITY, sum = 0;
    for (int t = 0; t < query->seen; t++) {
        const float *k = row_of(f, f->keys, layer, query->slots[t], h);
        score[t] = 0;
        for (int i = 0; i < dim; i++)
            score[t] += (double)query->q[h * dim + i] * (double)k[i] / sqrt(dim);
        max = fmax(max, score[t]);
    }
    for (int t = 0; t < query->seen; t++)
        sum += score[t] = exp(score[t] - max);
    for (int i = 0; i < dim; i++)
        out[i] = 0;
    for (int t = 0; t < query->seen; t++) {
        const float *v = row_of(f, f->values, layer, query->slots[t], h);
        for (int i = 0; i < dim; i++)
            out[i] += score[t] / sum * (double)v[i];
    }
}

/* The root of the mean squared error of all heads, values being of size 1. */
static double error_of(const Filled *f, int layer, const CacheQuery *query)
{
    double sum = 0, out[128];
    for (int h = 0; h < f->cache.heads; h++) {
        plain_head(f, layer, query, h, out);
        for (int i = 0; i < f->cache.dim; i++)
            sum += pow((double)query->out[h * f->cache.dim + i] - out[i], 2);
    }
    return sqrt(sum / (f->cache.heads * f->cache.dim));
}

/* Around the rows that are read together, the spans, and several of them. */
static const int lengths[] = {1, 2, 3, 4, 5, 8, 63, 64, 65, 66, 127, 128, 129, 200, SLOTS};
enum { LENGTHS = sizeof lengths / sizeof *lengths };
static const double errors[] = {1e-6, 1e-3, 2e-2};

START_TEST(one_token)
{
    ModelCacheKind kind = (ModelCacheKind)(_i % MODEL_CACHE_KINDS);
    Filled f = filled(kind, shapes[_i / MODEL_CACHE_KINDS], 1);
    float *q = random_query(&f), out[1024];
    for (int i = 0; i < LENGTHS; i++) {
        CacheQuery query = {q, f.slots + rng_below(&rng, SLOTS - lengths[i] + 1), lengths[i], out};
        memset(out, 0xff, sizeof out); /* NaN */
        cache_attend(&f.cache, i % LAYERS, &query, 1, f.room);
        double error = error_of(&f, i % LAYERS, &query);
        ck_assert_msg(error <= errors[kind], "%s, %d tokens: error %g", model_cache_names[kind], lengths[i],
                      error);
    }
    free(q);
    filled_free(&f);
}
END_TEST

/* Several tokens at once see what each of them sees alone, and the number of threads does not show. */
START_TEST(many_tokens)
{
    enum { ROWS = 5, MAX = 1024 };
    ModelCacheKind kind = (ModelCacheKind)(_i % MODEL_CACHE_KINDS);
    static const int seen[ROWS] = {SLOTS, 1, 100, 64, 129};
    Filled f = filled(kind, shapes[_i / MODEL_CACHE_KINDS], ROWS);
    float *q[ROWS], alone[MAX], together[ROWS][MAX];
    CacheQuery queries[ROWS];
    size_t size = (size_t)(f.cache.heads * f.cache.dim) * sizeof(float);
    for (int i = 0; i < ROWS; i++) {
        q[i] = random_query(&f);
        queries[i] = (CacheQuery){q[i], f.slots, seen[i], together[i]};
    }
    for (int threads = 1; threads <= 3; threads++) {
        omp_set_num_threads(threads);
        cache_attend(&f.cache, 1, queries, ROWS, f.room);
        for (int i = 0; i < ROWS; i++) {
            CacheQuery one = queries[i];
            one.out = alone;
            cache_attend(&f.cache, 1, &one, 1, f.room);
            ck_assert(memcmp(alone, together[i], size) == 0);
        }
    }
    for (int i = 0; i < ROWS; i++)
        free(q[i]);
    filled_free(&f);
}
END_TEST

/* f16 keeps 11 bits of a number, int8 127 steps of the largest of its head. */
START_TEST(what_is_kept)
{
    ModelCacheKind kind = (ModelCacheKind)(_i % MODEL_CACHE_KINDS);
    const int *shape = shapes[_i / MODEL_CACHE_KINDS];
    Filled f = filled(kind, shape, 1);
    float *keys = memory_new(sizeof *keys * SLOTS * (size_t)shape[2]),
          *values = memory_new(sizeof *values * SLOTS * (size_t)shape[2]);
    for (int kv = 0; kv < shape[1]; kv++) {
        cache_gather(&f.cache, 1, kv, f.slots, SLOTS, keys, values);
        for (int i = 0; i < SLOTS * shape[2]; i++) {
            int group = shape[0] / shape[1], slot = f.slots[i / shape[2]];
            const float *k = row_of(&f, f.keys, 1, slot, kv * group);
            double largest = 0, x = (double)k[i % shape[2]];
            for (int j = 0; j < shape[2]; j++)
                largest = fmax(largest, fabs((double)k[j]));
            double room = kind == MODEL_CACHE_F32   ? 0
                          : kind == MODEL_CACHE_F16 ? fmax(fabs(x) * 0x1p-11, 0x1p-25)
                                                    : largest / 254 * 1.0001;
            ck_assert(fabs((double)keys[i] - x) <= room);
            ck_assert(kind != MODEL_CACHE_F32 ||
                      values[i] == row_of(&f, f.values, 1, slot, kv * group)[i % shape[2]]);
        }
    }
    free(keys);
    free(values);
    filled_free(&f);
}
END_TEST

/* Halves are right to the bit: ties to the even one, the smallest, the largest, signs, and what is beyond. */
START_TEST(halves)
{
    static const float given[] = {0,
                                  1,
                                  -1,
                                  65504,
                                  -65504,
                                  1e9f,
                                  -INFINITY,
                                  0x1p-14f,
                                  0x1p-24f,
                                  0x1p-25f,
                                  0x1.8p-24f,
                                  1 + 0x1p-11f,
                                  1 + 0x1.8p-10f,
                                  1 + 0x1.1p-11f,
                                  3.14159274f,
                                  -0x1.ff8p-15f};
    static const float kept[] = {
        0,        1, -1,       65504, -65504,      65504,        -65504,    0x1p-14f,
        0x1p-24f, 0, 0x1p-23f, 1,     1 + 0x1p-9f, 1 + 0x1p-10f, 3.140625f, -0x1.ff8p-15f};
    enum { N = sizeof given / sizeof *given };
    Arena *arena = arena_new();
    ModelConfig config = {.heads = 1, .kv_heads = 1, .head_dim = N, .layers = 1};
    Cache cache = cache_new(arena, &config, MODEL_CACHE_F16, 1);
    float keys[N], values[N];
    cache_put(&cache, 0, 0, given, given);
    cache_gather(&cache, 0, 0, (const int[]){0}, 1, keys, values);
    for (int i = 0; i < N; i++)
        ck_assert_msg(keys[i] == kept[i] && values[i] == kept[i], "%a became %a", (double)given[i],
                      (double)keys[i]);
    arena_free(arena);
}
END_TEST

int main(void)
{
    Suite *s = suite_create("cache");
    TCase *t = tcase_create("cache");
    tcase_add_checked_fixture(t, seed, NULL);
    tcase_add_loop_test(t, one_token, 0, SHAPES * MODEL_CACHE_KINDS);
    tcase_add_loop_test(t, many_tokens, 0, SHAPES * MODEL_CACHE_KINDS);
    tcase_add_loop_test(t, what_is_kept, 0, SHAPES * MODEL_CACHE_KINDS);
    tcase_add_test(t, halves);
    suite_add_tcase(s, t);
    SRunner *r = srunner_create(s);
    srunner_run_all(r, CK_NORMAL);
    int failed = srunner_ntests_failed(r);
    srunner_free(r);
    return failed != 0;
}
