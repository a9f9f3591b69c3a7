/* check_ch01_sequences.c -- tests of the exercises on sequences: ex4, ex5, ex6. */
#include "ch01/exercises/check_ch01.h"

#include <math.h>

/* ---- ex4: a step of an LSTM ------------------------------------------------------------------------- */

typedef struct Step {
    Tensor *a, *c, *dh, *dc; /* (4,H), (H), (H), (H) */
} Step;

enum {
    STEPPED,
    GATES_SWAPPED,
    NO_TANH,
    THROUGH_H_MISSING,
    DC_IGNORED,
    SIGMOID_NOT_DERIVED,
    TANH_NOT_DERIVED,
    OUTPUT_GATE_BY_C,
    NEW_C_IN_FORGET,
    DC_NOT_GATED
};

static double sigmoid(double x)
{
    return 1 / (1 + exp(-x));
}

/* What one unit yields: h_out, c_out, the four rows of da, dc_before. */
enum { H_OUT, C_OUT, DA, DC_BEFORE = DA + 4, UNIT_NUMBERS };

static void step_unit(const Step *s, int unit, int slip, double numbers[UNIT_NUMBERS])
{
    int units = s->a->shape[1];
    double a[4], c = (double)s->c->data[unit], dh = (double)s->dh->data[unit],
                 dc = (double)s->dc->data[unit];
    for (int row = 0; row < 4; row++)
        a[row] = (double)s->a->data[row * units + unit];
    double i = sigmoid(a[slip == GATES_SWAPPED ? 1 : 0]), f = sigmoid(a[slip == GATES_SWAPPED ? 0 : 1]);
    double o = sigmoid(a[2]), u = tanh(a[3]), after = f * c + i * u, t = tanh(after);
    double through_h = dh * o * (slip == TANH_NOT_DERIVED ? 1 : 1 - t * t);
    double d = slip == THROUGH_H_MISSING ? dc : slip == DC_IGNORED ? through_h : dc + through_h;
    bool derived = slip != SIGMOID_NOT_DERIVED;
    double d_in = d * u * (derived ? i * (1 - i) : i);
    double d_forget = d * (slip == NEW_C_IN_FORGET ? after : c) * (derived ? f * (1 - f) : f);
    numbers[H_OUT] = slip == NO_TANH ? o * after : o * t;
    numbers[C_OUT] = after;
    numbers[DA] = slip == GATES_SWAPPED ? d_forget : d_in;
    numbers[DA + 1] = slip == GATES_SWAPPED ? d_in : d_forget;
    numbers[DA + 2] = (slip == OUTPUT_GATE_BY_C ? d : dh) * t * (derived ? o * (1 - o) : o);
    numbers[DA + 3] = d * i * (1 - u * u);
    numbers[DC_BEFORE] = slip == DC_NOT_GATED ? d : d * f;
}

/* Outputs 0 to 3: h_out, c_out, da, dc_before. */
static Tensor *stepped(const void *context, int output, int slip)
{
    static const int first[] = {H_OUT, C_OUT, DA, DC_BEFORE};
    const Step *s = context;
    int units = s->a->shape[1], rows = output == 2 ? 4 : 1;
    Tensor *out = rows == 4 ? grade_zeros(4, units) : grade_zeros(units);
    for (int unit = 0; unit < units; unit++) {
        double numbers[UNIT_NUMBERS];
        step_unit(s, unit, slip, numbers);
        for (int row = 0; row < rows; row++)
            out->data[row * units + unit] = (float)numbers[first[output] + row];
    }
    return out;
}

static void check_step(const Step *s, int outputs)
{
    static const char *const names[] = {"h_out", "c_out", "da", "dc_before"};
    static const GradeSlip slips[] = {
        {GATES_SWAPPED, "row 0 is the input gate and row 1 the forget gate: they are exchanged"},
        {NO_TANH, "h_out is o times tanh(c_out), not o times c_out"},
        {THROUGH_H_MISSING, "what comes back through h_out is missing: dc + dh * o * (1 - tanh^2)"},
        {DC_IGNORED, "dc, what the next step sends back, is not added"},
        {SIGMOID_NOT_DERIVED, "the derivative of a gate is s (1 - s): the factor 1 - s is missing"},
        {TANH_NOT_DERIVED,
         "the derivative of tanh, 1 - tanh(c_out)^2, is missing on the way through h_out"},
        {OUTPUT_GATE_BY_C, "the output gate takes part in h_out alone: its gradient begins with dh"},
        {NEW_C_IN_FORGET, "the forget gate multiplies the old c, not c_out"},
        {DC_NOT_GATED, "the forget gate multiplies the gradient on its way to c too"},
        {0, NULL}};
    grade_call("lstm_step", grade_tensor(s->a), grade_tensor(s->c), grade_tensor(s->dh),
               grade_tensor(s->dc));
    for (int i = 0; i < outputs; i++)
        grade_expect_output(names[i], i, stepped, s, 1e-5f, slips);
}

