/* test_kernels.c -- products, sums, softmax and exp against plain loops in double. */
#include "common/tensor/kernels.h"
#include "common/tensor/tensor.h"
#include "common/tensor/vmath.h"

#include <check.h>
#include <math.h>
#include <omp.h>
#include <stdlib.h>
#include <string.h>

static Rng rng;

static void seed(void)
{
    rng = rng_new(21);
}

static float *random_numbers(size_t n)
{
    float *x = memory_new(n * sizeof *x);
    for (size_t i = 0; i < n; i++)
        x[i] = rng_normal(&rng);
    return x;
}

/* An assertion of Check writes to a pipe each time; this one does so when it fails. */
static void check_close(double found, double expected, double tolerance)
{
    if (!(fabs(found - expected) <= tolerance))
        ck_abort_msg("%.9g, expected %.9g", found, expected);
}

/* ---- matrix products -------------------------------------------------------------------------------- */

/* One product: sizes, what is added to the strides, and how it is called. */
typedef struct Product {
    int m, n, k, more_a, more_b, more_c;
    bool a_transposed, b_transposed;
    float alpha, beta;
} Product;

typedef struct Memory {
    float *a, *b, *c, *before; /* before: c as it was */
    Matrix left, right;
    int c_stride;
    size_t c_size;
} Memory;

static Memory memory_of(const Product *p)
{
    Memory x;
    int a_rows = p->a_transposed ? p->k : p->m, a_columns = p->a_transposed ? p->m : p->k;
    int b_rows = p->b_transposed ? p->n : p->k, b_columns = p->b_transposed ? p->k : p->n;
    x.left = (Matrix){NULL, a_columns + p->more_a, p->a_transposed};
    x.right = (Matrix){NULL, b_columns + p->more_b, p->b_transposed};
    x.c_stride = p->n + p->more_c;
    x.c_size = (size_t)p->m * (size_t)x.c_stride;
    x.left.data = x.a = random_numbers((size_t)a_rows * (size_t)x.left.stride);
    x.right.data = x.b = random_numbers((size_t)b_rows * (size_t)x.right.stride);
    x.c = random_numbers(x.c_size);
    x.before = memory_new(x.c_size * sizeof *x.before);
    memcpy(x.before, x.c, x.c_size * sizeof *x.c);
    return x;
}

static void memory_free(Memory *x)
{
    free(x->a);
    free(x->b);
    free(x->c);
    free(x->before);
}

static double entry(Matrix a, int row, int column)
{
    return (double)(a.transposed ? a.data[(size_t)column * (size_t)a.stride + (size_t)row]
                                 : a.data[(size_t)row * (size_t)a.stride + (size_t)column]);
}

/* Number (i,j) of the product, and room for rounding: the sum of the sizes of its terms. */
static double expected_entry(const Product *p, const Memory *x, int i, int j, double *room)
{
    double sum = 0, old = (double)x->before[(size_t)i * (size_t)x->c_stride + (size_t)j];
    *room = 0;
    for (int q = 0; q < p->k; q++) {
        double term = entry(x->left, i, q) * entry(x->right, q, j);
        sum += term;
        *room += fabs(term);
    }
    *room = 1e-6 * (fabs((double)p->alpha) * *room + fabs((double)p->beta * old)) + 1e-30;
    return (double)p->alpha * sum + (p->beta != 0 ? (double)p->beta * old : 0);
}

/* All entries of a small product, `max` of a large one. What lies between the rows is not touched. */
static void check_product(const Product *p, const Memory *x, int max)
{
    for (int s = 0; s < (p->m * p->n < max ? p->m * p->n : max); s++) {
        int at = p->m * p->n <= max ? s : rng_below(&rng, p->m * p->n), i = at / p->n, j = at % p->n;
        double room, expected = expected_entry(p, x, i, j, &room);
        double found = (double)x->c[(size_t)i * (size_t)x->c_stride + (size_t)j];
        if (!(fabs(found - expected) <= room))
            ck_abort_msg("(%d,%d) (%d,%d)%s%s alpha %g beta %g: at %d,%d: %.8g, expected %.8g", p->m, p->k,
                         p->k, p->n, p->a_transposed ? " a^T" : "", p->b_transposed ? " b^T" : "",
                         (double)p->alpha, (double)p->beta, i, j, found, expected);
    }
    for (size_t i = 0; i < x->c_size; i++) {
        if ((int)(i % (size_t)x->c_stride) >= p->n && x->c[i] != x->before[i])
            ck_abort_msg("number %zu lies between the rows and was changed", i);
    }
}

