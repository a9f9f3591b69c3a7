/* test_muon.c -- Muon: what Newton-Schulz does to singular values, and steps against a plain reference in double. */
#include "common/base/base.h"
#include "common/nn/nn.h"

#include <check.h>
#include <math.h>
#include <omp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- singular values ----------------------------------------------------------------------------- */

/* n orthonormal columns of length m (column j at q + j m), by Gram and Schmidt, twice for the digits. */
static double *orthonormal(int m, int n, Rng *rng)
{
    double *q = memory_zero((size_t)m * (size_t)n, sizeof *q);
    for (int j = 0; j < n; j++) {
        double *x = q + (size_t)j * (size_t)m, length = 0;
        for (int i = 0; i < m; i++)
            x[i] = (double)rng_normal(rng);
        for (int k = 0; k < 2 * j; k++) {
            const double *y = q + (size_t)(k % j) * (size_t)m;
            double dot = 0;
            for (int i = 0; i < m; i++)
                dot += x[i] * y[i];
            for (int i = 0; i < m; i++)
                x[i] -= dot * y[i];
        }
        for (int i = 0; i < m; i++)
            length += x[i] * x[i];
        for (int i = 0; i < m; i++)
            x[i] /= sqrt(length);
    }
    return q;
}

/* From 1 down to 1/50, which is above 0.003 of the length of the whole in all shapes below. */
static double singular_value(int i, int n)
{
    return n == 1 ? 1 : pow(0.02, (double)i / (n - 1));
}

/* x (rows,cols) = the sum of s_i u_i v_i^T */
static void make_matrix(int rows, int cols, int n, const double *u, const double *v, float *x)
{
    for (int r = 0; r < rows; r++) {
        for (int c = 0; c < cols; c++) {
            double sum = 0;
            for (int i = 0; i < n; i++)
                sum += singular_value(i, n) * u[(size_t)i * (size_t)rows + (size_t)r] *
                       v[(size_t)i * (size_t)cols + (size_t)c];
            x[(size_t)r * (size_t)cols + (size_t)c] = (float)sum;
        }
    }
}

/* u^T x v */
static double between(const float *x, int rows, int cols, const double *u, const double *v)
{
    double sum = 0;
    for (int r = 0; r < rows; r++) {
        double row = 0;
        for (int c = 0; c < cols; c++)
            row += (double)x[(size_t)r * (size_t)cols + (size_t)c] * v[c];
        sum += u[r] * row;
    }
    return sum;
}

static const int shapes[][2] = {{1, 1}, {1, 7}, {9, 1}, {5, 8}, {24, 24}, {40, 12}, {130, 150}, {300, 140}};

enum { SHAPES = sizeof shapes / sizeof *shapes };

/* The singular vectors stay, and all singular values are near 1: in 0.68 .. 1.21. In bfloat16, too, about. */
START_TEST(singular_values_become_one)
{
    Rng rng = rng_new(3);
    bool rough = _i >= SHAPES;
    int rows = shapes[_i % SHAPES][0], cols = shapes[_i % SHAPES][1], n = rows < cols ? rows : cols;
    double *u = orthonormal(rows, n, &rng), *v = orthonormal(cols, n, &rng);
    float *x = memory_new(sizeof *x * (size_t)rows * (size_t)cols);
    float *room = memory_new(sizeof *room * nn_orthogonalise_room(rows, cols));
    make_matrix(rows, cols, n, u, v, x);
    for (int k = 0; k < rows * cols; k++)
        x[k] *= 1e-3f; /* whatever its size */
    nn_orthogonalise(rough ? TENSOR_BF16 : TENSOR_F32, x, rows, cols, room);
    for (int i = 0; i < n; i++) {
        const double *left = u + (size_t)i * (size_t)rows, *right = v + (size_t)i * (size_t)cols;
        double value = between(x, rows, cols, left, right);
        double other = between(x, rows, cols, left, v + (size_t)((i + 1) % n) * (size_t)cols);
        ck_assert_msg(value >= (rough ? 0.6 : 0.68) && value <= (rough ? 1.3 : 1.21),
                      "value %d of %d x %d: %g", i, rows, cols, value);
        ck_assert_msg(n == 1 || fabs(other) <= (rough ? 0.1 : 1e-3),
                      "value %d of %d x %d: %g with its neighbour", i, rows, cols, other);
    }
    free(u);
    free(v);
    free(x);
    free(room);
}
END_TEST

