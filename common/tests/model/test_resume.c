/* test_training_files.c -- the state of a training, its log, and where a number that is not finite came from. */
#include "common/base/base.h"
#include "common/model/decoder.h"
#include "common/model/log.h"
#include "common/model/safetensors.h"
#include "common/model/resume.h"
#include "common/nn/nn.h"

#include <check.h>
#include <math.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

static char folder[64], path[96];

static void make_folder(void)
{
    snprintf(folder, sizeof folder, "/tmp/test_training_files.XXXXXX");
    ck_assert_ptr_nonnull(mkdtemp(folder));
    snprintf(path, sizeof path, "%s/file", folder);
}

static void remove_folder(void)
{
    unlink(path);
    ck_assert_int_eq(rmdir(folder), 0); /* nothing else was left behind */
}

enum { BATCH = 2, TIME = 5, VOCAB = 11 };

typedef struct Small {
    ModelDecoder *gpt;
    Optimizer *optimizer;
    Graph *graph;
    int ids[BATCH * TIME];
} Small;

static Small small_new(uint64_t seed, int layers)
{
    const ModelConfig c = model_config_gpt2(
        (ModelConfig){.vocab = VOCAB, .context = TIME, .layers = layers, .heads = 2, .channels = 8});
    Rng rng = rng_new(seed);
    Small s = {.gpt = model_decoder_new(&c, 0, &rng), .graph = nn_graph_new()};
    s.optimizer = nn_adamw_new(&s.gpt->params, 0.9f, 0.99f, 0.1f);
    for (int i = 0; i < BATCH * TIME; i++)
        s.ids[i] = i % VOCAB;
    return s;
}

static void small_free(Small *s)
{
    nn_optimizer_free(s->optimizer);
    nn_graph_free(s->graph);
    model_decoder_free(s->gpt);
}

static float forward_and_back(Small *s)
{
    Tensor *loss = model_decoder_loss(s->graph, s->gpt, s->ids, s->ids, BATCH, TIME);
    nn_backward(s->graph, loss);
    return tensor_item(loss);
}

static float step(Small *s)
{
    float loss = forward_and_back(s);
    nn_optimizer_step(s->optimizer, 0.01f);
    nn_graph_reset(s->graph);
    return loss;
}

/* ---- the state -------------------------------------------------------------------------------------- */

static ModelResume state_of(Small *s)
{
    return (ModelResume){.params = &s->gpt->params,
                         .optimizer = s->optimizer,
                         .step = 3,
                         .rng = rng_new(9),
                         .best = 1.2345678f,
                         .best_step = 2};
}

static void save(Small *s)
{
    Error e = {""};
    ModelResume t = state_of(s);
    ck_assert_msg(model_resume_save(&t, "one\ntwo \"3\"\n", path, &e), "%s", e.text);
}

static void use_muon(Small *s)
{
    nn_optimizer_free(s->optimizer);
    s->optimizer = nn_muon_new(&s->gpt->params, &(NnMuon){10, 0.9f, 0.99f, 0.1f, TENSOR_F32});
}

/* With AdamW, and with Muon, which has one moment of its matrices. */
START_TEST(state_round_trip)
{
    Error e = {""};
    Small a = small_new(1, 2), b = small_new(2, 2);
    if (_i == 1)
        use_muon(&a), use_muon(&b);
    for (int i = 0; i < 3; i++)
        step(&a);
    save(&a);
    ModelResume t = {.params = &b.gpt->params, .optimizer = b.optimizer};
    ck_assert_msg(model_resume_load(&t, path, &e), "%s", e.text);
    char *notes = model_resume_notes(path, &e);
    ck_assert_str_eq(notes, "one\ntwo \"3\"\n");
    free(notes);
    ModelResume expected = state_of(&a);
    ck_assert_int_eq(t.step, expected.step);
    ck_assert_int_eq(t.best_step, expected.best_step);
    ck_assert(t.best == expected.best);
    ck_assert_mem_eq(&t.rng, &expected.rng, sizeof t.rng);
    ck_assert_int_eq(*nn_optimizer_steps(b.optimizer), 3);
    for (int i = 0; i < 4; i++) {
        float x = step(&a), y = step(&b);
        ck_assert_msg(x == y, "step %d: %.9g and %.9g", i, (double)x, (double)y);
    }
    small_free(&a);
    small_free(&b);
}
END_TEST