static void multiply(const Product *p, Memory *x)
{
    kernel_matmul(p->m, p->n, p->k, p->alpha, x->left, x->right, p->beta, x->c, x->c_stride);
}

static void try_product(const Product *p)
{
    Memory x = memory_of(p);
    multiply(p, &x);
    check_product(p, &x, 3000);
    memcpy(x.c, x.before, x.c_size * sizeof *x.c);
    kernel_matmul_serial(p->m, p->n, p->k, p->alpha, x.left, x.right, p->beta, x.c, x.c_stride);
    check_product(p, &x, 3000);
    memory_free(&x);
}

static const float alphas[] = {1, 1, -0.5f, 3}, betas[] = {0, 1, 0, 0.25f};

/* All 8 forms of each of 5^3 small shapes of ones, primes and powers of two. */
START_TEST(products_of_small_shapes)
{
    omp_set_num_threads(1); /* for so little work a second thread is mostly waited for */
    static const int sizes[] = {1, 2, 7, 16, 31};
    for (int i = 0; i < 125 * 8; i++) {
        Product p = {sizes[i % 5], sizes[i / 5 % 5], sizes[i / 25 % 5], i % 3,         i % 2,
                     i % 4,        i / 125 % 2,      i / 250 % 2,       alphas[i % 4], betas[i % 4]};
        try_product(&p);
    }
}
END_TEST

START_TEST(products_of_random_shapes)
{
    for (int i = 0; i < 150; i++) {
        Product p = {1 + rng_below(&rng, 150),
                     1 + rng_below(&rng, 150),
                     1 + rng_below(&rng, 150),
                     rng_below(&rng, 5),
                     rng_below(&rng, 5),
                     rng_below(&rng, 5),
                     rng_below(&rng, 2),
                     rng_below(&rng, 2),
                     alphas[i % 4],
                     betas[i % 4]};
        if (p.m != p.n && p.n != p.k && p.k != p.m)
            try_product(&p);
    }
}
END_TEST

/* Sizes at which the product is cut differently: around 12 and 64 rows, 16, 32 and 512 columns. */
static const int borders[][2] = {{11, 17},    {12, 16},   {13, 31},  {25, 33},   {63, 511},
                                 {64, 512},   {65, 513},  {129, 1},  {1, 513},   {383, 527},
                                 {385, 33},   {513, 513}, {1, 1025}, {1031, 5},  {67, 1537},
                                 {517, 1024}, {3073, 67}, {2, 1040}, {127, 1023}};
enum { BORDERS = sizeof borders / sizeof *borders };

/* Sums of a few terms and, past 384 and 768 of them, sums that are made in two and three parts. */
static const int depths[] = {1, 15, 16, 37, 383, 384, 385, 769};
enum { DEPTHS = sizeof depths / sizeof *depths };

START_TEST(products_across_blocks)
{
    for (int form = 0; form < 4; form++) {
        Product p = {borders[_i][0], borders[_i][1], 37,           3,          2, form,
                     form % 2,       form / 2,       alphas[form], betas[form]};
        try_product(&p);
    }
}
END_TEST

START_TEST(products_of_all_depths)
{
    for (int i = 0; i < 8 * 4; i++) {
        int form = i % 8;
        Product p = {i / 8 * 29 + 12, i / 8 * 47 + 16, depths[_i],   form % 3,          form % 2,
                     i % 4,           form % 2,        form / 2 % 2, alphas[i / 4 % 4], betas[i / 4 % 4]};
        try_product(&p);
    }
}
END_TEST

