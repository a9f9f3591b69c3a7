/* test_gemm_bf16.c -- products in bf16: rounding, every shape and form, the fast tile against the portable one to the
 * bit, and how far they are from float32. */
#include "common/base/base.h"
#include "common/tensor/gemm_parts.h"

#include <check.h>
#include <math.h>
#include <omp.h>
#include <stdlib.h>
#include <string.h>

static Rng rng;

static void seed(void)
{
    rng = rng_new(22);
}

static uint32_t bits_of(float x)
{
    uint32_t bits;
    memcpy(&bits, &x, sizeof bits);
    return bits;
}

static float float_of(uint32_t bits)
{
    float x;
    memcpy(&x, &bits, sizeof x);
    return x;
}

/* The nearest bf16, found by comparing the two around it. */
static float nearest(float x)
{
    if (!isfinite(x))
        return x;
    if (fabsf(x) < 0x1p-126f)
        return copysignf(0, x);
    uint32_t bits = bits_of(x) & 0xffff0000u;
    double below = (double)float_of(bits), above = (double)float_of(bits + 0x10000u);
    if (isinf(above))
        above = copysign(0x1p128, (double)x);
    double to_below = fabs((double)x - below), to_above = fabs(above - (double)x);
    bool up = to_above < to_below || (to_above == to_below && (bits & 0x10000u));
    return float_of(up ? bits + 0x10000u : bits);
}

/* One product: sizes, what is added to the strides, and its form. */
typedef struct Shape {
    int m, n, k, more_a, more_b, more_c;
    bool a_transposed, b_transposed, bias;
    float alpha, beta;
} Shape;

typedef struct Memory {
    float *a, *b, *c, *before, *bias;
    Matrix left, right;
    int stride;
    size_t size; /* of c */
} Memory;

static float *random_numbers(size_t n)
{
    float *x = memory_new(n * sizeof *x);
    for (size_t i = 0; i < n; i++)
        x[i] = rng_normal(&rng);
    return x;
}

static Memory memory_of(const Shape *s)
{
    int a_rows = s->a_transposed ? s->k : s->m, a_cols = s->a_transposed ? s->m : s->k;
    int b_rows = s->b_transposed ? s->n : s->k, b_cols = s->b_transposed ? s->k : s->n;
    Memory x = {.stride = s->n + s->more_c, .size = (size_t)s->m * (size_t)(s->n + s->more_c)};
    x.a = random_numbers((size_t)a_rows * (size_t)(a_cols + s->more_a));
    x.b = random_numbers((size_t)b_rows * (size_t)(b_cols + s->more_b));
    x.left = (Matrix){x.a, a_cols + s->more_a, s->a_transposed};
    x.right = (Matrix){x.b, b_cols + s->more_b, s->b_transposed};
    x.c = random_numbers(x.size);
    x.bias = random_numbers((size_t)s->n);
    x.before = memory_new(x.size * sizeof *x.before);
    memcpy(x.before, x.c, x.size * sizeof *x.c);
    return x;
}

static void memory_free(Memory *x)
{
    free(x->a);
    free(x->b);
    free(x->c);
    free(x->bias);
    free(x->before);
}

static void multiply(const GemmForm *form, const Shape *s, Memory *x)
{
    memcpy(x->c, x->before, x->size * sizeof *x->c);
    gemm_in(form, s->m, s->n, s->k, s->alpha, x->left, x->right, s->beta, s->bias ? x->bias : NULL, x->c,
            x->stride);
}

static float entry(Matrix a, int row, int col)
{
    return a.transposed ? a.data[(size_t)col * (size_t)a.stride + (size_t)row]
                        : a.data[(size_t)row * (size_t)a.stride + (size_t)col];
}

/* Number (i,j) from the rounded operands, in double. */
static void check_entry(const Shape *s, const Memory *x, int i, int j)
{
    double sum = 0, room = 1e-30, old = (double)x->before[i * x->stride + j];
    for (int q = 0; q < s->k; q++) {
        double term = (double)nearest(entry(x->left, i, q)) * (double)nearest(entry(x->right, q, j));
        sum += term;
        room += fabs(term);
    }
    double expected = (double)s->alpha * sum + (s->beta != 0 ? (double)s->beta * old : 0) +
                      (s->bias ? (double)x->bias[j] : 0);
    double found = (double)x->c[i * x->stride + j];
    room = 1e-6 * (fabs((double)s->alpha) * room + fabs((double)s->beta * old) + fabs((double)x->bias[j]));
    if (!(fabs(found - expected) <= room))
        ck_abort_msg("(%d,%d) (%d,%d)%s%s alpha %g beta %g: at %d,%d: %.8g, expected %.8g", s->m, s->k,
                     s->k, s->n, s->a_transposed ? " a^T" : "", s->b_transposed ? " b^T" : "",
                     (double)s->alpha, (double)s->beta, i, j, found, expected);
}

