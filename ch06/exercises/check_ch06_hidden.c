/* check_ch06_hidden.c -- checks that a handout does not hold: a teacher grades with them. */
#include "ch06/exercises/check_ch06.h"

#include <math.h>

/* Far from 0 GELU is 0 or x itself, so that a bottleneck with large inputs is linear or only its bias. */
START_TEST(where_gelu_is_linear)
{
    enum { R = 2, C = 3, M = 2 };
    Tensor *y = grade_normal(1, R, C), *down = grade_zeros(M, C), *b_down = grade_zeros(M),
           *up = grade_normal(1, C, M), *b_up = grade_normal(1, C), *want = grade_zeros(R, C);
    b_down->data[0] = 40;
    b_down->data[1] = -40;
    for (int i = 0; i < R * C; i++)
        want->data[i] = y->data[i] + 40 * up->data[i % C * M] + b_up->data[i % C];
    grade_call("adapter", grade_tensor(y), grade_tensor(down), grade_tensor(b_down), grade_tensor(up),
               grade_tensor(b_up));
    grade_expect("out", grade_output(0), want, 1e-3f, NULL);
}
END_TEST

/* y is linear in alpha, and so are the gradients. */
START_TEST(twice_alpha_is_twice_everything)
{
    enum { R = 3, I = 4, O = 2, RANK = 2 };
    const Tensor *x = grade_normal(1, R, I), *a = grade_normal(1, RANK, I), *b = grade_normal(1, O, RANK),
                 *d_y = grade_normal(1, R, O);
    static const char *const names[] = {"y", "d_a", "d_b", "d_x"};
    Tensor *once[4];
    grade_call("lora", grade_tensor(x), grade_tensor(a), grade_tensor(b), grade_float(1.5f),
               grade_tensor(d_y));
    for (int i = 0; i < 4; i++) {
        once[i] = grade_copy(grade_output(i));
        for (size_t k = 0; k < once[i]->size; k++)
            once[i]->data[k] *= 2;
    }
    grade_call("lora", grade_tensor(x), grade_tensor(a), grade_tensor(b), grade_float(3),
               grade_tensor(d_y));
    for (int i = 0; i < 4; i++)
        grade_expect(names[i], grade_output(i), once[i], 1e-4f, NULL);
}
END_TEST

/* An adapter with the weight 1 and the same with -1 take each other away. */
START_TEST(merged_and_unmerged)
{
    enum { K = 2, RANK = 3, I = 5, O = 4 };
    const Tensor *w = grade_normal(1, O, I);
    Tensor *a = grade_normal(1, K, RANK, I), *b = grade_normal(1, K, O, RANK), *alpha = grade_zeros(K),
           *weight = grade_zeros(K);
    for (int i = 0; i < RANK * I; i++)
        a->data[RANK * I + i] = a->data[i];
    for (int i = 0; i < O * RANK; i++)
        b->data[O * RANK + i] = b->data[i];
    alpha->data[0] = alpha->data[1] = 7;
    weight->data[0] = 1;
    weight->data[1] = -1;
    grade_call("merge_adapters", grade_tensor(w), grade_tensor(a), grade_tensor(b), grade_tensor(alpha),
               grade_tensor(weight));
    grade_expect("merged", grade_output(0), w, 1e-4f, NULL);
}
END_TEST

/* A prefix of the text's own first keys and values: the rest attends as in the whole text. */
START_TEST(a_prefix_that_is_a_text)
{
    enum { S = 3, T = 5, D = 4 };
    const Tensor *q = grade_normal(1, S + T, D), *k = grade_normal(1, S + T, D),
                 *v = grade_normal(1, S + T, D);
    Tensor *part[5] = {grade_zeros(T, D), grade_zeros(T, D), grade_zeros(T, D), grade_zeros(S, D),
                       grade_zeros(S, D)};
    for (int i = 0; i < S * D; i++) {
        part[3]->data[i] = k->data[i];
        part[4]->data[i] = v->data[i];
    }
    for (int i = 0; i < T * D; i++) {
        part[0]->data[i] = q->data[S * D + i];
        part[1]->data[i] = k->data[S * D + i];
        part[2]->data[i] = v->data[S * D + i];
    }
    const Tensor *none = grade_zeros(1, D);
    const Tensor *whole =
        grade_copy(grade_call("prefix_attention", grade_tensor(q), grade_tensor(k), grade_tensor(v),
                              grade_tensor(none), grade_tensor(none), grade_int(0)));
    Tensor *rest = grade_zeros(T, D);
    for (int i = 0; i < T * D; i++)
        rest->data[i] = whole->data[S * D + i];
    const Tensor *got =
        grade_call("prefix_attention", grade_tensor(part[0]), grade_tensor(part[1]), grade_tensor(part[2]),
                   grade_tensor(part[3]), grade_tensor(part[4]), grade_int(S));
    grade_expect("out", got, rest, 1e-4f, NULL);
}
END_TEST

