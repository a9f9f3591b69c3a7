/* test_optim.c -- optimizers against their formulas by hand, clipping, schedules, parameters. */
#include "common/nn/nn.h"

#include <check.h>
#include <math.h>
#include <omp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { ROWS = 3, COLUMNS = 5, MATRIX = ROWS * COLUMNS, BIAS = 4 };

static Params params;
static Tensor *matrix, *bias;

static void make_params(void)
{
    Rng rng = rng_new(4);
    params = (Params){0};
    matrix = nn_param(&params, "layer.weight", 2, (const int[]){ROWS, COLUMNS});
    bias = nn_param(&params, "layer.bias", 1, (const int[]){BIAS});
    tensor_normal(matrix, 1, &rng);
    tensor_normal(bias, 1, &rng);
}

static void free_params(void)
{
    nn_params_free(&params);
}

/* The gradient of number i at a step: any sequence that changes its size and sign. */
static float gradient_at(int step, size_t i)
{
    return (float)(cos(1.7 * step + 0.9 * (double)i) * (step == 2 ? 0.01 : 1 + 0.1 * (double)i));
}

static void set_gradient(Tensor *t, int step)
{
    for (size_t i = 0; i < t->size; i++)
        t->grad[i] = gradient_at(step, i);
    t->has_grad = true;
}

/* The formulas in optim.h for one number, in double. */
typedef struct Number {
    double w, m, v;
} Number;

static void adamw_by_hand(Number *n, int step, double g, double rate, double decay)
{
    const double b1 = 0.9, b2 = 0.95;
    n->m = b1 * n->m + (1 - b1) * g;
    n->v = b2 * n->v + (1 - b2) * g * g;
    double m = n->m / (1 - pow(b1, step + 1)), v = n->v / (1 - pow(b2, step + 1));
    n->w -= rate * m / (sqrt(v) + 1e-8) + rate * decay * n->w;
}

static void sgd_by_hand(Number *n, double g, double rate, double momentum)
{
    n->m = momentum * n->m + g;
    n->w -= rate * n->m;
}

static void check_numbers(const Tensor *t, const Number *n, int step)
{
    for (size_t i = 0; i < t->size; i++) {
        if (!(fabs((double)t->data[i] - n[i].w) <= 2e-6))
            ck_abort_msg("step %d, number %zu: %.8g, expected %.8g", step, i, (double)t->data[i], n[i].w);
    }
}

static void start(const Tensor *t, Number *n)
{
    for (size_t i = 0; i < t->size; i++)
        n[i] = (Number){.w = (double)t->data[i]};
}

/* Adam, AdamW, SGD and SGD with momentum, 5 steps of changing rate. */
START_TEST(steps_by_hand)
{
    const float decay = _i == 1 ? 0.1f : 0, momentum = _i == 3 ? 0.9f : 0;
    Optimizer *o = _i < 2 ? nn_adamw_new(&params, 0.9f, 0.95f, decay) : nn_sgd_new(&params, momentum);
    Number in_matrix[MATRIX], in_bias[BIAS];
    start(matrix, in_matrix);
    start(bias, in_bias);
    for (int step = 0; step < 5; step++) {
        float rate = 0.1f / (float)(step + 1);
        set_gradient(matrix, step);
        set_gradient(bias, step);
        nn_optimizer_step(o, rate);
        ck_assert(!matrix->has_grad && !bias->has_grad);
        ck_assert_int_eq(*nn_optimizer_steps(o), step + 1);
        for (size_t i = 0; i < MATRIX; i++) {
            double g = (double)gradient_at(step, i), d = (double)decay; /* matrices decay, biases do not */
            Number *a = &in_matrix[i], *b = i < BIAS ? &in_bias[i] : NULL;
            if (_i < 2) {
                adamw_by_hand(a, step, g, (double)rate, d);
                if (b)
                    adamw_by_hand(b, step, g, (double)rate, 0);
            } else {
                sgd_by_hand(a, g, (double)rate, (double)momentum);
                if (b)
                    sgd_by_hand(b, g, (double)rate, (double)momentum);
            }
        }
        check_numbers(matrix, in_matrix, step);
        check_numbers(bias, in_bias, step);
    }
    nn_optimizer_free(o);
}
END_TEST

