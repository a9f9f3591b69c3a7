/* check_ch06_hidden.c -- checks that a handout does not hold: a teacher grades with them. */
#include "ch06/exercises/check_ch06.h"

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
    grade_test(s, "ex9", shares_depend_on_ratios);
    grade_test(s, "ex10", where_one_weight_has_moved);
}
