/* test_graph.c -- the tape: what is remembered, what adds up, what is forgotten. */
#include "common/base/file.h"
#include "common/nn/dot.h"
#include "common/nn/graph.h"
#include "common/nn/ops.h"

#include <check.h>
#include <math.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static Graph *g;
static Rng rng;
static Tensor *x, *y; /* (3,4), parameters */

static void open_graph(void)
{
    g = nn_graph_new();
    rng = rng_new(3);
    x = nn_parameter(3, 4);
    y = nn_parameter(3, 4);
    tensor_normal(x, 1, &rng);
    tensor_normal(y, 1, &rng);
}

static void close_graph(void)
{
    tensor_free(x);
    tensor_free(y);
    nn_graph_free(g);
}

static Tensor *inner_products(Tensor *a) /* (3,4) -> (3,3) */
{
    return nn_matmul_nt(g, a, a);
}

static void check_gradient(const Tensor *t, size_t i, double expected)
{
    double found = (double)t->grad[i];
    if (!(fabs(found - expected) <= 1e-5 * (1 + fabs(expected))))
        ck_abort_msg("gradient %zu: %.8g, expected %.8g", i, found, expected);
}

/* ---- a tensor that is used more than once ------------------------------------------------------------ */

START_TEST(a_sum_with_itself)
{
    nn_backward(g, nn_sum(g, nn_add(g, x, x)));
    for (size_t i = 0; i < x->size; i++)
        check_gradient(x, i, 2);
}
END_TEST

START_TEST(a_difference_with_itself)
{
    nn_backward(g, nn_sum(g, nn_sub(g, x, x)));
    for (size_t i = 0; i < x->size; i++)
        check_gradient(x, i, 0);
}
END_TEST

/* What the hooks hear of a product with its transpose and a sum with y: "x" is used, "X" in the backward pass,
 * "!" after a name is final. */
static char heard[64];

static void hear_use(void *context, Tensor *t, bool backward)
{
    const char *const names = context;
    strncat(heard, names + (t == x ? 0 : 2) + backward, 1);
}

static void hear_final(void *context, Tensor *t)
{
    (void)context;
    strcat(heard, t == x ? "x!" : "y!");
}

START_TEST(hooks_hear_of_uses_and_final_gradients)
{
    heard[0] = '\0';
    nn_graph_hook(g, &(GraphHooks){hear_use, hear_final, "xXyY"});
    Tensor *loss = nn_sum(g, nn_mul(g, nn_mul(g, x, x), y));
    ck_assert_str_eq(heard, "xxy");
    heard[0] = '\0';
    nn_backward(g, loss);
    ck_assert_str_eq(heard, "Yy!XXx!");
    heard[0] = '\0';
    nn_graph_hook(g, NULL);
    nn_backward(g, nn_sum(g, x));
    ck_assert_str_eq(heard, "");
}
END_TEST

/* A parameter that is used first and last is final last, and one that the loss does not depend on is final too. */
START_TEST(a_shared_parameter_is_final_at_its_first_use)
{
    heard[0] = '\0';
    nn_graph_hook(g, &(GraphHooks){.final = hear_final});
    Tensor *first = nn_scale(g, x, 2);
    nn_scale(g, y, 3); /* leads nowhere */
    nn_backward(g, nn_sum(g, nn_mul(g, first, x)));
    ck_assert_str_eq(heard, "y!x!");
    nn_graph_hook(g, NULL);
}
END_TEST

START_TEST(a_square)
{
    nn_backward(g, nn_sum(g, nn_mul(g, x, x)));
    for (size_t i = 0; i < x->size; i++)
        check_gradient(x, i, 2 * (double)x->data[i]);
}
END_TEST

/* The sum of all x_i . x_j has the slope 2 sum_j x_j in each row. */
START_TEST(a_product_with_its_transpose)
{
    nn_backward(g, nn_sum(g, inner_products(x)));
    for (size_t i = 0; i < x->size; i++)
        check_gradient(
            x, i, 2 * ((double)x->data[i % 4] + (double)x->data[4 + i % 4] + (double)x->data[8 + i % 4]));
}
END_TEST

START_TEST(joined_with_itself)
{
    nn_backward(g, nn_sum(g, nn_mul(g, nn_concat(g, x, x, 1), nn_concat(g, y, x, 1))));
    for (size_t i = 0; i < x->size; i++) {
        check_gradient(x, i, (double)y->data[i] + 2 * (double)x->data[i]);
        check_gradient(y, i, (double)x->data[i]);
    }
}
END_TEST

