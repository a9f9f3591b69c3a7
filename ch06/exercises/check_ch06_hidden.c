/* check_ch06_hidden.c -- checks that a handout does not hold: a teacher grades with them. */
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

void grade_hidden_tests(GradeSuite *s)
{
    grade_test(s, "ex7", what_users_say_changes_nothing);
    grade_test(s, "ex8", examples_lie_side_by_side);
}
