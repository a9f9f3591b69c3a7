/* check_ch06_hidden.c -- checks that a handout does not hold: a teacher grades with them. */
#include "ch06/exercises/check_ch06.h"

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

void grade_hidden_tests(GradeSuite *s)
{
    grade_test(s, "ex5", a_prefix_that_is_a_text);
    grade_test(s, "ex6", positions_in_another_order);
}
