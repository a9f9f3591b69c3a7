/* test_quant.c -- rounded matrices: how far they are from what they were, and that their
 * products are those of what was kept, with any instructions and any number of threads. */
#include "common/base/arena.h"
#include "common/base/rng.h"
#include "common/tensor/quant.h"
#include "common/tensor/gemv.h"

#include <check.h>
#include <math.h>
#include <omp.h>
#include <stdlib.h>
#include <string.h>

/* rows, cols, rows of the input: whole groups and tiles, and none of them whole */
static const int sizes[][3] = {{16, 32, 1}, {48, 96, 4}, {17, 33, 5}, {1, 1, 1}, {35, 100, 9}, {15, 31, 3}};
enum { SIZES = sizeof sizes / sizeof *sizes, MAX = 128 * 128 };

typedef struct Case {
    int rows, cols, n;
    QuantKind kind;
    float w[MAX], x[MAX], bias[128];
    Arena *arena;
    Quant *q;
    QuantInput in;
} Case;

static Case *case_new(int index)
{
    Case *c = memory_zero(1, sizeof *c);
    Rng rng = rng_new(7);
    c->rows = sizes[index / 2][0];
    c->cols = sizes[index / 2][1];
    c->n = sizes[index / 2][2];
    c->kind = index % 2 ? QUANT_INT4 : QUANT_INT8;
    c->arena = arena_new();
    for (int i = 0; i < c->rows * c->cols; i++)
        c->w[i] = rng_normal(&rng) * (i % 5 ? 1 : 0.1f);
    for (int i = 0; i < c->n * c->cols; i++)
        c->x[i] = rng_normal(&rng) * (i % 7 ? 1 : 20); /* outliers, as they come in real models */
    for (int i = 0; i < c->rows; i++)
        c->bias[i] = rng_normal(&rng);
    c->q = quant_new(c->arena, c->kind, c->rows, c->cols);
    for (int r = 0; r < c->rows; r++)
        quant_set_row(c->q, r, c->w + r * c->cols);
    c->in = quant_input_new(c->arena, c->n, c->cols);
    quant_input_set(&c->in, c->x, c->n, c->cols);
    return c;
}

static void case_free(Case *c)
{
    arena_free(c->arena);
    free(c);
}

static void range_of(const float *w, int count, float *low, float *high)
{
    *low = *high = 0; /* numbers that do not exist count as 0 */
    for (int i = 0; i < count; i++) {
        *low = fminf(*low, w[i]);
        *high = fmaxf(*high, w[i]);
    }
}

/* int8: half a step of 1/127 of the largest. int4: half a step of 1/15 of the range, and what
 * is cut off, at most a tenth of the range at either end. bfloat16 makes steps up to 1/128 longer. */
START_TEST(what_is_kept_is_near)
{
    Case *c = case_new(_i);
    float kept[128];
    for (int r = 0; r < c->rows; r++) {
        quant_row(c->q, r, kept);
        for (int i = 0; i < c->cols; i++) {
            int first = i / QUANT_GROUP * QUANT_GROUP, left = c->cols - first;
            const float *group = c->w + r * c->cols + first;
            float low, high;
            range_of(group, left < QUANT_GROUP ? left : QUANT_GROUP, &low, &high);
            float bound =
                c->kind == QUANT_INT8 ? fmaxf(high, -low) / 127 / 2 * 1.01f : (high - low) * 0.12f;
            ck_assert_msg(fabsf(kept[i] - group[i - first]) <= bound, "row %d, number %d: %g became %g", r,
                          i, (double)group[i - first], (double)kept[i]);
        }
    }
    case_free(c);
}
END_TEST

/* The product, in double, of what was kept; *size gets the sum of the magnitudes. */
static double exact_product(const Case *c, int row, int i, double *size)
{
    float w[128];
    double sum = (double)c->bias[row];
    quant_row(c->q, row, w);
    *size = fabs(sum);
    for (int k = 0; k < c->cols; k++) {
        size_t at = (size_t)(i * c->in.groups + k / QUANT_GROUP);
        double x = (double)c->in.scales[at] * c->in.codes[at * QUANT_GROUP + (size_t)(k % QUANT_GROUP)];
        ck_assert(fabs(x - (double)c->x[i * c->cols + k]) <= (double)c->in.scales[at] * 0.5001);
        sum += (double)w[k] * x;
        *size += fabs((double)w[k] * x);
    }
    return sum;
}

