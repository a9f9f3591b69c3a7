/* test_training.c -- a small GPT in training: it learns, the number of threads
 * does not show, and after the first steps it asks the system for nothing. */
#include "common/base/clock.h"
#include "common/nn/nn.h"
#include "common/model/model.h"

#include <check.h>
#include <limits.h>
#include <math.h>
#include <omp.h>
#include <stdlib.h>
#include <string.h>

enum { BATCH = 4, TIME = 48, VOCAB = 67, STEPS = 10 };

typedef struct Training {
    ModelDecoder *gpt;
    Optimizer *optimizer;
    Graph *graph;
    Rng rng;
    int ids[BATCH * TIME], targets[BATCH * TIME];
} Training;

static Training training_new(void)
{
    const ModelConfig c = model_config_gpt2(
        (ModelConfig){.vocab = VOCAB, .context = TIME, .layers = 2, .heads = 4, .channels = 64});
    Training t = {.graph = nn_graph_new(), .rng = rng_new(17)};
    Rng weights = rng_new(18);
    t.gpt = model_decoder_new(&c, 0.1f, &weights);
    t.optimizer = nn_adamw_new(&t.gpt->params, 0.9f, 0.99f, 0.1f);
    return t;
}

static void training_free(Training *t)
{
    nn_optimizer_free(t->optimizer);
    model_decoder_free(t->gpt);
    nn_graph_free(t->graph);
}

/* Sequences that count up in steps of 1 to 5: easy to learn. */
static void next_batch(Training *t)
{
    for (int b = 0; b < BATCH; b++) {
        int first = rng_below(&t->rng, VOCAB), step = 1 + rng_below(&t->rng, 5);
        for (int i = 0; i < TIME; i++) {
            t->ids[b * TIME + i] = (first + i * step) % VOCAB;
            t->targets[b * TIME + i] = i % 11 == 10 ? -1 : (first + (i + 1) * step) % VOCAB;
        }
    }
}

static float train_step(Training *t)
{
    next_batch(t);
    Tensor *loss = model_decoder_loss(t->graph, t->gpt, t->ids, t->targets, BATCH, TIME);
    float value = tensor_item(loss);
    nn_backward(t->graph, loss);
    nn_clip_gradients(t->optimizer, 1);
    nn_optimizer_step(t->optimizer, 1e-3f);
    nn_graph_reset(t->graph);
    return value;
}

START_TEST(threads_do_not_show)
{
    float losses[2][STEPS], *weights = NULL;
    for (int run = 0; run < 2; run++) {
        omp_set_num_threads(run + 1);
        Training t = training_new();
        for (int step = 0; step < STEPS; step++)
            losses[run][step] = train_step(&t);
        const Tensor *last = nn_param_find(&t.gpt->params, "h.1.mlp.c_fc.weight")->tensor;
        if (run == 0) {
            weights = memory_new(last->size * sizeof *weights);
            memcpy(weights, last->data, last->size * sizeof *weights);
        }
        for (int step = 0; step < STEPS; step++)
            ck_assert_msg(losses[run][step] == losses[0][step],
                          "step %d: %.9g with %d threads, %.9g with one", step, (double)losses[run][step],
                          run + 1, (double)losses[0][step]);
        ck_assert_int_eq(memcmp(weights, last->data, last->size * sizeof *weights), 0);
        training_free(&t);
    }
    ck_assert(losses[0][0] != losses[0][1]);
    free(weights);
}
END_TEST

START_TEST(it_learns)
{
    Training t = training_new();
    float first = train_step(&t), last = first;
    ck_assert_double_eq_tol((double)first, log(VOCAB), 0.6); /* at first it knows nothing */
    for (int step = 0; step < 120; step++)
        last = 0.9f * last + 0.1f * train_step(&t);
    ck_assert_msg(last < first / 2, "from %g to %g", (double)first, (double)last);
    training_free(&t);
}
END_TEST

/* AddressSanitizer keeps freed memory aside for a while, so new pages come up. */
#ifndef __has_feature
#define __has_feature(x) 0
#endif
#if defined(__SANITIZE_ADDRESS__) || __has_feature(address_sanitizer)
enum { FAULTS_ALLOWED = 100000 };
#else
enum { FAULTS_ALLOWED = 5 };
#endif

/* Page faults in 20 more steps. */
static long faults_of(Training *t)
{
    long before = clock_page_faults();
    float sum = 0;
    for (int step = 0; step < 20; step++)
        sum += train_step(t);
    ck_assert_msg(isfinite(sum), "a loss is not finite");
    return clock_page_faults() - before;
}

/* A thread that gets its first work late, on busy cores, touches new pages then:
 * so the quietest of some rounds counts. What costs memory at each step shows in all. */
START_TEST(steady_state)
{
    Training t = training_new();
    for (int step = 0; step < 5; step++)
        train_step(&t);
    size_t held = arena_held(nn_arena(t.graph));
    long fewest = faults_of(&t);
    for (int round = 1; round < 6 && fewest > FAULTS_ALLOWED; round++) {
        long faults = faults_of(&t);
        fewest = faults < fewest ? faults : fewest;
    }
    ck_assert_uint_eq(arena_held(nn_arena(t.graph)), held);
    ck_assert_msg(fewest <= FAULTS_ALLOWED, "%ld page faults in 20 steps", fewest);
    training_free(&t);
}
END_TEST

