/* test_methods.c -- the ways of chapter 6 to fit a model to a task: each trains what it says and nothing else. */
#include "ch06/methods.h"
#include "common/nn/nn.h"

#include <check.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { BATCH = 3, TIME = 7, CLASSES = 2 };
static const char *const folders[] = {"common/tests/fixtures/bert", "common/tests/fixtures/llama",
                                      "common/tests/fixtures/gpt2"};
enum { FOLDERS = sizeof folders / sizeof *folders };

static const int ids[BATCH * TIME] = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 0, 1, 0, 0, 3, 5, 7, 9, 11, 0, 0};
static const int lengths[BATCH] = {7, 5, 5}, targets[BATCH] = {0, 1, 1};

typedef struct Bench {
    ModelClassifier *classifier;
    TextBatch batch;
    Graph *graph;
    Method *method;
    float *before; /* all weights of the backbone, as read */
} Bench;

static float *weights_of(const Params *p)
{
    float *copy = memory_new(nn_param_total(p) * sizeof *copy), *at = copy;
    for (int i = 0; i < p->count; at += p->items[i++].tensor->size)
        memcpy(at, p->items[i].tensor->data, p->items[i].tensor->size * sizeof *at);
    return copy;
}

static Bench bench_new(const char *folder, MethodKind kind)
{
    static const char *const labels[CLASSES] = {"no", "yes"};
    const MethodSizes sizes = {.rank = 2, .bottleneck = 3, .prefix = 2, .prompt = 2};
    Error e = {""};
    Rng rng = rng_new(1);
    ModelBackbone *b = model_backbone_load(folder, &e);
    ck_assert_msg(b != NULL, "%s", e.text);
    Bench t = {.classifier = model_classifier_new(b, labels, CLASSES, &rng), .graph = nn_graph_new()};
    t.before = weights_of(b->params);
    t.batch = (TextBatch){.rows = BATCH, .time = TIME, .ids = (int *)ids, .lengths = (int *)lengths};
    t.method = method_new(kind, t.classifier, &sizes, &rng, &e);
    ck_assert_msg(t.method != NULL, "%s", e.text);
    return t;
}

static void bench_free(Bench *t)
{
    method_free(t->method);
    nn_graph_free(t->graph);
    model_classifier_free(t->classifier);
    free(t->before);
}

static double train(Bench *t, int steps)
{
    double loss = NAN;
    Optimizer *o = nn_adamw_new(method_params(t->method), 0.9f, 0.99f, 0);
    for (int i = 0; i < steps; i++) {
        Tensor *logits = method_logits(t->graph, t->method, &t->batch);
        loss = (double)nn_train_step(t->graph, o, nn_cross_entropy(t->graph, logits, targets, -1), 0.01f, 1)
                   .loss;
    }
    nn_optimizer_free(o);
    return loss;
}

/* Weights of the backbone that have changed. */
static size_t changed(const Bench *t)
{
    const Params *p = t->classifier->backbone->params;
    const float *at = t->before;
    size_t count = 0;
    for (int i = 0; i < p->count; at += p->items[i++].tensor->size) {
        const Tensor *w = p->items[i].tensor;
        for (size_t k = 0; w->data && k < w->size; k++)
            count += w->data[k] != at[k];
    }
    return count;
}

/* Whether a method leaves the backbone as it is. */
static bool only_adds(MethodKind kind)
{
    return kind == METHOD_HEAD || kind == METHOD_ADAPTER || kind == METHOD_LORA || kind == METHOD_PREFIX ||
           kind == METHOD_P_TUNING || kind == METHOD_PROMPT;
}

START_TEST(each_learns_and_leaves_the_rest_alone)
{
    MethodKind kind = (MethodKind)(_i / FOLDERS);
    Bench t = bench_new(folders[_i % FOLDERS], kind);
    size_t all = nn_param_total(t.classifier->backbone->params) + nn_param_total(&t.classifier->params);
    size_t trained = nn_param_total(method_params(t.method));
    bool whole = kind == METHOD_FULL || kind == METHOD_RANDOM;
    ck_assert_msg(whole ? trained == all : trained < all, "%zu of %zu", trained, all);
    ck_assert_uint_ge(trained, nn_param_total(&t.classifier->params));
    double first = train(&t, 1), last = train(&t, 40);
    ck_assert_msg(last < first, "%s: %g, then %g", method_about[kind].name, first, last);
    if (only_adds(kind))
        ck_assert_uint_eq(changed(&t), 0);
    else if (kind != METHOD_QLORA)
        ck_assert_uint_gt(changed(&t), 0);
    method_free(t.method);
    t.method = NULL;
    for (int i = 0; i < t.classifier->backbone->params->count; i++) {
        const Tensor *w = t.classifier->backbone->params->items[i].tensor;
        ck_assert(w->wants_grad && w->data);
    }
    bench_free(&t);
}
END_TEST

/* What was attached is silent at first, and gone when the method is freed. */
START_TEST(silent_at_first)
{
    static const MethodKind kinds[] = {METHOD_FULL, METHOD_HEAD, METHOD_ADAPTER, METHOD_LORA,
                                       METHOD_BITFIT};
    float logits[5][BATCH * CLASSES];
    for (int i = 0; i < 5; i++) {
        Bench t = bench_new(folders[_i], kinds[i]);
        memcpy(logits[i], method_logits(t.graph, t.method, &t.batch)->data, sizeof logits[i]);
        ck_assert(tensor_distance(logits[i], logits[0], BATCH * CLASSES) == 0);
        bench_free(&t);
    }
}
END_TEST

START_TEST(int4_takes_less)
{
    Bench lora = bench_new(folders[1], METHOD_LORA), qlora = bench_new(folders[1], METHOD_QLORA);
    ck_assert_uint_lt(method_weight_bytes(qlora.method), method_weight_bytes(lora.method));
    ck_assert_uint_eq(nn_param_total(method_params(qlora.method)),
                      nn_param_total(method_params(lora.method)));
    bench_free(&lora);
    bench_free(&qlora);
}
END_TEST

START_TEST(what_cannot_be)
{
    static const char *const labels[CLASSES] = {"no", "yes"};
    Error e = {""};
    Rng rng = rng_new(1);
    ModelClassifier *c = model_classifier_new(model_backbone_load(folders[1], &e), labels, CLASSES, &rng);
    ck_assert_ptr_null(method_new(METHOD_LORA, c, &(MethodSizes){.rank = 1000}, &rng, &e));
    ck_assert_ptr_nonnull(strstr(e.text, "rank 1000"));
    ck_assert(c->backbone->params->items[0].tensor->wants_grad);
    ck_assert_ptr_null(method_new(METHOD_QLORA, c, &(MethodSizes){.rank = 1000}, &rng, &e));
    ck_assert_ptr_nonnull(c->backbone->blocks[0].q.weight->data); /* float again */
    model_classifier_free(c);
}
END_TEST

int main(void)
{
    Suite *s = suite_create("methods");
    TCase *t = tcase_create("methods");
    tcase_set_timeout(t, 60);
    tcase_add_loop_test(t, each_learns_and_leaves_the_rest_alone, 0, METHODS * FOLDERS);
    tcase_add_loop_test(t, silent_at_first, 0, FOLDERS);
    tcase_add_test(t, int4_takes_less);
    tcase_add_test(t, what_cannot_be);
    suite_add_tcase(s, t);
    SRunner *r = srunner_create(s);
    srunner_run_all(r, CK_NORMAL);
    int failed = srunner_ntests_failed(r);
    srunner_free(r);
    return failed != 0;
}
