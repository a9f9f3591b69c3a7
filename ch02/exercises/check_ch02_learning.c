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

/* ---- ex2 ----------------------------------------------------------------------------------------- */

typedef struct Answers {
    Tensor *logits; /* (N,V) */
    int targets[64];
} Answers;

enum { SUM = 1, GRADIENT_OF_SUM, NO_ONE, NEGATIVE, BITS, MEAN_OF_ALL };

/* Output 0: the gradient; 1: the loss. */
static Tensor *entropy_reference(const void *context, int output, int slip)
{
    const Answers *a = context;
    int rows = a->logits->shape[0], classes = a->logits->shape[1];
    Tensor *d = grade_zeros(rows, classes), *loss = tensor_make(grade_arena(), 0, NULL);
    double total = 0;
    for (int n = 0; n < rows; n++) {
        const float *z = a->logits->data + n * classes;
        double max = -INFINITY, sum = 0;
        for (int v = 0; v < classes; v++)
            max = fmax(max, (double)z[v]);
        for (int v = 0; v < classes; v++)
            sum += exp((double)z[v] - max);
        total += max + log(sum) - (double)z[a->targets[n]];
        for (int v = 0; v < classes; v++)
            add(d, n * classes + v,
                (exp((double)z[v] - max) / sum - (v == a->targets[n] && slip != NO_ONE)) /
                    (slip == SUM || slip == GRADIENT_OF_SUM ? 1
                     : slip == MEAN_OF_ALL                  ? rows * classes
                                                            : rows));
    }
    total /= slip == SUM ? 1 : slip == MEAN_OF_ALL ? rows * classes : rows;
    loss->data[0] = (float)(slip == NEGATIVE ? -total : slip == BITS ? total / log(2) : total);
    return output == 0 ? d : loss;
}

static void check_entropy(const Answers *a)
{
    static const GradeSlip slips[] = {
        {SUM, "a sum over the examples: divide by N"},
        {GRADIENT_OF_SUM, "the gradient is that of the sum: divide it by N too"},
        {NO_ONE, "the gradient is softmax alone: subtract 1 at the target"},
        {NEGATIVE, "the sign is wrong: the loss is -log p"},
        {BITS, "the logarithm to base 2: take logf"},
        {MEAN_OF_ALL, "divided by N * V: the mean is over the N examples"},
        {0, NULL}};
    grade_call("cross_entropy", grade_tensor(a->logits), grade_ints(a->targets, a->logits->shape[0]));
    grade_expect_output("the loss", 1, entropy_reference, a, 1e-4f, slips);
    grade_expect_output("d_logits", 0, entropy_reference, a, 1e-5f, slips);
}

static Answers answers_draw(float deviation, int rows, int classes)
{
    Answers a = {.logits = grade_normal(deviation, rows, classes)};
    for (int n = 0; n < rows; n++)
        a.targets[n] = rng_below(grade_rng(), classes);
    return a;
}

START_TEST(equal_logits_cost_the_logarithm_of_their_number)
{
    Answers a = answers_draw(0, 2, 7);
    check_entropy(&a);
}
END_TEST

START_TEST(logits_of_usual_size)
{
    int rows, classes;
    for (int round = 0; round < 3; round++) {
        grade_sizes(2, 30, &rows, &classes);
        Answers a = answers_draw(2, rows, classes);
        check_entropy(&a);
    }
}
END_TEST

START_TEST(logits_of_a_thousand)
{
    Answers a = answers_draw(300, 5, 9);
    a.logits->data[0] = 1000;
    check_entropy(&a);
}
END_TEST

START_TEST(logits_that_are_all_very_negative)
{
    Answers a = answers_draw(1, 4, 6);
    for (size_t i = 0; i < a.logits->size; i++)
        a.logits->data[i] -= 1000;
    check_entropy(&a);
}
END_TEST

/* ---- ex3 ----------------------------------------------------------------------------------------- */

typedef struct Step {
    double rate, beta1, beta2, epsilon, decay;
    int t;
    Tensor *g, *w, *m, *v;
} Step;

enum { NEW_W, NEW_M, NEW_V };
enum {
    UNCORRECTED = 1,
    DECAY_IN_GRADIENT,
    EPSILON_INSIDE,
    DECAY_BY_ITSELF,
    DECAY_AFTER,
    NO_DECAY,
    V_OF_G,
    T_AS_FACTOR
};

