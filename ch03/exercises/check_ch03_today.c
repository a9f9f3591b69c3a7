/* check_ch03_today.c -- the tests of rotary positions, label smoothing and softmax in blocks. */
#include "ch03/exercises/check_ch03.h"

#include <math.h>

/* ---- ex6 ----------------------------------------------------------------------------------------- */

enum { ROPE_RIGHT, ROPE_BACK, ROPE_HALVES, ROPE_FROM_ZERO, ROPE_HALF_EXPONENT, ROPE_FROM_ONE };

static Tensor *rotated(const Tensor *x, int first, int slip)
{
    Tensor *y = grade_copy(x);
    int width = x->shape[1], half = width / 2;
    for (int i = 0; i < x->shape[0] * half; i++) {
        int row = i / half, pair = i % half, a = row * width + 2 * pair, b = a + 1;
        double speed = pow(10000, (slip == ROPE_HALF_EXPONENT ? -1.0 : -2.0) * pair / width);
        double angle = speed * (row + (slip == ROPE_FROM_ZERO ? 0 : first) + (slip == ROPE_FROM_ONE));
        if (slip == ROPE_HALVES) {
            a = row * width + pair;
            b = a + half;
        }
        double c = cos(angle), s = slip == ROPE_BACK ? -sin(angle) : sin(angle);
        y->data[a] = (float)((double)x->data[a] * c - (double)x->data[b] * s);
        y->data[b] = (float)((double)x->data[a] * s + (double)x->data[b] * c);
    }
    return y;
}

static void check_rope(const Tensor *x, int first)
{
    const GradeCause causes[] = {
        {rotated(x, first, ROPE_BACK), "rotated by minus the angle"},
        {rotated(x, first, ROPE_HALVES), "channels i and i + D/2 are paired instead of 2i and 2i+1"},
        {rotated(x, first, ROPE_FROM_ZERO), "row t is at position first + t, not t"},
        {rotated(x, first, ROPE_HALF_EXPONENT), "the exponent is -2i/D, not -i/D"},
        {rotated(x, first, ROPE_FROM_ONE), "row 0 is at position first, not first + 1"},
        {NULL, NULL}};
    grade_expect("x", grade_call("rope", grade_tensor(x), grade_int(first)), rotated(x, first, ROPE_RIGHT),
                 1e-3f, causes);
}

START_TEST(positions_0_and_1)
{
    check_rope(grade_normal(1, 2, 8), 0);
}
END_TEST

START_TEST(rows_from_position_0)
{
    int time, pairs;
    grade_sizes(3, 9, &time, &pairs);
    check_rope(grade_normal(1, time, 2 * pairs), 0);
}
END_TEST

START_TEST(rows_after_a_cache)
{
    int time, pairs;
    grade_sizes(3, 9, &time, &pairs);
    check_rope(grade_normal(1, time, 2 * pairs), 1 + rng_below(grade_rng(), 50));
}
END_TEST

START_TEST(a_single_pair)
{
    check_rope(grade_normal(1, 7, 2), 5);
}
END_TEST

/* ---- ex10 ---------------------------------------------------------------------------------------- */

enum { SMOOTH_RIGHT, SMOOTH_NOT, SMOOTH_OTHERS, SMOOTH_SUM, SMOOTH_ALL_ROWS, SMOOTH_HARD_GRADIENT };

typedef struct Smoothing {
    const Tensor *logits;
    const int *targets;
    double epsilon;
} Smoothing;

/* Output 0: the loss; output 1: d_logits. */
static Tensor *smoothed(const void *context, int output, int slip)
{
    const Smoothing *s = context;
    int rows = s->logits->shape[0], vocab = s->logits->shape[1], count = 0;
    double loss = 0, epsilon = slip == SMOOTH_NOT ? 0 : s->epsilon;
    Tensor *gradient = grade_zeros(rows, vocab), *number = grade_zeros(1);
    for (int n = 0; n < rows; n++)
        count += slip == SMOOTH_ALL_ROWS || s->targets[n] >= 0;
    if (slip == SMOOTH_SUM)
        count = 1;
    for (int i = 0; i < rows * vocab; i++) {
        int n = i / vocab, v = i % vocab;
        const float *x = s->logits->data + n * vocab;
        double max = -INFINITY, sum = 0;
        if (s->targets[n] < 0)
            continue;
        for (int k = 0; k < vocab; k++)
            max = fmax(max, (double)x[k]);
        for (int k = 0; k < vocab; k++)
            sum += exp((double)x[k] - max);
        bool target = v == s->targets[n];
        double log_p = (double)x[v] - max - log(sum), q = (target ? 1 - epsilon : 0) + epsilon / vocab;
        if (slip == SMOOTH_OTHERS)
            q = target ? 1 - epsilon : epsilon / (vocab - 1);
        loss -= q * log_p / count;
        gradient->data[i] = (float)((exp(log_p) - (slip == SMOOTH_HARD_GRADIENT ? target : q)) / count);
    }
    number->data[0] = (float)loss;
    return output ? gradient : number;
}