/* SGD has one moment. */
START_TEST(state_of_sgd)
{
    Error e = {""};
    Small a = small_new(1, 1);
    nn_optimizer_free(a.optimizer);
    a.optimizer = nn_sgd_new(&a.gpt->params, 0.9f);
    step(&a);
    save(&a);
    float kept = nn_optimizer_moment(a.optimizer, 2, 0)[1];
    nn_optimizer_moment(a.optimizer, 2, 0)[1] = 7;
    ModelResume t = state_of(&a);
    ck_assert_msg(model_resume_load(&t, path, &e), "%s", e.text);
    ck_assert(nn_optimizer_moment(a.optimizer, 2, 0)[1] == kept);
    small_free(&a);
}
END_TEST

/* Metadata that is not as it was written. */
static const struct {
    const char *key, *value;
} wrong[] = {
    {"step", ""},
    {"step", "x"},
    {"step", "-1"},
    {"step", "3 "},
    {"step", "99999999999999999999"},
    {"step", "9223372036854775807"},
    {"optimizer_steps", "9223372036854775807"},
    {"optimizer_steps", "1.5"},
    {"best_step", "-2"},
    {"best", "nan"},
    {"best", ""},
    {"rng", ""},
    {"rng", "0000000000000000 0000000000000000 0000000000000000 0000000000000000"},
    {"rng", "0000000000000001 0000000000000000 0000000000000000 000000000000000g"},
    {"rng", "0000000000000001 0000000000000000 0000000000000000 0000000000000000 "},
};

START_TEST(state_with_wrong_numbers)
{
    static const char *const good[][2] = {
        {"step", "3"},
        {"optimizer_steps", "3"},
        {"best_step", "-1"},
        {"best", "inf"},
        {"rng", "0000000000000001 0000000000000002 0000000000000003 00000000000000ff"},
    };
    Small a = small_new(1, 1);
    ModelResume t = state_of(&a);
    for (int spoil = 0; spoil < 2; spoil++) {
        Error e = {""};
        SafetensorsWriter *w = model_safetensors_create(path, &e);
        for (size_t i = 0; i < sizeof good / sizeof *good; i++)
            model_safetensors_add_metadata(w, good[i][0], good[i][1]);
        if (spoil)
            model_safetensors_add_metadata(w, wrong[_i].key, wrong[_i].value);
        ck_assert(model_safetensors_finish(w, &e));
        ck_assert(!model_resume_load(&t, path, &e));
        ck_assert_ptr_nonnull(strstr(e.text, path));
        char says[64];
        snprintf(says, sizeof says, ": %s: expected", spoil ? wrong[_i].key : "wte.weight");
        ck_assert_msg(!spoil || strstr(e.text, says), "%s", e.text);
        ck_assert_msg(spoil || strstr(e.text, "wte.weight"), "%s", e.text); /* the numbers passed */
    }
    small_free(&a);
}
END_TEST

START_TEST(state_of_another_model)
{
    Error e = {""};
    Small a = small_new(1, 1), b = small_new(1, 2);
    save(&a);
    ModelResume t = state_of(&b);
    ck_assert(!model_resume_load(&t, path, &e));
    ck_assert_msg(strstr(e.text, "h.1."), "%s", e.text);
    Error none = {""};
    ck_assert_ptr_null(model_resume_notes("/no/such/file", &none));
    ck_assert_ptr_nonnull(strstr(none.text, "/no/such/file"));
    small_free(&a);
    small_free(&b);
}
END_TEST

