/* check_ch02_learning.c -- tests of exercises 1 to 4 of chapter 2, on section 2.1. */
#include "ch02/exercises/check_ch02.h"

#include <math.h>

/* ---- ex1 ----------------------------------------------------------------------------------------- */

typedef struct Network {
    Tensor *x, *w1, *b1, *w2, *b2, *d_y; /* (N,I), (H,I), (H), (O,H), (O), (N,O) */
} Network;

enum { D_W1, D_B1, D_W2, D_B2, D_X };
enum { NO_SLOPE = 1, SLOPE_OF_Z, LAST_EXAMPLE, W2_BY_COLUMN, MEAN, BEFORE_TANH };

/* h (H) of example n, and z, what tanh is taken of. */
static void hidden_of(const Network *w, int n, double *z, double *h)
{
    int hidden = w->w1->shape[0], inputs = w->w1->shape[1];
    for (int j = 0; j < hidden; j++) {
        z[j] = (double)w->b1->data[j];
        for (int i = 0; i < inputs; i++)
            z[j] += (double)w->w1->data[j * inputs + i] * (double)w->x->data[n * inputs + i];
        h[j] = tanh(z[j]);
    }
}

/* dz (H) of example n, right or with a slip. */
static void hidden_gradient(const Network *w, int n, const double *z, const double *h, int slip, double *dz)
{
    int hidden = w->w1->shape[0], outputs = w->w2->shape[0];
    for (int j = 0; j < hidden; j++) {
        dz[j] = 0;
        for (int o = 0; o < outputs; o++)
            dz[j] += (double)w->w2->data[slip == W2_BY_COLUMN ? j * outputs + o : o * hidden + j] *
                     (double)w->d_y->data[n * outputs + o];
        dz[j] *= slip == NO_SLOPE ? 1 : slip == SLOPE_OF_Z ? 1 - z[j] * z[j] : 1 - h[j] * h[j];
    }
}

static void add(Tensor *t, int i, double value)
{
    t->data[i] = (float)((double)t->data[i] + value);
}

/* One of the five gradients, right if slip is 0. */
static Tensor *network_gradient(const void *context, int output, int slip)
{
    const Network *w = context;
    int count = w->x->shape[0], hidden = w->w1->shape[0], inputs = w->w1->shape[1],
        outputs = w->w2->shape[0];
    double z[32], h[32], dz[32];
    Tensor *const like[] = {w->w1, w->b1, w->w2, w->b2, w->x};
    Tensor *d = grade_copy(like[output]);
    tensor_fill(d, 0);
    for (int n = slip == LAST_EXAMPLE && output != D_X ? count - 1 : 0; n < count; n++) {
        hidden_of(w, n, z, h);
        hidden_gradient(w, n, z, h, slip, dz);
        const float *x = w->x->data + n * inputs, *dy = w->d_y->data + n * outputs;
        double part = slip == MEAN && output != D_X ? 1.0 / count : 1;
        for (int o = 0; o < outputs; o++)
            for (int j = 0; j < hidden; j++)
                if (output == D_W2)
                    add(d, o * hidden + j, part * (double)dy[o] * (slip == BEFORE_TANH ? z[j] : h[j]));
        for (int o = 0; output == D_B2 && o < outputs; o++)
            add(d, o, part * (double)dy[o]);
        for (int j = 0; output == D_B1 && j < hidden; j++)
            add(d, j, part * dz[j]);
        for (int j = 0; j < hidden; j++)
            for (int i = 0; i < inputs; i++) {
                if (output == D_W1)
                    add(d, j * inputs + i, part * dz[j] * (double)x[i]);
                if (output == D_X)
                    add(d, n * inputs + i, dz[j] * (double)w->w1->data[j * inputs + i]);
            }
    }
    return d;
}

