/* check_ch04.c -- the checks of chapter 4's exercises.
 *
 * Compiled twice. With GRADE_WORKER it is the drivers: they are linked with the
 * learner's code, call it, and hold no answer. Without, it is the list of the tests. */
#include "ch04/exercises/exercises.h"

#ifdef GRADE_WORKER
#include "common/grade/driver.h"

static void drive_model_size(GradeCall *c)
{
    Tensor *x = grade_arg_tensor(c, "x");
    int n = x->shape[0];
    model_size(x->data, n, grade_out(c, "y", n)->data);
}

static void drive_law_loss(GradeCall *c)
{
    Tensor *x = grade_arg_tensor(c, "x");
    int n = x->shape[0];
    law_loss(x->data, n, grade_out(c, "y", n)->data);
}

static void drive_mxfp4(GradeCall *c)
{
    Tensor *x = grade_arg_tensor(c, "x");
    int n = x->shape[0];
    mxfp4(x->data, n, grade_out(c, "y", n)->data);
}

const GradeDriver grade_drivers[] = {
    {"model_size", drive_model_size}, {"law_loss", drive_law_loss}, {"mxfp4", drive_mxfp4}, {NULL, NULL}};

#else
#include "common/grade/judge.h"

void grade_tests_of_ex3(GradeSuite *s); /* check_ch04_ex3.c */

void grade_tests_of_ex4(GradeSuite *s); /* check_ch04_ex4.c */

void grade_tests_of_ex5(GradeSuite *s); /* check_ch04_ex5.c */

void grade_tests(GradeSuite *s)
{
    grade_tests_of_ex3(s);
    grade_tests_of_ex4(s);
    grade_tests_of_ex5(s);
}
#endif
