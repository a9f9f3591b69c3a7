/* test_infer.c -- models of four families against PyTorch, and every way of reading a text against
 * every other. What the fixtures hold is made by fixtures/make_models.py. */
#include "common/base/base.h"
#include "common/model/encoder.h"
#include "common/model/folder.h"
#include "common/model/session.h"
#include "common/nn/nn.h"
#include "common/model/model.h"
#include "common/model/safetensors.h"
#include "common/tensor/kernels.h"

#include <check.h>
#include <math.h>
#include <omp.h>
#include <stdlib.h>
#include <string.h>

#define FIXTURES "common/tests/fixtures/"

/* ---- golden values ------------------------------------------------------------------------------- */

typedef struct Golden {
    ModelRun *model;
    Safetensors *file;
    int *ids, count;
} Golden;

static float *golden_floats(const Golden *g, const char *name, size_t *size)
{
    int shape[TENSOR_MAX_RANK], rank = model_safetensors_shape(g->file, name, shape);
    Error e = {""};
    ck_assert_msg(rank > 0, "no %s", name);
    *size = 1;
    for (int i = 0; i < rank; i++)
        *size *= (size_t)shape[i];
    float *x = memory_new(*size * sizeof *x);
    ck_assert_msg(model_safetensors_read(g->file, name, rank, shape, x, false, &e), "%s", e.text);
    return x;
}

static int *golden_ids(const Golden *g, const char *name, int *count)
{
    size_t size;
    float *x = golden_floats(g, name, &size);
    int *ids = memory_new(size * sizeof *ids);
    for (size_t i = 0; i < size; i++)
        ids[i] = (int)x[i];
    *count = (int)size;
    free(x);
    return ids;
}

static Golden golden_open(const char *family, QuantKind kind)
{
    char path[200];
    Error e = {""};
    Golden g = {0};
    snprintf(path, sizeof path, FIXTURES "%s", family);
    g.model = model_run_load(path, kind, &e);
    ck_assert_msg(g.model != NULL, "%s", e.text);
    snprintf(path, sizeof path, FIXTURES "%s/golden.safetensors", family);
    g.file = model_safetensors_open(path, &e);
    ck_assert_msg(g.file != NULL, "%s", e.text);
    g.ids = golden_ids(&g, "ids", &g.count);
    return g;
}

static void golden_close(Golden *g)
{
    model_run_free(g->model);
    model_safetensors_close(g->file);
    free(g->ids);
}

static void check_close(const Golden *g, const char *name, const float *x, double tolerance)
{
    size_t size;
    float *expected = golden_floats(g, name, &size);
    float distance = tensor_distance(x, expected, size);
    ck_assert_msg(distance <= tolerance, "%s: a distance of %g", name, (double)distance);
    free(expected);
}

static const char *const decoders[] = {"gpt2",  "gpt2_half", "llama", "llama_shards", "qwen2",
                                       "qwen3", "mistral",   "phi3",  "gemma3"};
enum { DECODERS = sizeof decoders / sizeof *decoders };

static float *logits_room(const Golden *g)
{
    return memory_new(sizeof(float) * (size_t)g->count * (size_t)g->model->config.vocab);
}

/* The whole text at once, and a token at a time. */
START_TEST(decoders_equal_pytorch)
{
    Golden g = golden_open(decoders[_i], QUANT_NONE);
    size_t vocab = (size_t)g.model->config.vocab;
    float *logits = logits_room(&g);
    ModelSession *s = model_session_new(g.model, 1, 0);
    model_session_score(s, 0, g.ids, g.count, logits);
    check_close(&g, "logits", logits, 1e-4);
    model_session_rewind(s, 0, 0);
    for (int t = 0; t < g.count; t++)
        memcpy(logits + (size_t)t * vocab, model_session_step(s, g.ids + t), vocab * sizeof *logits);
    check_close(&g, "logits", logits, 1e-4);
    model_session_free(s);
    free(logits);
    golden_close(&g);
}
END_TEST

static const char *const encoders[] = {"bert", "bert_old"};

