/* check_ch03.c -- the checks of chapter 3's exercises.
 *
 * Compiled twice. With GRADE_WORKER it is the drivers: they are linked with the
 * learner's code, call it, and hold no answer. Without, it is the tests: they hold
 * the answers and never meet the learner's code, only what it computed. */
#include "ch03/exercises/exercises.h"

#ifdef GRADE_WORKER
#include "common/grade/driver.h"

static void drive_scaled_softmax(GradeCall *c)
{
    Tensor *score = grade_arg_tensor(c, "score");
    int head_dim = grade_arg_int(c), rows = score->shape[0], cols = score->shape[1];
    Tensor *weight = grade_out(c, "weight", rows, cols);
    scaled_softmax(score->data, rows, cols, head_dim, weight->data);
}

static void drive_attention(GradeCall *c)
{
    Tensor *q = grade_arg_tensor(c, "q"), *k = grade_arg_tensor(c, "k"), *v = grade_arg_tensor(c, "v");
    int t = q->shape[0], d = q->shape[1], s = k->shape[0], e = v->shape[1];
    Tensor *out = grade_out(c, "out", t, e);
    attention(q->data, k->data, v->data, t, s, d, e, out->data);
}

const GradeDriver grade_drivers[] = {
    {"scaled_softmax", drive_scaled_softmax}, {"attention", drive_attention}, {NULL, NULL}};

#else
#include "common/grade/judge.h"

#include <math.h>
#include <string.h>

/* ---- ex1 ----------------------------------------------------------------------------------------- */

/* softmax of n numbers that lie `stride` apart, times scale, in double. */
static void softmax_line(const float *x, float *y, int n, int stride, double scale)
{
    double largest = -INFINITY, sum = 0;
    for (int i = 0; i < n; i++)
        largest = fmax(largest, scale * (double)x[i * stride]);
    for (int i = 0; i < n; i++)
        sum += exp(scale * (double)x[i * stride] - largest);
    for (int i = 0; i < n; i++)
        y[i * stride] = (float)(exp(scale * (double)x[i * stride] - largest) / sum);
}

/* Over the columns of each row, as it should be. */
static Tensor *softmax(const Tensor *score, double scale)
{
    Tensor *weight = grade_copy(score);
    int rows = score->shape[0], cols = score->shape[1];
    for (int r = 0; r < rows; r++)
        softmax_line(score->data + r * cols, weight->data + r * cols, cols, 1, scale);
    return weight;
}

/* Over the rows of each column: a likely mistake. */
static Tensor *softmax_of_columns(const Tensor *score, double scale)
{
    Tensor *weight = grade_copy(score);
    int rows = score->shape[0], cols = score->shape[1];
    for (int c = 0; c < cols; c++)
        softmax_line(score->data + c, weight->data + c, rows, cols, scale);
    return weight;
}

static void check_scaled_softmax(const Tensor *score, int head_dim)
{
    double scale = 1 / sqrt(head_dim);
    const GradeCause causes[] = {
        {softmax(score, 1), "not divided by sqrt(head_dim)"},
        {softmax(score, 1.0 / head_dim), "divided by head_dim instead of sqrt(head_dim)"},
        {softmax(score, sqrt(head_dim)), "multiplied by sqrt(head_dim) instead of divided"},
        {softmax_of_columns(score, scale), "rows do not sum to 1: softmax over the wrong axis?"},
        {NULL, NULL}};
    const Tensor *weight = grade_call("scaled_softmax", grade_tensor(score), grade_int(head_dim));
    grade_expect("weight", weight, softmax(score, scale), 1e-5f, causes);
}

START_TEST(equal_scores_share_equally)
{
    check_scaled_softmax(grade_zeros(2, 5), 16);
}
END_TEST

START_TEST(small_scores)
{
    int rows, cols, head_dim;
    grade_sizes(3, 20, &rows, &cols, &head_dim);
    check_scaled_softmax(grade_normal(2, rows, cols), head_dim);
}
END_TEST

START_TEST(scores_up_to_10000)
{
    int rows, cols;
    grade_sizes(3, 9, &rows, &cols);
    Tensor *score = grade_normal(100, rows, cols);
    for (int r = 0; r < rows; r++)
        score->data[r * cols + r % cols] = r % 2 ? -1e4f : 1e4f;
    check_scaled_softmax(score, 4);
    for (size_t i = 0; i < score->size; i++)
        score->data[i] -= 1e4f; /* all of them very negative */
    check_scaled_softmax(score, 4);
}
END_TEST

