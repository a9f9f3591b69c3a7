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

static void drive_cross_entropy(GradeCall *c)
{
    const Tensor *logits = grade_arg_tensor(c, "logits");
    int count, rows = logits->shape[0], classes = logits->shape[1];
    const int *targets = grade_arg_ints(c, "targets", &count);
    float *d = grade_out(c, "d_logits", rows, classes)->data;
    grade_return_number(c, "the loss", (double)cross_entropy(logits->data, targets, rows, classes, d));
}

static void drive_adamw_step(GradeCall *c)
{
    AdamW o = {.rate = grade_arg_float(c, "rate")};
    o.beta1 = grade_arg_float(c, "beta1");
    o.beta2 = grade_arg_float(c, "beta2");
    o.epsilon = grade_arg_float(c, "epsilon");
    o.decay = grade_arg_float(c, "decay");
    int t = grade_arg_int(c, "t");
    const Tensor *g = grade_arg_tensor(c, "g"), *w = grade_arg_tensor(c, "w"),
                 *m = grade_arg_tensor(c, "m"), *v = grade_arg_tensor(c, "v");
    int n = g->shape[0];
    Tensor *new_w = grade_out(c, "w", n), *new_m = grade_out(c, "m", n), *new_v = grade_out(c, "v", n);
    tensor_copy(new_w, w->data);
    tensor_copy(new_m, m->data);
    tensor_copy(new_v, v->data);
    adamw_step(&o, t, g->data, n, new_w->data, new_m->data, new_v->data);
}

static void drive_layer_norm(GradeCall *c)
{
    const Tensor *x = grade_arg_tensor(c, "x"), *gain = grade_arg_tensor(c, "gain"),
                 *bias = grade_arg_tensor(c, "bias"), *d_y = grade_arg_tensor(c, "d_y");
    int rows = x->shape[0], channels = x->shape[1];
    LayerNorm out = {.y = grade_out(c, "out->y", rows, channels)->data};
    out.d_x = grade_out(c, "out->d_x", rows, channels)->data;
    out.d_gain = grade_out(c, "out->d_gain", channels)->data;
    out.d_bias = grade_out(c, "out->d_bias", channels)->data;
    layer_norm(x->data, gain->data, bias->data, d_y->data, rows, channels, &out);
}

/* ---- 2.2 ----------------------------------------------------------------------------------------- */

static void drive_bpe_encode(GradeCall *c)
{
    int n, numbers;
    const int *symbols = grade_arg_ints(c, "symbols", &n), *merges = grade_arg_ints(c, "merges", &numbers);
    int *tokens = grade_out_ints(c, "tokens", n);
    grade_return_number(c, "the number of tokens", bpe_encode(symbols, n, merges, numbers / 3, tokens));
}

static void drive_best_cut(GradeCall *c)
{
    const Tensor *score = grade_arg_tensor(c, "score");
    int n = score->shape[0], longest = score->shape[1], *length = grade_out_ints(c, "length", n);
    grade_return_number(c, "the sum", (double)best_cut(score->data, n, longest, length));
}

const GradeDriver grade_drivers[] = {{"mlp_backward", drive_mlp_backward},
                                     {"cross_entropy", drive_cross_entropy},
                                     {"adamw_step", drive_adamw_step},
                                     {"layer_norm", drive_layer_norm},
                                     {"bpe_encode", drive_bpe_encode},
                                     {"best_cut", drive_best_cut},
                                     {NULL, NULL}};

#else
#include "ch02/exercises/check_ch02.h"

void grade_tests(GradeSuite *s)
{
    grade_tests_of_learning(s);
    grade_tests_of_text(s);
}
#endif