/* Whatever its size, the first step of Adam is the rate, against the gradient's sign. */
START_TEST(first_step_of_adam)
{
    Optimizer *o = nn_adamw_new(&params, 0.9f, 0.999f, 0);
    float before[MATRIX];
    memcpy(before, matrix->data, sizeof before);
    for (size_t i = 0; i < MATRIX; i++)
        matrix->grad[i] = (float)((i % 2 ? 1 : -1) * pow(10, (double)(i % 7) - 3));
    matrix->has_grad = true;
    nn_optimizer_step(o, 0.01f);
    for (size_t i = 0; i < MATRIX; i++)
        ck_assert_double_eq_tol((double)(matrix->data[i] - before[i]), i % 2 ? -0.01 : 0.01, 1e-6);
    nn_optimizer_free(o);
}
END_TEST

/* A parameter that the loss did not reach stays as it is, decay and all. */
START_TEST(no_gradient_no_step)
{
    Optimizer *o = nn_adamw_new(&params, 0.9f, 0.95f, 0.5f);
    float before[MATRIX];
    memcpy(before, matrix->data, sizeof before);
    set_gradient(bias, 0);
    nn_optimizer_step(o, 0.1f);
    ck_assert_int_eq(memcmp(before, matrix->data, sizeof before), 0);
    nn_optimizer_free(o);
}
END_TEST

START_TEST(moments)
{
    Optimizer *adam = nn_adamw_new(&params, 0.9f, 0.95f, 0), *sgd = nn_sgd_new(&params, 0.9f);
    set_gradient(matrix, 0);
    nn_optimizer_step(adam, 0);
    set_gradient(matrix, 0);
    nn_optimizer_step(sgd, 0);
    for (size_t i = 0; i < MATRIX; i++) {
        double g = (double)gradient_at(0, i);
        ck_assert_double_eq_tol((double)nn_optimizer_moment(adam, 0, 0)[i], 0.1 * g, 1e-7);
        ck_assert_double_eq_tol((double)nn_optimizer_moment(adam, 0, 1)[i], 0.05 * g * g, 1e-7);
        ck_assert_double_eq_tol((double)nn_optimizer_moment(sgd, 0, 0)[i], g, 1e-7);
    }
    ck_assert(nn_optimizer_moment(adam, 1, 0)[0] == 0);
    ck_assert_ptr_null(nn_optimizer_moment(sgd, 0, 1));
    nn_optimizer_free(adam);
    nn_optimizer_free(sgd);
    nn_optimizer_free(NULL);
}
END_TEST

/* ---- clipping ------------------------------------------------------------------------------------ */

static double length_of_gradients(void)
{
    double squares = 0;
    for (size_t i = 0; i < MATRIX; i++)
        squares += (double)matrix->grad[i] * (double)matrix->grad[i];
    for (size_t i = 0; i < BIAS; i++)
        squares += (double)bias->grad[i] * (double)bias->grad[i];
    return sqrt(squares);
}

/* How far a plain SGD step of rate 1 moves, after clipping to `max`. */
static double moved(float max, float *length)
{
    Optimizer *o = nn_sgd_new(&params, 0);
    float before[MATRIX], bias_before[BIAS];
    double squares = 0;
    memcpy(before, matrix->data, sizeof before);
    memcpy(bias_before, bias->data, sizeof bias_before);
    set_gradient(matrix, 1);
    set_gradient(bias, 1);
    *length = nn_clip_gradients(o, max);
    nn_optimizer_step(o, 1);
    for (size_t i = 0; i < MATRIX; i++)
        squares += pow((double)(matrix->data[i] - before[i]), 2);
    for (size_t i = 0; i < BIAS; i++)
        squares += pow((double)(bias->data[i] - bias_before[i]), 2);
    nn_optimizer_free(o);
    return sqrt(squares);
}

