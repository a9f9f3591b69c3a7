/* check_ch06.c -- the checks of chapter 6's exercises.
 *
 * Compiled twice. With GRADE_WORKER it is the drivers: they are linked with the
 * learner's code, call it, and hold no answer. Without, it is the list of the tests. */
#include "ch06/exercises/exercises.h"

#ifdef GRADE_WORKER
#include "common/grade/driver.h"

static void drive_response_targets(GradeCall *c)
{
    int n;
    const int *ids = grade_arg_ints(c, "ids", &n);
    int start = grade_arg_int(c, "start"), end = grade_arg_int(c, "end"),
        assistant = grade_arg_int(c, "assistant");
    response_targets(ids, n, start, end, assistant, grade_out_ints(c, "targets", n));
}

static void drive_pack_best_fit(GradeCall *c)
{
    int n;
    const int *length = grade_arg_ints(c, "length", &n);
    int time = grade_arg_int(c, "T");
    int *row = grade_out_ints(c, "row", n), *at = grade_out_ints(c, "at", n);
    grade_return_number(c, "the number of windows", pack_best_fit(length, n, time, row, at));
}

const GradeDriver grade_drivers[] = {
    {"response_targets", drive_response_targets}, {"pack_best_fit", drive_pack_best_fit}, {NULL, NULL}};

#else
#include "common/grade/judge.h"

void grade_tests_of_ex7(GradeSuite *s); /* check_ch06_ex7.c */

void grade_tests_of_ex8(GradeSuite *s); /* check_ch06_ex8.c */

void grade_tests(GradeSuite *s)
{
    grade_tests_of_ex7(s);
    grade_tests_of_ex8(s);
}
#endif