/* All outputs must be written; but only the first two are looked at. */
START_TEST(one_unit_forward)
{
    Step s = {grade_zeros(4, 1), grade_zeros(1), grade_zeros(1), grade_zeros(1)};
    tensor_copy(s.a, (const float[]){0, 1, 2, 0.5f});
    s.c->data[0] = 0.8f;
    check_step(&s, 2);
}
END_TEST

START_TEST(random_units_forward)
{
    int units = 5 + rng_below(grade_rng(), 6);
    Step s = {grade_normal(1, 4, units), grade_normal(1, units), grade_normal(1, units),
              grade_normal(1, units)};
    check_step(&s, 2);
}
END_TEST

START_TEST(gradient_through_the_output)
{
    Step s = {grade_normal(1, 4, 3), grade_normal(1, 3), grade_normal(1, 3), grade_zeros(3)};
    check_step(&s, 4);
}
END_TEST

START_TEST(gradient_from_the_next_step)
{
    Step s = {grade_normal(1, 4, 6), grade_normal(1, 6), grade_zeros(6), grade_normal(1, 6)};
    check_step(&s, 4);
}
END_TEST

START_TEST(both_gradients)
{
    for (int round = 0; round < 3; round++) {
        int units = 2 + rng_below(grade_rng(), 12);
        Step s = {grade_normal(1, 4, units), grade_normal(1, units), grade_normal(1, units),
                  grade_normal(1, units)};
        check_step(&s, 4);
    }
}
END_TEST

/* An open forget gate hands the gradient on as it is, a closed one none of it. */
START_TEST(gates_wide_open_and_closed)
{
    Step s = {grade_zeros(4, 4), grade_normal(1, 4), grade_normal(1, 4), grade_normal(1, 4)};
    for (int i = 0; i < 16; i++)
        s.a->data[i] = (i / 4 + i) % 2 ? 300 : -300;
    check_step(&s, 4);
}
END_TEST

/* ---- ex5: additive attention ------------------------------------------------------------------------ */

typedef struct Attention {
    Tensor *q, *k, *v, *dw; /* (A), (S,A), (A), (S) */
} Attention;

enum { ATTENDED, DOT_PRODUCT, LINEAR, NO_MEAN, SLOPE_MISSING, LAST_WORD_ONLY, NO_SOFTMAX };

static double key_sum(const Attention *a, int s, int j)
{
    return (double)a->q->data[j] + (double)a->k->data[s * a->q->shape[0] + j];
}

static double score_of(const Attention *a, int s, int slip)
{
    double score = 0;
    for (int j = 0; j < a->q->shape[0]; j++) {
        double x = key_sum(a, s, j);
        if (slip == DOT_PRODUCT)
            score += (double)a->q->data[j] * (double)a->k->data[s * a->q->shape[0] + j];
        else
            score += (double)a->v->data[j] * (slip == LINEAR ? x : tanh(x));
    }
    return score;
}

static void weigh(const Attention *a, int slip, double *w)
{
    int words = a->k->shape[0];
    double largest = -INFINITY, sum = 0;
    for (int s = 0; s < words; s++)
        largest = fmax(largest, score_of(a, s, slip));
    for (int s = 0; s < words; s++)
        sum += w[s] = exp(score_of(a, s, slip) - largest);
    for (int s = 0; s < words; s++)
        w[s] = slip == NO_SOFTMAX ? score_of(a, s, slip) : w[s] / sum;
}

