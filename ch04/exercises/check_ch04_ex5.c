/* check_ch04_ex5.c -- tests of exercise 5 of chapter 4. */
#include "common/grade/judge.h"

void grade_tests_of_ex5(GradeSuite *s);

/* The reference, in double: factor times x. */
static Tensor *times(const Tensor *x, double factor)
{
    Tensor *y = grade_copy(x);
    for (size_t i = 0; i < y->size; i++)
        y->data[i] = (float)(factor * (double)x->data[i]);
    return y;
}

START_TEST(numbers_of_any_size)
{
    int n;
    grade_sizes(3, 20, &n);
    const Tensor *x = grade_normal(3, n);
    const GradeCause causes[] = {{times(x, 4), "doubled twice"}, {NULL, NULL}};
    const Tensor *y = grade_call("mxfp4", grade_tensor(x));
    grade_expect("y", y, times(x, 2), 1e-5f, causes);
}
END_TEST

void grade_tests_of_ex5(GradeSuite *s)
{
    grade_test(s, "ex5", numbers_of_any_size);
}