START_TEST(products_do_not_depend_on_threads)
{
    for (int form = 0; form < 8; form++) {
        Product p = {
            borders[_i][0],   borders[_i][1], 83 + 320 * (form / 2 % 2), 1, 0, 2, form % 2, form / 2 % 2, 1,
            (float)(form / 4)};
        Memory x = memory_of(&p);
        float *one = memory_new(x.c_size * sizeof *one);
        omp_set_num_threads(1);
        multiply(&p, &x);
        memcpy(one, x.c, x.c_size * sizeof *one);
        for (int threads = 2; threads <= 3; threads++) {
            memcpy(x.c, x.before, x.c_size * sizeof *x.c);
            omp_set_num_threads(threads);
            multiply(&p, &x);
            ck_assert_msg(memcmp(one, x.c, x.c_size * sizeof *one) == 0, "%d x %d differs with %d threads",
                          p.m, p.n, threads);
        }
        free(one);
        memory_free(&x);
    }
}
END_TEST

/* With beta 0 what c held does not matter, not even NaN. */
START_TEST(products_overwrite)
{
    static const int sizes[] = {1, 5, 100, 600};
    for (int i = 0; i < 16; i++) {
        Product p = {sizes[i % 4], sizes[i / 4], 9, 0, 0, 0, false, i % 2, 1, 0};
        Memory x = memory_of(&p);
        for (size_t j = 0; j < x.c_size; j++)
            x.c[j] = NAN;
        multiply(&p, &x);
        check_product(&p, &x, 3000);
        memory_free(&x);
    }
}
END_TEST

START_TEST(products_show_nan)
{
    for (int i = 0; i < 2; i++) {
        Product p = {70, 33, 17, 0, 0, 0, false, true, 1, 0};
        Memory x = memory_of(&p);
        x.a[5 * 17 + 3] = NAN; /* row 5 */
        x.b[0] = i ? 0 : 1;
        multiply(&p, &x);
        for (int j = 0; j < 70 * 33; j++)
            ck_assert((j / 33 == 5) == isnan(x.c[j]));
        memory_free(&x);
    }
}
END_TEST

START_TEST(products_with_a_bias)
{
    for (int i = 0; i < BORDERS; i++) {
        Product p = {borders[i][0], borders[i][1], i % 2 ? 29 : 401, 0, 0, 0, false, true, 1, 0};
        Memory x = memory_of(&p);
        float *bias = random_numbers((size_t)p.n);
        kernel_matmul_bias(p.m, p.n, p.k, x.left, x.right, bias, x.c);
        for (size_t j = 0; j < x.c_size; j++)
            x.c[j] -= bias[j % (size_t)p.n];
        for (int s = 0; s < 500; s++) {
            int at = rng_below(&rng, p.m * p.n);
            double room, expected = expected_entry(&p, &x, at / p.n, at % p.n, &room);
            check_close((double)x.c[at], expected, room + 1e-5);
        }
        free(bias);
        memory_free(&x);
    }
}
END_TEST

/* ---- sums ---------------------------------------------------------------------------------------- */

/* Empty, short, around a block of 65536, and past 64 of them. */
static const size_t counts[] = {0, 1, 3, 17, 1000, 65535, 65536, 65537, 200003, 4194304, 4194305};
enum { COUNTS = sizeof counts / sizeof *counts };

START_TEST(sums)
{
    size_t n = counts[_i];
    float *x = memory_new(n * sizeof *x);
    for (size_t i = 0; i < n; i++)
        x[i] = rng_uniform(&rng) - 0.25f;
    double sum = 0, squares = 0, sizes = 0;
    for (size_t i = 0; i < n; i++) {
        sum += (double)x[i];
        squares += (double)x[i] * (double)x[i];
        sizes += fabs((double)x[i]);
    }
    check_close(kernel_sum(x, n), sum, 1e-13 * sizes + 1e-30);
    check_close(kernel_sum_squares(x, n), squares, 1e-11 * squares + 1e-30);
    omp_set_num_threads(1);
    double one = kernel_sum(x, n), one_squares = kernel_sum_squares(x, n);
    omp_set_num_threads(2);
    ck_assert(kernel_sum(x, n) == one && kernel_sum_squares(x, n) == one_squares);
    if (n) {
        x[n - 1] = NAN;
        ck_assert(isnan(kernel_sum(x, n)) && isnan(kernel_sum_squares(x, n)));
        x[n - 1] = INFINITY;
        ck_assert(isinf(kernel_sum(x, n)) && isinf(kernel_sum_squares(x, n)));
    }
    free(x);
}
END_TEST

