/* test_train.c -- the parts of a training run against the same by hand. */
#include "common/base/loss_band.h"
#include "common/nn/nn.h"

#include <check.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* A line through points: y = w x + b, with w = (2, -1) and b = 0.5. */
typedef struct Problem {
    Params params;
    Linear line;
    float dropout;
    int batches; /* that were made */
} Problem;

static Problem problem_new(void)
{
    Problem p = {.params = {0}};
    Rng rng = rng_new(4);
    p.line = nn_linear_new(&p.params, "line", 2, 1, true, 1, &rng);
    return p;
}

static Tensor *loss_of(Graph *g, void *context, int i)
{
    Problem *p = context;
    Rng rng = rng_new((uint64_t)i + 1);
    Tensor *x = nn_input(g, 16, 2), *y = nn_input(g, 16, 1);
    tensor_normal(x, 1, &rng);
    for (int r = 0; r < 16; r++)
        y->data[r] = 2 * x->data[2 * r] - x->data[2 * r + 1] + 0.5f;
    p->batches++;
    return nn_mse(g, nn_linear(g, &p->line, nn_dropout(g, x, p->dropout)), y);
}

static Tensor *not_a_number(Graph *g, void *context, int i)
{
    return nn_scale(g, loss_of(g, context, i), i == 3 ? NAN : 1);
}

START_TEST(a_step_is_backward_clip_update_reset)
{
    Graph *g = nn_graph_new();
    Problem a = problem_new(), b = problem_new();
    Optimizer *oa = nn_adamw_new(&a.params, 0.9f, 0.99f, 0.1f),
              *ob = nn_adamw_new(&b.params, 0.9f, 0.99f, 0.1f);
    for (int i = 0; i < 5; i++) {
        NnStep done = nn_train_step(g, oa, loss_of(g, &a, i), 0.01f, 0.5f);
        ck_assert_uint_eq(nn_graph_count(g), 0);
        Tensor *loss = loss_of(g, &b, i);
        ck_assert_float_eq(done.loss, tensor_item(loss));
        nn_backward(g, loss);
        ck_assert_float_eq(done.norm, nn_clip_gradients(ob, 0.5f));
        nn_optimizer_step(ob, 0.01f);
        nn_graph_reset(g);
        ck_assert_int_eq(memcmp(a.line.weight->data, b.line.weight->data, 2 * sizeof(float)), 0);
    }
    nn_optimizer_free(oa);
    nn_optimizer_free(ob);
    nn_params_free(&a.params);
    nn_params_free(&b.params);
    nn_graph_free(g);
}
END_TEST

/* The weights stay, and the tape is there to be looked at. */
START_TEST(a_loss_that_is_no_number_changes_nothing)
{
    Graph *g = nn_graph_new();
    Problem p = problem_new();
    char where[NN_NON_FINITE_TEXT];
    Optimizer *o = nn_adamw_new(&p.params, 0.9f, 0.99f, 0);
    float before = p.line.weight->data[0];
    NnStep done = nn_train_step(g, o, not_a_number(g, &p, 3), 0.1f, 1);
    ck_assert(isnan(done.loss) && isnan(done.norm) && p.line.weight->data[0] == before);
    ck_assert_int_eq((int)*nn_optimizer_steps(o), 0);
    ck_assert(nn_non_finite_find(g, &p.params, where));
    ck_assert_msg(strstr(where, "nn_scale") != NULL, "%s", where);
    nn_optimizer_free(o);
    nn_params_free(&p.params);
    nn_graph_free(g);
}
END_TEST

START_TEST(a_run_finds_the_line)
{
    Graph *g = nn_graph_new();
    Problem p = problem_new();
    NnTraining t = nn_training_new();
    float curve[400];
    t.steps = 400;
    t.warmup = 10;
    t.rate = 0.05f;
    t.weight_decay = 0;
    ck_assert_int_eq(nn_train(g, &p.params, &t, loss_of, &p, curve), 400);
    ck_assert_int_eq(p.batches, 400);
    ck_assert_float_eq_tol(p.line.weight->data[0], 2, 0.01f);
    ck_assert_float_eq_tol(p.line.weight->data[1], -1, 0.01f);
    ck_assert_float_eq_tol(p.line.bias->data[0], 0.5f, 0.01f);
    ck_assert(curve[0] > 1 && curve[399] < 1e-3f);
    nn_params_free(&p.params);
    nn_graph_free(g);
}
END_TEST

