/* test_classifier.c -- an output layer on a backbone: its numbers, its gradients, its folder. */
#include "common/model/classifier.h"

#include "common/base/file.h"
#include "common/model/safetensors.h"
#include "common/nn/optim.h"

#include <check.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define FIXTURES "common/tests/fixtures/"

enum { ROWS = 3, TIME = 5, CLASSES = 4 };

static const char *const folders[] = {FIXTURES "bert",  FIXTURES "gpt2",  FIXTURES "llama",
                                      FIXTURES "qwen2", FIXTURES "qwen3", FIXTURES "mistral",
                                      FIXTURES "phi3"};
enum { FOLDERS = sizeof folders / sizeof *folders };
static const char *const labels[CLASSES] = {"good", "bad", "\"so\" so", "坏"};
static const int lengths[ROWS] = {5, 2, 4}, truth[ROWS] = {2, 0, 3};

static ModelClassifier *make(const char *folder, int classes)
{
    Error e = {""};
    Rng rng = rng_new(2);
    ModelBackbone *b = model_backbone_load(folder, &e);
    ck_assert_msg(b != NULL, "%s", e.text);
    const char *names[64];
    for (int i = 0; i < classes; i++)
        names[i] = labels[i % CLASSES];
    return model_classifier_new(b, names, classes, &rng);
}

static void draw_ids(const ModelClassifier *m, int ids[ROWS * TIME])
{
    Rng rng = rng_new(4);
    for (int i = 0; i < ROWS * TIME; i++)
        ids[i] = rng_below(&rng, m->backbone->config.vocab);
}

/* ---- numbers ------------------------------------------------------------------------------------- */

static float *golden(const char *name, int *count)
{
    int shape[TENSOR_MAX_RANK];
    Error e = {""};
    Safetensors *s = model_safetensors_open(FIXTURES "bert/golden.safetensors", &e);
    ck_assert_msg(s != NULL, "%s", e.text);
    int rank = model_safetensors_shape(s, name, shape);
    *count = 1;
    for (int i = 0; i < rank; i++)
        *count *= shape[i];
    float *x = memory_new((size_t)*count * sizeof *x);
    ck_assert(rank > 0 && model_safetensors_read(s, name, rank, shape, x, false, &e));
    model_safetensors_close(s);
    return x;
}

/* The pooler of the folder, seen through a score that changes nothing, against PyTorch's. The fixture's ids have
 * segments, which a classifier's have not, so the states come from outside. */
START_TEST(the_pooler_is_that_of_pytorch)
{
    Error e = {""};
    int size, width;
    bool found = false;
    float *states = golden("states", &size), *pooled = golden("pooled", &width);
    ModelClassifier *m = make(FIXTURES "bert", width);
    ck_assert_msg(model_classifier_read_pooler(m, FIXTURES "bert", &found, &e) && found, "%s", e.text);
    for (int i = 0; i < width * width; i++)
        m->score.weight->data[i] = i / width == i % width;
    Graph *g = nn_graph_new();
    Tensor *hidden = nn_input(g, 1, size / width, width);
    memcpy(hidden->data, states, (size_t)size * sizeof *states);
    Tensor *logits = model_classifier_logits_of(g, m, hidden, NULL);
    ck_assert_float_le(tensor_distance(logits->data, pooled, (size_t)width), 1e-5f);
    nn_graph_free(g);
    model_classifier_free(m);
    free(states);
    free(pooled);
}
END_TEST

START_TEST(a_decoder_has_no_pooler)
{
    Error e = {""};
    bool found = true;
    ModelClassifier *m = make(FIXTURES "llama", CLASSES);
    ck_assert(model_classifier_read_pooler(m, FIXTURES "llama", &found, &e) && !found);
    ck_assert_int_eq(m->params.count, 1);
    ck_assert(!model_classifier_read_pooler(m, "no/such/folder", &found, &e));
    model_classifier_free(m);
}
END_TEST

START_TEST(padding_is_not_seen)
{
    int ids[ROWS * TIME];
    ModelClassifier *m = make(folders[_i], CLASSES);
    draw_ids(m, ids);
    Graph *g = nn_graph_new();
    Tensor *logits = model_classifier_logits(g, m, ids, ROWS, TIME, lengths);
    ck_assert(logits->rank == 2 && logits->shape[0] == ROWS && logits->shape[1] == CLASSES);
    for (int b = 0; b < ROWS; b++) {
        Tensor *alone = model_classifier_logits(g, m, ids + b * TIME, 1, lengths[b], NULL);
        ck_assert_float_le(tensor_distance(logits->data + b * CLASSES, alone->data, CLASSES), 1e-5f);
    }
    nn_graph_free(g);
    model_classifier_free(m);
}
END_TEST