/* However the file is damaged, it gives an error or is read; nothing else. */
START_TEST(state_damaged_anywhere)
{
    Small a = small_new(1, 1);
    Rng rng = rng_new(5);
    size_t size;
    save(&a);
    char *whole = file_read(path, &size, NULL), *bytes = memory_new(size);
    for (int round = 0; round < 400; round++) {
        memcpy(bytes, whole, size);
        for (int i = 0; i < 3; i++)
            bytes[rng_below(&rng, round % 2 ? (int)size : 2000)] = (char)rng_next(&rng);
        size_t kept = round % 5 ? size : (size_t)rng_below(&rng, (int)size);
        FileWriter *w = file_create(path, NULL);
        file_write(w, bytes, kept);
        ck_assert(file_commit(w, NULL));
        Error e = {""};
        ModelResume t = state_of(&a);
        free(model_resume_notes(path, NULL));
        ck_assert_int_eq(model_resume_load(&t, path, &e), e.text[0] == '\0');
    }
    free(whole);
    free(bytes);
    small_free(&a);
}
END_TEST

/* ---- the log ---------------------------------------------------------------------------------------- */

static void write_lines(ModelLog *l, int first, int last)
{
    Error e = {""};
    for (int i = first; i <= last; i++) {
        const ModelLogField fields[] = {{"loss", 1.0 / i}, {"norm", i == 3 ? (double)NAN : i}};
        ck_assert_msg(model_log_write(l, i, fields, 2, &e), "%s", e.text);
    }
}

START_TEST(log_lines)
{
    Error e = {""};
    size_t size;
    ModelLog *l = model_log_open(path, -1, &e);
    ck_assert_msg(l, "%s", e.text);
    write_lines(l, 1, 3);
    char *text = file_read(path, &size, NULL); /* before it is closed */
    ck_assert_str_eq(text, "{\"step\": 1, \"loss\": 1, \"norm\": 1}\n"
                           "{\"step\": 2, \"loss\": 0.5, \"norm\": 2}\n"
                           "{\"step\": 3, \"loss\": 0.333333333, \"norm\": null}\n");
    free(text);
    model_log_close(l);
    model_log_close(NULL);
}
END_TEST

static void count_is(int expected)
{
    float x[32], y[32];
    ck_assert_int_eq(model_log_curve(path, "loss", 32, x, y), expected);
}

START_TEST(log_goes_on)
{
    Error e = {""};
    ModelLog *l = model_log_open(path, -1, &e);
    write_lines(l, 1, 10);
    model_log_close(l);
    FILE *f = fopen(path, "a");
    fputs("{\"step\": 11, \"loss\": 0.0", f); /* cut off by a kill */
    fclose(f);
    count_is(10);
    model_log_close(l = model_log_open(path, 12, &e));
    count_is(10);
    l = model_log_open(path, 6, &e);
    count_is(6);
    write_lines(l, 7, 8);
    model_log_close(l);
    count_is(8);
    model_log_close(model_log_open(path, -1, &e));
    count_is(0);
    ck_assert_str_eq(e.text, "");
}
END_TEST

START_TEST(log_curves)
{
    Error e = {""};
    float x[4], y[4];
    ModelLog *l = model_log_open(path, -1, &e);
    write_lines(l, 1, 8);
    model_log_close(l);
    ck_assert_int_eq(model_log_curve(path, "norm", 4, x, y), 3); /* 1 2, 4 5, 6 7; 8 is left over */
    ck_assert(x[0] == 1.5f && y[0] == 1.5f && x[1] == 4.5f && y[2] == 6.5f);
    ck_assert_int_eq(model_log_curve(path, "loss", 1, x, y), 1);
    ck_assert(x[0] == 4.5f);
    ck_assert_int_eq(model_log_curve(path, "other", 4, x, y), 0);
    ck_assert_int_eq(model_log_curve("/no/such/log", "loss", 4, x, y), 0);
}
END_TEST