START_TEST(encoders_equal_pytorch)
{
    Golden g = golden_open(encoders[_i], QUANT_NONE);
    int count, *types = golden_ids(&g, "types", &count), width = g.model->config.channels;
    ck_assert_int_eq(count, g.count);
    float *states = memory_new(sizeof *states * (size_t)(count * width)), *logits = logits_room(&g),
          pooled[64];
    model_encode(g.model, g.ids, types, count, states);
    model_encode_pooled(g.model, states, pooled);
    model_encode_logits(g.model, states, count, logits);
    check_close(&g, "states", states, 1e-4);
    check_close(&g, "pooled", pooled, 1e-4);
    check_close(&g, "logits", logits, 1e-4);
    free(states);
    free(logits);
    free(types);
    golden_close(&g);
}
END_TEST

/* ---- a session and the graph that trains --------------------------------------------------------- */

START_TEST(session_equals_the_graph)
{
    const ModelConfig c = model_config_gpt2(
        (ModelConfig){.vocab = 53, .context = 300, .layers = 3, .heads = 3, .channels = 48});
    enum { N = 290 };
    Rng rng = rng_new(3);
    ModelDecoder *gpt = model_decoder_new(&c, 0, &rng);
    for (int i = 0; i < gpt->params.count; i++)
        tensor_normal(gpt->params.items[i].tensor, 0.2f, &rng);
    int ids[N];
    for (int i = 0; i < N; i++)
        ids[i] = rng_below(&rng, c.vocab);
    Graph *g = nn_graph_new();
    nn_graph_record(g, false);
    const float *expected = model_decoder_logits(g, gpt, ids, 1, N)->data;
    ModelRun *m = model_run_of_decoder(gpt, QUANT_NONE);
    ModelSession *s = model_session_new(m, 1, 0);
    float *logits = memory_new(sizeof *logits * N * (size_t)c.vocab);
    model_session_score(s, 0, ids, N, logits); /* more than one pass */
    ck_assert_float_le(tensor_distance(logits, expected, (size_t)(N * c.vocab)), 1e-4f);
    model_session_rewind(s, 0, 0);
    const int parts[] = {1, 7, 8, 100, 3, 171};
    for (size_t i = 0, at = 0; i < sizeof parts / sizeof *parts; at += (size_t)parts[i++]) {
        const float *last = model_session_read(s, 0, ids + at, parts[i]);
        size_t row = at + (size_t)parts[i] - 1;
        ck_assert_float_le(tensor_distance(last, expected + row * (size_t)c.vocab, (size_t)c.vocab), 1e-4f);
    }
    ck_assert_int_eq(model_session_length(s, 0), N);
    model_session_free(s);
    model_run_free(m);
    nn_graph_free(g);
    model_decoder_free(gpt);
    free(logits);
}
END_TEST

/* ---- rounded weights ----------------------------------------------------------------------------- */

enum { VOCAB = 64, TIME = 48 };

/* Sequences that count up in steps of 1 to 5, with some noise: something to learn and something not. */
static void fill_text(Rng *rng, int *ids, int n)
{
    int step = 1 + rng_below(rng, 5);
    ids[0] = rng_below(rng, VOCAB);
    for (int i = 1; i < n; i++)
        ids[i] = rng_below(rng, 8) ? (ids[i - 1] + step) % VOCAB : rng_below(rng, VOCAB);
}