static double loss_of(const ModelClassifier *m, const int *ids)
{
    Graph *g = nn_graph_new();
    nn_graph_record(g, false);
    double loss = (double)tensor_item(
        nn_cross_entropy(g, model_classifier_logits(g, m, ids, ROWS, TIME, lengths), truth, -1));
    nn_graph_free(g);
    return loss;
}

/* Along a random direction in each parameter: the slope by differences and by the graph. */
START_TEST(gradients_equal_differences)
{
    int ids[ROWS * TIME];
    ModelClassifier *m = make(folders[_i], CLASSES);
    Params all = nn_params_join(m->backbone->params, &m->params);
    Rng rng = rng_new(5);
    draw_ids(m, ids);
    Graph *g = nn_graph_new();
    nn_backward(g, nn_cross_entropy(g, model_classifier_logits(g, m, ids, ROWS, TIME, lengths), truth, -1));
    for (int i = 0; i < all.count; i++) {
        Tensor *t = all.items[i].tensor;
        float *before = memory_new(t->size * sizeof *before), *way = memory_new(t->size * sizeof *way);
        const float step = 1e-3f;
        double slope = 0, sides[2];
        ck_assert_msg(t->has_grad, "%s has no gradient", all.items[i].name);
        memcpy(before, t->data, t->size * sizeof *before);
        for (size_t j = 0; j < t->size; j++) {
            way[j] = rng_normal(&rng);
            slope += (double)way[j] * (double)t->grad[j];
        }
        for (int side = 0; side < 2; side++) {
            for (size_t j = 0; j < t->size; j++)
                t->data[j] = before[j] + (side ? -step : step) * way[j];
            sides[side] = loss_of(m, ids);
        }
        memcpy(t->data, before, t->size * sizeof *before);
        double found = (sides[0] - sides[1]) / (2 * (double)step);
        ck_assert_msg(fabs(found - slope) <= 2e-3 + 0.02 * fabs(slope),
                      "%s: %g by differences, %g by the graph", all.items[i].name, found, slope);
        free(before);
        free(way);
    }
    nn_params_part(&all);
    nn_graph_free(g);
    model_classifier_free(m);
}
END_TEST

/* Four texts and their classes, learnt by heart. */
START_TEST(it_learns)
{
    int ids[ROWS * TIME];
    ModelClassifier *m = make(folders[_i], CLASSES);
    Params all = nn_params_join(m->backbone->params, &m->params);
    Optimizer *o = nn_adamw_new(&all, 0.9f, 0.99f, 0);
    Graph *g = nn_graph_new();
    draw_ids(m, ids);
    for (int step = 0; step < 60; step++) {
        nn_backward(
            g, nn_cross_entropy(g, model_classifier_logits(g, m, ids, ROWS, TIME, lengths), truth, -1));
        nn_optimizer_step_clipped(o, 5e-3f, 1);
        nn_graph_reset(g);
    }
    ck_assert_double_lt(loss_of(m, ids), 0.05);
    nn_optimizer_free(o);
    nn_graph_free(g);
    nn_params_part(&all);
    model_classifier_free(m);
}
END_TEST

/* ---- the folder ---------------------------------------------------------------------------------- */

static char folder[64];

static void make_folder(void)
{
    snprintf(folder, sizeof folder, "/tmp/test_classifier.XXXXXX");
    ck_assert_ptr_nonnull(mkdtemp(folder));
}

static const char *path_of(const char *name)
{
    static char path[128];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    return path;
}

static void remove_folder(void)
{
    unlink(path_of("config.json"));
    unlink(path_of("model.safetensors"));
    unlink(path_of("tokenizer.json"));
    ck_assert_msg(rmdir(folder) == 0, "other files are in the folder");
}

START_TEST(a_folder_comes_back)
{
    Error e = {""};
    int ids[ROWS * TIME];
    ModelClassifier *m = make(folders[_i / 2], CLASSES);
    bool half = _i % 2;
    draw_ids(m, ids);
    ck_assert_msg(model_classifier_save(m, half, folder, &e), "%s", e.text);
    ModelClassifier *again = model_classifier_load(folder, &e);
    ck_assert_msg(again != NULL, "%s", e.text);
    ck_assert_int_eq(again->classes, CLASSES);
    for (int i = 0; i < CLASSES; i++)
        ck_assert_str_eq(again->labels[i], labels[i]);
    Graph *g = nn_graph_new();
    const float *a = model_classifier_logits(g, m, ids, ROWS, TIME, lengths)->data;
    const float *b = model_classifier_logits(g, again, ids, ROWS, TIME, lengths)->data;
    ck_assert_float_le(tensor_distance(a, b, ROWS * CLASSES), half ? 0.05f : 0);
    nn_graph_free(g);
    model_classifier_free(again);
    model_classifier_free(m);
}
END_TEST