static Tensor *step_reference(const void *context, int output, int slip)
{
    const Step *s = context;
    Tensor *out[] = {grade_copy(s->w), grade_copy(s->m), grade_copy(s->v)};
    double correct1 = slip == UNCORRECTED   ? 1
                      : slip == T_AS_FACTOR ? 1 - s->beta1 * s->t
                                            : 1 - pow(s->beta1, s->t);
    double correct2 = slip == UNCORRECTED   ? 1
                      : slip == T_AS_FACTOR ? 1 - s->beta2 * s->t
                                            : 1 - pow(s->beta2, s->t);
    for (size_t i = 0; i < s->w->size; i++) {
        double w = (double)s->w->data[i],
               g = (double)s->g->data[i] + (slip == DECAY_IN_GRADIENT ? s->decay * w : 0);
        double m = s->beta1 * (double)s->m->data[i] + (1 - s->beta1) * g;
        double v = s->beta2 * (double)s->v->data[i] + (1 - s->beta2) * (slip == V_OF_G ? g : g * g);
        double root =
            slip == EPSILON_INSIDE ? sqrt(v / correct2 + s->epsilon) : sqrt(v / correct2) + s->epsilon;
        double step = s->rate * m / correct1 / root,
               decay = s->decay * (slip == DECAY_BY_ITSELF ? 1 : s->rate);
        decay = slip == DECAY_IN_GRADIENT || slip == NO_DECAY ? 0 : decay;
        out[NEW_W]->data[i] =
            (float)(slip == DECAY_AFTER ? (w - step) * (1 - decay) : w - step - decay * w);
        out[NEW_M]->data[i] = (float)m;
        out[NEW_V]->data[i] = (float)v;
    }
    return out[output];
}

static void check_step(const Step *s)
{
    static const GradeSlip slips[] = {
        {UNCORRECTED, "m and v are not divided by 1 - beta1^t and 1 - beta2^t"},
        {T_AS_FACTOR, "beta * t instead of beta to the power of t: powf(beta, t)"},
        {DECAY_IN_GRADIENT,
         "the decay goes through the gradient and its moments: that is Adam with L2, not AdamW"},
        {EPSILON_INSIDE, "epsilon is under the root: it is added to sqrt(v^)"},
        {DECAY_BY_ITSELF, "the decay is not multiplied by the learning rate"},
        {DECAY_AFTER, "the decay takes the weight after the step: it takes the one before"},
        {NO_DECAY, "no weight decay"},
        {V_OF_G, "v is the moment of g^2, not of g"},
        {0, NULL}};
    grade_call("adamw_step", grade_float((float)s->rate), grade_float((float)s->beta1),
               grade_float((float)s->beta2), grade_float((float)s->epsilon), grade_float((float)s->decay),
               grade_int(s->t), grade_tensor(s->g), grade_tensor(s->w), grade_tensor(s->m),
               grade_tensor(s->v));
    grade_expect_output("m", NEW_M, step_reference, s, 1e-5f, slips);
    grade_expect_output("v", NEW_V, step_reference, s, 1e-5f, slips);
    grade_expect_output("w", NEW_W, step_reference, s, 1e-4f, slips);
}

/* Moments as they are after t - 1 steps; v is never negative. */
static Step step_draw(int n, int t)
{
    Step s = {0.1, 0.9, 0.99, 0.01, 0.5, t, grade_normal(1, n), grade_normal(2, n), NULL, NULL};
    s.m = grade_normal(t > 1 ? 0.5f : 0, n);
    s.v = grade_normal(t > 1 ? 0.5f : 0, n);
    for (size_t i = 0; i < s.v->size; i++)
        s.v->data[i] *= s.v->data[i];
    return s;
}

START_TEST(the_first_step)
{
    Step s = step_draw(5, 1);
    check_step(&s);
}
END_TEST

START_TEST(a_later_step)
{
    int n, t;
    for (int round = 0; round < 3; round++) {
        grade_sizes(2, 20, &n, &t);
        Step s = step_draw(n, t);
        check_step(&s);
    }
}
END_TEST

START_TEST(without_decay_it_is_adam)
{
    Step s = step_draw(9, 3);
    s.decay = 0;
    check_step(&s);
}
END_TEST

START_TEST(weights_without_a_gradient_decay)
{
    Step s = step_draw(6, 1);
    tensor_fill(s.g, 0);
    check_step(&s);
}
END_TEST

/* ---- ex4 ----------------------------------------------------------------------------------------- */

typedef struct Normed {
    Tensor *x, *gain, *bias, *d_y; /* (N,C), (C), (C), (N,C) */
} Normed;

enum { Y, NORM_D_X, D_GAIN, D_BIAS };
enum {
    SAMPLE_VARIANCE = 1,
    ROOT_MEAN_SQUARE,
    NO_GAIN,
    KEEPS_MEAN,
    KEEPS_ALONG,
    LAST_ROW,
    GAIN_OF_X,
    NOT_DIVIDED
};