/* The sums are made in the same order; only alpha and beta, where they are not 1 or 0, may round otherwise where one
 * of the two has a fused multiply-add. */
static void check_same(const GemmForm *form, const Shape *s, const Memory *x, const float *plain)
{
    bool exact = s->alpha == 1 && (s->beta == 0 || s->beta == 1);
    for (size_t i = 0; i < x->size; i++) {
        double room = exact ? 0 : 1e-5 * (1 + fabs((double)plain[i]));
        if (!(fabs((double)x->c[i] - (double)plain[i]) <= room))
            ck_abort_msg("tile of %d: number %zu of (%d,%d,%d) is %.9g and %.9g", form->rows, i, s->m, s->n,
                         s->k, (double)x->c[i], (double)plain[i]);
    }
}

static void try_shape(const Shape *s)
{
    Memory x = memory_of(s);
    multiply(&gemm_bf16_plain, s, &x);
    for (int t = 0; t < 300; t++)
        check_entry(s, &x, rng_below(&rng, s->m), rng_below(&rng, s->n));
    for (size_t i = 0; i < x.size; i++)
        ck_assert((int)(i % (size_t)x.stride) < s->n || x.c[i] == x.before[i]);
    float *plain = memory_new(x.size * sizeof *plain);
    memcpy(plain, x.c, x.size * sizeof *plain);
    multiply(gemm_bf16(), s, &x);
    check_same(gemm_bf16(), s, &x, plain);
    free(plain);
    memory_free(&x);
}

/* Every remainder of a tile's rows and columns, of pairs along k and of the vectors that pack them; then sums in
 * several parts, which are cut at 768 numbers. */
START_TEST(products_of_all_shapes)
{
    static const int rows[] = {1, 5, 12, 13, 23, 131, 133}, cols[] = {1, 15, 16, 31, 32, 33, 385, 417};
    static const int depths[] = {1, 2, 3, 15, 31, 32, 33, 64, 767, 768, 769, 1537};
    static const float alphas[] = {1, 1, -0.5f, 3}, betas[] = {0, 1, 0, 0.25f};
    int form = _i;
    for (int i = 0; i < 7 * 8; i++) {
        int k = depths[(i + 5 * form) % 12];
        Shape s = {rows[i / 8],
                   cols[i % 8],
                   k,
                   i % 3,
                   i % 5,
                   i % 2,
                   form % 2,
                   form / 2 % 2,
                   i % 3 == 1,
                   alphas[(i / 3 + form) % 4],
                   betas[(i / 3 + form) % 4]};
        try_shape(&s);
    }
}
END_TEST

/* a times the identity is a, rounded: what rounds up and down, ties, and what is not a number. */
START_TEST(rounding)
{
    static const uint32_t special[] = {
        0x3f808000, 0x3f818000, 0x3f807fff, 0x3f808001, 0xbf808000, 0xbf818000, 0x7f7fffff, 0xff7fffff,
        0x00000001, 0x807fffff, 0x00800000, 0x00008000, 0x80000000, 0x3effffff, 0x7f7f7fff, 0x0080ffff};
    enum { N = 32 };
    for (int round = 0; round < 200; round++) {
        float a[N * N], eye[N * N] = {0}, c[N * N];
        for (int i = 0; i < N * N; i++) {
            uint32_t bits = (uint32_t)rng_below(&rng, 1 << 30) * 4u + (uint32_t)rng_below(&rng, 4);
            a[i] = i % 7 == 0 ? float_of(special[i / 7 % 16]) : float_of(bits);
            a[i] = isfinite(a[i]) ? a[i] : 1;
        }
        for (int i = 0; i < N; i++)
            eye[i * N + i] = 1;
        const GemmForm *form = round % 2 ? gemm_bf16() : &gemm_bf16_plain;
        bool left = round / 2 % 2, turned = round / 4 % 2; /* a is the left operand, or the right one */
        Matrix x = {a, N, turned}, one = {eye, N, turned};
        gemm_in(form, N, N, N, 1, left ? x : one, left ? one : x, 0, NULL, c, N);
        for (int i = 0; i < N * N; i++) {
            float expected = nearest(a[turned ? i % N * N + i / N : i]);
            if (isinf(expected)) /* what rounds to infinity, times the zeros beside the one */
                continue;
            bool beside_infinity = isnan(c[i]);
            if (!beside_infinity && !(c[i] == expected))
                ck_abort_msg("%a became %a, expected %a", (double)a[i], (double)c[i], (double)expected);
        }
    }
}
END_TEST

