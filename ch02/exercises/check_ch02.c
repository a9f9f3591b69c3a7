/* check_ch02.c -- the checks of chapter 2's exercises.
 *
 * Compiled twice. With GRADE_WORKER it is the drivers: they are linked with the
 * learner's code, call it, and hold no answer. Without, it is the list of the tests,
 * which check_ch02_WHAT.c hold, a file for each section. */
#include "ch02/exercises/exercises.h"

#ifdef GRADE_WORKER
#include "common/grade/driver.h"

/* ---- 2.1 ----------------------------------------------------------------------------------------- */

static void drive_mlp_backward(GradeCall *c)
{
    const Tensor *x = grade_arg_tensor(c, "x"), *w1 = grade_arg_tensor(c, "w1"),
                 *b1 = grade_arg_tensor(c, "b1"), *w2 = grade_arg_tensor(c, "w2"),
                 *b2 = grade_arg_tensor(c, "b2"), *d_y = grade_arg_tensor(c, "d_y");
    int inputs = w1->shape[1], hidden = w1->shape[0], outputs = w2->shape[0], count = x->shape[0];
    Mlp m = {inputs, hidden, outputs, w1->data, b1->data, w2->data, b2->data};
    MlpGradients d = {.w1 = grade_out(c, "d->w1", hidden, inputs)->data};
    d.b1 = grade_out(c, "d->b1", hidden)->data;
    d.w2 = grade_out(c, "d->w2", outputs, hidden)->data;
    d.b2 = grade_out(c, "d->b2", outputs)->data;
    d.x = grade_out(c, "d->x", count, inputs)->data;
    mlp_backward(&m, x->data, d_y->data, count, &d);
}

const GradeDriver grade_drivers[] = {{"mlp_backward", drive_mlp_backward}, {NULL, NULL}};

#else
#include "ch02/exercises/check_ch02.h"

void grade_tests(GradeSuite *s)
{
    grade_tests_of_learning(s);
}
#endif
