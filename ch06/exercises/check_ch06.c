/* check_ch06.c -- the checks of chapter 6's exercises.
 *
 * Compiled twice. With GRADE_WORKER it is the drivers: they are linked with the
 * learner's code, call it, and hold no answer. Without, it is the list of the tests,
 * which check_ch06_WHAT.c hold, a file for each section. */
#include "ch06/exercises/exercises.h"

#ifdef GRADE_WORKER
#include "common/grade/driver.h"

#include <string.h>

/* ---- 6.2 ----------------------------------------------------------------------------------------- */

static void drive_last_token_logits(GradeCall *c)
{
    int batch;
    const Tensor *hidden = grade_arg_tensor(c, "hidden");
    const int *lengths = grade_arg_ints(c, "lengths", &batch);
    const Tensor *weight = grade_arg_tensor(c, "weight"), *bias = grade_arg_tensor(c, "bias");
    int time = hidden->shape[1], width = hidden->shape[2], classes = bias->shape[0];
    Tensor *logits = grade_out(c, "logits", batch, classes);
    last_token_logits(hidden->data, lengths, weight->data, bias->data, batch, time, width, classes,
                      logits->data);
}

static void drive_macro_f1(GradeCall *c)
{
    int n;
    const int *actual = grade_arg_ints(c, "actual", &n), *predicted = grade_arg_ints(c, "predicted", &n);
    int classes = grade_arg_int(c, "K");
    grade_return_number(c, "the macro-F1 that it returns", (double)macro_f1(actual, predicted, n, classes));
}

/* ---- 6.3.2, 6.3.3 -------------------------------------------------------------------------------- */

static void drive_adapter(GradeCall *c)
{
    const Tensor *y = grade_arg_tensor(c, "y"), *w_down = grade_arg_tensor(c, "w_down"),
                 *b_down = grade_arg_tensor(c, "b_down"), *w_up = grade_arg_tensor(c, "w_up"),
                 *b_up = grade_arg_tensor(c, "b_up");
    int rows = y->shape[0], channels = y->shape[1], width = w_down->shape[0];
    Tensor *out = grade_out(c, "out", rows, channels);
    adapter(y->data, w_down->data, b_down->data, w_up->data, b_up->data, rows, channels, width, out->data);
}

static void drive_lora(GradeCall *c)
{
    const Tensor *x = grade_arg_tensor(c, "x"), *a = grade_arg_tensor(c, "a"),
                 *b = grade_arg_tensor(c, "b");
    float alpha = grade_arg_float(c, "alpha");
    const Tensor *d_y = grade_arg_tensor(c, "d_y");
    int rows = x->shape[0], in = x->shape[1], rank = a->shape[0], out = b->shape[0];
    Tensor *y = grade_out(c, "y", rows, out), *d_a = grade_out(c, "d_a", rank, in),
           *d_b = grade_out(c, "d_b", out, rank), *d_x = grade_out(c, "d_x", rows, in);
    lora(x->data, a->data, b->data, alpha, d_y->data, rows, in, out, rank, y->data, d_a->data, d_b->data,
         d_x->data);
}

static void drive_merge_adapters(GradeCall *c)
{
    const Tensor *w = grade_arg_tensor(c, "w"), *a = grade_arg_tensor(c, "a"),
                 *b = grade_arg_tensor(c, "b"), *alpha = grade_arg_tensor(c, "alpha"),
                 *weight = grade_arg_tensor(c, "weight");
    int out = w->shape[0], in = w->shape[1], rank = a->shape[1], count = a->shape[0];
    Tensor *merged = grade_out(c, "merged", out, in);
    merge_adapters(w->data, a->data, b->data, alpha->data, weight->data, count, in, out, rank,
                   merged->data);
}

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

/* ---- 6.4 ----------------------------------------------------------------------------------------- */
/* ---- 6.4.3 -------------------------------------------------------------------------------------- */

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

const GradeDriver grade_drivers[] = {{"last_token_logits", drive_last_token_logits},
                                     {"macro_f1", drive_macro_f1},
                                     {"adapter", drive_adapter},
                                     {"lora", drive_lora},
                                     {"merge_adapters", drive_merge_adapters},
                                     {"prefix_attention", drive_prefix_attention},
                                     {"soft_embed", drive_soft_embed},
                                     {"response_targets", drive_response_targets},
                                     {"pack_best_fit", drive_pack_best_fit},
                                     {"task_shares", drive_task_shares},
                                     {"ewc_penalty", drive_ewc_penalty},
                                     {NULL, NULL}};

#else
#include "ch06/exercises/check_ch06.h"

void grade_tests(GradeSuite *s)
{
    grade_tests_of_heads(s);
    grade_tests_of_adapters(s);
    grade_tests_of_prompts(s);
    grade_tests_of_ex7(s);
    grade_tests_of_ex8(s);
    grade_tests_of_tasks(s);
}
#endif
