/* test_decoder.c -- decoders as they are trained: logits of the reference and of the form that runs, folders. */
#include "common/base/file.h"
#include "common/model/model.h"
#include "common/nn/nn.h"

#include <check.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define FIXTURES "common/tests/fixtures/"

static char folder[64];

static void make_folder(void)
{
    snprintf(folder, sizeof folder, "/tmp/decoder_XXXXXX");
    ck_assert_ptr_nonnull(mkdtemp(folder));
}

static void remove_folder(void)
{
    char command[128];
    snprintf(command, sizeof command, "rm -r %s", folder);
    ck_assert_int_eq(system(command), 0);
}

static ModelDecoder *load(const char *path)
{
    Error e = {""};
    ModelDecoder *m = model_decoder_load(path, &e);
    ck_assert_msg(m != NULL, "%s", e.text);
    return m;
}

/* Logits (n,V) of one text; the caller frees them. */
static float *logits_of(const ModelDecoder *m, const int *ids, int n)
{
    Graph *g = nn_graph_new();
    nn_graph_record(g, false);
    const Tensor *t = model_decoder_logits(g, m, ids, 1, n);
    float *copy = memory_new(t->size * sizeof *copy);
    memcpy(copy, t->data, t->size * sizeof *copy);
    nn_graph_free(g);
    return copy;
}

/* The same by the form that runs, which is freed. */
static float *logits_that_run(ModelRun *run, const int *ids, int n, int vocab)
{
    ModelSession *s = model_session_new(run, 1, 0);
    float *logits = memory_new((size_t)n * (size_t)vocab * sizeof *logits);
    model_session_score(s, 0, ids, n, logits);
    model_session_free(s);
    model_run_free(run);
    return logits;
}

static void check_runs_the_same(const ModelDecoder *m, const char *path, const char *about)
{
    Error e = {""};
    int ids[16], n = m->config.context < 16 ? m->config.context : 16;
    Rng rng = rng_new(8);
    for (int i = 0; i < n; i++)
        ids[i] = rng_below(&rng, m->config.vocab);
    ModelRun *forms[] = {model_run_load(path, QUANT_NONE, &e), model_run_of_decoder(m, QUANT_NONE)};
    float *trained = logits_of(m, ids, n);
    ck_assert_msg(forms[0] != NULL, "%s", e.text);
    for (int i = 0; i < 2; i++) {
        float *run = logits_that_run(forms[i], ids, n, m->config.vocab);
        float distance = tensor_distance(trained, run, (size_t)n * (size_t)m->config.vocab);
        ck_assert_msg(distance <= 1e-4f, "%s: a distance of %g", about, (double)distance);
        free(run);
    }
    free(trained);
}

/* ---- the reference ------------------------------------------------------------------------------- */

static const char *const families[] = {"gpt2",    "gpt2_half", "llama",  "qwen2",       "qwen3",
                                       "mistral", "phi3",      "gemma3", "llama_shards"};

static float *golden(const char *family, const char *name, int *count)
{
    char path[128];
    int shape[TENSOR_MAX_RANK];
    Error e = {""};
    snprintf(path, sizeof path, FIXTURES "%s/golden.safetensors", family);
    Safetensors *s = model_safetensors_open(path, &e);
    ck_assert_msg(s != NULL, "%s", e.text);
    int rank = model_safetensors_shape(s, name, shape);
    ck_assert_msg(rank > 0, "no %s", name);
    *count = 1;
    for (int i = 0; i < rank; i++)
        *count *= shape[i];
    float *x = memory_new((size_t)*count * sizeof *x);
    ck_assert(model_safetensors_read(s, name, rank, shape, x, false, &e));
    model_safetensors_close(s);
    return x;
}

START_TEST(logits_of_the_reference)
{
    char path[128];
    int n, size, ids[64];
    snprintf(path, sizeof path, FIXTURES "%s", families[_i]);
    ModelDecoder *m = load(path);
    float *numbers = golden(families[_i], "ids", &n), *expected = golden(families[_i], "logits", &size);
    for (int i = 0; i < n; i++)
        ids[i] = (int)numbers[i];
    ck_assert_int_eq(size, n * m->config.vocab);
    float *found = logits_of(m, ids, n), distance = tensor_distance(found, expected, (size_t)size);
    ck_assert_msg(distance <= 1e-4f, "%s: a distance of %g", families[_i], (double)distance);
    check_runs_the_same(m, path, families[_i]);
    free(numbers);
    free(expected);
    free(found);
    model_decoder_free(m);
}
END_TEST