static Network network_draw(int count, int inputs, int hidden, int outputs)
{
    Network w = {.x = grade_normal(1, count, inputs), .w1 = grade_normal(0.5f, hidden, inputs)};
    w.b1 = grade_normal(0.5f, hidden);
    w.w2 = grade_normal(0.5f, outputs, hidden);
    w.b2 = grade_normal(1, outputs);
    w.d_y = grade_normal(1, count, outputs);
    return w;
}

static void check_network(Network w)
{
    static const GradeSlip slips[] = {
        {NO_SLOPE, "the slope of tanh is missing: dz = dh (1 - h^2)"},
        {SLOPE_OF_Z, "the slope of tanh is 1 - h^2 with h = tanh(z), not 1 - z^2"},
        {LAST_EXAMPLE,
         "only the last example counts: gradients of parameters add up over the examples, +="},
        {W2_BY_COLUMN,
         "w2[j * O + o] reads W2 by columns: a row of W2 belongs to one output, w2[o * H + j]"},
        {MEAN, "divided by N: the gradients are sums over the examples"},
        {BEFORE_TANH, "dW2 takes W1 x + b1: what W2 multiplies is h, after tanh"},
        {0, NULL}};
    grade_call("mlp_backward", grade_tensor(w.x), grade_tensor(w.w1), grade_tensor(w.b1),
               grade_tensor(w.w2), grade_tensor(w.b2), grade_tensor(w.d_y));
    grade_expect_output("d->b2", D_B2, network_gradient, &w, 1e-4f, slips);
    grade_expect_output("d->w2", D_W2, network_gradient, &w, 1e-4f, slips);
    grade_expect_output("d->b1", D_B1, network_gradient, &w, 1e-4f, slips);
    grade_expect_output("d->w1", D_W1, network_gradient, &w, 1e-4f, slips);
    grade_expect_output("d->x", D_X, network_gradient, &w, 1e-4f, slips);
}

START_TEST(one_example_and_one_unit)
{
    check_network(network_draw(1, 1, 1, 1));
}
END_TEST

START_TEST(several_examples)
{
    int count, inputs, hidden, outputs;
    for (int round = 0; round < 3; round++) {
        grade_sizes(2, 12, &count, &inputs, &hidden, &outputs);
        check_network(network_draw(count, inputs, hidden, outputs));
    }
}
END_TEST

/* The loss sum d_y y, in double. */
static double network_loss(void *context)
{
    const Network *w = context;
    int hidden = w->w1->shape[0], outputs = w->w2->shape[0];
    double z[32], h[32], loss = 0;
    for (int n = 0; n < w->x->shape[0]; n++) {
        hidden_of(w, n, z, h);
        for (int o = 0; o < outputs; o++) {
            double y = (double)w->b2->data[o];
            for (int j = 0; j < hidden; j++)
                y += (double)w->w2->data[o * hidden + j] * h[j];
            loss += (double)w->d_y->data[n * outputs + o] * y;
        }
    }
    return loss;
}

START_TEST(every_gradient_against_finite_differences)
{
    int count, inputs, hidden, outputs;
    grade_sizes(2, 7, &count, &inputs, &hidden, &outputs);
    Network w = network_draw(count, inputs, hidden, outputs);
    Tensor *const wanted[] = {w.w1, w.b1, w.w2, w.b2, w.x};
    static const char *const names[] = {"d->w1", "d->b1", "d->w2", "d->b2", "d->x"};
    grade_call("mlp_backward", grade_tensor(w.x), grade_tensor(w.w1), grade_tensor(w.b1),
               grade_tensor(w.w2), grade_tensor(w.b2), grade_tensor(w.d_y));
    for (int i = 0; i < 5; i++)
        grade_expect(names[i], grade_output(i), grade_gradient(network_loss, &w, wanted[i], 1e-2f), 1e-3f,
                     NULL);
}
END_TEST

void grade_tests_of_learning(GradeSuite *s)
{
    grade_test(s, "ex1", one_example_and_one_unit);
    grade_test(s, "ex1", several_examples);
    grade_test(s, "ex1", every_gradient_against_finite_differences);
}