/* The order of positions changes nothing in the gradient. */
START_TEST(positions_in_another_order)
{
    enum { V = 4, S = 3, C = 2, N = 6 };
    static const int ids[N] = {4, 0, 5, 4, 6, 1}, turned[N] = {1, 6, 4, 5, 0, 4};
    const Tensor *tokens = grade_normal(1, V, C), *vectors = grade_normal(1, S, C),
                 *d_x = grade_normal(1, N, C);
    Tensor *back = grade_zeros(N, C);
    for (int i = 0; i < N * C; i++)
        back->data[i] = d_x->data[(N - 1 - i / C) * C + i % C];
    grade_call("soft_embed", grade_tensor(tokens), grade_tensor(vectors), grade_ints(ids, N),
               grade_tensor(d_x));
    const Tensor *want = grade_copy(grade_output(1));
    grade_call("soft_embed", grade_tensor(tokens), grade_tensor(vectors), grade_ints(turned, N),
               grade_tensor(back));
    grade_expect("d_vectors", grade_output(1), want, 1e-5f, NULL);
}
END_TEST

#include "common/grade/judge.h"

/* What is learnt does not depend on what the others say. */
START_TEST(what_users_say_changes_nothing)
{
    enum { START = 1, END, USER, ASSISTANT, LINE, N = 14 };
    int a[N] = {START, USER, LINE, 10, 11, END, LINE, START, ASSISTANT, LINE, 12, 13, END, LINE}, b[N];
    for (int i = 0; i < N; i++)
        b[i] = i == 3 || i == 4 ? 20 + rng_below(grade_rng(), 50) : a[i];
    GradeArg start = grade_int(START), end = grade_int(END), assistant = grade_int(ASSISTANT);
    const Tensor *want =
        grade_copy(grade_call("response_targets", grade_ints(a, N), start, end, assistant));
    grade_expect("targets", grade_call("response_targets", grade_ints(b, N), start, end, assistant), want,
                 0, NULL);
}
END_TEST

/* No two examples overlap, and none reaches over the end. */
START_TEST(examples_lie_side_by_side)
{
    enum { N = 40, TIME = 16 };
    int length[N];
    for (int i = 0; i < N; i++)
        length[i] = 1 + rng_below(grade_rng(), TIME);
    const Tensor *row = grade_call("pack_best_fit", grade_ints(length, N), grade_int(TIME)),
                 *at = grade_output(1);
    for (int i = 0; i < N; i++) {
        if (at->data[i] < 0 || at->data[i] + (float)length[i] > TIME)
            grade_fail("example %d reaches over the end of its window", i);
        for (int k = 0; k < i; k++) {
            bool apart = at->data[i] + (float)length[i] <= at->data[k] ||
                         at->data[k] + (float)length[k] <= at->data[i];
            if (!(row->data[i] < row->data[k]) && !(row->data[i] > row->data[k]) && !apart)
                grade_fail("examples %d and %d overlap", k, i);
        }
    }
}
END_TEST

/* Twice the sizes are the same shares, as long as nothing is capped. */
START_TEST(shares_depend_on_ratios)
{
    static const int size[] = {12, 5, 900}, twice[] = {24, 10, 1800};
    grade_call("task_shares", grade_ints(size, 3), grade_int(0), grade_float(2.5f));
    const Tensor *once = grade_copy(grade_output(0));
    grade_call("task_shares", grade_ints(twice, 3), grade_int(0), grade_float(2.5f));
    grade_expect("share", grade_output(0), once, 1e-5f, NULL);
}
END_TEST

/* Where only one weight has moved, only its gradient changes. */
START_TEST(where_one_weight_has_moved)
{
    const Tensor *theta = grade_normal(1, 7), *given = grade_normal(1, 7);
    Tensor *theta_k = grade_zeros(1, 7), *fisher = grade_normal(1, 1, 7), *want = grade_copy(given),
           *penalty = tensor_make(grade_arena(), 0, NULL);
    for (int i = 0; i < 7; i++) {
        theta_k->data[i] = theta->data[i] - (i == 4 ? 0.5f : 0);
        fisher->data[i] = 1 + fisher->data[i] * fisher->data[i];
    }
    want->data[4] += 8 * 0.5f * fisher->data[4];
    penalty->data[0] = 8 / 2 * 0.25f * fisher->data[4];
    grade_call("ewc_penalty", grade_tensor(theta), grade_tensor(theta_k), grade_tensor(fisher),
               grade_float(8), grade_tensor(given));
    grade_expect("d_theta", grade_output(0), want, 1e-4f, NULL);
    grade_expect("the penalty that it returns", grade_output(1), penalty, 1e-4f, NULL);
}
END_TEST

void grade_hidden_tests(GradeSuite *s)
{
    grade_test(s, "ex2", where_gelu_is_linear);
    grade_test(s, "ex3", twice_alpha_is_twice_everything);
    grade_test(s, "ex4", merged_and_unmerged);
    grade_test(s, "ex5", a_prefix_that_is_a_text);
    grade_test(s, "ex6", positions_in_another_order);
    grade_test(s, "ex7", what_users_say_changes_nothing);
    grade_test(s, "ex8", examples_lie_side_by_side);
    grade_test(s, "ex9", shares_depend_on_ratios);
    grade_test(s, "ex10", where_one_weight_has_moved);
}