static void check_smoothed_loss(const Tensor *logits, const int *targets, float epsilon)
{
    static const GradeSlip slips[] = {
        {SMOOTH_NOT, "the targets are not smoothed"},
        {SMOOTH_OTHERS,
         "epsilon is shared among the other words: epsilon / V goes to each word, the target too"},
        {SMOOTH_SUM, "the sum over the rows instead of the mean"},
        {SMOOTH_ALL_ROWS, "rows of padding count in the mean"},
        {SMOOTH_HARD_GRADIENT, "the gradient is p minus the target without smoothing: it must be p - q"},
        {0, NULL}};
    const Smoothing s = {logits, targets, (double)epsilon};
    grade_call("smoothed_loss", grade_tensor(logits), grade_ints(targets, logits->shape[0]),
               grade_float(epsilon));
    grade_expect_output("loss", 0, smoothed, &s, 1e-4f, slips);
    grade_expect_output("d_logits", 1, smoothed, &s, 1e-4f, slips);
}

START_TEST(one_row_without_smoothing)
{
    check_smoothed_loss(grade_normal(1, 1, 6), (int[]){4}, 0);
}
END_TEST

START_TEST(smoothed_rows)
{
    int rows, vocab, targets[16];
    grade_sizes(3, 12, &rows, &vocab);
    for (int n = 0; n < rows; n++)
        targets[n] = rng_below(grade_rng(), vocab);
    check_smoothed_loss(grade_normal(2, rows, vocab), targets, 0.1f);
}
END_TEST

START_TEST(smoothing_over_hundreds_of_words)
{
    check_smoothed_loss(grade_normal(2, 2, 300), (int[]){299, 7}, 0.1f);
}
END_TEST

START_TEST(rows_of_padding)
{
    check_smoothed_loss(grade_normal(2, 5, 7), (int[]){3, -1, 0, -1, 6}, 0.2f);
    check_smoothed_loss(grade_normal(2, 2, 3), (int[]){-1, -1}, 0.1f);
}
END_TEST

START_TEST(logits_up_to_10000)
{
    Tensor *logits = grade_normal(1, 3, 5);
    logits->data[1] = 1e4f;
    for (int v = 0; v < 5; v++)
        logits->data[5 + v] -= 1e4f;
    check_smoothed_loss(logits, (int[]){1, 2, 0}, 0.1f);
}
END_TEST

/* ---- ex11 ---------------------------------------------------------------------------------------- */

enum { BLOCKS_RIGHT, BLOCKS_OUT_KEPT, BLOCKS_SUM_KEPT, BLOCKS_LAST_MAXIMUM, BLOCKS_LAST_ONLY };

typedef struct Reading {
    const Tensor *score, *value; /* (S), (S,E) */
    const int *sizes;
} Reading;

/* Output 0: max and sum; output 1: out (E). */
static Tensor *read_in_blocks(const void *context, int output, int slip)
{
    const Reading *r = context;
    int keys = r->score->shape[0], width = r->value->shape[1], first = 0;
    double max = -INFINITY, sum = 0;
    Tensor *state = grade_zeros(2), *out = grade_zeros(width);
    for (int block = 0; first < keys; first += r->sizes[block++]) {
        double now = slip == BLOCKS_LAST_MAXIMUM ? -INFINITY : max;
        for (int s = first; s < first + r->sizes[block]; s++)
            now = fmax(now, (double)r->score->data[s]);
        if (isinf(now))
            continue;
        double rescale = slip == BLOCKS_LAST_ONLY ? 0 : exp(max - now);
        sum *= slip == BLOCKS_SUM_KEPT ? 1 : rescale;
        for (int e = 0; e < width; e++)
            out->data[e] *= (float)(slip == BLOCKS_OUT_KEPT ? 1 : rescale);
        for (int s = first; s < first + r->sizes[block]; s++) {
            double weight = exp((double)r->score->data[s] - now);
            sum += weight;
            for (int e = 0; e < width; e++)
                out->data[e] += (float)(weight * (double)r->value->data[s * width + e]);
        }
        max = now;
    }
    state->data[0] = (float)max;
    state->data[1] = (float)sum;
    return output ? out : state;
}

