/* test_infer.c -- models of four families against PyTorch, and every way of reading a text against
 * every other. What the fixtures hold is made by fixtures/make_models.py. */
#include "common/base/base.h"
#include "common/nn/checkpoint.h"
#include "common/nn/encoder.h"
#include "common/nn/folder.h"
#include "common/nn/infer.h"
#include "common/nn/nn.h"
#include "common/nn/safetensors.h"

#include <check.h>
#include <math.h>
#include <omp.h>
#include <stdlib.h>
#include <string.h>

#define FIXTURES "common/tests/fixtures/"

/* ---- golden values --------------------------------------------------------------------------------------- */

typedef struct Golden {
    Model *model;
    Safetensors *file;
    int *ids, count;
} Golden;

static float *golden_floats(const Golden *g, const char *name, size_t *size)
{
    int shape[TENSOR_MAX_RANK], rank = nn_safetensors_shape(g->file, name, shape);
    Error e = {""};
    ck_assert_msg(rank > 0, "no %s", name);
    *size = 1;
    for (int i = 0; i < rank; i++)
        *size *= (size_t)shape[i];
    float *x = memory_new(*size * sizeof *x);
    ck_assert_msg(nn_safetensors_read(g->file, name, rank, shape, x, false, &e), "%s", e.text);
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
    g.model = nn_model_load(path, kind, &e);
    ck_assert_msg(g.model != NULL, "%s", e.text);
    snprintf(path, sizeof path, FIXTURES "%s/golden.safetensors", family);
    g.file = nn_safetensors_open(path, &e);
    ck_assert_msg(g.file != NULL, "%s", e.text);
    g.ids = golden_ids(&g, "ids", &g.count);
    return g;
}

static void golden_close(Golden *g)
{
    nn_model_free(g->model);
    nn_safetensors_close(g->file);
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

static const char *const decoders[] = {"gpt2", "gpt2_half", "llama", "llama_shards", "qwen2"};
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
    Session *s = nn_session_new(g.model, 1, 0);
    nn_session_score(s, 0, g.ids, g.count, logits);
    check_close(&g, "logits", logits, 1e-4);
    nn_session_rewind(s, 0, 0);
    for (int t = 0; t < g.count; t++)
        memcpy(logits + (size_t)t * vocab, nn_session_step(s, g.ids + t), vocab * sizeof *logits);
    check_close(&g, "logits", logits, 1e-4);
    nn_session_free(s);
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
    nn_encode(g.model, g.ids, types, count, states);
    nn_encode_pooled(g.model, states, pooled);
    nn_encode_logits(g.model, states, count, logits);
    check_close(&g, "states", states, 1e-4);
    check_close(&g, "pooled", pooled, 1e-4);
    check_close(&g, "logits", logits, 1e-4);
    free(states);
    free(logits);
    free(types);
    golden_close(&g);
}
END_TEST

/* ---- a session and the graph that trains ------------------------------------------------------------------- */

START_TEST(session_equals_the_graph)
{
    const GptConfig c = {.vocab = 53, .context = 300, .layers = 3, .heads = 3, .channels = 48};
    enum { N = 290 };
    Rng rng = rng_new(3);
    Gpt *gpt = nn_gpt_new(&c, &rng);
    for (int i = 0; i < gpt->params.count; i++)
        tensor_normal(gpt->params.items[i].tensor, 0.2f, &rng);
    int ids[N];
    for (int i = 0; i < N; i++)
        ids[i] = rng_below(&rng, c.vocab);
    Graph *g = nn_graph_new();
    nn_graph_record(g, false);
    const float *expected = nn_gpt_logits(g, gpt, ids, 1, N)->data;
    Model *m = nn_model_of_gpt(gpt, QUANT_NONE);
    Session *s = nn_session_new(m, 1, 0);
    float *logits = memory_new(sizeof *logits * N * (size_t)c.vocab);
    nn_session_score(s, 0, ids, N, logits); /* more than one pass */
    ck_assert_float_le(tensor_distance(logits, expected, (size_t)(N * c.vocab)), 1e-4f);
    nn_session_rewind(s, 0, 0);
    const int parts[] = {1, 7, 8, 100, 3, 171};
    for (size_t i = 0, at = 0; i < sizeof parts / sizeof *parts; at += (size_t)parts[i++]) {
        const float *last = nn_session_read(s, 0, ids + at, parts[i]);
        size_t row = at + (size_t)parts[i] - 1;
        ck_assert_float_le(tensor_distance(last, expected + row * (size_t)c.vocab, (size_t)c.vocab), 1e-4f);
    }
    ck_assert_int_eq(nn_session_length(s, 0), N);
    nn_session_free(s);
    nn_model_free(m);
    nn_graph_free(g);
    nn_gpt_free(gpt);
    free(logits);
}
END_TEST

int main(void)
{
    Suite *s = suite_create("infer");
    TCase *t = tcase_create("infer");
    tcase_set_timeout(t, 60);
    tcase_add_loop_test(t, decoders_equal_pytorch, 0, DECODERS);
    tcase_add_loop_test(t, encoders_equal_pytorch, 0, 2);
    tcase_add_test(t, session_equals_the_graph);
    suite_add_tcase(s, t);
    SRunner *r = srunner_create(s);
    srunner_run_all(r, CK_NORMAL);
    int failed = srunner_ntests_failed(r);
    srunner_free(r);
    return failed != 0;
}