/* ---- random models ------------------------------------------------------------------------------- */

static const ModelConfig shapes[] = {{.family = MODEL_GPT2,
                                      .vocab = 13,
                                      .context = 9,
                                      .layers = 2,
                                      .channels = 8,
                                      .heads = 2,
                                      .kv_heads = 2,
                                      .head_dim = 4,
                                      .hidden = 12,
                                      .activation = MODEL_ACTIVATION_RELU,
                                      .eps = 1e-3f,
                                      .tied = true,
                                      .qkv_bias = true,
                                      .output_bias = true,
                                      .mlp_bias = true,
                                      .ends = {3},
                                      .end_count = 1},
                                     {.family = MODEL_GPT2,
                                      .vocab = 13,
                                      .context = 20,
                                      .layers = 1,
                                      .channels = 12,
                                      .heads = 3,
                                      .kv_heads = 3,
                                      .head_dim = 4,
                                      .hidden = 48,
                                      .activation = MODEL_ACTIVATION_GELU_TANH,
                                      .eps = 1e-5f,
                                      .qkv_bias = true,
                                      .output_bias = true,
                                      .mlp_bias = true},
                                     {.family = MODEL_LLAMA,
                                      .vocab = 17,
                                      .context = 16,
                                      .layers = 2,
                                      .channels = 12,
                                      .heads = 4,
                                      .kv_heads = 1,
                                      .head_dim = 6,
                                      .hidden = 10,
                                      .activation = MODEL_ACTIVATION_SILU,
                                      .eps = 1e-6f,
                                      .qkv_bias = true,
                                      .output_bias = true,
                                      .mlp_bias = true,
                                      .rotary = {TENSOR_ROTARY_LINEAR, 100, 4, 0, 0, 1}},
                                     {.family = MODEL_LLAMA,
                                      .vocab = 17,
                                      .context = 32,
                                      .layers = 1,
                                      .channels = 8,
                                      .heads = 2,
                                      .kv_heads = 2,
                                      .head_dim = 4,
                                      .hidden = 24,
                                      .activation = MODEL_ACTIVATION_GELU,
                                      .eps = 1e-5f,
                                      .tied = true,
                                      .rotary = {TENSOR_ROTARY_LLAMA3, 500, 8, 1, 4, 16},
                                      .ends = {1, 2},
                                      .end_count = 2},
                                     {.family = MODEL_QWEN2,
                                      .vocab = 19,
                                      .context = 16,
                                      .layers = 3,
                                      .channels = 16,
                                      .heads = 4,
                                      .kv_heads = 2,
                                      .head_dim = 4,
                                      .hidden = 20,
                                      .activation = MODEL_ACTIVATION_SILU,
                                      .eps = 1e-6f,
                                      .tied = true,
                                      .qkv_bias = true,
                                      .rotary = {TENSOR_ROTARY_PLAIN, 10000, 1, 0, 0, 1}},
                                     {.family = MODEL_GEMMA3,
                                      .vocab = 23,
                                      .context = 24,
                                      .layers = 4,
                                      .channels = 12,
                                      .heads = 4,
                                      .kv_heads = 1,
                                      .head_dim = 6,
                                      .hidden = 14,
                                      .activation = MODEL_ACTIVATION_GELU_TANH,
                                      .eps = 1e-6f,
                                      .tied = true,
                                      .rotary = {TENSOR_ROTARY_PLAIN, 1000000, 1, 0, 0, 1},
                                      .window = 5,
                                      .global_every = 3,
                                      .local_rotary = {TENSOR_ROTARY_PLAIN, 10000, 1, 0, 0, 1}},
                                     {.family = MODEL_PHI3,
                                      .vocab = 21,
                                      .context = 16,
                                      .layers = 2,
                                      .channels = 12,
                                      .heads = 4,
                                      .kv_heads = 2,
                                      .head_dim = 6,
                                      .hidden = 18,
                                      .activation = MODEL_ACTIVATION_SILU,
                                      .eps = 1e-5f,
                                      .rotary = {TENSOR_ROTARY_PLAIN, 10000, 1, 0, 0, 1}},
                                     {.family = MODEL_QWEN3,
                                      .vocab = 19,
                                      .context = 16,
                                      .layers = 2,
                                      .channels = 12,
                                      .heads = 4,
                                      .kv_heads = 2,
                                      .head_dim = 6,
                                      .hidden = 20,
                                      .activation = MODEL_ACTIVATION_SILU,
                                      .eps = 1e-6f,
                                      .rotary = {TENSOR_ROTARY_PLAIN, 10000, 1, 0, 0, 1}}};
