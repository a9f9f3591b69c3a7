/* test_tensor.c -- shapes, views, filling, comparing; and mistakes that must abort. */
#include "common/tensor/tensor.h"

#include <check.h>
#include <math.h>
#include <signal.h>
#include <stdint.h>
#include <stdlib.h>

static Arena *arena;

static void open_arena(void)
{
    arena = arena_new();
}

static void close_arena(void)
{
    arena_free(arena);
}

START_TEST(a_new_tensor)
{
    Tensor *t = tensor_new(arena, 2, 3, 4);
    ck_assert_int_eq(t->rank, 3);
    ck_assert_uint_eq(t->size, 24);
    ck_assert_int_eq(t->shape[0], 2);
    ck_assert_int_eq(t->shape[2], 4);
    ck_assert_uint_eq((uintptr_t)t->data % 64, 0);
    ck_assert_ptr_null(t->grad);
    ck_assert(!t->wants_grad && !t->has_grad && !t->is_leaf);
}
END_TEST

START_TEST(a_tensor_alone)
{
    Tensor *t = tensor_new(NULL, 5, 7);
    ck_assert_uint_eq((uintptr_t)t->data % 64, 0);
    tensor_fill(t, 2.5f);
    for (size_t i = 0; i < t->size; i++)
        ck_assert_float_eq(t->data[i], 2.5f);
    tensor_free(t);
    tensor_free(NULL);
}
END_TEST

START_TEST(ranks_from_zero_to_five)
{
    static const int shape[] = {2, 3, 1, 5, 7};
    size_t size = 1;
    for (int rank = 0; rank <= TENSOR_MAX_RANK; rank++) {
        Tensor *t = tensor_make(arena, rank, shape);
        ck_assert_int_eq(t->rank, rank);
        ck_assert_uint_eq(t->size, size);
        size *= rank < TENSOR_MAX_RANK ? (size_t)shape[rank] : 1;
    }
}
END_TEST

START_TEST(a_view_shares_the_data)
{
    Tensor *t = tensor_new(arena, 2, 6);
    Tensor *v = tensor_reshape(arena, t, 3, 2, 2);
    ck_assert_ptr_eq(v->data, t->data);
    v->data[11] = 9;
    ck_assert_float_eq(t->data[11], 9);
    ck_assert_int_eq(v->rank, 3);
    ck_assert(!tensor_same_shape(t, v));
}
END_TEST

START_TEST(dimensions)
{
    Tensor *t = tensor_new(arena, 2, 3, 5);
    ck_assert_int_eq(tensor_dim(t, 0), 2);
    ck_assert_int_eq(tensor_dim(t, 2), 5);
    ck_assert_int_eq(tensor_dim(t, -1), 5);
    ck_assert_int_eq(tensor_dim(t, -3), 2);
    ck_assert_uint_eq(tensor_rows(t), 6);
    ck_assert_uint_eq(tensor_rows(tensor_new(arena, 4)), 1);
    ck_assert_uint_eq(tensor_rows(tensor_make(arena, 0, t->shape)), 1);
}
END_TEST

START_TEST(same_shape)
{
    ck_assert(tensor_same_shape(tensor_new(arena, 2, 3), tensor_new(arena, 2, 3)));
    ck_assert(!tensor_same_shape(tensor_new(arena, 2, 3), tensor_new(arena, 3, 2)));
    ck_assert(!tensor_same_shape(tensor_new(arena, 6), tensor_new(arena, 6, 1)));
}
END_TEST

START_TEST(copy_and_item)
{
    static const float from[] = {1, -2, 3, 4, 5, 6};
    Tensor *t = tensor_new(arena, 3, 2);
    tensor_copy(t, from);
    ck_assert_float_eq(tensor_distance(t->data, from, 6), 0);
    Tensor *one = tensor_new(arena, 1, 1);
    tensor_fill(one, -7);
    ck_assert_float_eq(tensor_item(one), -7);
}
END_TEST

START_TEST(random_fill)
{
    Rng r = rng_new(5), again = rng_new(5);
    Tensor *t = tensor_new(arena, 100, 300), *u = tensor_new(arena, 100, 300);
    double squares = 0;
    tensor_normal(t, 0.02f, &r);
    tensor_normal(u, 0.02f, &again);
    ck_assert_float_eq(tensor_distance(t->data, u->data, t->size), 0);
    for (size_t i = 0; i < t->size; i++)
        squares += (double)(t->data[i] * t->data[i]);
    ck_assert_double_eq_tol(sqrt(squares / (double)t->size), 0.02, 0.0004);
    float min = 2, max = -3;
    tensor_uniform(t, -3, 2, &r);
    for (size_t i = 0; i < t->size; i++) {
        min = t->data[i] < min ? t->data[i] : min;
        max = t->data[i] > max ? t->data[i] : max;
    }
    ck_assert(min >= -3 && min < -2.99f && max <= 2 && max > 1.99f);
}
END_TEST

