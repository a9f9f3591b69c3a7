/* check_ch04_hidden.c -- checks that a handout does not hold: a teacher grades with them. */
#include "ch04/exercises/check_ch04.h"

/* In which order a set is written, and how often an element stands in it, changes nothing. */
START_TEST(sets_have_no_order)
{
    enum { N = 6, S = 8, U = 30, B = 3, R = 2 };
    int x[N * S], turned[N * S], h[B * R * U];
    for (int i = 0; i < N * S; i++)
        x[i] = rng_below(grade_rng(), U);
    for (int i = 0; i < N; i++)
        for (int s = 0; s < S; s++)
            turned[i * S + s] = x[i * S + S - 1 - s];
    for (int k = 0; k < B * R; k++) {
        for (int u = 0; u < U; u++)
            h[k * U + u] = u;
        rng_shuffle(grade_rng(), h + k * U, U);
    }
    GradeArg hashes = grade_ints(h, B * R * U);
    const Tensor *want = grade_copy(
        grade_call("near_pairs", grade_int(N), grade_int(B), grade_int(R), grade_ints(x, N * S), hashes));
    const Tensor *got = grade_call("near_pairs", grade_int(N), grade_int(B), grade_int(R),
                                   grade_ints(turned, N * S), hashes);
    grade_expect("signature", got, want, 0, NULL);
}
END_TEST

/* Where a document goes on, y is the next x, whatever the length of the rows. */
START_TEST(targets_are_the_next_tokens)
{
    enum { D = 6, LENGTH = 7, TIME = 5, ROWS = (D * LENGTH + D + TIME - 1) / TIME };
    int ids[D * LENGTH], length[D];
    for (int d = 0; d < D; d++)
        length[d] = LENGTH;
    for (int i = 0; i < D * LENGTH; i++)
        ids[i] = 1 + rng_below(grade_rng(), 40);
    Tensor *next = grade_zeros(ROWS, TIME);
    const Tensor *x = grade_call("pack_sequences", grade_ints(ids, D * LENGTH), grade_ints(length, D),
                                 grade_int(0), grade_int(TIME));
    for (int i = 0; i < ROWS * TIME; i++)
        next->data[i] = x->data[i] == 0 ? -1 : x->data[i + 1]; /* the last of all is an end */
    grade_expect("y", grade_output(1), next, 0, NULL);
}
END_TEST

void grade_hidden_tests(GradeSuite *s)
{
    grade_test(s, "ex1", sets_have_no_order);
    grade_test(s, "ex2", targets_are_the_next_tokens);
}