enum { SHAPES = sizeof shapes / sizeof *shapes };

static ModelDecoder *random_model(const ModelConfig *c)
{
    Rng rng = rng_new(11);
    ModelDecoder *m = model_decoder_new(c, 0, &rng);
    for (int i = 0; i < m->params.count; i++) { /* norms and biases, too */
        Tensor *t = m->params.items[i].tensor;
        for (size_t k = 0; t->rank == 1 && k < t->size; k++)
            t->data[k] += 0.2f * rng_normal(&rng);
    }
    return m;
}

START_TEST(a_saved_model_is_the_same_everywhere)
{
    Error e = {""};
    ModelDecoder *m = random_model(&shapes[_i]);
    ck_assert_msg(model_decoder_save(m, folder, &e), "%s", e.text);
    check_runs_the_same(m, folder, "a random model");
    ModelDecoder *again = load(folder);
    ck_assert(again->config.family == m->config.family && again->config.tied == m->config.tied &&
              again->config.end_count == m->config.end_count &&
              again->config.ends[0] == m->config.ends[0] && again->config.qkv_bias == m->config.qkv_bias &&
              again->config.eps == m->config.eps);
    ck_assert_int_eq(again->params.count, m->params.count);
    for (int i = 0; i < m->params.count; i++) {
        const Param *a = &m->params.items[i], *b = &again->params.items[i];
        ck_assert_str_eq(a->name, b->name);
        ck_assert_int_eq(memcmp(a->tensor->data, b->tensor->data, a->tensor->size * sizeof(float)), 0);
    }
    model_decoder_free(again);
    model_decoder_free(m);
}
END_TEST

static const int text[] = {1, 2, 3, 4, 5, 6, 7, 8}, next[] = {2, 3, 4, 5, 6, 7, 8, 9};

static double loss_of(Graph *g, const ModelDecoder *m)
{
    double loss = (double)tensor_item(model_decoder_loss(g, m, text, next, 1, 8));
    nn_graph_reset(g);
    return loss;
}

/* By differences of fourth order. */
static double slope_at(Graph *g, const ModelDecoder *m, float *x)
{
    const float old = *x, step = 2e-3f, at[] = {-2, -1, 1, 2};
    const double weight[] = {1, -8, 8, -1};
    double slope = 0;
    for (int i = 0; i < 4; i++) {
        *x = old + at[i] * step;
        slope += weight[i] * loss_of(g, m) / (12 * (double)step);
    }
    *x = old;
    return slope;
}

START_TEST(gradients_are_slopes)
{
    Graph *g = nn_graph_new();
    ModelDecoder *m = random_model(&shapes[_i]);
    nn_backward(g, model_decoder_loss(g, m, text, next, 1, 8));
    nn_graph_reset(g);
    for (int p = 0; p < m->params.count; p++) {
        Tensor *t = m->params.items[p].tensor;
        size_t i = t->size / 3;
        double slope = slope_at(g, m, &t->data[i]);
        ck_assert_msg(fabs(slope - (double)t->grad[i]) <= 2e-3, "%s: %g, by differences %g",
                      m->params.items[p].name, (double)t->grad[i], slope);
    }
    model_decoder_free(m);
    nn_graph_free(g);
}
END_TEST

/* Two documents in a row, each with its own positions and its own first key, are as if alone. */
START_TEST(documents_in_a_row)
{
    static const int positions[] = {0, 1, 2, 0, 1, 2, 3, 4}, first[] = {0, 0, 0, 3, 3, 3, 3, 3};
    Graph *g = nn_graph_new();
    ModelDecoder *m = random_model(&shapes[_i]);
    const NnAttention how = {.first = first};
    nn_graph_record(g, false);
    const Tensor *row = model_decoder_hidden(g, m, text, 1, 8, &how, positions);
    const Tensor *one = model_decoder_hidden(g, m, text, 1, 3, NULL, NULL);
    const Tensor *two = model_decoder_hidden(g, m, text + 3, 1, 5, NULL, NULL);
    ck_assert(tensor_distance(row->data, one->data, one->size) < 1e-5f);
    ck_assert(tensor_distance(row->data + one->size, two->data, two->size) < 1e-5f);
    model_decoder_free(m);
    nn_graph_free(g);
}
END_TEST

/* ---- training ------------------------------------------------------------------------------------ */

static Tensor *loss_for_training(Graph *g, void *model, int step)
{
    (void)step;
    return model_decoder_loss(g, model, text, next, 1, 8);
}