START_TEST(clipping)
{
    float length;
    set_gradient(matrix, 1);
    set_gradient(bias, 1);
    double whole = length_of_gradients();
    ck_assert_double_eq_tol(moved(0, &length), whole, 1e-5); /* 0: left alone */
    ck_assert_double_eq_tol((double)length, whole, 1e-5);
    ck_assert_double_eq_tol(moved((float)whole * 2, &length), whole, 1e-5);
    ck_assert_double_eq_tol(moved(0.5f, &length), 0.5, 1e-5);
    ck_assert_double_eq_tol((double)length, whole, 1e-5); /* the length before clipping */
    ck_assert_double_eq_tol(moved(1e-3f, &length), 1e-3, 1e-6);
}
END_TEST

START_TEST(clipping_lasts_one_step)
{
    Optimizer *o = nn_sgd_new(&params, 0);
    set_gradient(matrix, 1);
    nn_clip_gradients(o, 1e-3f);
    nn_optimizer_step(o, 0);
    set_gradient(matrix, 1);
    float before = matrix->data[0];
    nn_optimizer_step(o, 1);
    ck_assert_double_eq_tol((double)(before - matrix->data[0]), (double)gradient_at(1, 0), 1e-6);
    nn_optimizer_free(o);
}
END_TEST

START_TEST(clipping_without_gradients)
{
    Optimizer *o = nn_sgd_new(&params, 0);
    ck_assert(nn_clip_gradients(o, 1) == 0);
    set_gradient(matrix, 0);
    matrix->grad[3] = NAN;
    ck_assert(isnan(nn_clip_gradients(o, 1))); /* a broken gradient shows in the length */
    nn_optimizer_free(o);
}
END_TEST

START_TEST(steps_do_not_depend_on_threads)
{
    enum { N = 70001 };
    float *one = memory_new(N * sizeof *one);
    for (int threads = 1; threads <= 2; threads++) {
        Params p = {0};
        Rng rng = rng_new(8);
        Tensor *t = nn_param(&p, "w", 1, (const int[]){N});
        tensor_normal(t, 1, &rng);
        Optimizer *o = nn_adamw_new(&p, 0.9f, 0.95f, 0.1f);
        omp_set_num_threads(threads);
        for (int step = 0; step < 3; step++) {
            set_gradient(t, step);
            nn_clip_gradients(o, 1);
            nn_optimizer_step(o, 0.01f);
        }
        if (threads == 1)
            memcpy(one, t->data, N * sizeof *one);
        else
            ck_assert_int_eq(memcmp(one, t->data, N * sizeof *one), 0);
        nn_optimizer_free(o);
        nn_params_free(&p);
    }
    free(one);
}
END_TEST

/* ---- schedules ----------------------------------------------------------------------------------- */

static void check_rate(float found, double expected)
{
    ck_assert_double_eq_tol((double)found, expected, 1e-6);
}

START_TEST(cosine_rate)
{
    check_rate(nn_cosine_rate(0, 10, 110, 1, 0.1f), 1.0 / 11);
    check_rate(nn_cosine_rate(9, 10, 110, 1, 0.1f), 10.0 / 11);
    check_rate(nn_cosine_rate(10, 10, 110, 1, 0.1f), 1);
    check_rate(nn_cosine_rate(60, 10, 110, 1, 0.1f), 0.55); /* half way */
    check_rate(nn_cosine_rate(110, 10, 110, 1, 0.1f), 0.1);
    check_rate(nn_cosine_rate(1000000, 10, 110, 1, 0.1f), 0.1);
    check_rate(nn_cosine_rate(0, 0, 100, 1, 0), 1); /* no warmup */
    check_rate(nn_cosine_rate(0, 0, 0, 1, 0.1f), 0.1);
    check_rate(nn_cosine_rate(5, 10, 10, 1, 0.1f), 6.0 / 11); /* warmup only */
    check_rate(nn_cosine_rate(10, 10, 10, 1, 0.1f), 0.1);
    for (int step = 1; step < 120; step++) {
        float change = nn_cosine_rate(step, 10, 110, 1, 0.1f) - nn_cosine_rate(step - 1, 10, 110, 1, 0.1f);
        ck_assert(step <= 10 ? change > 0 : change <= 0);
    }
}
END_TEST