START_TEST(not_a_number_shows)
{
    for (int i = 0; i < 8; i++) {
        const GemmForm *form = i % 2 ? gemm_bf16() : &gemm_bf16_plain;
        Shape s = {70, 33, 17, 0, 0, 0, i / 2 % 2, i / 4 % 2, false, 1, 0};
        Memory x = memory_of(&s);
        x.a[i / 2 % 2 ? 3 * 70 + 5 : 5 * 17 + 3] = i / 4 % 2 ? float_of(0x7f800001) : float_of(0xffffffff);
        for (size_t j = 0; j < x.size; j++)
            x.before[j] = NAN; /* what beta 0 overwrites */
        multiply(form, &s, &x);
        for (int j = 0; j < 70 * 33; j++)
            ck_assert((j / 33 == 5) == isnan(x.c[j]));
        memory_free(&x);
    }
}
END_TEST

START_TEST(threads_do_not_show)
{
    for (int form = 0; form < 4; form++) {
        Shape s = {517, 1041, 901, 1, 0, 2, form % 2, form / 2, true, 1, (float)(form % 2)};
        Memory x = memory_of(&s);
        float *one = memory_new(x.size * sizeof *one);
        omp_set_num_threads(1);
        multiply(gemm_bf16(), &s, &x);
        memcpy(one, x.c, x.size * sizeof *one);
        for (int threads = 2; threads <= 3; threads++) {
            omp_set_num_threads(threads);
            multiply(gemm_bf16(), &s, &x);
            ck_assert(memcmp(one, x.c, x.size * sizeof *one) == 0);
        }
        free(one);
        memory_free(&x);
    }
}
END_TEST

/* The error of a product of random numbers, against float32: 8 bits keep an operand within 2^-9 of itself, uniform on
 * average, so that a product of two is off by about 2e-3 of the size of the sum. */
START_TEST(error_of_a_product)
{
    Shape s = {96, 160, 1024, 0, 0, 0, false, true, false, 1, 0};
    Memory x = memory_of(&s);
    multiply(&gemm_f32, &s, &x);
    double error = 0, size = 0;
    float *exact = memory_new(x.size * sizeof *exact);
    memcpy(exact, x.c, x.size * sizeof *exact);
    multiply(gemm_bf16(), &s, &x);
    for (size_t i = 0; i < x.size; i++) {
        error += pow((double)x.c[i] - (double)exact[i], 2);
        size += pow((double)exact[i], 2);
    }
    double relative = sqrt(error / size);
    ck_assert_msg(relative > 1e-3 && relative < 3e-3, "relative error %g", relative);
    free(exact);
    memory_free(&x);
}
END_TEST

/* bf16 where the tiles are filled, float32 where a product is thin, and by one thread as by all. */
START_TEST(precision_is_chosen)
{
    static const Shape shapes[] = {{40, 48, 64, 0, 0, 0, false, true, false, 1, 0},
                                   {2, 48, 64, 0, 0, 0, false, true, false, 1, 0}};
    for (int i = 0; i < 2; i++) {
        const Shape *s = &shapes[i];
        Memory x = memory_of(s);
        float *found = memory_new(x.size * sizeof *found);
        kernel_matmul_in(TENSOR_BF16, s->m, s->n, s->k, 1, x.left, x.right, 0, NULL, found, x.stride);
        if (i == 0)
            multiply(gemm_bf16(), s, &x);
        else
            kernel_matmul(s->m, s->n, s->k, 1, x.left, x.right, 0, x.c, x.stride);
        ck_assert(memcmp(found, x.c, x.size * sizeof *found) == 0);
        kernel_matmul_serial_in(TENSOR_BF16, s->m, s->n, s->k, 1, x.left, x.right, 0, found, x.stride);
        ck_assert(memcmp(found, x.c, x.size * sizeof *found) == 0);
        free(found);
        memory_free(&x);
    }
}
END_TEST

int main(void)
{
    Suite *s = suite_create("gemm_bf16");
    TCase *t = tcase_create("gemm_bf16");
    tcase_add_checked_fixture(t, seed, NULL);
    tcase_set_timeout(t, 120);
    tcase_add_loop_test(t, products_of_all_shapes, 0, 4);
    tcase_add_test(t, rounding);
    tcase_add_test(t, not_a_number_shows);
    tcase_add_test(t, threads_do_not_show);
    tcase_add_test(t, error_of_a_product);
    tcase_add_test(t, precision_is_chosen);
    suite_add_tcase(s, t);
    SRunner *r = srunner_create(s);
    srunner_run_all(r, CK_NORMAL);
    int failed = srunner_ntests_failed(r);
    srunner_free(r);
    return failed != 0;
}
