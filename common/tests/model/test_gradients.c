/* test_gradients.c -- folders as people have them are trained: the gradient of every weight and of every matrix of
 * an adapter against PyTorch's (fixtures/make_models.py), and berts from folder to folder. */
#include "common/base/base.h"
#include "common/model/model.h"
#include "common/nn/nn.h"

#include <check.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define FIXTURES "common/tests/fixtures/"
enum { MAX_IDS = 64 };

/* ---- fixtures ------------------------------------------------------------------------------------ */

static Safetensors *fixture_open(const char *family, const char *name)
{
    char path[200];
    Error e = {""};
    snprintf(path, sizeof path, FIXTURES "%s/%s.safetensors", family, name);
    Safetensors *s = model_safetensors_open(path, &e);
    ck_assert_msg(s != NULL, "%s", e.text);
    return s;
}

/* Numbers of a tensor whose shape the file knows; the caller frees them. */
static float *fixture_floats(const char *family, const char *file, const char *name, int *count)
{
    int shape[TENSOR_MAX_RANK];
    Error e = {""};
    Safetensors *s = fixture_open(family, file);
    int rank = model_safetensors_shape(s, name, shape);
    ck_assert_msg(rank > 0, "no %s", name);
    *count = 1;
    for (int i = 0; i < rank; i++)
        *count *= shape[i];
    float *x = memory_new(sizeof *x * (size_t)*count);
    ck_assert_msg(model_safetensors_read(s, name, rank, shape, x, false, &e), "%s", e.text);
    model_safetensors_close(s);
    return x;
}

/* The largest difference is small beside the largest number. */
static void check_close(const char *name, const float *found, const float *expected, size_t size)
{
    float largest = 0;
    for (size_t i = 0; i < size; i++)
        largest = fmaxf(largest, fabsf(expected[i]));
    float distance = tensor_distance(found, expected, size);
    ck_assert_msg(distance <= 1e-4f * largest + 1e-7f, "%s: a distance of %g, where the largest is %g",
                  name, (double)distance, (double)largest);
}

static void check_gradient(const Safetensors *s, const char *name, const Param *p)
{
    Error e = {""};
    const Tensor *t = p->tensor;
    float *expected = memory_new(t->size * sizeof *expected);
    ck_assert_msg(model_safetensors_read(s, name, t->rank, t->shape, expected, p->transposed, &e), "%s",
                  e.text);
    ck_assert_msg(t->has_grad, "%s has no gradient", name);
    check_close(name, t->grad, expected, t->size);
    free(expected);
}

/* ---- a model of any family ----------------------------------------------------------------------- */

/* Either a decoder or a bert, with the text of its fixture. */
typedef struct Subject {
    const char *family;
    ModelDecoder *decoder;
    ModelBert *bert;
    Params *params;
    Graph *graph;
    int count, vocab, ids[MAX_IDS], types[MAX_IDS], labels[MAX_IDS];
} Subject;

static void read_ints(const char *family, const char *name, int *out, int *count)
{
    float *x = fixture_floats(family, "golden", name, count);
    ck_assert_int_le(*count, MAX_IDS);
    for (int i = 0; i < *count; i++)
        out[i] = (int)x[i];
    free(x);
}

/* A decoder's labels are the next tokens; a bert's are those of make_models.py. */
static void make_labels(Subject *s)
{
    for (int i = 0; i < s->count; i++) {
        if (s->bert)
            s->labels[i] = i % 3 == 1 ? (7 * s->ids[i] + 3) % s->vocab : -1;
        else
            s->labels[i] = i + 1 < s->count ? s->ids[i + 1] : -1;
    }
}

static Subject *subject_new(const char *family)
{
    char path[200];
    Error e = {""};
    int count;
    Subject *s = memory_zero(1, sizeof *s);
    snprintf(path, sizeof path, FIXTURES "%s", family);
    s->family = family;
    s->graph = nn_graph_new();
    read_ints(family, "ids", s->ids, &s->count);
    if (strcmp(family, "bert") == 0) {
        s->bert = model_bert_load(path, &e);
        read_ints(family, "types", s->types, &count);
    } else {
        s->decoder = model_decoder_load(path, &e);
    }
    ck_assert_msg(s->bert || s->decoder, "%s", e.text);
    s->params = s->bert ? &s->bert->params : &s->decoder->params;
    s->vocab = s->bert ? s->bert->config.vocab : s->decoder->config.vocab;
    make_labels(s);
    return s;
}