START_TEST(linear_rate)
{
    check_rate(nn_linear_rate(0, 10, 110, 1, 0.1f), 1.0 / 11);
    check_rate(nn_linear_rate(9, 10, 110, 1, 0.1f), 10.0 / 11);
    check_rate(nn_linear_rate(10, 10, 110, 1, 0.1f), 1);
    check_rate(nn_linear_rate(35, 10, 110, 1, 0.1f), 0.775); /* a quarter of the way */
    check_rate(nn_linear_rate(109, 10, 110, 1, 0.1f), 0.109);
    check_rate(nn_linear_rate(110, 10, 110, 1, 0.1f), 0.1);
    check_rate(nn_linear_rate(1000000, 10, 110, 1, 0.1f), 0.1);
    check_rate(nn_linear_rate(0, 0, 100, 1, 0), 1); /* no warmup */
    check_rate(nn_linear_rate(0, 0, 0, 1, 0.1f), 0.1);
    check_rate(nn_linear_rate(5, 10, 10, 1, 0.1f), 6.0 / 11); /* warmup only */
    check_rate(nn_linear_rate(10, 10, 10, 1, 0.1f), 0.1);
}
END_TEST

START_TEST(constant_rate)
{
    check_rate(nn_constant_rate(0, 10, 2), 2.0 / 11);
    check_rate(nn_constant_rate(9, 10, 2), 20.0 / 11);
    check_rate(nn_constant_rate(10, 10, 2), 2);
    check_rate(nn_constant_rate(1000000, 10, 2), 2);
    check_rate(nn_constant_rate(0, 0, 2), 2); /* no warmup */
}
END_TEST

START_TEST(inverse_root_rate)
{
    check_rate(nn_inverse_root_rate(0, 100, 2), 0.02);
    check_rate(nn_inverse_root_rate(49, 100, 2), 1);
    check_rate(nn_inverse_root_rate(99, 100, 2), 2); /* the top */
    check_rate(nn_inverse_root_rate(399, 100, 2), 1);
    check_rate(nn_inverse_root_rate(0, 0, 2), 2); /* no warmup */
    check_rate(nn_inverse_root_rate(3, 0, 2), 1);
}
END_TEST

/* ---- parameters and layers ----------------------------------------------------------------------- */

START_TEST(parameters)
{
    ck_assert_int_eq(params.count, 2);
    ck_assert_uint_eq(nn_param_total(&params), MATRIX + BIAS);
    ck_assert_ptr_eq(nn_param_find(&params, "layer.bias")->tensor, bias);
    ck_assert_ptr_null(nn_param_find(&params, "layer"));
    ck_assert(params.items[0].decays && !params.items[1].decays);
    ck_assert(matrix->is_leaf && matrix->wants_grad && !matrix->has_grad);
    for (int i = 0; i < 100; i++) { /* the list grows, the tensors stay */
        char name[16];
        snprintf(name, sizeof name, "p%d", i);
        nn_param(&params, name, 1, (const int[]){1});
    }
    ck_assert_ptr_eq(nn_param_find(&params, "layer.weight")->tensor, matrix);
}
END_TEST

START_TEST(abort_same_name)
{
    nn_param(&params, "layer.bias", 1, (const int[]){2});
}
END_TEST