static Tensor *norm_reference(const void *context, int output, int slip)
{
    const Normed *n = context;
    int rows = n->x->shape[0], channels = n->x->shape[1];
    Tensor *out[] = {grade_zeros(rows, channels), grade_zeros(rows, channels), grade_zeros(channels),
                     grade_zeros(channels)};
    for (int r = 0; r < rows; r++) {
        const float *x = n->x->data + r * channels, *dy = n->d_y->data + r * channels;
        double mean = 0, square = 0, mean_dh = 0, along = 0;
        for (int c = 0; c < channels; c++)
            mean += slip == ROOT_MEAN_SQUARE ? 0 : (double)x[c] / channels;
        for (int c = 0; c < channels; c++)
            square += pow((double)x[c] - mean, 2) / (channels - (slip == SAMPLE_VARIANCE));
        double inverse = 1 / sqrt(square + 1e-5);
        for (int c = 0; c < channels; c++) {
            double dh = (double)dy[c] * (slip == NO_GAIN ? 1 : (double)n->gain->data[c]);
            mean_dh += slip == KEEPS_MEAN ? 0 : dh / channels;
            along += slip == KEEPS_ALONG ? 0 : dh * ((double)x[c] - mean) * inverse / channels;
        }
        for (int c = 0; c < channels; c++) {
            double h = ((double)x[c] - mean) * inverse, gain = (double)n->gain->data[c];
            double dh = (double)dy[c] * (slip == NO_GAIN ? 1 : gain);
            add(out[Y], r * channels + c, gain * h + (double)n->bias->data[c]);
            add(out[NORM_D_X], r * channels + c,
                (dh - mean_dh - h * along) * (slip == NOT_DIVIDED ? 1 : inverse));
            if (slip == LAST_ROW && r < rows - 1)
                continue;
            add(out[D_GAIN], c, (double)dy[c] * (slip == GAIN_OF_X ? (double)x[c] : h));
            add(out[D_BIAS], c, (double)dy[c]);
        }
    }
    return out[output];
}

static void check_norm(const Normed *n)
{
    static const GradeSlip slips[] = {
        {SAMPLE_VARIANCE, "the variance divides by C - 1: it divides by C"},
        {ROOT_MEAN_SQUARE, "the mean is not subtracted: that is RMS norm"},
        {NO_GAIN, "d_x leaves out the gain: d_h = gain d_y"},
        {KEEPS_MEAN, "the mean of d_h is not subtracted in d_x"},
        {KEEPS_ALONG, "h * mean of (d_h h) is not subtracted in d_x"},
        {LAST_ROW, "only the last row counts: d_gain and d_bias add up over the rows, +="},
        {GAIN_OF_X, "d_gain takes x: what the gain multiplies is h"},
        {NOT_DIVIDED, "d_x is not divided by sqrt(variance + 1e-5)"},
        {0, NULL}};
    grade_call("layer_norm", grade_tensor(n->x), grade_tensor(n->gain), grade_tensor(n->bias),
               grade_tensor(n->d_y));
    grade_expect_output("out->y", Y, norm_reference, n, 1e-4f, slips);
    grade_expect_output("out->d_bias", D_BIAS, norm_reference, n, 1e-4f, slips);
    grade_expect_output("out->d_gain", D_GAIN, norm_reference, n, 1e-4f, slips);
    grade_expect_output("out->d_x", NORM_D_X, norm_reference, n, 1e-3f, slips);
}

static Normed normed_draw(float deviation, int rows, int channels)
{
    Normed n = {.x = grade_normal(deviation, rows, channels), .gain = grade_normal(1, channels)};
    n.bias = grade_normal(1, channels);
    n.d_y = grade_normal(1, rows, channels);
    for (size_t i = 0; i < n.x->size; i++)
        n.x->data[i] += 2; /* a mean that is not 0 */
    return n;
}

START_TEST(one_row)
{
    Normed n = normed_draw(1, 1, 6);
    check_norm(&n);
}
END_TEST

START_TEST(several_rows)
{
    int rows, channels;
    for (int round = 0; round < 3; round++) {
        grade_sizes(3, 24, &rows, &channels);
        Normed n = normed_draw(3, rows, channels);
        check_norm(&n);
    }
}
END_TEST

/* The variance is 0, and 1e-5 keeps the division finite. */
START_TEST(a_row_of_equal_numbers)
{
    Normed n = normed_draw(1, 2, 5);
    for (int c = 0; c < 5; c++)
        n.x->data[c] = 3;
    tensor_fill(n.d_y, 0);
    check_norm(&n);
}
END_TEST

void grade_tests_of_learning(GradeSuite *s)
{
    grade_test(s, "ex1", one_example_and_one_unit);
    grade_test(s, "ex1", several_examples);
    grade_test(s, "ex1", every_gradient_against_finite_differences);
    grade_test(s, "ex2", equal_logits_cost_the_logarithm_of_their_number);
    grade_test(s, "ex2", logits_of_usual_size);
    grade_test(s, "ex2", logits_of_a_thousand);
    grade_test(s, "ex2", logits_that_are_all_very_negative);
    grade_test(s, "ex3", the_first_step);
    grade_test(s, "ex3", a_later_step);
    grade_test(s, "ex3", without_decay_it_is_adam);
    grade_test(s, "ex3", weights_without_a_gradient_decay);
    grade_test(s, "ex4", one_row);
    grade_test(s, "ex4", several_rows);
    grade_test(s, "ex4", a_row_of_equal_numbers);
}