/* An inner tensor with three users: h = x y, loss = sum(h) + sum(h h) + sum(3 h). */
START_TEST(an_inner_tensor_with_three_users)
{
    Tensor *h = nn_mul(g, x, y);
    Tensor *loss = nn_add(g, nn_sum(g, h), nn_sum(g, nn_mul(g, h, h)));
    nn_backward(g, nn_add(g, loss, nn_sum(g, nn_scale(g, h, 3))));
    for (size_t i = 0; i < x->size; i++) {
        double slope = 4 + 2 * (double)x->data[i] * (double)y->data[i];
        check_gradient(x, i, slope * (double)y->data[i]);
        check_gradient(y, i, slope * (double)x->data[i]);
    }
}
END_TEST

/* Views share data but not gradients. */
START_TEST(a_view_and_its_source)
{
    Tensor *flat = nn_reshape(g, x, 12);
    Tensor *loss = nn_add(g, nn_sum(g, nn_mul(g, x, y)), nn_sum(g, nn_mul(g, flat, flat)));
    nn_backward(g, loss);
    for (size_t i = 0; i < x->size; i++)
        check_gradient(x, i, (double)y->data[i] + 2 * (double)x->data[i]);
}
END_TEST

START_TEST(slices_that_overlap)
{
    Tensor *left = nn_slice(g, x, 1, 0, 3), *right = nn_slice(g, x, 1, 1, 3); /* (3,3) */
    nn_backward(g, nn_sum(g, nn_add(g, left, nn_scale(g, right, 10))));
    const double expected[] = {1, 11, 11, 10};
    for (size_t i = 0; i < x->size; i++)
        check_gradient(x, i, expected[i % 4]);
}
END_TEST

/* A hundred residual layers reuse their gradient buffers; none may be overwritten too early. */
START_TEST(a_deep_chain)
{
    Tensor *h = x;
    for (int i = 0; i < 100; i++)
        h = nn_add(g, h, nn_scale(g, nn_mul(g, h, y), 0.01f));
    nn_backward(g, nn_sum(g, h));
    for (size_t i = 0; i < x->size; i++) {
        double factor = 1 + 0.01 * (double)y->data[i];
        double slope = 100 * 0.01 * (double)x->data[i] * pow(factor, 99);
        if (!(fabs((double)x->grad[i] - pow(factor, 100)) <= 1e-4 * pow(factor, 100)) ||
            !(fabs((double)y->grad[i] - slope) <= 1e-4 * (1 + fabs(slope))))
            ck_abort_msg("index %zu: %g and %g, expected %g and %g", i, (double)x->grad[i],
                         (double)y->grad[i], pow(factor, 100), slope);
    }
}
END_TEST

/* ---- the backward pass more than once ------------------------------------------------------------ */

/* Every kind of node between a parameter and a loss. */
static Tensor *long_way(void)
{
    static const int targets[] = {1, 2, -1};
    Tensor *h = nn_gelu(g, nn_affine(g, x, y, NULL)); /* (3,3) */
    h = nn_add(g, nn_softmax(g, nn_causal_mask(g, h)),
               nn_layer_norm(g, h, nn_slice(g, nn_reshape(g, y, 12), 0, 0, 3), NULL));
    h = nn_attention(g, nn_reshape(g, h, 1, 3, 3), nn_reshape(g, h, 1, 3, 3), nn_reshape(g, h, 1, 3, 3), 1,
                     true, NULL);
    h = nn_dropout(g, nn_reshape(g, h, 3, 3), 0.2f);
    Tensor *wide = nn_concat(g, h, nn_slice(g, x, 1, 0, 1), 1); /* (3,4) */
    return nn_add(g, nn_affine_cross_entropy(g, wide, y, targets, -1), nn_mse(g, wide, x));
}

static void copy_gradients(float *to)
{
    memcpy(to, x->grad, x->size * sizeof *to);
    memcpy(to + x->size, y->grad, y->size * sizeof *to);
}

static void check_times(const float *once, double factor)
{
    for (size_t i = 0; i < x->size; i++) {
        check_gradient(x, i, factor * (double)once[i]);
        check_gradient(y, i, factor * (double)once[x->size + i]);
    }
}

START_TEST(two_graphs_add_up)
{
    float once[24];
    nn_backward(g, long_way());
    copy_gradients(once);
    nn_graph_reset(g);
    *nn_graph_rng(g) = rng_new(1); /* the same dropout again */
    nn_backward(g, long_way());
    check_times(once, 2);
}
END_TEST

