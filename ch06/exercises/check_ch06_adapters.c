/* check_ch06_adapters.c -- tests of the exercises on adapters and LoRA: ex2, ex3, ex4. */
#include "ch06/exercises/check_ch06.h"

#include <math.h>

/* ---- ex2: a bottleneck --------------------------------------------------------------------------- */

typedef struct Bottleneck {
    const Tensor *y, *w_down, *b_down, *w_up, *b_up;
} Bottleneck;

enum { CORRECT, NO_RESIDUAL, NO_BIAS_DOWN, NO_BIAS_UP, NO_ACTIVATION, RELU, ACTIVATION_LAST, DOWN_TURNED };

static double gelu(double x)
{
    return x / 2 * (1 + tanh(sqrt(2 / 3.14159265358979) * (x + 0.044715 * x * x * x)));
}

static double hidden_of(const Bottleneck *b, int row, int i, int slip)
{
    int channels = b->y->shape[1], width = b->w_down->shape[0];
    double sum = slip == NO_BIAS_DOWN ? 0 : (double)b->b_down->data[i];
    for (int c = 0; c < channels; c++) {
        float w = slip == DOWN_TURNED ? b->w_down->data[c * width + i] : b->w_down->data[i * channels + c];
        sum += (double)w * (double)b->y->data[row * channels + c];
    }
    if (slip == NO_ACTIVATION || slip == ACTIVATION_LAST)
        return sum;
    return slip == RELU ? fmax(sum, 0) : gelu(sum);
}

static Tensor *bottleneck(const void *context, int output, int slip)
{
    const Bottleneck *b = context;
    int rows = b->y->shape[0], channels = b->y->shape[1], width = b->w_down->shape[0];
    Tensor *out = grade_zeros(rows, channels);
    (void)output;
    for (int at = 0; at < rows * channels; at++) {
        int row = at / channels, c = at % channels;
        double sum = slip == NO_BIAS_UP ? 0 : (double)b->b_up->data[c];
        for (int i = 0; i < width; i++)
            sum += (double)b->w_up->data[c * width + i] * hidden_of(b, row, i, slip);
        sum = slip == ACTIVATION_LAST ? gelu(sum) : sum;
        out->data[at] = (float)(sum + (slip == NO_RESIDUAL ? 0 : (double)b->y->data[at]));
    }
    return out;
}

static void check_bottleneck(const Bottleneck *b)
{
    static const GradeSlip slips[] = {
        {NO_RESIDUAL, "y itself is missing: what the bottleneck makes is added to it"},
        {NO_BIAS_DOWN, "b_down is missing"},
        {NO_BIAS_UP, "b_up is missing"},
        {NO_ACTIVATION, "there is no GELU between the two matrices"},
        {RELU, "that is ReLU; the activation is GELU"},
        {ACTIVATION_LAST, "GELU comes after W_up; it belongs between the two matrices"},
        {DOWN_TURNED, "W_down is read as (C,m); it is (m,C)"},
        {0, NULL}};
    grade_call("adapter", grade_tensor(b->y), grade_tensor(b->w_down), grade_tensor(b->b_down),
               grade_tensor(b->w_up), grade_tensor(b->b_up));
    grade_expect_output("out", 0, bottleneck, b, 1e-4f, slips);
}

static Bottleneck bottleneck_of(int rows, int channels, int width, float up)
{
    return (Bottleneck){grade_normal(1, rows, channels), grade_normal(1, width, channels),
                        grade_normal(1, width), grade_normal(up, channels, width),
                        grade_normal(up, channels)};
}

START_TEST(before_the_first_step_nothing_changes)
{
    Bottleneck b = bottleneck_of(3, 5, 2, 0);
    check_bottleneck(&b);
}
END_TEST

START_TEST(one_row_and_a_width_of_one)
{
    Bottleneck b = bottleneck_of(1, 3, 1, 1);
    check_bottleneck(&b);
}
END_TEST

START_TEST(any_width)
{
    int rows, channels, width;
    grade_sizes(2, 9, &rows, &channels, &width);
    Bottleneck b = bottleneck_of(rows, channels, width, 1);
    check_bottleneck(&b);
}
END_TEST