static void subject_free(Subject *s)
{
    nn_graph_free(s->graph);
    model_decoder_free(s->decoder);
    model_bert_free(s->bert);
    free(s);
}

static ModelBertBatch bert_batch(const Subject *s)
{
    return (ModelBertBatch){1, s->count, s->ids, s->types, NULL};
}

static Tensor *loss_of(Graph *g, void *context, int step)
{
    Subject *s = context;
    (void)step;
    if (s->decoder)
        return model_decoder_loss(g, s->decoder, s->ids, s->labels, 1, s->count);
    const ModelBertBatch b = bert_batch(s);
    return model_bert_loss(g, s->bert, &b, s->labels);
}

/* (n,V); the graph owns it. */
static const float *logits_of(Subject *s)
{
    nn_graph_reset(s->graph);
    if (s->decoder)
        return model_decoder_logits(s->graph, s->decoder, s->ids, 1, s->count)->data;
    const ModelBertBatch b = bert_batch(s);
    return model_bert_logits(s->graph, s->bert, model_bert_hidden(s->graph, s->bert, &b))->data;
}

/* ---- against PyTorch ----------------------------------------------------------------------------- */

static const char *const families[] = {"gpt2",    "llama", "qwen2",  "qwen3",
                                       "mistral", "phi3",  "gemma3", "bert"};
static const char *const adapted[] = {"gpt2", "llama", "qwen2", "qwen3", "phi3", "gemma3", "bert"};
enum { FAMILIES = sizeof families / sizeof *families, ADAPTED = sizeof adapted / sizeof *adapted };

START_TEST(gradients_of_the_weights)
{
    Subject *s = subject_new(families[_i]);
    Safetensors *file = fixture_open(families[_i], "gradients");
    nn_backward(s->graph, loss_of(s->graph, s, 0));
    for (int i = 0; i < s->params->count; i++)
        check_gradient(file, s->params->items[i].name, &s->params->items[i]);
    ck_assert_int_eq(model_safetensors_count(file), s->params->count); /* nothing is left out */
    model_safetensors_close(file);
    subject_free(s);
}
END_TEST

/* What PEFT has written is attached to the same layers: logits, and the gradients of its matrices. */
START_TEST(adapters_of_peft)
{
    char path[200], lora[64], name[300];
    Error e = {""};
    int count;
    Subject *s = subject_new(adapted[_i]);
    snprintf(lora, sizeof lora, "%s/lora", adapted[_i]);
    snprintf(path, sizeof path, FIXTURES "%s", lora);
    ModelAdapter *a = model_adapter_load(s->params, path, &e);
    ck_assert_msg(a != NULL, "%s", e.text);
    float *expected = fixture_floats(lora, "golden", "logits", &count);
    check_close("logits", logits_of(s), expected, (size_t)count);
    Safetensors *file = fixture_open(lora, "gradients");
    nn_backward(s->graph, loss_of(s->graph, s, 0));
    const Params *p = model_adapter_params(a);
    for (int i = 0; i < p->count; i++) {
        snprintf(name, sizeof name, "base_model.model.%s%s", _i == 0 ? "transformer." : "",
                 p->items[i].name);
        check_gradient(file, name, &p->items[i]);
    }
    ck_assert_int_eq(model_safetensors_count(file), p->count);
    for (int i = 0; i < s->params->count; i++)
        ck_assert(!s->params->items[i].tensor->has_grad);
    model_adapter_merge(a);
    check_close("merged", logits_of(s), expected, (size_t)count);
    model_safetensors_close(file);
    model_adapter_free(a);
    subject_free(s);
    free(expected);
}
END_TEST