START_TEST(one_graph_three_times)
{
    float once[24];
    Tensor *loss = long_way();
    nn_backward(g, loss);
    copy_gradients(once);
    nn_backward(g, loss);
    check_times(once, 2);
    nn_backward(g, loss);
    check_times(once, 3);
}
END_TEST

START_TEST(two_losses_of_one_graph)
{
    Tensor *h = nn_mul(g, x, y);
    Tensor *first = nn_sum(g, h), *second = nn_sum(g, nn_mul(g, h, h));
    nn_backward(g, second);
    nn_backward(g, first);
    for (size_t i = 0; i < x->size; i++)
        check_gradient(x, i, (1 + 2 * (double)x->data[i] * (double)y->data[i]) * (double)y->data[i]);
}
END_TEST

START_TEST(a_kept_gradient)
{
    Tensor *h = nn_mul(g, x, y), *other = nn_scale(g, h, 2), *loss = nn_sum(g, nn_mul(g, other, other));
    nn_keep_grad(g, h);
    nn_backward(g, loss);
    ck_assert_ptr_nonnull(h->grad);
    ck_assert_ptr_null(other->grad);
    for (size_t i = 0; i < x->size; i++) {
        check_gradient(h, i, 8 * (double)h->data[i]);
        check_gradient(x, i, 8 * (double)h->data[i] * (double)y->data[i]);
    }
}
END_TEST

/* The kept gradient of the first pass must not flow down again in the second. */
START_TEST(a_kept_gradient_is_not_counted_twice)
{
    float once[24];
    Tensor *h = nn_mul(g, x, y), *loss = nn_sum(g, nn_mul(g, h, h));
    nn_keep_grad(g, h);
    nn_keep_grad(g, loss);
    nn_backward(g, loss);
    copy_gradients(once);
    nn_backward(g, loss);
    check_times(once, 2);
    for (size_t i = 0; i < x->size; i++)
        check_gradient(h, i, 2 * (double)h->data[i]);
}
END_TEST

START_TEST(from_a_given_gradient)
{
    float grad[12];
    for (int i = 0; i < 12; i++)
        grad[i] = (float)i - 3;
    nn_backward_from(g, nn_mul(g, x, y), grad);
    for (size_t i = 0; i < x->size; i++)
        check_gradient(x, i, ((double)i - 3) * (double)y->data[i]);
}
END_TEST

/* ---- what wants no gradient ---------------------------------------------------------------------- */

START_TEST(inputs_have_no_gradient)
{
    Tensor *in = nn_input(g, 3, 4);
    tensor_fill(in, 2);
    Tensor *plain = nn_mul(g, in, in);
    ck_assert(!plain->wants_grad);
    nn_backward(g, nn_sum(g, nn_mul(g, plain, x)));
    ck_assert_ptr_null(in->grad);
    ck_assert_ptr_null(plain->grad);
    for (size_t i = 0; i < x->size; i++)
        check_gradient(x, i, 4);
    ck_assert(!y->has_grad);
}
END_TEST

START_TEST(a_branch_that_the_loss_does_not_need)
{
    nn_exp(g, nn_mul(g, x, y));
    nn_backward(g, nn_sum(g, nn_scale(g, x, 3)));
    for (size_t i = 0; i < x->size; i++)
        check_gradient(x, i, 3);
    ck_assert(!y->has_grad);
}
END_TEST

START_TEST(recording_off)
{
    nn_graph_record(g, false);
    ck_assert(!nn_graph_recording(g));
    Tensor *h = nn_mul(g, x, y);
    ck_assert(!h->wants_grad);
    ck_assert_ptr_eq(nn_dropout(g, h, 0.9f), h);
    nn_graph_record(g, true);
    ck_assert(nn_mul(g, x, y)->wants_grad);
}
END_TEST

START_TEST(recording_changes_no_value)
{
    Tensor *on = nn_softmax(g, nn_gelu(g, nn_mul(g, x, y)));
    nn_graph_record(g, false);
    Tensor *off = nn_softmax(g, nn_gelu(g, nn_mul(g, x, y)));
    ck_assert_int_eq(memcmp(on->data, off->data, on->size * sizeof(float)), 0);
}
END_TEST

START_TEST(abort_backward_without_recording)
{
    nn_graph_record(g, false);
    nn_backward(g, nn_sum(g, x));
}
END_TEST

START_TEST(abort_backward_of_a_matrix)
{
    nn_backward(g, nn_mul(g, x, y));
}
END_TEST