static void check_read_block(const Tensor *score, const Tensor *value, const int *sizes, int blocks)
{
    static const GradeSlip slips[] = {
        {BLOCKS_OUT_KEPT, "out is not multiplied by e^(old maximum - new maximum)"},
        {BLOCKS_SUM_KEPT, "sum is not multiplied by e^(old maximum - new maximum)"},
        {BLOCKS_LAST_MAXIMUM, "the maximum is that of the last block: it must not forget the earlier ones"},
        {BLOCKS_LAST_ONLY, "only the last block is left: max, sum and out go on from what they are"},
        {0, NULL}};
    const Reading r = {score, value, sizes};
    grade_call("read_block", grade_tensor(score), grade_tensor(value), grade_ints(sizes, blocks));
    grade_expect_output("max and sum", 0, read_in_blocks, &r, 1e-4f, slips);
    grade_expect_output("out", 1, read_in_blocks, &r, 1e-4f, slips);
}

static Tensor *scores_of(int keys, float deviation)
{
    return grade_normal(deviation, keys);
}

START_TEST(one_block)
{
    check_read_block(scores_of(5, 1), grade_normal(1, 5, 3), (int[]){5}, 1);
}
END_TEST

START_TEST(the_blocks_of_the_section)
{
    Tensor *score = grade_zeros(3), *value = grade_zeros(3, 1);
    for (int s = 0; s < 3; s++) {
        score->data[s] = (float[]){1, 3, 2}[s];
        value->data[s] = 10 * (float)(s + 1);
    }
    check_read_block(score, value, (int[]){1, 2}, 2);
}
END_TEST

START_TEST(many_blocks)
{
    check_read_block(scores_of(23, 4), grade_normal(1, 23, 6), (int[]){4, 1, 9, 2, 7}, 5);
}
END_TEST

START_TEST(large_scores_in_blocks)
{
    Tensor *score = scores_of(9, 1);
    for (int s = 0; s < 9; s++)
        score->data[s] += (float)(s < 4 ? -500 : 500);
    check_read_block(score, grade_normal(1, 9, 2), (int[]){3, 3, 3}, 3);
}
END_TEST

START_TEST(very_negative_scores_in_blocks)
{
    Tensor *score = scores_of(7, 1);
    for (int s = 0; s < 7; s++)
        score->data[s] -= 300;
    check_read_block(score, grade_normal(1, 7, 3), (int[]){2, 5}, 2);
}
END_TEST

START_TEST(masked_keys_and_masked_blocks)
{
    Tensor *score = scores_of(10, 1);
    for (int s = 0; s < 10; s++)
        score->data[s] = s < 3 || s == 5 || s > 7 ? -INFINITY : score->data[s];
    check_read_block(score, grade_normal(1, 10, 4), (int[]){3, 5, 2}, 3);
}
END_TEST

void grade_tests_of_today(GradeSuite *s)
{
    grade_test(s, "ex6", positions_0_and_1);
    grade_test(s, "ex6", rows_from_position_0);
    grade_test(s, "ex6", rows_after_a_cache);
    grade_test(s, "ex6", a_single_pair);
    grade_test(s, "ex10", one_row_without_smoothing);
    grade_test(s, "ex10", smoothed_rows);
    grade_test(s, "ex10", smoothing_over_hundreds_of_words);
    grade_test(s, "ex10", rows_of_padding);
    grade_test(s, "ex10", logits_up_to_10000);
    grade_test(s, "ex11", one_block);
    grade_test(s, "ex11", the_blocks_of_the_section);
    grade_test(s, "ex11", many_blocks);
    grade_test(s, "ex11", large_scores_in_blocks);
    grade_test(s, "ex11", very_negative_scores_in_blocks);
    grade_test(s, "ex11", masked_keys_and_masked_blocks);
}