START_TEST(zero_stays_zero)
{
    float x[6] = {0}, room[64];
    ck_assert_uint_le(nn_orthogonalise_room(2, 3), 64);
    nn_orthogonalise(TENSOR_F32, x, 2, 3, room);
    for (int i = 0; i < 6; i++)
        ck_assert(x[i] == 0);
}
END_TEST

/* ---- steps --------------------------------------------------------------------------------------- */

enum { IN = 6, OUT = 9, PARTS = 3, ROWS = 5, STEPS = 4, WIDE = IN * OUT };

typedef struct Small {
    Params params;
    Linear linear;
    Tensor *table;
    Optimizer *optimizer;
} Small;

static const float RATE = 0.02f, RATIO = 3, DECAY = 0.1f;

static Small *small_new(void)
{
    Small *s = memory_zero(1, sizeof *s);
    Rng rng = rng_new(5);
    s->linear = nn_linear_new(&s->params, "linear", IN, OUT, true, 0.5f, &rng);
    s->table = nn_embedding_new(&s->params, "table", ROWS, IN, 0.5f, &rng);
    nn_param_of(&s->params, s->linear.weight)->parts = PARTS;
    s->optimizer = nn_muon_new(&s->params, &(NnMuon){RATIO, 0.9f, 0.95f, DECAY, TENSOR_F32});
    return s;
}

static void small_free(Small *s)
{
    nn_optimizer_free(s->optimizer);
    nn_params_free(&s->params);
    free(s);
}

static float gradient_at(int step, size_t i)
{
    return (float)(sin(1.3 * step + 0.7 * (double)(i * i)) * (1 + 0.1 * (double)(i % 7)));
}

static void set_gradient(Tensor *t, int step)
{
    for (size_t i = 0; i < t->size; i++)
        t->grad[i] = gradient_at(step, i);
    t->has_grad = true;
}

static void step_of(Small *s, int step)
{
    for (int i = 0; i < s->params.count; i++)
        set_gradient(s->params.items[i].tensor, step);
    nn_optimizer_step(s->optimizer, RATE);
}

/* The same in double and in the order of the formula: X (n,m), n <= m. */
static void newton_schulz(int n, int m, double *x)
{
    double length = 0, square[PARTS][PARTS], factor[PARTS][PARTS], next[PARTS * IN];
    ck_assert(n <= PARTS && n * m <= PARTS * IN);
    for (int i = 0; i < n * m; i++)
        length += x[i] * x[i];
    for (int i = 0; i < n * m; i++)
        x[i] /= sqrt(length) + 1e-7;
    for (int round = 0; round < 5; round++) {
        for (int i = 0; i < n * n; i++) {
            square[i / n][i % n] = 0;
            for (int k = 0; k < m; k++)
                square[i / n][i % n] += x[i / n * m + k] * x[i % n * m + k];
        }
        for (int i = 0; i < n * n; i++) {
            double twice = 0;
            for (int k = 0; k < n; k++)
                twice += square[i / n][k] * square[k][i % n];
            factor[i / n][i % n] =
                (i / n == i % n) * 3.4445 - 4.7750 * square[i / n][i % n] + 2.0315 * twice;
        }
        for (int i = 0; i < n * m; i++) {
            next[i] = 0;
            for (int k = 0; k < n; k++)
                next[i] += factor[i / m][k] * x[k * m + i % m];
        }
        memcpy(x, next, sizeof *x * (size_t)(n * m));
    }
}