START_TEST(a_run_ends_where_the_loss_is_no_number)
{
    Graph *g = nn_graph_new();
    Problem p = problem_new();
    NnTraining t = nn_training_new();
    float curve[10] = {0};
    t.steps = 10;
    t.warmup = 0;
    ck_assert_int_eq(nn_train(g, &p.params, &t, not_a_number, &p, curve), 3);
    ck_assert(isfinite(curve[2]) && isnan(curve[3]) && curve[4] == 0);
    nn_params_free(&p.params);
    nn_graph_free(g);
}
END_TEST

/* Without recording, without dropout, and then as before. */
START_TEST(an_evaluation_is_the_mean_of_its_batches)
{
    Graph *g = nn_graph_new();
    Problem p = problem_new();
    double mean = 0;
    for (int i = 0; i < 4; i++)
        mean += (double)tensor_item(loss_of(g, &p, i)) / 4;
    nn_graph_reset(g);
    p.dropout = 0.5f;
    p.batches = 0;
    ck_assert_double_eq_tol(nn_evaluate(g, 4, loss_of, &p), mean, 1e-6);
    ck_assert_int_eq(p.batches, 4);
    ck_assert(nn_graph_recording(g) && nn_graph_count(g) == 0);
    nn_graph_record(g, false);
    nn_evaluate(g, 1, loss_of, &p);
    ck_assert(!nn_graph_recording(g));
    nn_params_free(&p.params);
    nn_graph_free(g);
}
END_TEST

/* ---- bf16 ------------------------------------------------------------------------------------------------ */

/* One layer of attention and a gated part, which learn which of 24 tokens follows which, with noise. */
enum { TOKENS = 24, TIME = 20, SEQUENCES = 4, WIDTH = 48, STEPS = 150, SEEDS = 5 };

typedef struct Reader {
    Params params;
    Tensor *embedding; /* (TOKENS,WIDTH), also of the output */
    NnBlock block;
    uint64_t seed;
} Reader;

static Reader reader_new(uint64_t seed)
{
    Reader r = {.seed = seed};
    Rng rng = rng_new(seed);
    r.embedding = nn_embedding_new(&r.params, "tokens", TOKENS, WIDTH, 0.1f, &rng);
    NnBlockConfig c = {.channels = WIDTH, .heads = 3, .eps = 1e-5f, .std = 0.1f, .packed = true};
    r.block = nn_block_new(&r.params, &c, 0, &rng);
    return r;
}

static Tensor *reading_loss(Graph *g, void *context, int i)
{
    Reader *r = context;
    Rng rng = rng_new(r->seed * 1000 + (uint64_t)i);
    int *ids = arena_alloc(nn_arena(g), sizeof *ids * SEQUENCES * (TIME + 1));
    int *next = arena_alloc(nn_arena(g), sizeof *next * SEQUENCES * TIME);
    for (int s = 0, token = 0; s < SEQUENCES * TIME; s++) {
        ids[s] = token;
        token = rng_below(&rng, 5) ? (7 * token + 3) % TOKENS : rng_below(&rng, TOKENS);
        next[s] = token;
    }
    Tensor *x = nn_embedding(g, r->embedding, ids, SEQUENCES, TIME);
    x = nn_block(g, &r->block, x, &(NnBlockCall){.attention = {.causal = true}});
    return nn_affine_cross_entropy(g, x, r->embedding, next, -1);
}

static void train_reader(uint64_t seed, int precision, float curve[STEPS])
{
    Graph *g = nn_graph_new();
    Reader r = reader_new(seed);
    NnTraining t = nn_training_new();
    t.steps = STEPS;
    t.warmup = 10;
    t.rate = 3e-3f;
    t.precision = precision;
    ck_assert_int_eq(nn_train(g, &r.params, &t, reading_loss, &r, curve), STEPS);
    nn_params_free(&r.params);
    nn_graph_free(g);
}

