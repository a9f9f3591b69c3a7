/* check_ch02_hidden.c -- checks that a handout does not hold: a teacher grades with them. */
#include "ch02/exercises/check_ch02.h"

#include <math.h>
#include <string.h>

/* The gradients of the parameters over a batch are the sums of those of its examples. */
START_TEST(a_batch_is_the_sum_of_its_examples)
{
    int count, inputs, hidden, outputs;
    grade_sizes(2, 8, &count, &inputs, &hidden, &outputs);
    Tensor *x = grade_normal(1, count, inputs), *w1 = grade_normal(0.5f, hidden, inputs),
           *b1 = grade_normal(0.5f, hidden), *w2 = grade_normal(0.5f, outputs, hidden),
           *b2 = grade_normal(1, outputs), *d_y = grade_normal(1, count, outputs);
    Tensor *sum = grade_zeros(hidden, inputs);
    for (int n = 0; n < count; n++) {
        Tensor *one = grade_zeros(1, inputs), *d_one = grade_zeros(1, outputs);
        memcpy(one->data, x->data + n * inputs, (size_t)inputs * sizeof *one->data);
        memcpy(d_one->data, d_y->data + n * outputs, (size_t)outputs * sizeof *d_one->data);
        const Tensor *d_w1 =
            grade_call("mlp_backward", grade_tensor(one), grade_tensor(w1), grade_tensor(b1),
                       grade_tensor(w2), grade_tensor(b2), grade_tensor(d_one));
        for (size_t i = 0; i < sum->size; i++)
            sum->data[i] += d_w1->data[i];
    }
    const Tensor *all = grade_call("mlp_backward", grade_tensor(x), grade_tensor(w1), grade_tensor(b1),
                                   grade_tensor(w2), grade_tensor(b2), grade_tensor(d_y));
    grade_expect("d->w1", all, sum, 1e-4f, NULL);
}
END_TEST

/* Adding the same number to a row of logits changes neither loss nor gradient. */
START_TEST(shifted_logits_cost_the_same)
{
    int rows, classes, targets[32];
    grade_sizes(2, 20, &rows, &classes);
    Tensor *logits = grade_normal(2, rows, classes), *shifted = grade_copy(logits);
    for (int n = 0; n < rows; n++)
        targets[n] = rng_below(grade_rng(), classes);
    for (size_t i = 0; i < shifted->size; i++)
        shifted->data[i] += 64;
    const Tensor *d =
        grade_copy(grade_call("cross_entropy", grade_tensor(logits), grade_ints(targets, rows)));
    grade_expect("d_logits", grade_call("cross_entropy", grade_tensor(shifted), grade_ints(targets, rows)),
                 d, 1e-4f, NULL);
}
END_TEST

/* However large a gradient is: from moments of 0 the first step without decay has the size of the learning rate. */
START_TEST(the_first_step_is_as_large_as_the_learning_rate)
{
    Tensor *g = grade_normal(1, 8), *w = grade_zeros(8), *want = grade_zeros(8), *zero = grade_zeros(8);
    for (int i = 0; i < 8; i++) {
        g->data[i] = (i % 2 ? -1.0f : 1.0f) * powf(10, (float)(i - 4));
        want->data[i] = i % 2 ? 0.25f : -0.25f;
    }
    const Tensor *moved =
        grade_call("adamw_step", grade_float(0.25f), grade_float(0.8f), grade_float(0.95f),
                   grade_float(1e-12f), grade_float(0.5f), grade_int(1), grade_tensor(g), grade_tensor(w),
                   grade_tensor(zero), grade_tensor(zero));
    grade_expect("w", moved, want, 1e-3f, NULL);
}
END_TEST

/* Moving all channels together, or scaling them, changes nothing: d_x has neither a mean nor a part along h. */
START_TEST(the_gradient_leaves_mean_and_scale_alone)
{
    int rows, channels;
    grade_sizes(3, 16, &rows, &channels);
    Tensor *x = grade_normal(2, rows, channels), *gain = grade_zeros(channels),
           *bias = grade_zeros(channels), *d_y = grade_normal(1, rows, channels),
           *sums = grade_zeros(rows, 2);
    tensor_fill(gain, 1);
    const Tensor *h = grade_copy(grade_call("layer_norm", grade_tensor(x), grade_tensor(gain),
                                            grade_tensor(bias), grade_tensor(d_y)));
    const Tensor *d_x = grade_output(1);
    for (int i = 0; i < rows * channels; i++) {
        sums->data[i / channels * 2] += d_x->data[i];
        sums->data[i / channels * 2 + 1] += d_x->data[i] * h->data[i];
    }
    grade_expect("the sums of d_x and of d_x h over a row", sums, grade_zeros(rows, 2), 1e-3f, NULL);
}
END_TEST

void grade_hidden_tests(GradeSuite *s)
{
    grade_test(s, "ex1", a_batch_is_the_sum_of_its_examples);
    grade_test(s, "ex2", shifted_logits_cost_the_same);
    grade_test(s, "ex3", the_first_step_is_as_large_as_the_learning_rate);
    grade_test(s, "ex4", the_gradient_leaves_mean_and_scale_alone);
}