/* One step of the plain form: w and m (OUT,IN), three matrices of (OUT/3,IN) below one another. */
static void muon_by_hand(double *w, double *m, int step)
{
    enum { PART = OUT / PARTS * IN };
    double update[WIDE], rate = (double)RATE * (double)RATIO;
    for (int i = 0; i < WIDE; i++) {
        double g = (double)gradient_at(step, (size_t)i);
        m[i] = 0.95 * m[i] + g;
        update[i] = g + 0.95 * m[i];
    }
    for (int part = 0; part < PARTS; part++)
        newton_schulz(OUT / PARTS, IN, update + part * PART);
    for (int i = 0; i < WIDE; i++)
        w[i] = (1 - rate * (double)DECAY) * w[i] - rate * 0.2 * sqrt(IN) * update[i];
}

START_TEST(steps_by_hand)
{
    Small *s = small_new();
    double w[WIDE], m[WIDE] = {0};
    for (int i = 0; i < WIDE; i++)
        w[i] = (double)s->linear.weight->data[i];
    for (int step = 0; step < STEPS; step++) {
        step_of(s, step);
        muon_by_hand(w, m, step);
        for (int i = 0; i < WIDE; i++) {
            double found = (double)s->linear.weight->data[i],
                   moment = (double)nn_optimizer_moment(s->optimizer, 0, 0)[i];
            ck_assert_msg(fabs(found - w[i]) <= 2e-5, "step %d, number %d: %g, expected %g", step, i, found,
                          w[i]);
            ck_assert_double_eq_tol(moment, m[i], 1e-5);
        }
    }
    small_free(s);
}
END_TEST

/* Embeddings, biases and norms take the steps of AdamW, at the plain learning rate. */
START_TEST(the_rest_is_adamw)
{
    Small *s = small_new(), *adam = small_new();
    nn_optimizer_free(adam->optimizer);
    adam->optimizer = nn_adamw_new(&adam->params, 0.9f, 0.95f, DECAY);
    for (int step = 0; step < STEPS; step++) {
        step_of(s, step);
        step_of(adam, step);
    }
    ck_assert_mem_eq(s->table->data, adam->table->data, s->table->size * sizeof(float));
    ck_assert_mem_eq(s->linear.bias->data, adam->linear.bias->data, OUT * sizeof(float));
    ck_assert_mem_ne(s->linear.weight->data, adam->linear.weight->data, WIDE * sizeof(float));
    ck_assert_ptr_null(
        nn_optimizer_moment(s->optimizer, 0, 1)); /* one moment of a matrix, two of the rest */
    for (int i = 1; i < s->params.count; i++)
        ck_assert_ptr_nonnull(nn_optimizer_moment(s->optimizer, i, 1));
    small_free(s);
    small_free(adam);
}
END_TEST

/* The size of the gradient does not matter as long as it stays the same: clipping all steps alike changes nothing. */
START_TEST(clipping_scales_the_momentum)
{
    Small *s = small_new(), *clipped = small_new();
    for (int step = 0; step < STEPS; step++) {
        step_of(s, 1);
        for (int i = 0; i < clipped->params.count; i++)
            set_gradient(clipped->params.items[i].tensor, 1);
        nn_clip_gradients(clipped->optimizer, 0.01f);
        nn_optimizer_step(clipped->optimizer, RATE);
    }
    for (int i = 0; i < WIDE; i++)
        ck_assert_double_eq_tol((double)s->linear.weight->data[i], (double)clipped->linear.weight->data[i],
                                1e-4);
    ck_assert(fabsf(nn_optimizer_moment(clipped->optimizer, 0, 0)[1]) <
              0.1f * fabsf(nn_optimizer_moment(s->optimizer, 0, 0)[1]));
    small_free(s);
    small_free(clipped);
}
END_TEST