/* ---- ex3: LoRA, forward and backward --------------------------------------------------------------- */

typedef struct Update {
    const Tensor *x, *a, *b, *d_y;
    float alpha;
} Update;

enum { NOT_SCALED = 1, ALPHA_ALONE, FORWARD_ALONE_SCALED, SCALED_TWICE };

static double entry(const Tensor *t, int row, int col)
{
    return (double)t->data[row * t->shape[1] + col];
}

/* alpha / r in the forward pass, or in the backward pass. */
static double scale_of(const Update *u, bool backward, int slip)
{
    double once = (double)u->alpha / u->a->shape[0];
    if (slip == NOT_SCALED || (slip == FORWARD_ALONE_SCALED && backward))
        return 1;
    return slip == ALPHA_ALONE ? (double)u->alpha : slip == SCALED_TWICE && backward ? once * once : once;
}

/* Row `row` of x A^T, and of d_y B. */
static double low_of(const Update *u, int row, int i)
{
    double sum = 0;
    for (int p = 0; p < u->x->shape[1]; p++)
        sum += entry(u->x, row, p) * entry(u->a, i, p);
    return sum;
}

static double d_low_of(const Update *u, int row, int i)
{
    double sum = 0;
    for (int o = 0; o < u->b->shape[0]; o++)
        sum += entry(u->d_y, row, o) * entry(u->b, o, i);
    return sum;
}

static double output_of(const Update *u, int output, int row, int col)
{
    double sum = 0;
    int rank = u->a->shape[0], rows = u->x->shape[0];
    for (int i = 0; output == 0 && i < rank; i++)
        sum += entry(u->b, col, i) * low_of(u, row, i);
    for (int i = 0; output == 3 && i < rank; i++)
        sum += d_low_of(u, row, i) * entry(u->a, i, col);
    for (int k = 0; k < rows && output == 1; k++)
        sum += d_low_of(u, k, row) * entry(u->x, k, col);
    for (int k = 0; k < rows && output == 2; k++)
        sum += entry(u->d_y, k, row) * low_of(u, k, col);
    return sum;
}

static Tensor *update(const void *context, int output, int slip)
{
    const Update *u = context;
    const Tensor *like[] = {u->d_y, u->a, u->b, u->x};
    Tensor *out = grade_zeros(like[output]->shape[0], like[output]->shape[1]);
    for (int row = 0; row < out->shape[0]; row++) {
        for (int col = 0; col < out->shape[1]; col++)
            out->data[row * out->shape[1] + col] =
                (float)(scale_of(u, output > 0, slip) * output_of(u, output, row, col));
    }
    return out;
}

static void check_update(const Update *u)
{
    static const char *const names[] = {"y", "d_a", "d_b", "d_x"};
    static const GradeSlip slips[] = {{NOT_SCALED, "alpha / r is missing"},
                                      {ALPHA_ALONE, "that is alpha where alpha / r belongs"},
                                      {FORWARD_ALONE_SCALED, "alpha / r counts in the gradients as well"},
                                      {SCALED_TWICE, "alpha / r counts once in each gradient"},
                                      {0, NULL}};
    grade_call("lora", grade_tensor(u->x), grade_tensor(u->a), grade_tensor(u->b), grade_float(u->alpha),
               grade_tensor(u->d_y));
    for (int i = 0; i < 4; i++)
        grade_expect_output(names[i], i, update, u, 1e-4f, slips);
}

static Update update_of(int rows, int in, int out, int rank, float b)
{
    return (Update){grade_normal(1, rows, in), grade_normal(1, rank, in), grade_normal(b, out, rank),
                    grade_normal(1, rows, out), 3};
}

START_TEST(at_step_0_a_has_no_gradient_and_b_has_one)
{
    Update u = update_of(2, 4, 3, 2, 0);
    check_update(&u);
}
END_TEST

START_TEST(rank_one)
{
    Update u = update_of(1, 2, 3, 1, 1);
    check_update(&u);
}
END_TEST