START_TEST(abort_backward_of_an_input)
{
    nn_backward(g, nn_sum(g, nn_input(g, 2)));
}
END_TEST

/* ---- dropout ------------------------------------------------------------------------------------- */

START_TEST(dropout_keeps_the_mean)
{
    enum { N = 100000 };
    Tensor *ones = nn_input(g, N);
    tensor_fill(ones, 1);
    for (int tenth = 1; tenth < 10; tenth++) {
        const Tensor *out = nn_dropout(g, ones, (float)tenth / 10);
        double rate = tenth / 10.0, sum = 0;
        int zeros = 0;
        for (int i = 0; i < N; i++) {
            zeros += out->data[i] == 0;
            sum += (double)out->data[i];
            ck_assert(out->data[i] == 0 || fabs((double)out->data[i] - 1 / (1 - rate)) < 1e-5 / (1 - rate));
        }
        double std = sqrt(rate * (1 - rate) / N); /* of the share of zeros */
        ck_assert(fabs((double)zeros / N - rate) < 5 * std);
        ck_assert(fabs(sum / N - 1) < 5 * std / (1 - rate));
    }
}
END_TEST

START_TEST(dropout_draws_anew)
{
    Tensor *ones = nn_input(g, 1000);
    tensor_fill(ones, 1);
    const Tensor *a = nn_dropout(g, ones, 0.5f), *b = nn_dropout(g, ones, 0.5f);
    ck_assert_int_ne(memcmp(a->data, b->data, 1000 * sizeof(float)), 0);
    *nn_graph_rng(g) = rng_new(1); /* as in a new graph */
    const Tensor *again = nn_dropout(g, ones, 0.5f);
    ck_assert_int_eq(memcmp(a->data, again->data, 1000 * sizeof(float)), 0);
    ck_assert_ptr_eq(nn_dropout(g, ones, 0), ones);
}
END_TEST

/* ---- masks, as numbers --------------------------------------------------------------------------- */

START_TEST(masked_scores_are_minus_infinity)
{
    const Tensor *causal = nn_causal_mask(g, x); /* T 3, S 4: one key lies before the queries */
    for (int t = 0; t < 3; t++) {
        for (int s = 0; s < 4; s++)
            ck_assert(s > t + 1 ? causal->data[4 * t + s] == -INFINITY
                                : causal->data[4 * t + s] == x->data[4 * t + s]);
    }
    Tensor *allowed = nn_input(g, 4);
    for (int i = 0; i < 4; i++)
        allowed->data[i] = (float)(i % 2);
    const Tensor *masked = nn_mask(g, x, allowed);
    for (size_t i = 0; i < 12; i++)
        ck_assert(i % 2 ? masked->data[i] == x->data[i] : masked->data[i] == -INFINITY);
}
END_TEST

/* ---- memory -------------------------------------------------------------------------------------- */

START_TEST(memory_does_not_grow)
{
    size_t held = 0;
    for (int step = 0; step < 50; step++) {
        Tensor *h = nn_mul(g, x, y);
        for (int i = 0; i < 200; i++)
            h = nn_add(g, h, nn_exp(g, nn_scale(g, h, -1)));
        nn_backward(g, nn_mean(g, h));
        nn_graph_reset(g);
        ck_assert_uint_eq(arena_used(nn_arena(g)), 0);
        if (step == 2)
            held = arena_held(nn_arena(g));
        ck_assert(step < 2 || arena_held(nn_arena(g)) == held);
    }
}
END_TEST

/* The tape as DOT text; the caller frees it. */
static char *dot_text(const Params *p)
{
    Error e = {""};
    char path[64], *text;
    size_t size;
    snprintf(path, sizeof path, "/tmp/llm_book_test_%d/tape.dot", (int)getpid());
    ck_assert_msg(nn_graph_dot(g, p, path, &e), "%s", e.text);
    text = file_read(path, &size, &e);
    ck_assert_ptr_nonnull(text);
    unlink(path);
    path[strlen(path) - strlen("/tape.dot")] = '\0';
    rmdir(path);
    return text;
}