/* Whoever reads the folder with transformers looks for these. */
START_TEST(names_are_those_of_transformers)
{
    static const char *const expected[][3] = {
        {"bert.encoder.layer.0.output.dense.weight", "classifier.weight", "BertForSequenceClassification"},
        {"transformer.h.0.mlp.c_fc.weight", "score.weight", "GPT2ForSequenceClassification"},
        {"model.layers.0.mlp.up_proj.weight", "score.weight", "LlamaForSequenceClassification"}};
    Error e = {""};
    size_t size;
    ModelClassifier *m = make(folders[_i], CLASSES);
    ck_assert_msg(model_classifier_save(m, false, folder, &e), "%s", e.text);
    Safetensors *s = model_safetensors_open(path_of("model.safetensors"), &e);
    ck_assert_msg(s != NULL, "%s", e.text);
    for (int i = 0; i < 2; i++)
        ck_assert_msg(model_safetensors_dtype(s, expected[_i][i]), "no %s", expected[_i][i]);
    ck_assert(!model_safetensors_dtype(s, "lm_head.weight"));
    ck_assert(!model_safetensors_dtype(s, "cls.predictions.bias"));
    char *config = file_read(path_of("config.json"), &size, &e);
    ck_assert(config && strstr(config, expected[_i][2]) && strstr(config, "\"id2label\"") &&
              strstr(config, "\"label2id\"") && strstr(config, "\"pad_token_id\""));
    free(config);
    model_safetensors_close(s);
    model_classifier_free(m);
}
END_TEST

/* Writes config.json anew with one text replaced by another of the same length. */
static void replace(const char *from, const char *to)
{
    Error e = {""};
    size_t size;
    char *config = file_read(path_of("config.json"), &size, &e), *at = strstr(config, from);
    ck_assert_msg(at, "no %s", from);
    memcpy(at, to, strlen(from));
    FileWriter *w = file_create(path_of("config.json"), &e);
    file_write(w, config, size);
    ck_assert(file_commit(w, &e));
    free(config);
}

START_TEST(faults_are_named)
{
    static const char *const faults[][3] = {{"\"id2label\"", "\"id2lebal\"", "id2label"},
                                            {"\"3\": ", "\"5\": ", "\"3\""},
                                            {"\"good\",", "  12.5,", "\"0\""}};
    Error e = {""};
    ModelClassifier *m = make(folders[0], CLASSES);
    for (int i = 0; i < 3; i++) {
        ck_assert_msg(model_classifier_save(m, false, folder, &e), "%s", e.text);
        replace(faults[i][0], faults[i][1]);
        ck_assert_msg(!model_classifier_load(folder, &e), "%s is accepted", faults[i][1]);
        ck_assert_msg(strstr(e.text, faults[i][2]) && strstr(e.text, folder), "%s", e.text);
        e = (Error){""};
    }
    model_classifier_free(m);
    ck_assert(!model_classifier_load("no/such/folder", &e) && strstr(e.text, "no/such/folder"));
    e = (Error){""};
    ck_assert(!model_classifier_load(FIXTURES "bert", &e) && strstr(e.text, "id2label"));
}
END_TEST

/* Fewer classes in the file than config.json names, and weights without a head. */
START_TEST(another_head_is_refused)
{
    Error e = {""};
    size_t size;
    ModelClassifier *m = make(folders[0], CLASSES), *fewer = make(folders[0], 2);
    ck_assert(model_classifier_save(m, false, folder, &e));
    char *config = file_read(path_of("config.json"), &size, &e);
    ck_assert(model_classifier_save(fewer, false, folder, &e));
    FileWriter *w = file_create(path_of("config.json"), &e);
    file_write(w, config, size);
    ck_assert(file_commit(w, &e));
    ck_assert(!model_classifier_load(folder, &e) && strstr(e.text, "classifier.weight"));
    free(config);
    model_classifier_free(m);
    model_classifier_free(fewer);
}
END_TEST

int main(void)
{
    Suite *s = suite_create("classifier");
    TCase *numbers = tcase_create("numbers"), *files = tcase_create("folder");
    tcase_add_test(numbers, the_pooler_is_that_of_pytorch);
    tcase_add_test(numbers, a_decoder_has_no_pooler);
    tcase_add_loop_test(numbers, padding_is_not_seen, 0, FOLDERS);
    tcase_add_loop_test(numbers, gradients_equal_differences, 0, FOLDERS);
    tcase_add_loop_test(numbers, it_learns, 0, FOLDERS);
    tcase_add_checked_fixture(files, make_folder, remove_folder);
    tcase_add_loop_test(files, a_folder_comes_back, 0, 2 * FOLDERS);
    tcase_add_loop_test(files, names_are_those_of_transformers, 0, 3);
    tcase_add_test(files, faults_are_named);
    tcase_add_test(files, another_head_is_refused);
    suite_add_tcase(s, numbers);
    suite_add_tcase(s, files);
    SRunner *r = srunner_create(s);
    srunner_run_all(r, CK_NORMAL);
    int failed = srunner_ntests_failed(r);
    srunner_free(r);
    return failed != 0;
}
