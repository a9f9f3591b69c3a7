/* check_ch06.c -- the checks of chapter 6's exercises.
 *
 * Compiled twice. With GRADE_WORKER it is the drivers: they are linked with the
 * learner's code, call it, and hold no answer. Without, it is the list of the tests,
 * which check_ch06_WHAT.c hold, a file for each section. */
#include "ch06/exercises/exercises.h"

#ifdef GRADE_WORKER
#include "common/grade/driver.h"

/* ---- 6.3.4, 6.3.5 -------------------------------------------------------------------------------- */

static void drive_prefix_attention(GradeCall *c)
{
    Tensor *q = grade_arg_tensor(c, "q"), *k = grade_arg_tensor(c, "k"), *v = grade_arg_tensor(c, "v");
    Tensor *pk = grade_arg_tensor(c, "pk"), *pv = grade_arg_tensor(c, "pv");
    int prefix = grade_arg_int(c, "S"), time = q->shape[0], dim = q->shape[1];
    Tensor *out = grade_out(c, "out", time, dim), *share = grade_out(c, "share", time);
    prefix_attention(q->data, k->data, v->data, pk->data, pv->data, time, prefix, dim, out->data,
                     share->data);
}

static void drive_soft_embed(GradeCall *c)
{
    int n;
    Tensor *tokens = grade_arg_tensor(c, "tokens"), *vectors = grade_arg_tensor(c, "vectors");
    const int *ids = grade_arg_ints(c, "ids", &n);
    Tensor *d_x = grade_arg_tensor(c, "d_x");
    int vocab = tokens->shape[0], count = vectors->shape[0], channels = tokens->shape[1];
    Tensor *x = grade_out(c, "x", n, channels), *d_vectors = grade_out(c, "d_vectors", count, channels);
    soft_embed(tokens->data, vectors->data, ids, d_x->data, vocab, count, channels, n, x->data,
               d_vectors->data);
}

const GradeDriver grade_drivers[] = {
    {"prefix_attention", drive_prefix_attention}, {"soft_embed", drive_soft_embed}, {NULL, NULL}};

#else
#include "ch06/exercises/check_ch06.h"

void grade_tests(GradeSuite *s)
{
    grade_tests_of_prompts(s);
}
#endif
