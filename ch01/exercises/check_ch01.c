/* check_ch01.c -- the checks of chapter 1's exercises.
 *
 * Compiled twice. With GRADE_WORKER it is the drivers: they are linked with the
 * learner's code, call it, and hold no answer. Without, it is the list of the tests,
 * which hold the answers and never meet the learner's code, only what it computed:
 * they are in the files check_ch01_WHAT.c. */
#include "ch01/exercises/exercises.h"

#ifdef GRADE_WORKER
#include "common/grade/driver.h"

static void drive_tf_idf(GradeCall *c)
{
    int n, documents = grade_arg_int(c, "D");
    const int *count = grade_arg_ints(c, "count", &n);
    int words = n / documents;
    tf_idf(count, documents, words, grade_out(c, "weight", documents, words)->data);
}

static void drive_negative_sampling(GradeCall *c)
{
    const Tensor *v = grade_arg_tensor(c, "v"), *u = grade_arg_tensor(c, "u");
    int rows = u->shape[0], channels = u->shape[1];
    Tensor *dv = grade_out(c, "dv", channels), *du = grade_out(c, "du", rows, channels);
    grade_return_number(
        c, "loss", (double)negative_sampling(v->data, u->data, rows - 1, channels, dv->data, du->data));
}

static void drive_analogy(GradeCall *c)
{
    const Tensor *vector = grade_arg_tensor(c, "vector");
    int first = grade_arg_int(c, "a"), second = grade_arg_int(c, "b"), third = grade_arg_int(c, "c");
    grade_return_number(c, "the word that it returns",
                        analogy(vector->data, vector->shape[0], vector->shape[1], first, second, third));
}

static void drive_lstm_step(GradeCall *c)
{
    const Tensor *a = grade_arg_tensor(c, "a"), *before = grade_arg_tensor(c, "c");
    const Tensor *dh = grade_arg_tensor(c, "dh"), *dc = grade_arg_tensor(c, "dc");
    int units = a->shape[1];
    Tensor *h_out = grade_out(c, "h_out", units), *c_out = grade_out(c, "c_out", units);
    Tensor *da = grade_out(c, "da", 4, units), *dc_before = grade_out(c, "dc_before", units);
    lstm_step(a->data, before->data, dh->data, dc->data, units, h_out->data, c_out->data, da->data,
              dc_before->data);
}

static void drive_additive_attention(GradeCall *c)
{
    const Tensor *q = grade_arg_tensor(c, "q"), *k = grade_arg_tensor(c, "k");
    const Tensor *v = grade_arg_tensor(c, "v"), *dw = grade_arg_tensor(c, "dw");
    int words = k->shape[0], size = k->shape[1];
    Tensor *w = grade_out(c, "w", words), *dq = grade_out(c, "dq", size);
    Tensor *dk = grade_out(c, "dk", words, size), *dv = grade_out(c, "dv", size);
    additive_attention(q->data, k->data, v->data, dw->data, words, size, w->data, dq->data, dk->data,
                       dv->data);
}

static void drive_orthogonal_rows(GradeCall *c)
{
    const Tensor *w = grade_arg_tensor(c, "w");
    int n = w->shape[0];
    orthogonal_rows(w->data, n, grade_out(c, "q", n, n)->data);
}

const GradeDriver grade_drivers[] = {{"tf_idf", drive_tf_idf},
                                     {"negative_sampling", drive_negative_sampling},
                                     {"analogy", drive_analogy},
                                     {"lstm_step", drive_lstm_step},
                                     {"additive_attention", drive_additive_attention},
                                     {"orthogonal_rows", drive_orthogonal_rows},
                                     {NULL, NULL}};

#else
#include "ch01/exercises/check_ch01.h"

void grade_tests(GradeSuite *s)
{
    grade_tests_of_words(s);
    grade_tests_of_sequences(s);
}
#endif
