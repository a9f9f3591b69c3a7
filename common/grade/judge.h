/* judge.h -- for the half of chNN/exercises/check_chNN.c that judges, with Check.
 *
 * The judge never shares a process with the learner's code. A test draws inputs,
 * has the worker call the learner's function, and compares what comes back:
 *
 *     START_TEST(each_row_sums_to_one)
 *     {
 *         int rows, cols;
 *         grade_sizes(3, 9, &rows, &cols);
 *         Tensor *score = grade_normal(1, rows, cols);
 *         Tensor *weight = grade_call("scaled_softmax", grade_tensor(score), grade_int(16));
 *         grade_expect("weight", weight, softmax(score, 16), 1e-5f, causes);
 *     }
 *     END_TEST
 *
 *     void grade_tests(GradeSuite *s)
 *     {
 *         grade_test(s, "ex1", each_row_sums_to_one);
 *     }
 *
 * Tests of an exercise run in this order; the first that fails is shown. All
 * tensors live until the test ends. */
#ifndef GRADE_JUDGE_H
#define GRADE_JUDGE_H

#include "common/base/rng.h"
#include "common/tensor/tensor.h"

#include <check.h>

/* ---- the list of tests --------------------------------------------------------------------------- */

typedef struct GradeSuite GradeSuite;

void grade_tests(GradeSuite *s);        /* check_chNN.c defines it */
void grade_hidden_tests(GradeSuite *s); /* check_chNN_hidden.c, which no handout holds, if there is one */

/* The function's name, read as a sentence, is the test's: each_row_sums_to_one. */
#define grade_test(s, exercise, test) grade_test_add((s), (exercise), #test, (test))
void grade_test_add(GradeSuite *s, const char *exercise, const char *name, const TTest *test);

/* ---- inputs -------------------------------------------------------------------------------------- */

/* The test's random numbers: from the exercise's seed and the test's name. */
Rng *grade_rng(void);
Arena *grade_arena(void);

/* Draws pairwise different sizes from least .. most: grade_sizes(3, 9, &rows, &cols). */
#define grade_sizes(least, most, ...)                                                        \
    grade_sizes_draw((least), (most), (int)(sizeof((int *[]){__VA_ARGS__}) / sizeof(int *)), \
                     (int *[]){__VA_ARGS__})
void grade_sizes_draw(int least, int most, int count, int *const *sizes);

/* A tensor of N(0, deviation^2), of zeros, and a copy. */
#define grade_normal(deviation, ...)                                                  \
    grade_normal_make((deviation), (int)(sizeof((int[]){__VA_ARGS__}) / sizeof(int)), \
                      (const int[]){__VA_ARGS__})
Tensor *grade_normal_make(float deviation, int rank, const int *shape);
#define grade_zeros(...) grade_normal(0, __VA_ARGS__)
Tensor *grade_copy(const Tensor *t);

/* ---- the call ------------------------------------------------------------------------------------ */

typedef struct GradeArg {
    enum { GRADE_END, GRADE_TENSOR, GRADE_INT, GRADE_FLOAT, GRADE_INTS } kind;
    const Tensor *tensor;
    const int *ints;
    int whole; /* the int, or how many ints */
    float number;
} GradeArg;

GradeArg grade_tensor(const Tensor *t);
GradeArg grade_int(int value);
GradeArg grade_float(float value);
GradeArg grade_ints(const int *values, int count);

/* Runs a driver in the worker and returns its first output. Fails the test when the
 * worker crashes, is late, writes where it must not, or leaves outputs unwritten. */
#define grade_call(name, ...) grade_call_with((name), (const GradeArg[]){__VA_ARGS__, {.kind = GRADE_END}})
Tensor *grade_call_with(const char *name, const GradeArg *args);

/* Output i of the last call, in the order in which the driver made them. */
Tensor *grade_output(int i);

/* ---- the comparison ------------------------------------------------------------------------------ */

/* What a likely mistake would have yielded. The list ends with {NULL, NULL}. */
typedef struct GradeCause {
    const Tensor *looks_like;
    const char *cause; /* "not divided by sqrt(head_dim)" */
} GradeCause;

/* Fails unless the shapes agree and |got - want| <= tolerance (1 + |want|) everywhere; NaN fails.
 * Says where, what was expected, what came, and the cause whose tensor `got` equals. */
void grade_expect(const char *name, const Tensor *got, const Tensor *want, float tolerance,
                  const GradeCause *causes);

/* The same for output number `output` of the last call, where reference(context, output, slip) is
 * what it should be if slip is 0, and otherwise what that mistake would have yielded. */
typedef Tensor *GradeReference(const void *context, int output, int slip);
typedef struct GradeSlip {
    int slip;
    const char *cause; /* NULL ends the list */
} GradeSlip;
void grade_expect_output(const char *name, int output, GradeReference *reference, const void *context,
                         float tolerance, const GradeSlip *slips);

/* Fails with a sentence of the test's own. */
void grade_fail(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* The gradient of loss(context) with respect to every number of x, by central differences:
 * (loss(x + h) - loss(x - h)) / 2h. x is restored. The loss should be computed in double. */
Tensor *grade_gradient(double (*loss)(void *context), void *context, Tensor *x, float step);

#endif