/* An adapter learns; merged, the saved folder runs as what was trained. */
START_TEST(an_adapter_learns)
{
    Error e = {""};
    Graph *g = nn_graph_new();
    Rng rng = rng_new(4);
    ModelDecoder *m = load(FIXTURES "llama");
    NnTraining t = nn_training_new();
    t.steps = 40;
    t.warmup = 4;
    t.rate = 0.02f;
    double before = loss_of(g, m);
    ModelAdapter *a =
        model_adapter_new(&m->params, &(ModelLora){.layers = "*_proj", .rank = 4, .alpha = 8}, &rng, &e);
    ck_assert_msg(a != NULL, "%s", e.text);
    ck_assert_int_eq(model_adapter_params(a)->count, 2 * 7 * m->config.layers);
    ck_assert_int_eq(nn_train(g, model_adapter_params(a), &t, loss_for_training, m, NULL), 40);
    ck_assert_msg(loss_of(g, m) < before - 1, "%g, then %g", before, loss_of(g, m));
    model_adapter_merge(a);
    ck_assert_msg(model_decoder_save(m, folder, &e), "%s", e.text);
    check_runs_the_same(m, folder, "merged");
    model_adapter_free(a);
    model_decoder_free(m);
    nn_graph_free(g);
}
END_TEST

/* ---- folders that do not fit --------------------------------------------------------------------- */

static void expect_refusal(const char *path, const char *says)
{
    Error e = {""};
    ck_assert_ptr_null(model_decoder_load(path, &e));
    ck_assert_msg(strstr(e.text, says) != NULL, "%s", e.text);
}

/* Replaces a text in the folder's config.json. */
static void change_config(const char *old, const char *new)
{
    char path[128];
    size_t size;
    snprintf(path, sizeof path, "%s/config.json", folder);
    char *config = file_read(path, &size, NULL), *at = strstr(config, old);
    ck_assert_msg(at != NULL, "no %s in %s", old, config);
    FileWriter *w = file_create(path, NULL);
    file_write(w, config, (size_t)(at - config));
    file_printf(w, "%s%s", new, at + strlen(old));
    ck_assert(file_commit(w, NULL));
    free(config);
}

START_TEST(folders_that_do_not_fit)
{
    Error e = {""};
    ModelDecoder *m = random_model(&shapes[2]);
    expect_refusal(FIXTURES "bert", "a bert is no decoder");
    expect_refusal("/tmp/decoder_none", "/config.json: No such file");
    ck_assert(model_decoder_save(m, folder, &e));
    change_config("\"num_hidden_layers\": 2", "\"num_hidden_layers\": 3");
    expect_refusal(folder, "layers.2.mlp.down_proj.weight");
    change_config("\"num_hidden_layers\": 3", "\"num_hidden_layers\": 1");
    expect_refusal(folder, "model.layers.1.mlp.down_proj.weight is there, but config.json says 1 layers");
    change_config("\"num_hidden_layers\": 1", "\"num_hidden_layers\": 2");
    change_config("\"mlp_bias\": true", "\"mlp_bias\": false");
    expect_refusal(folder, "bias is there, but config.json has no such bias");
    change_config("\"mlp_bias\": false", "\"mlp_bias\": true");
    change_config("\"vocab_size\": 17", "\"vocab_size\": 170000");
    expect_refusal(folder, "embed_tokens");
    model_decoder_free(m);
    m = random_model(&shapes[7]); /* a qwen3 */
    ck_assert(model_decoder_save(m, folder, &e));
    change_config("\"model_type\": \"qwen3\"", "\"model_type\": \"llama\"");
    expect_refusal(folder, "q_norm.weight is there, but by config.json heads are not normalised");
    model_decoder_free(m);
}
END_TEST

int main(void)
{
    Suite *s = suite_create("decoder");
    TCase *t = tcase_create("decoder");
    tcase_add_checked_fixture(t, make_folder, remove_folder);
    tcase_add_loop_test(t, logits_of_the_reference, 0, (int)(sizeof families / sizeof *families));
    tcase_add_loop_test(t, a_saved_model_is_the_same_everywhere, 0, SHAPES);
    tcase_add_loop_test(t, gradients_are_slopes, 0, SHAPES);
    tcase_add_loop_test(t, documents_in_a_row, 0, SHAPES);
    tcase_add_test(t, an_adapter_learns);
    tcase_add_test(t, folders_that_do_not_fit);
    suite_add_tcase(s, t);
    SRunner *r = srunner_create(s);
    srunner_run_all(r, CK_NORMAL);
    int failed = srunner_ntests_failed(r);
    srunner_free(r);
    return failed != 0;
}