/* The curve of a run in bf16 is not that of its twin in float32, but close to it, and lies in the band that seeds
 * leave in float32. */
START_TEST(a_run_in_bf16_lies_in_the_band_of_seeds)
{
    static float curves[SEEDS][STEPS], bf16[STEPS];
    for (int i = 0; i < SEEDS; i++)
        train_reader((uint64_t)i + 1, TENSOR_F32, curves[i]);
    LossBand band = loss_band_of(curves[0], SEEDS, STEPS, "test");
    double apart = 0;
    for (int i = 0; i < 2; i++) {
        train_reader((uint64_t)i + 1, TENSOR_BF16, bf16);
        ck_assert(loss_band_check(&band, bf16, STEPS).normal);
        for (int s = 0; s < STEPS; s++)
            apart = fmax(apart, fabs((double)bf16[s] - (double)curves[i][s]));
    }
    ck_assert(curves[0][0] > 2.5f && curves[0][STEPS - 1] < 1.6f);
    ck_assert_msg(apart > 1e-5 && apart < 0.03, "the losses are up to %g apart", apart);
    loss_band_free(&band);
}
END_TEST

/* Its losses are those of the model as it is used, and the graph then multiplies as before. */
START_TEST(an_evaluation_is_in_float32)
{
    Graph *g = nn_graph_new();
    Reader r = reader_new(3);
    double expected = nn_evaluate(g, 2, reading_loss, &r);
    nn_graph_multiply_in(g, TENSOR_BF16);
    ck_assert_double_eq(nn_evaluate(g, 2, reading_loss, &r), expected);
    ck_assert(nn_graph_precision(g) == TENSOR_BF16);
    nn_graph_record(g, false);
    ck_assert(tensor_item(reading_loss(g, &r, 0)) + tensor_item(reading_loss(g, &r, 1)) !=
              2 * (float)expected);
    nn_params_free(&r.params);
    nn_graph_free(g);
}
END_TEST

/* ---- learning rates ----------------------------------------------------------------------------------------- */

static void check_rate(const NnTraining *t, long step, float expected)
{
    float found = nn_training_rate(t, step);
    ck_assert_msg(fabsf(found - expected) < 1e-7f, "%s at %ld: %g, expected %g",
                  nn_schedule_names[t->schedule], step, (double)found, (double)expected);
}

START_TEST(rates)
{
    NnTraining t = nn_training_new(); /* 1000 steps, 100 of warm-up, 1e-3 to 1e-4 */
    for (int i = 0; i < NN_SCHEDULES; i++) {
        t.schedule = i;
        check_rate(&t, 49, i == NN_INVERSE_ROOT ? 5e-4f : 1e-3f * 50 / 101);
        check_rate(&t, i == NN_INVERSE_ROOT ? 99 : 100, 1e-3f);
    }
    t.schedule = NN_COSINE;
    check_rate(&t, 550, 5.5e-4f);
    t.schedule = NN_LINEAR;
    check_rate(&t, 325, 7.75e-4f);
    t.schedule = NN_CONSTANT;
    check_rate(&t, 999, 1e-3f);
    t.schedule = NN_INVERSE_ROOT;
    check_rate(&t, 399, 5e-4f);
    t.schedule = NN_STABLE_DECAY; /* the last fifth */
    check_rate(&t, 799, 1e-3f);
    check_rate(&t, 800, 1e-3f);
    check_rate(&t, 900, 5.5e-4f);
    check_rate(&t, 1000, 1e-4f);
    t.decay = 500;
    check_rate(&t, 750, 5.5e-4f);
}
END_TEST

/* No schedule that passes the check rises after its warm-up. */
START_TEST(rates_never_rise_again)
{
    static const int warmups[] = {0, 1, 30, 100}, decays[] = {0, 1, 50, 70};
    for (int round = 0; round < NN_SCHEDULES * 16; round++) {
        NnTraining t = nn_training_new();
        t.steps = 100;
        t.schedule = round / 16;
        t.warmup = warmups[round % 4];
        t.decay = decays[round / 4 % 4];
        if (!nn_training_check(&t, NULL))
            continue;
        for (int step = t.warmup + 1; step < 120; step++)
            ck_assert(nn_training_rate(&t, step) <= nn_training_rate(&t, step - 1));
    }
}
END_TEST