/* A GPT after a few seconds of training. */
static ModelDecoder *trained(void)
{
    const ModelConfig c = model_config_gpt2(
        (ModelConfig){.vocab = VOCAB, .context = TIME, .layers = 2, .heads = 4, .channels = 96});
    enum { BATCH = 8, STEPS = 250 };
    int ids[BATCH * TIME], targets[BATCH * TIME];
    Rng rng = rng_new(1);
    ModelDecoder *m = model_decoder_new(&c, 0, &rng);
    Optimizer *o = nn_adamw_new(&m->params, 0.9f, 0.99f, 0.1f);
    Graph *g = nn_graph_new();
    for (int step = 0; step < STEPS; step++) {
        for (int b = 0; b < BATCH; b++) {
            int text[TIME + 1];
            fill_text(&rng, text, TIME + 1);
            memcpy(ids + b * TIME, text, sizeof *ids * TIME);
            memcpy(targets + b * TIME, text + 1, sizeof *ids * TIME);
        }
        nn_backward(g, model_decoder_loss(g, m, ids, targets, BATCH, TIME));
        nn_clip_gradients(o, 1);
        nn_optimizer_step(o, nn_cosine_rate(step, 20, STEPS, 3e-3f, 3e-4f));
        nn_graph_reset(g);
    }
    nn_graph_free(g);
    nn_optimizer_free(o);
    return m;
}

/* e^(mean cross-entropy) over texts it has not seen, a token at a time. */
static double perplexity_of(const ModelDecoder *gpt, QuantKind kind, ModelCacheKind cache)
{
    enum { TEXTS = 60 };
    ModelRun *m = model_run_of_decoder(gpt, kind);
    ModelSession *s = model_session_new_in(m, 1, 0, cache);
    Rng rng = rng_new(2);
    double sum = 0;
    int text[TIME + 1];
    for (int i = 0; i < TEXTS; i++) {
        fill_text(&rng, text, TIME + 1);
        model_session_rewind(s, 0, 0);
        for (int t = 0; t < TIME; t++) {
            float logits[VOCAB];
            memcpy(logits, model_session_step(s, text + t), sizeof logits);
            double target = (double)logits[text[t + 1]];
            sum += (double)kernel_softmax_row(logits, VOCAB) - target; /* log sum exp - z */
        }
    }
    model_session_free(s);
    model_run_free(m);
    return exp(sum / (TEXTS * TIME));
}

START_TEST(rounding_costs_little)
{
    ModelDecoder *m = trained();
    double whole = perplexity_of(m, QUANT_NONE, MODEL_CACHE_F32),
           eight = perplexity_of(m, QUANT_INT8, MODEL_CACHE_F32),
           four = perplexity_of(m, QUANT_INT4, MODEL_CACHE_F32),
           half_cache = perplexity_of(m, QUANT_NONE, MODEL_CACHE_F16),
           eight_cache = perplexity_of(m, QUANT_NONE, MODEL_CACHE_INT8);
    printf("perplexity %.4f, int8 %+.3f%%, int4 %+.3f%%; cache in f16 %+.4f%%, in int8 %+.3f%%\n", whole,
           100 * (eight / whole - 1), 100 * (four / whole - 1), 100 * (half_cache / whole - 1),
           100 * (eight_cache / whole - 1));
    ck_assert_double_le(fabs(half_cache / whole - 1), 0.0005);
    ck_assert_double_le(fabs(eight_cache / whole - 1), 0.005);
    ck_assert_msg(whole < 8, "%g: it has learned nothing", whole);
    ck_assert_double_le(fabs(eight / whole - 1), 0.005);
    ck_assert_double_le(fabs(four / whole - 1), 0.05);
    model_decoder_free(m);
}
END_TEST

/* However keys and values are kept, a text read at once, a token at a time, and in lanes that share their beginning is
 * one text, and its logits are near those of float32. */