START_TEST(products_are_of_what_is_kept)
{
    Case *c = case_new(_i);
    float fast[MAX], plain[MAX], other[MAX];
    quant_product(c->q, &c->in, c->bias, fast);
    ck_assert(quant_product_by(QUANT_PLAIN, c->q, &c->in, c->bias, plain));
    bool avx2 = quant_product_by(QUANT_AVX2, c->q, &c->in, c->bias, other);
    for (int i = 0; i < c->n * c->rows; i++) {
        double size, exact = exact_product(c, i % c->rows, i / c->rows, &size);
        ck_assert_msg(fabs(exact - (double)fast[i]) <= 1e-6 * size, "%g, not %g", (double)fast[i], exact);
        ck_assert_msg(fabs(exact - (double)plain[i]) <= 1e-6 * size, "plain: %g, not %g", (double)plain[i],
                      exact);
        ck_assert_msg(!avx2 || fabs((double)(other[i] - plain[i])) <= 2e-7 * size, "AVX2: %g, but plain %g",
                      (double)other[i], (double)plain[i]);
        ck_assert_msg(fabs((double)(fast[i] - plain[i])) <= 5e-7 * size, "%g, but plain %g",
                      (double)fast[i], (double)plain[i]);
    }
    case_free(c);
}
END_TEST

/* A row of the result does not depend on the rows beside it. */
START_TEST(rows_do_not_depend_on_each_other)
{
    Case *c = case_new(_i);
    float together[MAX], alone[128];
    quant_product(c->q, &c->in, c->bias, together);
    for (int i = 0; i < c->n; i++) {
        quant_input_set(&c->in, c->x + i * c->cols, 1, c->cols);
        quant_product(c->q, &c->in, c->bias, alone);
        ck_assert_mem_eq(alone, together + i * c->rows, sizeof *alone * (size_t)c->rows);
    }
    case_free(c);
}
END_TEST

/* Zeros, infinities and NaN stay within bounds; what can be kept exactly is. */
START_TEST(numbers_at_the_edge)
{
    Arena *a = arena_new();
    const QuantKind kind = _i ? QUANT_INT4 : QUANT_INT8;
    Quant *q = quant_new(a, kind, 3, 64);
    float x[64] = {0}, kept[64];
    quant_set_row(q, 0, x);
    quant_row(q, 0, kept);
    ck_assert_mem_eq(kept, x, sizeof x);
    for (int i = 0; i < 64; i++)
        x[i] = i % 2 ? 15 : 0;
    quant_set_row(q, 1, x);
    quant_row(q, 1, kept);
    for (int i = 0; i < 64; i++)
        ck_assert_float_eq_tol(kept[i], x[i], 0.13f);
    x[3] = NAN;
    x[40] = INFINITY;
    quant_set_row(q, 2, x);
    QuantInput in = quant_input_new(a, 1, 64);
    quant_input_set(&in, x, 1, 64);
    float y[3];
    quant_product(q, &in, NULL, y); /* whatever comes out, nothing breaks */
    arena_free(a);
}
END_TEST

START_TEST(gemv_products)
{
    enum { ROWS = 1003, COLS = 331, N = 3 };
    Rng rng = rng_new(1);
    float *w = memory_new(sizeof *w * ROWS * COLS), x[N * COLS], bias[ROWS], y[N * ROWS], again[N * ROWS];
    for (int i = 0; i < ROWS * COLS; i++)
        w[i] = rng_normal(&rng);
    for (int i = 0; i < N * COLS; i++)
        x[i] = rng_normal(&rng);
    for (int i = 0; i < ROWS; i++)
        bias[i] = rng_normal(&rng);
    gemv_product(x, N, w, ROWS, COLS, bias, y);
    for (int i = 0; i < N * ROWS; i++) {
        double sum = (double)bias[i % ROWS];
        for (int k = 0; k < COLS; k++)
            sum += (double)x[i / ROWS * COLS + k] * (double)w[i % ROWS * COLS + k];
        ck_assert_double_eq_tol(sum, (double)y[i], 1e-4);
    }
    omp_set_num_threads(3);
    gemv_product(x, N, w, ROWS, COLS, bias, again);
    ck_assert_mem_eq(y, again, sizeof y);
    free(w);
}
END_TEST

int main(void)
{
    Suite *s = suite_create("quant");
    TCase *t = tcase_create("quant");
    tcase_set_timeout(t, 60);
    tcase_add_loop_test(t, what_is_kept_is_near, 0, 2 * SIZES);
    tcase_add_loop_test(t, products_are_of_what_is_kept, 0, 2 * SIZES);
    tcase_add_loop_test(t, rows_do_not_depend_on_each_other, 0, 2 * SIZES);
    tcase_add_loop_test(t, numbers_at_the_edge, 0, 2);
    tcase_add_test(t, gemv_products);
    suite_add_tcase(s, t);
    SRunner *r = srunner_create(s);
    srunner_run_all(r, CK_NORMAL);
    int failed = srunner_ntests_failed(r);
    srunner_free(r);
    return failed != 0;
}