/* Outputs 0 to 3: w, dq, dk, dv. */
static Tensor *attended(const void *context, int output, int slip)
{
    const Attention *a = context;
    int words = a->k->shape[0], size = a->q->shape[0];
    Tensor *weights = grade_zeros(words), *dq = grade_zeros(size), *dk = grade_zeros(words, size);
    Tensor *dv = grade_zeros(size), *const outputs[] = {weights, dq, dk, dv};
    double w[64], mean = 0;
    weigh(a, slip, w);
    for (int s = 0; s < words; s++) {
        weights->data[s] = (float)w[s];
        mean += slip == NO_MEAN ? 0 : w[s] * (double)a->dw->data[s];
    }
    for (int s = 0; s < words; s++)
        for (int j = 0; j < size; j++) {
            double d = w[s] * ((double)a->dw->data[s] - mean), t = tanh(key_sum(a, s, j));
            double slope = d * (double)a->v->data[j] * (slip == SLOPE_MISSING ? 1 : 1 - t * t);
            bool last = slip == LAST_WORD_ONLY;
            dk->data[s * size + j] = (float)slope;
            dq->data[j] = (float)((last ? 0 : (double)dq->data[j]) + slope);
            dv->data[j] = (float)((last ? 0 : (double)dv->data[j]) + d * t);
        }
    return outputs[output];
}

static void check_attention(const Attention *a, int outputs)
{
    static const char *const names[] = {"w", "dq", "dk", "dv"};
    static const GradeSlip slips[] = {
        {DOT_PRODUCT, "the score is the dot product of q and k: additive attention adds them"},
        {LINEAR, "the score lacks the tanh"},
        {NO_SOFTMAX, "the scores themselves: their softmax is asked for"},
        {NO_MEAN, "the mean of dw, weighted with w, is not subtracted on the way back through the softmax"},
        {SLOPE_MISSING, "the derivative of tanh, 1 - tanh^2, is missing"},
        {LAST_WORD_ONLY, "only the last word counts: dq and dv add up over the words, +="},
        {0, NULL}};
    grade_call("additive_attention", grade_tensor(a->q), grade_tensor(a->k), grade_tensor(a->v),
               grade_tensor(a->dw));
    for (int i = 0; i < outputs; i++)
        grade_expect_output(names[i], i, attended, a, 1e-5f, slips);
}

static Attention random_attention(void)
{
    int words, size;
    grade_sizes(2, 12, &words, &size);
    return (Attention){grade_normal(1, size), grade_normal(1, words, size), grade_normal(1, size),
                       grade_normal(1, words)};
}

/* The two words of section 1.2.4. */
START_TEST(two_words_by_hand)
{
    Attention a = {grade_zeros(2), grade_zeros(2, 2), grade_zeros(2), grade_zeros(2)};
    tensor_copy(a.q, (const float[]){0.5f, -0.2f});
    tensor_copy(a.k, (const float[]){1, 0, -1, 0.5f});
    tensor_fill(a.v, 1);
    check_attention(&a, 1);
}
END_TEST

START_TEST(weights_of_random_words)
{
    for (int round = 0; round < 3; round++) {
        Attention a = random_attention();
        check_attention(&a, 1);
    }
}
END_TEST

START_TEST(gradients_of_random_words)
{
    for (int round = 0; round < 3; round++) {
        Attention a = random_attention();
        check_attention(&a, 4);
    }
}
END_TEST

START_TEST(one_word_gets_all)
{
    Attention a = {grade_normal(1, 5), grade_normal(1, 1, 5), grade_normal(1, 5), grade_normal(1, 1)};
    check_attention(&a, 4);
}
END_TEST

/* Scores of some hundred, of either sign: e^score overflows or is 0 for every word. */
START_TEST(scores_of_some_hundred)
{
    for (int sign = -1; sign <= 1; sign += 2) {
        Attention a = random_attention();
        for (size_t i = 0; i < a.q->size; i++) {
            a.q->data[i] = fabsf(a.q->data[i]) + 1;
            a.v->data[i] = (float)sign * (100 + 100 * fabsf(a.v->data[i]));
        }
        check_attention(&a, 1);
    }
}
END_TEST

/* ---- ex6: orthogonal rows --------------------------------------------------------------------------- */

enum { ORTHOGONAL, NOT_SCALED, SCALED_ONLY, LAST_ROW_ONLY, COLUMNS, ALONG_W };