/* What is saved has the names and shapes of PEFT's files, and is the same when it is read again. */
START_TEST(adapters_for_peft)
{
    char path[200], lora[64], folder[] = "/tmp/gradients_XXXXXX", command[64];
    Error e = {""};
    int one[TENSOR_MAX_RANK], two[TENSOR_MAX_RANK];
    Subject *s = subject_new(adapted[_i]);
    ck_assert_ptr_nonnull(mkdtemp(folder));
    snprintf(path, sizeof path, FIXTURES "%s/lora", adapted[_i]);
    ModelAdapter *a = model_adapter_load(s->params, path, &e);
    ck_assert_msg(a && model_adapter_save(a, folder, &e), "%s", e.text);
    snprintf(path, sizeof path, "%s/adapter_model.safetensors", folder);
    Safetensors *ours = model_safetensors_open(path, &e);
    snprintf(lora, sizeof lora, "%s/lora", adapted[_i]);
    Safetensors *theirs = fixture_open(lora, "adapter_model");
    ck_assert_int_eq(model_safetensors_count(ours), model_safetensors_count(theirs));
    for (int i = 0; i < model_safetensors_count(theirs); i++) {
        const char *name = model_safetensors_name(theirs, i);
        ck_assert_int_eq(model_safetensors_shape(theirs, name, two), 2);
        ck_assert_msg(model_safetensors_shape(ours, name, one) == 2, "no %s", name);
        ck_assert(one[0] == two[0] && one[1] == two[1]);
    }
    model_safetensors_close(ours);
    model_safetensors_close(theirs);
    model_adapter_free(a);
    a = model_adapter_load(s->params, folder, &e);
    ck_assert_msg(a != NULL, "%s", e.text);
    model_adapter_free(a);
    subject_free(s);
    snprintf(command, sizeof command, "rm -r %s", folder);
    ck_assert_int_eq(system(command), 0);
}
END_TEST

/* ---- a bert from folder to folder ---------------------------------------------------------------- */

static void check_bert_runs_the_same(Subject *s, const char *folder)
{
    Error e = {""};
    ck_assert_msg(model_bert_save(s->bert, folder, &e), "%s", e.text);
    ModelRun *run = model_run_load(folder, QUANT_NONE, &e);
    ck_assert_msg(run != NULL, "%s", e.text);
    size_t n = (size_t)s->count;
    float *states = memory_new(sizeof *states * n * (size_t)run->config.channels);
    float *logits = memory_new(sizeof *logits * n * (size_t)s->vocab);
    model_encode(run, s->ids, s->types, s->count, states);
    model_encode_logits(run, states, s->count, logits);
    float distance = tensor_distance(logits, logits_of(s), n * (size_t)s->vocab);
    ck_assert_msg(distance <= 1e-4f, "a distance of %g", (double)distance);
    free(states);
    free(logits);
    model_run_free(run);
}

/* Wholly, and by an adapter that is merged in the end. */
START_TEST(a_bert_is_trained)
{
    char folder[] = "/tmp/gradients_XXXXXX", command[64];
    Error e = {""};
    Rng rng = rng_new(2);
    Subject *s = subject_new("bert");
    NnTraining how = nn_training_new();
    how.steps = 40;
    how.warmup = 4;
    how.rate = 0.01f;
    ck_assert_ptr_nonnull(mkdtemp(folder));
    ModelAdapter *a = NULL;
    if (_i == 1) {
        a = model_adapter_new(s->params, &(ModelLora){.layers = "bert.encoder.*", .rank = 4, .alpha = 8},
                              &rng, &e);
        ck_assert_msg(a != NULL, "%s", e.text);
        ck_assert_int_eq(model_adapter_params(a)->count, 2 * 6 * s->bert->config.layers);
    }
    double before = nn_evaluate(s->graph, 1, loss_of, s);
    nn_train(s->graph, a ? model_adapter_params(a) : s->params, &how, loss_of, s, NULL);
    double after = nn_evaluate(s->graph, 1, loss_of, s);
    ck_assert_msg(after < before / 2, "%g, then %g", before, after);
    if (a)
        model_adapter_merge(a);
    check_bert_runs_the_same(s, folder);
    model_adapter_free(a);
    subject_free(s);
    snprintf(command, sizeof command, "rm -r %s", folder);
    ck_assert_int_eq(system(command), 0);
}
END_TEST

int main(void)
{
    Suite *s = suite_create("gradients");
    TCase *t = tcase_create("gradients");
    tcase_add_loop_test(t, gradients_of_the_weights, 0, FAMILIES);
    tcase_add_loop_test(t, adapters_of_peft, 0, ADAPTED);
    tcase_add_loop_test(t, adapters_for_peft, 0, ADAPTED);
    tcase_add_loop_test(t, a_bert_is_trained, 0, 2);
    suite_add_tcase(s, t);
    SRunner *r = srunner_create(s);
    srunner_run_all(r, CK_NORMAL);
    int failed = srunner_ntests_failed(r);
    srunner_free(r);
    return failed != 0;
}