START_TEST(abort_long_name)
{
    char name[PARAM_NAME + 1];
    memset(name, 'x', PARAM_NAME);
    name[PARAM_NAME] = '\0';
    nn_param(&params, name, 1, (const int[]){2});
}
END_TEST

static double std(const Tensor *t)
{
    double sum = 0, squares = 0, n = (double)t->size;
    for (size_t i = 0; i < t->size; i++) {
        sum += (double)t->data[i];
        squares += (double)t->data[i] * (double)t->data[i];
    }
    return sqrt(squares / n - sum / n * sum / n);
}

START_TEST(first_weights)
{
    Rng rng = rng_new(6);
    Linear a = nn_linear_new(&params, "a", 100, 300, true, 0, &rng);
    Linear b = nn_linear_new(&params, "b", 100, 300, false, 0.02f, &rng);
    Norm n = nn_norm_new(&params, "n", 7);
    Tensor *table = nn_embedding_new(&params, "table", 200, 150, 0.5f, &rng);
    ck_assert(a.weight->shape[0] == 300 && a.weight->shape[1] == 100);
    ck_assert_double_eq_tol(std(a.weight), 0.1, 0.001); /* 1 / sqrt(100) */
    ck_assert_double_eq_tol(std(b.weight), 0.02, 0.0002);
    ck_assert_double_eq_tol(std(table), 0.5, 0.005);
    ck_assert(a.bias->data[0] == 0 && a.bias->data[299] == 0);
    ck_assert_ptr_null(b.bias);
    ck_assert(n.weight->data[6] == 1 && n.bias->data[6] == 0);
    ck_assert_ptr_eq(nn_param_find(&params, "a.bias")->tensor, a.bias);
    ck_assert_ptr_null(nn_param_find(&params, "b.bias"));
    ck_assert_ptr_eq(nn_param_find(&params, "table.weight")->tensor, table);
    nn_mha_new(&params, "m", 4, &rng);
    ck_assert_ptr_nonnull(nn_param_find(&params, "m.out.weight"));
}
END_TEST

START_TEST(sinusoids)
{
    Arena *arena = arena_new();
    const Tensor *t = nn_sinusoids(arena, 50, 6);
    for (int pos = 0; pos < 50; pos++) {
        for (int i = 0; i < 6; i++) {
            double angle = pos / pow(10000, i / 2 * 2 / 6.0);
            ck_assert_double_eq_tol((double)t->data[pos * 6 + i], i % 2 ? cos(angle) : sin(angle), 1e-6);
        }
    }
    arena_free(arena);
}
END_TEST

int main(void)
{
    Suite *s = suite_create("optim");
    TCase *t = tcase_create("optim");
    tcase_add_checked_fixture(t, make_params, free_params);
    tcase_add_loop_test(t, steps_by_hand, 0, 4);
    tcase_add_test(t, first_step_of_adam);
    tcase_add_test(t, no_gradient_no_step);
    tcase_add_test(t, moments);
    tcase_add_test(t, clipping);
    tcase_add_test(t, clipping_lasts_one_step);
    tcase_add_test(t, clipping_without_gradients);
    tcase_add_test(t, steps_do_not_depend_on_threads);
    tcase_add_test(t, cosine_rate);
    tcase_add_test(t, linear_rate);
    tcase_add_test(t, constant_rate);
    tcase_add_test(t, inverse_root_rate);
    tcase_add_test(t, parameters);
    tcase_add_test_raise_signal(t, abort_same_name, SIGABRT);
    tcase_add_test_raise_signal(t, abort_long_name, SIGABRT);
    tcase_add_test(t, first_weights);
    tcase_add_test(t, sinusoids);
    suite_add_tcase(s, t);
    SRunner *r = srunner_create(s);
    srunner_run_all(r, CK_NORMAL);
    int failed = srunner_ntests_failed(r);
    srunner_free(r);
    return failed != 0;
}