START_TEST(log_cannot_be_written)
{
    Error e = {""}, full = {""};
    const ModelLogField field = {"loss", 1};
    ck_assert_ptr_null(model_log_open("/no/such/log", -1, &e));
    ck_assert_ptr_nonnull(strstr(e.text, "/no/such/log"));
    ModelLog *l = model_log_open(path, -1, NULL);
    signal(SIGXFSZ, SIG_IGN);
    ck_assert_int_eq(setrlimit(RLIMIT_FSIZE, &(struct rlimit){40, 40}), 0); /* as if the disk were full */
    ck_assert(model_log_write(l, 1, &field, 1, &full));
    ck_assert(!model_log_write(l, 2, &field, 1, &full));
    ck_assert_msg(strstr(full.text, "/file: cannot write: File too large"), "%s", full.text);
    model_log_close(l);
}
END_TEST

/* ---- faults ----------------------------------------------------------------------------------------- */

static void fault_is(Small *s, const char *expected)
{
    char text[NN_NON_FINITE_TEXT];
    ck_assert_int_eq(nn_non_finite_find(s->graph, &s->gpt->params, text), expected[0] != '\0');
    ck_assert_str_eq(text, expected);
}

static Tensor *weight(Small *s, const char *name)
{
    return nn_param_find(&s->gpt->params, name)->tensor;
}

START_TEST(fault_in_a_weight)
{
    Small s = small_new(1, 2);
    weight(&s, "h.1.mlp.c_fc.weight")->data[7] = -INFINITY;
    forward_and_back(&s);
    fault_is(&s, "the weight h.1.mlp.c_fc.weight holds -inf");
    small_free(&s);
}
END_TEST

START_TEST(fault_in_what_an_operation_makes)
{
    Small s = small_new(1, 2);
    Tensor *w = weight(&s, "h.1.mlp.c_fc.weight");
    for (size_t i = 0; i < w->size; i++)
        w->data[i] = 3e38f;
    ck_assert(!isfinite(forward_and_back(&s)));
    char text[NN_NON_FINITE_TEXT];
    ck_assert(nn_non_finite_find(s.graph, &s.gpt->params, text));
    ck_assert_msg(strncmp(text, "nn_affine with h.1.mlp.c_fc.weight gives ", 41) == 0, "%s", text);
    small_free(&s);
}
END_TEST

/* The backward pass comes to the later layers first, so they tell more. */
START_TEST(fault_in_a_gradient)
{
    Small s = small_new(1, 2);
    forward_and_back(&s);
    fault_is(&s, "");
    weight(&s, "h.0.ln_1.bias")->grad[0] = NAN;
    weight(&s, "h.1.ln_1.bias")->grad[0] = INFINITY;
    fault_is(&s, "the gradient of h.1.ln_1.bias holds inf");
    nn_optimizer_step(s.optimizer, 0); /* now the gradients are used up */
    small_free(&s);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("training files");
    TCase *t = tcase_create("files");
    tcase_add_checked_fixture(t, make_folder, remove_folder);
    tcase_add_loop_test(t, state_round_trip, 0, 2);
    tcase_add_test(t, state_of_sgd);
    tcase_add_loop_test(t, state_with_wrong_numbers, 0, sizeof wrong / sizeof *wrong);
    tcase_add_test(t, state_of_another_model);
    tcase_add_test(t, state_damaged_anywhere);
    tcase_add_test(t, log_lines);
    tcase_add_test(t, log_goes_on);
    tcase_add_test(t, log_curves);
    tcase_add_test(t, log_cannot_be_written);
    TCase *f = tcase_create("faults");
    tcase_add_test(f, fault_in_a_weight);
    tcase_add_test(f, fault_in_what_an_operation_makes);
    tcase_add_test(f, fault_in_a_gradient);
    suite_add_tcase(suite, t);
    suite_add_tcase(suite, f);
    SRunner *r = srunner_create(suite);
    srunner_run_all(r, CK_NORMAL);
    int failed = srunner_ntests_failed(r);
    srunner_free(r);
    return failed != 0;
}