START_TEST(distance)
{
    float a[] = {1, 2, 3}, b[] = {1, 2.5f, 2.75f};
    ck_assert_float_eq(tensor_distance(a, b, 3), 0.5f);
    ck_assert_float_eq(tensor_distance(a, b, 0), 0);
    for (int at = 0; at < 3; at++) { /* a NaN anywhere, in either, must show */
        float c[] = {1, 2, 3};
        c[at] = NAN;
        ck_assert(isnan(tensor_distance(a, c, 3)));
        ck_assert(isnan(tensor_distance(c, a, 3)));
        ck_assert(!(tensor_distance(a, c, 3) <= 1e30f));
    }
    b[2] = INFINITY;
    ck_assert(isinf(tensor_distance(a, b, 3)));
}
END_TEST

START_TEST(shape_text)
{
    char text[TENSOR_SHAPE_TEXT];
    ck_assert_str_eq(tensor_shape_text(tensor_new(arena, 2, 3, 4), text), "(2,3,4)");
    Tensor *t = tensor_make(arena, 0, (int[1]){0});
    ck_assert_str_eq(tensor_shape_text(t, text), "()");
    *t = (Tensor){.rank = 5, .shape = {2147483647, 2147483647, 2147483647, 2147483647, 2147483647}};
    ck_assert_str_eq(tensor_shape_text(t, text),
                     "(2147483647,2147483647,2147483647,2147483647,2147483647)");
}
END_TEST

START_TEST(abort_dimension_zero)
{
    tensor_new(arena, 2, 0);
}
END_TEST

START_TEST(abort_dimension_negative)
{
    tensor_new(arena, -3);
}
END_TEST

START_TEST(abort_rank_six)
{
    tensor_new(arena, 1, 1, 1, 1, 1, 1);
}
END_TEST

START_TEST(abort_reshape_to_another_size)
{
    tensor_reshape(arena, tensor_new(arena, 2, 3), 2, 4);
}
END_TEST

START_TEST(abort_dim_behind_the_end)
{
    tensor_dim(tensor_new(arena, 2, 3), 2);
}
END_TEST

START_TEST(abort_dim_before_the_start)
{
    tensor_dim(tensor_new(arena, 2, 3), -3);
}
END_TEST

START_TEST(abort_item_of_many)
{
    tensor_item(tensor_new(arena, 2));
}
END_TEST

static TCase *good_cases(void)
{
    TCase *t = tcase_create("tensor");
    tcase_add_checked_fixture(t, open_arena, close_arena);
    tcase_add_test(t, a_new_tensor);
    tcase_add_test(t, a_tensor_alone);
    tcase_add_test(t, ranks_from_zero_to_five);
    tcase_add_test(t, a_view_shares_the_data);
    tcase_add_test(t, dimensions);
    tcase_add_test(t, same_shape);
    tcase_add_test(t, copy_and_item);
    tcase_add_test(t, random_fill);
    tcase_add_test(t, distance);
    tcase_add_test(t, shape_text);
    return t;
}

static TCase *mistakes(void)
{
    TCase *t = tcase_create("mistakes");
    tcase_add_checked_fixture(t, open_arena, close_arena);
    tcase_add_test_raise_signal(t, abort_dimension_zero, SIGABRT);
    tcase_add_test_raise_signal(t, abort_dimension_negative, SIGABRT);
    tcase_add_test_raise_signal(t, abort_rank_six, SIGABRT);
    tcase_add_test_raise_signal(t, abort_reshape_to_another_size, SIGABRT);
    tcase_add_test_raise_signal(t, abort_dim_behind_the_end, SIGABRT);
    tcase_add_test_raise_signal(t, abort_dim_before_the_start, SIGABRT);
    tcase_add_test_raise_signal(t, abort_item_of_many, SIGABRT);
    return t;
}

int main(void)
{
    Suite *s = suite_create("tensor");
    suite_add_tcase(s, good_cases());
    suite_add_tcase(s, mistakes());
    SRunner *r = srunner_create(s);
    srunner_run_all(r, CK_NORMAL);
    int failed = srunner_ntests_failed(r);
    srunner_free(r);
    return failed != 0;
}
