/* check_ch06.c -- the checks of chapter 6's exercises.
 *
 * Compiled twice. With GRADE_WORKER it is the drivers: they are linked with the
 * learner's code, call it, and hold no answer. Without, it is the list of the tests,
 * which check_ch06_WHAT.c hold, a file for each section. */
#include "ch06/exercises/exercises.h"

#ifdef GRADE_WORKER
#include "common/grade/driver.h"

#include <string.h>

/* ---- 6.5 ----------------------------------------------------------------------------------------- */

static void drive_task_shares(GradeCall *c)
{
    int count;
    const int *size = grade_arg_ints(c, "size", &count);
    int cap = grade_arg_int(c, "cap");
    float temperature = grade_arg_float(c, "T");
    task_shares(size, count, cap, temperature, grade_out(c, "share", count)->data);
}

static void drive_ewc_penalty(GradeCall *c)
{
    const Tensor *theta = grade_arg_tensor(c, "theta"), *theta_k = grade_arg_tensor(c, "theta_k"),
                 *fisher = grade_arg_tensor(c, "fisher");
    float lambda = grade_arg_float(c, "lambda");
    const Tensor *given = grade_arg_tensor(c, "d_theta");
    int tasks = fisher->shape[0], size = fisher->shape[1];
    Tensor *d_theta = grade_out(c, "d_theta", size);
    memcpy(d_theta->data, given->data, (size_t)size * sizeof *d_theta->data);
    grade_return_number(
        c, "the penalty that it returns",
        (double)ewc_penalty(theta->data, theta_k->data, fisher->data, lambda, tasks, size, d_theta->data));
}

const GradeDriver grade_drivers[] = {
    {"task_shares", drive_task_shares}, {"ewc_penalty", drive_ewc_penalty}, {NULL, NULL}};

#else
#include "ch06/exercises/check_ch06.h"

void grade_tests(GradeSuite *s)
{
    grade_tests_of_tasks(s);
}
#endif