START_TEST(caches)
{
    ModelCacheKind kind = (ModelCacheKind)(_i % MODEL_CACHE_KINDS);
    Golden g = golden_open(decoders[_i / MODEL_CACHE_KINDS], QUANT_NONE);
    size_t vocab = (size_t)g.model->config.vocab, size;
    float *logits = logits_room(&g), *expected = golden_floats(&g, "logits", &size);
    ModelSession *s = model_session_new_in(g.model, 2, 0, kind);
    int half = g.count / 2, pair[2];
    double apart = 0, length = 0, between = 0;
    model_session_read(s, 0, g.ids, half);
    model_session_reorder(s, (const int[]){0, 0});
    for (int t = half; t < g.count; t++) {
        pair[0] = pair[1] = g.ids[t];
        const float *both = model_session_step(s, pair);
        ck_assert(memcmp(both, both + vocab, vocab * sizeof *both) == 0);
        memcpy(logits + (size_t)t * vocab, both, vocab * sizeof *both);
    }
    model_session_rewind(s, 1, 0);
    const float *last = model_session_read(s, 1, g.ids, g.count);
    for (size_t i = (size_t)half * vocab; i < size; i++) {
        apart += pow((double)(logits[i] - expected[i]), 2);
        length += pow((double)expected[i], 2);
        if (i >= size - vocab)
            between += pow((double)(logits[i] - last[i - (size - vocab)]), 2);
    }
    static const double errors[] = {1e-5, 1e-3, 3e-2};
    ck_assert_msg(sqrt(apart / length) <= errors[kind], "%s: %g", model_cache_names[kind],
                  sqrt(apart / length));
    ck_assert_double_le(sqrt(between / length), errors[kind]);
    model_session_free(s);
    free(logits);
    free(expected);
    golden_close(&g);
}
END_TEST

/* With rounded weights a text read at once and a token at a time are one computation but for
 * attention; and the logits stay near: these models, random and narrow, make the most of every error. */
START_TEST(rounded_families)
{
    QuantKind kind = _i % 2 ? QUANT_INT4 : QUANT_INT8;
    Golden g = golden_open(decoders[_i / 2], kind);
    size_t vocab = (size_t)g.model->config.vocab, size;
    float *logits = logits_room(&g), *steps = logits_room(&g),
          *expected = golden_floats(&g, "logits", &size);
    ModelSession *s = model_session_new(g.model, 1, 0);
    model_session_score(s, 0, g.ids, g.count, logits);
    model_session_rewind(s, 0, 0);
    for (int t = 0; t < g.count; t++)
        memcpy(steps + (size_t)t * vocab, model_session_step(s, g.ids + t), vocab * sizeof *steps);
    double apart = 0, length = 0, between = 0;
    for (size_t i = 0; i < size; i++) {
        apart += pow((double)(logits[i] - expected[i]), 2);
        between += pow((double)(logits[i] - steps[i]), 2);
        length += pow((double)expected[i], 2);
    }
    ck_assert_double_le(sqrt(apart / length), kind == QUANT_INT8 ? 0.08 : 0.6);
    ck_assert_double_le(sqrt(between / length),
                        0.02); /* one rounding that falls the other way shows so much */
    model_session_free(s);
    free(logits);
    free(steps);
    free(expected);
    golden_close(&g);
}
END_TEST

START_TEST(rounded_encoder)
{
    Golden g = golden_open("bert", QUANT_INT8);
    int count, *types = golden_ids(&g, "types", &count), width = g.model->config.channels;
    float *states = memory_new(sizeof *states * (size_t)(count * width));
    model_encode(g.model, g.ids, types, count, states);
    check_close(&g, "states", states, 0.2);
    free(states);
    free(types);
    golden_close(&g);
}
END_TEST

/* ---- lanes --------------------------------------------------------------------------------------- */

/* Lanes that part, exchange places and are cut back say what one lane says that reads the same text. */
START_TEST(lanes_share_and_part)
{
    Golden g = golden_open("qwen2", QUANT_NONE);
    int vocab = g.model->config.vocab;
    ModelSession *s = model_session_new(g.model, 3, 0), *one = model_session_new(g.model, 1, 0);
    int texts[3][32], lengths[3], steps = 12;
    Rng rng = rng_new(9);
    for (int i = 0; i < 3; i++)
        lengths[i] = 0;
    for (int t = 0; t < steps; t++) {
        int parents[3], next[3], copy[3][32], old[3];
        memcpy(copy, texts, sizeof texts);
        memcpy(old, lengths, sizeof old);
        for (int i = 0; i < 3; i++) {
            parents[i] = rng_below(&rng, 3);
            next[i] = rng_below(&rng, vocab);
            lengths[i] = old[parents[i]];
            memcpy(texts[i], copy[parents[i]], sizeof texts[i]);
        }
        model_session_reorder(s, parents);
        if (t == 6) { /* lane 1 forgets */
            lengths[1] /= 2;
            model_session_rewind(s, 1, lengths[1]);
        }
        const float *logits = model_session_step(s, next);
        for (int i = 0; i < 3; i++) {
            texts[i][lengths[i]++] = next[i];
            ck_assert_int_eq(model_session_length(s, i), lengths[i]);
            model_session_rewind(one, 0, 0);
            const float *alone = model_session_read(one, 0, texts[i], lengths[i]);
            ck_assert_float_le(tensor_distance(logits + i * vocab, alone, (size_t)vocab), 1e-4f);
        }
    }
    model_session_free(s);
    model_session_free(one);
    golden_close(&g);
}
END_TEST