static Tensor *orthogonal(const void *context, int output, int slip)
{
    const Tensor *w = context;
    int n = w->shape[0];
    Tensor *q = grade_zeros(n, n);
    (void)output;
    for (int i = 0; i < n; i++) {
        double row[32], squares = 0;
        for (int j = 0; j < n; j++)
            row[j] = (double)w->data[slip == COLUMNS ? j * n + i : i * n + j];
        for (int r = slip == SCALED_ONLY ? i : slip == LAST_ROW_ONLY && i > 0 ? i - 1 : 0; r < i; r++) {
            const float *other = (slip == ALONG_W ? w : q)->data + r * n;
            double overlap = 0;
            for (int j = 0; j < n; j++)
                overlap += row[j] * (double)other[j];
            for (int j = 0; j < n; j++)
                row[j] -= overlap * (double)q->data[r * n + j];
        }
        for (int j = 0; j < n; j++)
            squares += row[j] * row[j];
        for (int j = 0; j < n; j++)
            q->data[i * n + j] = (float)(row[j] / (slip == NOT_SCALED ? 1 : sqrt(squares)));
    }
    return q;
}

static void check_orthogonal(const Tensor *w)
{
    static const GradeSlip slips[] = {
        {NOT_SCALED, "the rows are not scaled to length 1"},
        {SCALED_ONLY, "the rows are scaled, but nothing is subtracted"},
        {LAST_ROW_ONLY, "only the row before is subtracted: all finished rows must be"},
        {COLUMNS, "the columns of w are made orthogonal: the rows are asked for"},
        {ALONG_W, "the dot products are with the rows of w: take the finished rows of q"},
        {0, NULL}};
    grade_call("orthogonal_rows", grade_tensor(w));
    grade_expect_output("q", 0, orthogonal, w, 1e-3f, slips);
}

START_TEST(two_rows_by_hand)
{
    Tensor *w = grade_zeros(2, 2);
    tensor_copy(w, (const float[]){3, 4, 1, 0});
    check_orthogonal(w);
}
END_TEST

START_TEST(random_rows)
{
    for (int n = 3; n <= 9; n += 3) {
        Tensor *w = grade_normal(1, n, n);
        for (int i = 0; i < n; i++)
            w->data[i * n + i] += 2;
        check_orthogonal(w);
    }
}
END_TEST

/* Rows that differ by a thousandth: what is subtracted must be taken from the row as it is by then. */
START_TEST(nearly_parallel_rows)
{
    int n = 8;
    Tensor *w = grade_normal(1e-3f, n, n), *common = grade_normal(1, n), *products = grade_zeros(n, n);
    Tensor *identity = grade_zeros(n, n);
    for (int i = 0; i < n * n; i++)
        w->data[i] += common->data[i % n];
    const Tensor *q = grade_call("orthogonal_rows", grade_tensor(w));
    for (int i = 0; i < n * n; i++) {
        double dot = 0;
        for (int j = 0; j < n; j++)
            dot += (double)q->data[i / n * n + j] * (double)q->data[i % n * n + j];
        products->data[i] = (float)dot;
        identity->data[i] = i / n == i % n;
    }
    grade_expect("the dot products of the rows of q", products, identity, 2e-2f, NULL);
}
END_TEST

START_TEST(one_number)
{
    Tensor *w = grade_zeros(1, 1);
    w->data[0] = -5;
    check_orthogonal(w);
}
END_TEST

void grade_tests_of_sequences(GradeSuite *s)
{
    grade_test(s, "ex4", one_unit_forward);
    grade_test(s, "ex4", random_units_forward);
    grade_test(s, "ex4", gradient_through_the_output);
    grade_test(s, "ex4", gradient_from_the_next_step);
    grade_test(s, "ex4", both_gradients);
    grade_test(s, "ex4", gates_wide_open_and_closed);
    grade_test(s, "ex5", two_words_by_hand);
    grade_test(s, "ex5", weights_of_random_words);
    grade_test(s, "ex5", gradients_of_random_words);
    grade_test(s, "ex5", one_word_gets_all);
    grade_test(s, "ex5", scores_of_some_hundred);
    grade_test(s, "ex6", two_rows_by_hand);
    grade_test(s, "ex6", random_rows);
    grade_test(s, "ex6", nearly_parallel_rows);
    grade_test(s, "ex6", one_number);
}