/* In float, the ones after a first number of 2^30 would be lost. */
START_TEST(sums_are_in_double)
{
    enum { N = 100000 };
    float x[N];
    for (int i = 1; i < N; i++)
        x[i] = 1;
    x[0] = 0x1p30f;
    ck_assert(kernel_sum(x, N) == 0x1p30 + N - 1);
    x[0] = 0x1p15f;
    ck_assert(kernel_sum_squares(x, N) == 0x1p30 + N - 1);
}
END_TEST

START_TEST(column_sums)
{
    static const int shapes[][2] = {{1, 1},  {5, 3},     {7, 63},   {3, 64},
                                    {2, 65}, {300, 129}, {1, 1000}, {1000, 1}};
    for (int i = 0; i < 8 * 3; i++) {
        int rows = shapes[i % 8][0], columns = shapes[i % 8][1];
        float beta = (float)(i / 8) / 2, *x = random_numbers((size_t)(rows * columns));
        float *out = random_numbers((size_t)columns), *other = memory_new((size_t)columns * sizeof *other);
        memcpy(other, out, (size_t)columns * sizeof *other);
        for (int j = 0; beta == 0 && j < columns; j++)
            out[j] = NAN;
        omp_set_num_threads(1 + i % 2);
        kernel_column_sums(x, (size_t)rows, columns, beta, out);
        for (int j = 0; j < columns; j++) {
            double sum = (double)beta * (double)other[j], sizes = fabs(sum);
            for (int r = 0; r < rows; r++) {
                sum += (double)x[r * columns + j];
                sizes += fabs((double)x[r * columns + j]);
            }
            check_close((double)out[j], sum, 2e-6 * sizes);
        }
        free(x);
        free(out);
        free(other);
    }
}
END_TEST

START_TEST(column_sums_do_not_depend_on_threads)
{
    enum { ROWS = 513, COLUMNS = 301 };
    float *x = random_numbers(ROWS * COLUMNS), one[COLUMNS], many[COLUMNS];
    omp_set_num_threads(1);
    kernel_column_sums(x, ROWS, COLUMNS, 0, one);
    omp_set_num_threads(3);
    kernel_column_sums(x, ROWS, COLUMNS, 0, many);
    ck_assert_int_eq(memcmp(one, many, sizeof one), 0);
    free(x);
}
END_TEST

/* ---- softmax ------------------------------------------------------------------------------------- */

START_TEST(softmax_rows)
{
    static const int sizes[] = {1, 2, 3, 15, 16, 17, 100, 1000, 50257};
    for (int i = 0; i < 9 * 4; i++) {
        int n = sizes[i % 9];
        float *x = random_numbers((size_t)n), *y = memory_new((size_t)n * sizeof *y);
        double sum = 0, max = -INFINITY, shift = (double)(i / 9 - 1) * 1000; /* -1000 .. 2000: far from 0 */
        for (int j = 0; j < n; j++) {
            x[j] = (float)(5 * (double)x[j] + shift);
            y[j] = x[j];
            max = fmax(max, (double)x[j]);
        }
        for (int j = 0; j < n; j++)
            sum += exp((double)x[j] - max);
        double log_sum = (double)kernel_softmax_row(y, n);
        /* the sum is in float: where there are no vectors, 50257 terms lose some digits */
        double room = n > 1000 ? 1e-4 : 2e-6;
        check_close(log_sum, max + log(sum), room + 1e-6 * fabs(max));
        for (int j = 0; j < n; j++) {
            double expected = exp((double)x[j] - max) / sum;
            check_close((double)y[j], expected, room * expected + 1e-30);
        }
        free(x);
        free(y);
    }
}
END_TEST