START_TEST(drawn_as_a_graph)
{
    Params p = {0};
    Tensor *a = nn_param(&p, "a \"1\"", 1, (const int[]){1}), *b = nn_input(g, 1, 1);
    a->data[0] = 3;
    b->data[0] = 5;
    Tensor *square = nn_mul(g, a, a);
    nn_keep_grad(g, square);
    nn_backward(g, nn_sum(g, nn_mul(g, b, square)));
    char *text = dot_text(&p);
    ck_assert_str_eq(text, "digraph tape {\n  rankdir=LR;\n"
                           "  op0 [shape=ellipse, label=\"nn_mul\\n9\\ngradient 5\"];\n"
                           "  leaf0_0 [shape=box, label=\"a \\\"1\\\"\\n3\\ngradient 30\"];\n"
                           "  leaf0_0 -> op0;\n  leaf0_0 -> op0;\n"
                           "  op1 [shape=ellipse, label=\"nn_mul\\n45\"];\n"
                           "  leaf1_0 [shape=box, style=dashed, label=\"input\\n5\"];\n"
                           "  leaf1_0 -> op1;\n  op0 -> op1;\n"
                           "  op2 [shape=ellipse, label=\"nn_sum\\n45\"];\n  op1 -> op2;\n}\n");
    free(text);
    nn_params_free(&p);
}
END_TEST

START_TEST(a_drawing_that_cannot_be_written)
{
    Error e = {""};
    inner_products(x);
    ck_assert(!nn_graph_dot(g, NULL, "/dev/null/tape.dot", &e));
    ck_assert_ptr_nonnull(strstr(e.text, "/dev/null"));
}
END_TEST

START_TEST(drawn_with_shapes)
{
    inner_products(x);
    char *text = dot_text(NULL);
    ck_assert_ptr_nonnull(strstr(text, "leaf0_0 [shape=box, label=\"parameter\\n(3,4)\"];"));
    ck_assert_ptr_nonnull(strstr(text, "op0 [shape=ellipse, label=\"nn_matmul_nt\\n(3,3)\"];"));
    free(text);
}
END_TEST

START_TEST(a_graph_that_was_never_used)
{
    nn_graph_reset(g);
    nn_graph_free(nn_graph_new());
    nn_graph_free(NULL);
}
END_TEST

static TCase *gradient_cases(void)
{
    TCase *t = tcase_create("gradients");
    tcase_add_checked_fixture(t, open_graph, close_graph);
    tcase_add_test(t, hooks_hear_of_uses_and_final_gradients);
    tcase_add_test(t, a_shared_parameter_is_final_at_its_first_use);
    tcase_add_test(t, a_sum_with_itself);
    tcase_add_test(t, a_difference_with_itself);
    tcase_add_test(t, a_square);
    tcase_add_test(t, a_product_with_its_transpose);
    tcase_add_test(t, joined_with_itself);
    tcase_add_test(t, an_inner_tensor_with_three_users);
    tcase_add_test(t, a_view_and_its_source);
    tcase_add_test(t, slices_that_overlap);
    tcase_add_test(t, a_deep_chain);
    tcase_add_test(t, two_graphs_add_up);
    tcase_add_test(t, one_graph_three_times);
    tcase_add_test(t, two_losses_of_one_graph);
    tcase_add_test(t, a_kept_gradient);
    tcase_add_test(t, a_kept_gradient_is_not_counted_twice);
    tcase_add_test(t, from_a_given_gradient);
    return t;
}

static TCase *other_cases(void)
{
    TCase *t = tcase_create("tape");
    tcase_add_checked_fixture(t, open_graph, close_graph);
    tcase_add_test(t, inputs_have_no_gradient);
    tcase_add_test(t, a_branch_that_the_loss_does_not_need);
    tcase_add_test(t, recording_off);
    tcase_add_test(t, recording_changes_no_value);
    tcase_add_test_raise_signal(t, abort_backward_without_recording, SIGABRT);
    tcase_add_test_raise_signal(t, abort_backward_of_a_matrix, SIGABRT);
    tcase_add_test_raise_signal(t, abort_backward_of_an_input, SIGABRT);
    tcase_add_test(t, dropout_keeps_the_mean);
    tcase_add_test(t, dropout_draws_anew);
    tcase_add_test(t, masked_scores_are_minus_infinity);
    tcase_add_test(t, memory_does_not_grow);
    tcase_add_test(t, drawn_as_a_graph);
    tcase_add_test(t, drawn_with_shapes);
    tcase_add_test(t, a_drawing_that_cannot_be_written);
    tcase_add_test(t, a_graph_that_was_never_used);
    return t;
}

int main(void)
{
    Suite *s = suite_create("graph");
    suite_add_tcase(s, gradient_cases());
    suite_add_tcase(s, other_cases());
    SRunner *r = srunner_create(s);
    srunner_run_all(r, CK_NORMAL);
    int failed = srunner_ntests_failed(r);
    srunner_free(r);
    return failed != 0;
}
