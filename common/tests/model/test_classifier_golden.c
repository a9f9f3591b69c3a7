/* test_classifier_golden.c -- downloaded folders with an output layer, tuned as a whole and by an adapter: logits, and
 * the gradient of every weight, against PyTorch's (fixtures/make_models.py). */
#include "common/base/base.h"
#include "common/model/model.h"
#include "common/nn/nn.h"

#include <check.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define FIXTURES "common/tests/fixtures/"
enum { CLASSES = 3, TRUTH = 1, MAX_IDS = 64 };

static const char *const families[] = {"gpt2", "llama", "qwen2", "bert"};
enum { FAMILIES = sizeof families / sizeof *families };

static Safetensors *fixture(const char *family, const char *name)
{
    char path[300];
    Error e = {""};
    snprintf(path, sizeof path, FIXTURES "%s/%s.safetensors", family, name);
    Safetensors *s = model_safetensors_open(path, &e);
    ck_assert_msg(s != NULL, "%s", e.text);
    return s;
}

/* A folder, and the output layer of its fixture on it. */
typedef struct Subject {
    ModelClassifier *model;
    Safetensors *golden;
    Graph *graph;
    int count, ids[MAX_IDS];
} Subject;

static void read_ids(Subject *s, const char *family)
{
    float ids[MAX_IDS];
    int shape[TENSOR_MAX_RANK];
    Error e = {""};
    Safetensors *file = fixture(family, "golden");
    ck_assert_int_eq(model_safetensors_shape(file, "ids", shape), 1);
    ck_assert_int_le(s->count = shape[0], MAX_IDS);
    ck_assert(model_safetensors_read(file, "ids", 1, shape, ids, false, &e));
    for (int i = 0; i < s->count; i++)
        s->ids[i] = (int)ids[i];
    model_safetensors_close(file);
}

static void read_param(const Safetensors *file, const Param *p)
{
    Error e = {""};
    ck_assert_msg(model_safetensors_read(file, p->name, p->tensor->rank, p->tensor->shape, p->tensor->data,
                                         false, &e),
                  "%s", e.text);
}

static Subject subject_new(const char *family)
{
    static const char *const labels[CLASSES] = {"a", "b", "c"};
    char folder[200], name[100];
    Error e = {""};
    Rng rng = rng_new(1);
    bool found;
    Subject s = {.graph = nn_graph_new()};
    snprintf(folder, sizeof folder, FIXTURES "%s", family);
    snprintf(name, sizeof name, "%s/classifier", family);
    ModelBackbone *b = model_backbone_load(folder, &e);
    ck_assert_msg(b != NULL, "%s", e.text);
    s.model = model_classifier_new(b, labels, CLASSES, &rng);
    ck_assert(model_classifier_read_pooler(s.model, folder, &found, &e));
    ck_assert(found == (b->bert != NULL));
    s.golden = fixture(name, "golden");
    for (int i = 0; i < s.model->params.count; i++)
        if (!strstr(s.model->params.items[i].name, "pooler"))
            read_param(s.golden, &s.model->params.items[i]);
    read_ids(&s, family);
    return s;
}

static void subject_free(Subject *s)
{
    nn_graph_free(s->graph);
    model_safetensors_close(s->golden);
    model_classifier_free(s->model);
}

static void check_close(const char *name, const float *found, const float *expected, size_t size)
{
    float largest = 0, distance = tensor_distance(found, expected, size);
    for (size_t i = 0; i < size; i++)
        largest = fmaxf(largest, fabsf(expected[i]));
    ck_assert_msg(distance <= 1e-4f * largest + 1e-6f, "%s: a distance of %g, where the largest is %g",
                  name, (double)distance, (double)largest);
}

/* The logits, and the gradients of the cross-entropy of the true class. */
static void run(Subject *s, const char *logits_name)
{
    static const int truth[] = {TRUTH};
    float expected[CLASSES];
    Error e = {""};
    Tensor *logits = model_classifier_logits(s->graph, s->model, s->ids, 1, s->count, NULL);
    ck_assert(model_safetensors_read(s->golden, logits_name, 1, (int[]){CLASSES}, expected, false, &e));
    check_close(logits_name, logits->data, expected, CLASSES);
    nn_backward(s->graph, nn_cross_entropy(s->graph, logits, truth, -1));
}

/* Of each parameter that the fixture has; returns how many. */
static int check_gradients(const Safetensors *file, const Params *params)
{
    int found = 0, shape[TENSOR_MAX_RANK];
    for (int i = 0; i < params->count; i++) {
        const Param *p = &params->items[i];
        const Tensor *t = p->tensor;
        Error e = {""};
        if (model_safetensors_shape(file, p->name, shape) <= 0)
            continue;
        float *expected = memory_new(t->size * sizeof *expected);
        ck_assert_msg(model_safetensors_read(file, p->name, t->rank, t->shape, expected, p->transposed, &e),
                      "%s", e.text);
        ck_assert_msg(t->has_grad, "%s has no gradient", p->name);
        check_close(p->name, t->grad, expected, t->size);
        free(expected);
        found++;
    }
    return found;
}

START_TEST(all_weights_and_an_output_layer)
{
    char name[100];
    Subject s = subject_new(families[_i]);
    snprintf(name, sizeof name, "%s/classifier", families[_i]);
    Safetensors *file = fixture(name, "gradients");
    run(&s, "logits");
    int found = check_gradients(file, s.model->backbone->params) + check_gradients(file, &s.model->params);
    ck_assert_int_eq(found, model_safetensors_count(file)); /* nothing of PyTorch's is missing here */
    for (int i = 0; i < s.model->backbone->params->count; i++) {
        const Param *p = &s.model->backbone->params->items[i];
        int shape[TENSOR_MAX_RANK];
        if (model_safetensors_shape(file, p->name, shape) > 0)
            continue;
        for (size_t w = 0; p->tensor->has_grad && w < p->tensor->size; w++)
            ck_assert_msg(p->tensor->grad[w] == 0, "%s has a gradient", p->name); /* nor too much */
    }
    model_safetensors_close(file);
    subject_free(&s);
}
END_TEST

START_TEST(an_adapter_and_an_output_layer)
{
    char name[100];
    Error e = {""};
    Subject s = subject_new(families[_i]);
    snprintf(name, sizeof name, FIXTURES "%s/lora", families[_i]);
    ModelAdapter *a = model_adapter_load(s.model->backbone->params, name, &e);
    ck_assert_msg(a != NULL, "%s", e.text);
    snprintf(name, sizeof name, "%s/classifier", families[_i]);
    Safetensors *file = fixture(name, "lora_gradients");
    run(&s, "lora_logits");
    int found = check_gradients(file, model_adapter_params(a)) + check_gradients(file, &s.model->params);
    ck_assert_int_eq(found, model_safetensors_count(file));
    for (int i = 0; i < s.model->backbone->params->count; i++)
        ck_assert(!s.model->backbone->params->items[i].tensor->has_grad);
    model_safetensors_close(file);
    model_adapter_free(a);
    subject_free(&s);
}
END_TEST

int main(void)
{
    Suite *s = suite_create("classifier, golden");
    TCase *c = tcase_create("golden");
    tcase_set_timeout(c, 60);
    tcase_add_loop_test(c, all_weights_and_an_output_layer, 0, FAMILIES);
    tcase_add_loop_test(c, an_adapter_and_an_output_layer, 0, FAMILIES);
    suite_add_tcase(s, c);
    SRunner *r = srunner_create(s);
    srunner_run_all(r, CK_NORMAL);
    int failed = srunner_ntests_failed(r);
    srunner_free(r);
    return failed != 0;
}