START_TEST(softmax_of_masked_rows)
{
    for (int n = 1; n < 40; n++) {
        float row[40];
        for (int i = 0; i < n; i++)
            row[i] = i % 3 == 0 ? 0.5f : -INFINITY;
        double left = (n + 2) / 3;
        check_close((double)kernel_softmax_row(row, n), 0.5 + log(left), 1e-5);
        for (int i = 0; i < n; i++)
            check_close((double)row[i], i % 3 == 0 ? 1 / left : 0, 1e-6);
        for (int i = 0; i < n; i++)
            row[i] = -INFINITY;
        ck_assert(kernel_softmax_row(row, n) == -INFINITY);
        for (int i = 0; i < n; i++)
            ck_assert(row[i] == 0);
    }
    ck_assert(kernel_softmax_row(NULL, 0) == -INFINITY);
}
END_TEST

START_TEST(softmax_shows_nan)
{
    for (int at = 0; at < 20; at++) {
        for (int kind = 0; kind < 3; kind++) { /* NaN among numbers, NaN among -inf, +inf */
            float row[20];
            for (int i = 0; i < 20; i++)
                row[i] = kind == 1 ? -INFINITY : (float)i;
            row[at] = kind == 2 ? INFINITY : NAN;
            ck_assert(isnan(kernel_softmax_row(row, 20)));
            ck_assert(isnan(row[at]));
        }
    }
}
END_TEST

/* ---- exp, tanh, sigmoid -------------------------------------------------------------------------- */

/* |found - expected| in units of the last place of expected */
static double units(double found, double expected)
{
    float size = fabsf((float)expected);
    return fabs(found - expected) / (double)(nextafterf(size, INFINITY) - size);
}

START_TEST(exp_is_right_to_two_units)
{
    double worst = 0;
    for (int i = 0; i <= 2000000; i++) {
        float x = -87 + (float)i * (175.0f / 2000000);
        worst = fmax(worst, units((double)vmath_exp(x), exp((double)x)));
    }
    ck_assert_msg(worst <= 2, "%g units", worst);
    ck_assert(vmath_exp(0.0f) == 1 && vmath_exp(-0.0f) == 1);
    ck_assert(vmath_exp(0x1p-140f) == 1 && vmath_exp(-0x1p-140f) == 1);
}
END_TEST

START_TEST(exp_at_its_ends)
{
    ck_assert(vmath_exp(-87.001f) == 0 && vmath_exp(-1e30f) == 0 && vmath_exp(-INFINITY) == 0);
    const float large = vmath_exp(88.0f);
    ck_assert(large > 1.6e38f && large < 1.7e38f);
    ck_assert(vmath_exp(88.5f) == large && vmath_exp(1e30f) == large && vmath_exp(INFINITY) == large);
    ck_assert(isnan(vmath_exp(NAN)) && isnan(vmath_exp(-NAN)));
}
END_TEST

START_TEST(normal_distribution)
{
    float density;
    for (int i = -20000; i <= 20000; i++) {
        float x = (float)i * 0.0005f;
        check_close((double)vmath_normal(x, &density), erfc(-(double)x / sqrt(2)) / 2, 3e-7);
        check_close((double)density, exp(-(double)x * (double)x / 2) / sqrt(2 * acos(-1)), 2e-7);
    }
    ck_assert(vmath_normal(INFINITY, &density) == 1 && density == 0);
    ck_assert(vmath_normal(-INFINITY, &density) == 0 && vmath_normal(-1e30f, &density) == 0);
    ck_assert(isnan(vmath_normal(NAN, &density)) && isnan(density));
}
END_TEST