/* A text longer than the cache: its end is seen. */
START_TEST(following_a_long_text)
{
    enum { ROOM = 8, LONG = 40 };
    Golden g = golden_open("gpt2", QUANT_NONE);
    int vocab = g.model->config.vocab, ids[LONG];
    ModelSession *s = model_session_new(g.model, 1, ROOM), *fresh = model_session_new(g.model, 1, ROOM);
    Rng rng = rng_new(4);
    for (int i = 0; i < LONG; i++)
        ids[i] = rng_below(&rng, vocab);
    for (int count = 3; count <= LONG; count++) {
        const float *logits = model_session_follow(s, 0, ids, count);
        int seen = model_session_length(s, 0);
        ck_assert(seen <= ROOM && seen >= (count < ROOM ? count : ROOM / 2));
        model_session_rewind(fresh, 0, 0);
        const float *expected = model_session_read(fresh, 0, ids + count - seen, seen);
        ck_assert_float_le(tensor_distance(logits, expected, (size_t)vocab), 1e-4f);
    }
    model_session_rewind(s, 0, 0);
    model_session_follow(s, 0, ids, LONG);
    ck_assert_int_eq(model_session_length(s, 0),
                     ROOM);                /* a text that is long from the start fills the cache */
    model_session_follow(s, 0, ids, LONG); /* asked again */
    ck_assert_int_eq(model_session_length(s, 0), ROOM);
    model_session_free(s);
    model_session_free(fresh);
    golden_close(&g);
}
END_TEST

/* The same bits with one thread and with three. */
START_TEST(threads_do_not_show)
{
    const ModelConfig c = model_config_gpt2(
        (ModelConfig){.vocab = 1000, .context = 64, .layers = 2, .heads = 5, .channels = 160});
    Rng rng = rng_new(6);
    ModelDecoder *gpt = model_decoder_new(&c, 0, &rng);
    int ids[64];
    for (int i = 0; i < 64; i++)
        ids[i] = rng_below(&rng, c.vocab);
    float *logits[2];
    for (int round = 0; round < 2; round++) {
        omp_set_num_threads(round ? 3 : 1);
        ModelRun *m = model_run_of_decoder(gpt, (QuantKind)_i);
        ModelSession *s = model_session_new(m, 1, 0);
        logits[round] = memory_new(sizeof(float) * 64 * 1000);
        model_session_score(s, 0, ids, 40, logits[round]);
        for (int i = 40; i < 64; i++)
            memcpy(logits[round] + i * 1000, model_session_step(s, ids + i), sizeof(float) * 1000);
        model_session_free(s);
        model_run_free(m);
    }
    ck_assert_mem_eq(logits[0], logits[1], sizeof(float) * 64 * 1000);
    free(logits[0]);
    free(logits[1]);
    model_decoder_free(gpt);
}
END_TEST

/* Keys and values that no token made, in both forms of a decoder: read at once, in parts, token by token, and by the
 * copy of a lane. */