/* What training made likely is what a session finds. */
START_TEST(it_continues_a_sequence)
{
    int ids[12];
    Training t = training_new();
    for (int step = 0; step < 150; step++)
        train_step(&t);
    for (int i = 0; i < 12; i++)
        ids[i] = 5 + 2 * i;
    ModelRun *m = model_run_of_decoder(t.gpt, QUANT_NONE);
    ModelSession *s = model_session_new(m, 1, 0);
    ck_assert_int_eq(nn_argmax(model_session_follow(s, 0, ids, 12), VOCAB), 29);
    train_step(&t); /* the model borrows the weights, so it learns on */
    model_session_rewind(s, 0, 0);
    ck_assert_int_eq(nn_argmax(model_session_follow(s, 0, ids, 12), VOCAB), 29);
    model_session_free(s);
    model_run_free(m);
    training_free(&t);
}
END_TEST

/* Logits and loss tell the same. */
START_TEST(logits_and_loss_agree)
{
    Training t = training_new();
    next_batch(&t);
    nn_graph_record(t.graph, false); /* no dropout */
    Tensor *logits = model_decoder_logits(t.graph, t.gpt, t.ids, BATCH, TIME);
    ck_assert(logits->rank == 3 && logits->shape[0] == BATCH && logits->shape[1] == TIME &&
              logits->shape[2] == VOCAB);
    float apart = tensor_item(nn_cross_entropy(t.graph, logits, t.targets, -1));
    float joined = tensor_item(model_decoder_loss(t.graph, t.gpt, t.ids, t.targets, BATCH, TIME));
    ck_assert_double_eq_tol((double)apart, (double)joined, 1e-6);
    training_free(&t);
}
END_TEST

/* Dropout works on the embedding and on both branches of each block: it draws
 * one random number for each of their channels, and none while nothing is recorded. */
START_TEST(dropout_has_its_places)
{
    Training t = training_new();
    const ModelConfig *c = &t.gpt->config;
    Rng expected = *nn_graph_rng(t.graph);
    next_batch(&t);
    model_decoder_loss(t.graph, t.gpt, t.ids, t.targets, BATCH, TIME);
    for (int i = 0; i < BATCH * TIME * c->channels * (1 + 2 * c->layers); i++)
        rng_uniform(&expected);
    ck_assert_int_eq(memcmp(&expected, nn_graph_rng(t.graph), sizeof expected), 0);
    nn_graph_record(t.graph, false);
    model_decoder_loss(t.graph, t.gpt, t.ids, t.targets, BATCH, TIME);
    ck_assert_int_eq(memcmp(&expected, nn_graph_rng(t.graph), sizeof expected), 0);
    training_free(&t);
}
END_TEST

/* The standard deviation of a parameter. */
static double std_of(const Params *params, const char *name)
{
    double sum = 0, squares = 0;
    for (int i = 0; i < params->count; i++) {
        const Tensor *p = params->items[i].tensor;
        if (strcmp(params->items[i].name, name) != 0)
            continue;
        for (size_t k = 0; k < p->size; k++) {
            sum += (double)p->data[k] / (double)p->size;
            squares += (double)p->data[k] * (double)p->data[k] / (double)p->size;
        }
        return sqrt(squares - sum * sum);
    }
    ck_abort_msg("no %s", name);
    return 0;
}

/* 0.02 is of a width of 768: a model a sixteenth as wide has four times as much, see decoder.h. */
START_TEST(initial_weights_are_as_wide_as_the_model_asks)
{
    const ModelConfig c = model_config_gpt2(
        (ModelConfig){.vocab = 300, .context = 60, .layers = 2, .heads = 4, .channels = 48});
    static const struct {
        const char *name;
        double std;
    } cases[] = {
        {"h.0.attn.c_attn.weight", 0.08}, {"h.1.mlp.c_fc.weight", 0.08}, {"h.0.attn.c_proj.weight", 0.04},
        {"h.1.mlp.c_proj.weight", 0.04},  {"wte.weight", 0.02},          {"wpe.weight", 0.02}};
    Rng rng = rng_new(5);
    ModelDecoder *m = model_decoder_new(&c, 0, &rng);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        ck_assert_double_eq_tol(std_of(&m->params, cases[i].name) / cases[i].std, 1, 0.05);
    model_decoder_free(m);
}
END_TEST

static const char *fault_of(ModelConfig sizes)
{
    const ModelConfig c = model_config_gpt2(sizes);
    return model_config_fault(&c);
}

START_TEST(faults_of_a_configuration)
{
    const ModelConfig good = {.vocab = 5, .context = 4, .layers = 1, .heads = 2, .channels = 6};
    ck_assert_ptr_null(fault_of(good));
    ModelConfig c = good;
    c.heads = 4;
    ck_assert_str_eq(fault_of(c), "the heads must divide the channels");
    c = good;
    c.vocab = 0;
    ck_assert_ptr_nonnull(fault_of(c));
    c = good;
    c.layers = -1;
    ck_assert_ptr_nonnull(fault_of(c));
    c = good;
    c.channels = INT_MAX;
    ck_assert_ptr_nonnull(fault_of(c));
}
END_TEST

int main(void)
{
    Suite *s = suite_create("training");
    TCase *t = tcase_create("training");
    tcase_set_timeout(t, 120);
    tcase_add_test(t, threads_do_not_show);
    tcase_add_test(t, it_learns);
    tcase_add_test(t, steady_state);
    tcase_add_test(t, it_continues_a_sequence);
    tcase_add_test(t, logits_and_loss_agree);
    tcase_add_test(t, dropout_has_its_places);
    tcase_add_test(t, initial_weights_are_as_wide_as_the_model_asks);
    tcase_add_test(t, faults_of_a_configuration);
    suite_add_tcase(s, t);
    SRunner *r = srunner_create(s);
    srunner_run_all(r, CK_NORMAL);
    int failed = srunner_ntests_failed(r);
    srunner_free(r);
    return failed != 0;
}
