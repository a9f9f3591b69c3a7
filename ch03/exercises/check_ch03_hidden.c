/* check_ch03_hidden.c -- checks that a handout does not hold: a teacher grades with them. */
#include "common/grade/judge.h"

#include <math.h>

/* Adding the same number to a whole row changes nothing. */
START_TEST(a_shifted_row_has_the_same_weights)
{
    int rows, cols;
    grade_sizes(4, 30, &rows, &cols);
    Tensor *score = grade_normal(3, rows, cols), *shifted = grade_copy(score);
    for (size_t i = 0; i < score->size; i++)
        shifted->data[i] += 64;
    const Tensor *weight = grade_call("scaled_softmax", grade_tensor(score), grade_int(9));
    const Tensor *again = grade_call("scaled_softmax", grade_tensor(shifted), grade_int(9));
    grade_expect("weight", again, weight, 1e-4f, NULL);
}
END_TEST

/* The order of the keys does not matter, if the values keep to them. */
START_TEST(keys_in_another_order)
{
    int t, s, d, e;
    grade_sizes(3, 20, &t, &s, &d, &e);
    Tensor *q = grade_normal(1, t, d), *k = grade_normal(1, s, d), *v = grade_normal(1, s, e);
    Tensor *k2 = grade_copy(k), *v2 = grade_copy(v);
    for (int i = 0; i < s; i++) {
        for (int j = 0; j < d; j++)
            k2->data[(s - 1 - i) * d + j] = k->data[i * d + j];
        for (int j = 0; j < e; j++)
            v2->data[(s - 1 - i) * e + j] = v->data[i * e + j];
    }
    const Tensor *out = grade_call("attention", grade_tensor(q), grade_tensor(k), grade_tensor(v));
    const Tensor *again = grade_call("attention", grade_tensor(q), grade_tensor(k2), grade_tensor(v2));
    grade_expect("out", again, out, 1e-4f, NULL);
}
END_TEST

void grade_hidden_tests(GradeSuite *s)
{
    grade_test(s, "ex1", a_shifted_row_has_the_same_weights);
    grade_test(s, "ex2", keys_in_another_order);
}