START_TEST(without_a_gradient_it_stays)
{
    Small *s = small_new();
    float before[WIDE];
    memcpy(before, s->linear.weight->data, sizeof before);
    set_gradient(s->table, 0);
    nn_optimizer_step(s->optimizer, RATE);
    ck_assert_mem_eq(before, s->linear.weight->data, sizeof before);
    small_free(s);
}
END_TEST

START_TEST(threads_do_not_show)
{
    float *one = NULL;
    for (int threads = 1; threads <= 3; threads++) {
        Params p = {0};
        Rng rng = rng_new(8);
        const Linear linears[] = {nn_linear_new(&p, "a", 70, 130, false, 0, &rng),
                                  nn_linear_new(&p, "b", 200, 50, false, 0, &rng)};
        Optimizer *o = nn_muon_new(&p, &(NnMuon){1, 0.9f, 0.95f, 0, TENSOR_F32});
        omp_set_num_threads(threads);
        for (int step = 0; step < 3; step++) {
            set_gradient(linears[0].weight, step);
            set_gradient(linears[1].weight, step + 1);
            nn_optimizer_step(o, 0.01f);
        }
        size_t bytes = linears[0].weight->size * sizeof(float);
        if (threads == 1)
            memcpy(one = memory_new(bytes), linears[0].weight->data, bytes);
        ck_assert_mem_eq(one, linears[0].weight->data, bytes);
        nn_optimizer_free(o);
        nn_params_free(&p);
    }
    free(one);
}
END_TEST

/* ---- as trainers use it -------------------------------------------------------------------------- */

START_TEST(settings)
{
    Error e = {""};
    Small *s = small_new();
    NnTraining t = nn_training_new();
    t.muon_rate = 0.02f;
    ck_assert(!nn_training_check(&t, &e));
    ck_assert_ptr_nonnull(strstr(e.text, "--muon-lr 0.02 is for --optimizer muon"));
    t.optimizer = NN_MUON;
    ck_assert(nn_training_check(&t, &e));
    nn_optimizer_free(s->optimizer);
    s->optimizer = nn_training_optimizer(&t, &s->params); /* 20 times as fast as the rest */
    double length = 0, longer = 0;
    for (int i = 0; i < 2; i++) {
        float before[WIDE];
        memcpy(before, s->linear.weight->data, sizeof before);
        set_gradient(s->linear.weight, 0);
        nn_optimizer_step(s->optimizer, i ? t.rate : 0);
        for (int k = 0; k < WIDE; k++)
            length += pow((double)(s->linear.weight->data[k] - before[k]), 2);
    }
    for (int k = 0; k < WIDE; k++)
        longer += pow((double)s->linear.weight->data[k], 2);
    ck_assert_double_ge(sqrt(length), 0.02 * 0.2 * sqrt(IN) * 0.68 * 3 - 0.02 * 0.1 * sqrt(longer));
    ck_assert_double_le(sqrt(length), 0.02 * 0.2 * sqrt(IN) * 1.13 * 3 + 0.02 * 0.1 * sqrt(longer));
    small_free(s);
}
END_TEST

int main(void)
{
    Suite *s = suite_create("muon");
    TCase *t = tcase_create("muon");
    tcase_add_loop_test(t, singular_values_become_one, 0, 2 * SHAPES);
    tcase_add_test(t, zero_stays_zero);
    tcase_add_test(t, steps_by_hand);
    tcase_add_test(t, the_rest_is_adamw);
    tcase_add_test(t, clipping_scales_the_momentum);
    tcase_add_test(t, without_a_gradient_it_stays);
    tcase_add_test(t, threads_do_not_show);
    tcase_add_test(t, settings);
    suite_add_tcase(s, t);
    SRunner *r = srunner_create(s);
    srunner_run_all(r, CK_NORMAL);
    int failed = srunner_ntests_failed(r);
    srunner_free(r);
    return failed != 0;
}