START_TEST(tanh_and_sigmoid)
{
    for (int i = -200000; i <= 200000; i++) {
        float x = (float)i * 0.0005f;
        check_close((double)vmath_tanh(x), tanh((double)x), 2e-7);
        double s = 1 / (1 + exp(-(double)x));
        check_close((double)vmath_sigmoid(x), s, 3e-7 * s + 1e-37);
    }
    for (float x = 1e-30f; x < 1; x *= 1.37f) {
        ck_assert(!(fabs((double)vmath_tanh(x) / tanh((double)x) - 1) > 3e-7));
        ck_assert(vmath_tanh(-x) < 0 && !(fabs((double)vmath_tanh(-x) / tanh((double)-x) - 1) > 3e-7));
    }
    ck_assert(vmath_tanh(0.0f) == 0 && vmath_sigmoid(0.0f) == 0.5f);
    ck_assert(vmath_tanh(INFINITY) == 1 && vmath_tanh(-INFINITY) == -1);
    ck_assert(vmath_tanh(1e30f) == 1 && vmath_tanh(-1e30f) == -1);
    ck_assert(vmath_sigmoid(INFINITY) == 1 && vmath_sigmoid(1e30f) == 1);
    ck_assert(vmath_sigmoid(-INFINITY) >= 0 && vmath_sigmoid(-INFINITY) < 1e-37f);
    ck_assert(isnan(vmath_tanh(NAN)) && isnan(vmath_sigmoid(NAN)));
}
END_TEST

/* In a loop the compiler turns it into vector instructions: the same numbers come out, NaN too. */
START_TEST(exp_in_a_vector)
{
    enum { N = 1003 };
    float x[N], y[N];
    for (int i = 0; i < N; i++)
        x[i] = i % 50 == 7    ? NAN
               : i % 50 == 9  ? INFINITY
               : i % 50 == 11 ? -INFINITY
                              : 20 * rng_normal(&rng);
#pragma omp simd
    for (int i = 0; i < N; i++)
        y[i] = vmath_exp(x[i]);
    for (int i = 0; i < N; i++) {
        volatile float alone = x[i];
        float expected = vmath_exp(alone);
        ck_assert(isnan(x[i]) ? isnan(y[i]) : units((double)y[i], (double)expected) <= 2);
    }
}
END_TEST

START_TEST(kernel_for)
{
    enum { N = 50001 };
    static int seen[N];
    KERNEL_FOR(i, (size_t)N)
    seen[i] += (int)i + 1;
    int wrong = 0;
    for (int i = 0; i < N; i++)
        wrong += seen[i] != i + 1;
    ck_assert_int_eq(wrong, 0);
}
END_TEST

int main(void)
{
    Suite *s = suite_create("kernels");
    TCase *t = tcase_create("kernels");
    tcase_add_checked_fixture(t, seed, NULL);
    tcase_set_timeout(t, 60);
    tcase_add_test(t, products_of_small_shapes);
    tcase_add_test(t, products_of_random_shapes);
    tcase_add_loop_test(t, products_across_blocks, 0, BORDERS);
    tcase_add_loop_test(t, products_of_all_depths, 0, DEPTHS);
    tcase_add_loop_test(t, products_do_not_depend_on_threads, 0, BORDERS);
    tcase_add_test(t, products_overwrite);
    tcase_add_test(t, products_show_nan);
    tcase_add_test(t, products_with_a_bias);
    tcase_add_loop_test(t, sums, 0, COUNTS);
    tcase_add_test(t, sums_are_in_double);
    tcase_add_test(t, column_sums);
    tcase_add_test(t, column_sums_do_not_depend_on_threads);
    tcase_add_test(t, softmax_rows);
    tcase_add_test(t, softmax_of_masked_rows);
    tcase_add_test(t, softmax_shows_nan);
    tcase_add_test(t, exp_is_right_to_two_units);
    tcase_add_test(t, exp_at_its_ends);
    tcase_add_test(t, normal_distribution);
    tcase_add_test(t, tanh_and_sigmoid);
    tcase_add_test(t, exp_in_a_vector);
    tcase_add_test(t, kernel_for);
    suite_add_tcase(s, t);
    SRunner *r = srunner_create(s);
    srunner_run_all(r, CK_NORMAL);
    int failed = srunner_ntests_failed(r);
    srunner_free(r);
    return failed != 0;
}