START_TEST(rectangular_layers)
{
    int rows, in, out, rank;
    grade_sizes(2, 9, &rows, &in, &out, &rank);
    Update u = update_of(rows, in, out, rank, 1);
    check_update(&u);
}
END_TEST

/* ---- ex4: several adapters merged ------------------------------------------------------------------ */

typedef struct Adapters {
    const Tensor *w, *a, *b, *alpha, *weight;
} Adapters;

enum { ONLY_LAST = 1, NO_WEIGHT, WEIGHT_IN_BOTH, NO_RANK, NO_ALPHA, W_TOO };

static double factor_of(const Adapters *s, int k, int slip)
{
    double weight = (double)s->weight->data[k], alpha = (double)s->alpha->data[k] / s->a->shape[1];
    if (slip == NO_RANK)
        alpha *= s->a->shape[1];
    if (slip == NO_ALPHA)
        alpha = 1;
    return slip == NO_WEIGHT ? alpha : slip == WEIGHT_IN_BOTH ? weight * weight * alpha : weight * alpha;
}

static Tensor *merged(const void *context, int output, int slip)
{
    const Adapters *s = context;
    int count = s->a->shape[0], rank = s->a->shape[1], in = s->a->shape[2], out = s->b->shape[1];
    Tensor *m = grade_zeros(out, in);
    (void)output;
    for (int at = 0; at < out * in; at++) {
        double sum = 0;
        for (int k = slip == ONLY_LAST ? count - 1 : 0; k < count; k++) {
            for (int i = 0; i < rank; i++)
                sum += factor_of(s, k, slip) * (double)s->b->data[(k * out + at / in) * rank + i] *
                       (double)s->a->data[(k * rank + i) * in + at % in];
        }
        double times = slip == W_TOO ? count : 1;
        m->data[at] = (float)(sum + times * (double)s->w->data[at]);
    }
    return m;
}

static void check_merged(const Adapters *s)
{
    static const GradeSlip slips[] = {
        {ONLY_LAST, "only the last adapter counts; they all add up"},
        {NO_WEIGHT, "the adapters' weights are missing"},
        {WEIGHT_IN_BOTH, "the weight counts twice; it belongs to the product B A, not to both matrices"},
        {NO_RANK, "that is alpha where alpha / r belongs"},
        {NO_ALPHA, "alpha / r is missing"},
        {W_TOO, "W is added with every adapter; it counts once"},
        {0, NULL}};
    grade_call("merge_adapters", grade_tensor(s->w), grade_tensor(s->a), grade_tensor(s->b),
               grade_tensor(s->alpha), grade_tensor(s->weight));
    grade_expect_output("merged", 0, merged, s, 1e-4f, slips);
}

static Adapters adapters_of(int count, int rank, int in, int out, float b)
{
    return (Adapters){grade_normal(1, out, in), grade_normal(1, count, rank, in),
                      grade_normal(b, count, out, rank), grade_normal(4, count), grade_normal(1, count)};
}

START_TEST(one_adapter_before_its_first_step)
{
    Adapters s = adapters_of(1, 2, 4, 3, 0);
    check_merged(&s);
}
END_TEST

START_TEST(one_adapter)
{
    Adapters s = adapters_of(1, 2, 5, 3, 1);
    check_merged(&s);
}
END_TEST

START_TEST(several_adapters)
{
    int count, rank, in, out;
    grade_sizes(2, 8, &count, &rank, &in, &out);
    Adapters s = adapters_of(count, rank, in, out, 1);
    check_merged(&s);
}
END_TEST

void grade_tests_of_adapters(GradeSuite *s)
{
    grade_test(s, "ex2", before_the_first_step_nothing_changes);
    grade_test(s, "ex2", one_row_and_a_width_of_one);
    grade_test(s, "ex2", any_width);
    grade_test(s, "ex3", at_step_0_a_has_no_gradient_and_b_has_one);
    grade_test(s, "ex3", rank_one);
    grade_test(s, "ex3", rectangular_layers);
    grade_test(s, "ex4", one_adapter_before_its_first_step);
    grade_test(s, "ex4", one_adapter);
    grade_test(s, "ex4", several_adapters);
}