START_TEST(a_prefix_counts_as_in_training)
{
    enum { N = 10, PREFIX = 3 };
    const char *const path = _i ? FIXTURES "qwen3" : FIXTURES "gpt2";
    Error e = {""};
    Rng rng = rng_new(8);
    Graph *g = nn_graph_new();
    ModelDecoder *d = model_decoder_load(path, &e);
    ck_assert_msg(d != NULL, "%s", e.text);
    const ModelConfig *c = &d->config;
    int width = c->kv_heads * c->head_dim, ids[N];
    Tensor *keys = nn_parameter(c->layers, PREFIX, width), *values = nn_parameter(c->layers, PREFIX, width);
    NnPrefix *prefix = memory_new(sizeof *prefix * (size_t)c->layers);
    tensor_normal(keys, 1, &rng);
    tensor_normal(values, 1, &rng);
    for (int i = 0; i < N; i++)
        ids[i] = rng_below(&rng, c->vocab);
    for (int i = 0; i < c->layers; i++) {
        Tensor *parts[] = {nn_slice(g, keys, 0, i, 1), nn_slice(g, values, 0, i, 1)};
        prefix[i] = (NnPrefix){nn_view(g, parts[0], 2, (int[]){PREFIX, width}),
                               nn_view(g, parts[1], 2, (int[]){PREFIX, width})};
        d->blocks[i].prefix = &prefix[i];
    }
    size_t row = (size_t)c->vocab;
    const float *want = model_decoder_logits(g, d, ids, 1, N)->data;
    ModelRun *run = model_run_of_decoder(d, QUANT_NONE);
    ModelSession *s = model_session_new(run, 2, 0);
    float *logits = memory_new(sizeof *logits * N * row);
    model_session_prefix(s, 0, keys->data, values->data, PREFIX);
    model_session_score(s, 0, ids, N, logits);
    ck_assert_float_le(tensor_distance(logits, want, N * row), 1e-4f);
    ck_assert_int_eq(model_session_length(s, 0), PREFIX + N);
    model_session_rewind(s, 0, PREFIX + N - 4);
    const float *last = model_session_read(s, 0, ids + N - 4, 3);
    ck_assert_float_le(tensor_distance(last, want + (N - 2) * row, row), 1e-4f);
    model_session_reorder(s, (const int[]){0, 0});
    last = model_session_step(s, (const int[]){ids[N - 1], ids[N - 1]});
    for (int lane = 0; lane < 2; lane++)
        ck_assert_float_le(tensor_distance(last + (size_t)lane * row, want + (N - 1) * row, row), 1e-4f);
    model_session_rewind(s, 0, 0); /* forgotten */
    for (int i = 0; i < c->layers; i++)
        d->blocks[i].prefix = NULL;
    want = model_decoder_logits(g, d, ids, 1, N)->data;
    model_session_score(s, 0, ids, N, logits);
    ck_assert_float_le(tensor_distance(logits, want, N * row), 1e-4f);
    free(logits);
    free(prefix);
    tensor_free(keys);
    tensor_free(values);
    model_session_free(s);
    model_run_free(run);
    model_decoder_free(d);
    nn_graph_free(g);
}
END_TEST

int main(void)
{
    Suite *s = suite_create("infer");
    TCase *t = tcase_create("infer");
    tcase_set_timeout(t, 300);
    tcase_add_loop_test(t, decoders_equal_pytorch, 0, DECODERS);
    tcase_add_loop_test(t, encoders_equal_pytorch, 0, 2);
    tcase_add_test(t, session_equals_the_graph);
    tcase_add_test(t, rounding_costs_little);
    tcase_add_loop_test(t, caches, 0, MODEL_CACHE_KINDS * DECODERS);
    tcase_add_loop_test(t, rounded_families, 0, 2 * DECODERS);
    tcase_add_test(t, rounded_encoder);
    tcase_add_test(t, lanes_share_and_part);
    tcase_add_test(t, following_a_long_text);
    tcase_add_loop_test(t, a_prefix_counts_as_in_training, 0, 2);
    tcase_add_loop_test(t, threads_do_not_show, 0, 3);
    suite_add_tcase(s, t);
    SRunner *r = srunner_create(s);
    srunner_run_all(r, CK_NORMAL);
    int failed = srunner_ntests_failed(r);
    srunner_free(r);
    return failed != 0;
}