START_TEST(a_single_row_and_a_single_column)
{
    check_scaled_softmax(grade_normal(1, 1, 7), 64);
    check_scaled_softmax(grade_normal(1, 7, 1), 64);
}
END_TEST

/* ---- ex2 ----------------------------------------------------------------------------------------- */

/* q k^T: (T,D) (S,D) -> (T,S). */
static Tensor *scores(const Tensor *q, const Tensor *k)
{
    int rows = q->shape[0], cols = k->shape[0], d = q->shape[1];
    Tensor *score = grade_zeros(rows, cols);
    for (int i = 0; i < rows * cols; i++) {
        double sum = 0;
        for (int j = 0; j < d; j++)
            sum += (double)q->data[i / cols * d + j] * (double)k->data[i % cols * d + j];
        score->data[i] = (float)sum;
    }
    return score;
}

/* weight v: (T,S) (S,E) -> (T,E). */
static Tensor *averages(const Tensor *weight, const Tensor *v)
{
    int rows = weight->shape[0], s = v->shape[0], e = v->shape[1];
    Tensor *out = grade_zeros(rows, e);
    for (int i = 0; i < rows * e; i++) {
        double sum = 0;
        for (int j = 0; j < s; j++)
            sum += (double)weight->data[i / e * s + j] * (double)v->data[j * e + i % e];
        out->data[i] = (float)sum;
    }
    return out;
}

static void check_attention(const Tensor *q, const Tensor *k, const Tensor *v, float tolerance)
{
    double scale = 1 / sqrt(q->shape[1]);
    Tensor *score = scores(q, k), *constant = grade_copy(score);
    tensor_fill(constant, 1);
    const GradeCause causes[] = {
        {averages(softmax(score, 1), v), "q.k is not divided by sqrt(D)"},
        {averages(softmax(score, 1 / sqrt(v->shape[1])), v), "divided by sqrt(E) instead of sqrt(D)"},
        {averages(softmax(score, 1.0 / q->shape[1]), v), "divided by D instead of sqrt(D)"},
        {averages(softmax_of_columns(score, scale), v),
         "softmax over the queries: each query's weights sum to 1"},
        {averages(score, v), "no softmax"},
        {averages(constant, v), "the values are added up, not weighted"},
        {NULL, NULL}};
    const Tensor *out = grade_call("attention", grade_tensor(q), grade_tensor(k), grade_tensor(v));
    grade_expect("out", out, averages(softmax(score, scale), v), tolerance, causes);
}

START_TEST(one_key_gives_its_value)
{
    int t, d, e;
    grade_sizes(2, 9, &t, &d, &e);
    check_attention(grade_normal(1, t, d), grade_normal(1, 1, d), grade_normal(1, 1, e), 1e-5f);
}
END_TEST

START_TEST(random_queries_keys_and_values)
{
    int t, s, d, e;
    for (int round = 0; round < 3; round++) {
        grade_sizes(2, 24, &t, &s, &d, &e);
        check_attention(grade_normal(1, t, d), grade_normal(1, s, d), grade_normal(1, s, e), 1e-4f);
    }
}
END_TEST

START_TEST(large_scores_do_not_overflow)
{
    int t, s, d, e;
    grade_sizes(3, 12, &t, &s, &d, &e);
    Tensor *q = grade_normal(10, t, d), *k = grade_normal(10, s, d);
    memcpy(q->data, k->data, (size_t)d * sizeof *q->data); /* |q|^2 / sqrt(d) is far beyond 88 */
    check_attention(q, k, grade_normal(1, s, e), 1e-3f);
}
END_TEST

void grade_tests(GradeSuite *s)
{
    grade_test(s, "ex1", equal_scores_share_equally);
    grade_test(s, "ex1", small_scores);
    grade_test(s, "ex1", scores_up_to_10000);
    grade_test(s, "ex1", a_single_row_and_a_single_column);
    grade_test(s, "ex2", one_key_gives_its_value);
    grade_test(s, "ex2", random_queries_keys_and_values);
    grade_test(s, "ex2", large_scores_do_not_overflow);
}
#endif