START_TEST(rates_that_would_rise)
{
    static const struct {
        int steps, warmup, decay, schedule;
        float rate, min_rate;
        const char *says; /* NULL: nothing is wrong */
    } cases[] = {{100, 101, 0, NN_COSINE, 1e-3f, 1e-4f, "--warmup 101, --steps 100: the warm-up is longer"},
                 {100, 100, 0, NN_COSINE, 1e-3f, 1e-4f, NULL},
                 {100, 10, 0, NN_COSINE, 1e-4f, 1e-3f,
                  "--min-lr 0.001 is above --lr 0.0001: the learning rate would rise"},
                 {100, 10, 0, NN_LINEAR, 1e-4f, 1e-3f, "would rise"},
                 {100, 10, 0, NN_STABLE_DECAY, 1e-4f, 1e-3f, "would rise"},
                 {100, 10, 0, NN_CONSTANT, 1e-4f, 1e-3f, NULL},
                 {100, 10, 0, NN_INVERSE_ROOT, 1e-4f, 1e-3f, NULL},
                 {100, 20, 80, NN_STABLE_DECAY, 1e-3f, 1e-4f, NULL},
                 {100, 20, 81, NN_STABLE_DECAY, 1e-3f, 1e-4f, "--warmup 20, --decay 81, --steps 100"},
                 {100, 90, 0, NN_STABLE_DECAY, 1e-3f, 1e-4f, "--decay 20"},
                 {100, 20, 81, NN_COSINE, 1e-3f, 1e-4f, NULL}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        NnTraining t = {.steps = cases[i].steps,
                        .warmup = cases[i].warmup,
                        .decay = cases[i].decay,
                        .schedule = cases[i].schedule,
                        .rate = cases[i].rate,
                        .min_rate = cases[i].min_rate};
        Error e = {""};
        ck_assert_msg(nn_training_check(&t, &e) == !cases[i].says, "case %zu: %s", i, e.text);
        ck_assert_msg(!cases[i].says || strstr(e.text, cases[i].says), "%s", e.text);
    }
}
END_TEST

START_TEST(options_fill_the_settings)
{
    char *argv[] = {"demo",         "--steps", "7", "--lr=0.5",         "--schedule",
                    "stable-decay", "--seed",  "9", "--precision=bf16", NULL};
    NnTraining t = nn_training_new();
    NnTrainingOptions shared = nn_training_options(&t);
    const Option options[] = {option_group(shared.items), OPTION_END};
    options_parse(9, argv, "A demo.", options);
    ck_assert(t.steps == 7 && t.rate == 0.5f && t.schedule == NN_STABLE_DECAY && t.seed == 9 &&
              t.precision == TENSOR_BF16 && t.batch == 16);
}
END_TEST

int main(void)
{
    Suite *s = suite_create("train");
    TCase *t = tcase_create("train");
    tcase_add_test(t, a_step_is_backward_clip_update_reset);
    tcase_add_test(t, a_loss_that_is_no_number_changes_nothing);
    tcase_add_test(t, a_run_finds_the_line);
    tcase_add_test(t, a_run_ends_where_the_loss_is_no_number);
    tcase_add_test(t, an_evaluation_is_the_mean_of_its_batches);
    tcase_add_test(t, a_run_in_bf16_lies_in_the_band_of_seeds);
    tcase_add_test(t, an_evaluation_is_in_float32);
    tcase_add_test(t, rates);
    tcase_add_test(t, rates_never_rise_again);
    tcase_add_test(t, rates_that_would_rise);
    tcase_add_test(t, options_fill_the_settings);
    suite_add_tcase(s, t);
    SRunner *r = srunner_create(s);
    srunner_run_all(r, CK_NORMAL);
    int failed = srunner_ntests_failed(r);
    srunner_free(r);
    return failed != 0;
}
