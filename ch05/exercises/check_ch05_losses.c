/* check_ch05_losses.c -- tests of exercises 2 and 7 of chapter 5: losses and their gradients. */
#include "ch05/exercises/check_ch05.h"

#include <math.h>
#include <string.h>

/* ---- ex2 ----------------------------------------------------------------------------------------- */

enum {
    NO_SHIFT = 1,
    BACKWARDS,
    NEXT_ROW,
    IGNORED_COUNT,
    IGNORE_OF_INPUT,
    MEAN_OF_ALL,
    MEAN_OF_ROWS,
    SUM,
    NEGATIVE,
    BITS,
    GRADIENT_OF_SUM,
    NO_ONE
};

static const GradeSlip loss_slips[] = {
    {NO_SHIFT, "each position predicts its own token: position t predicts token t+1"},
    {BACKWARDS, "each position predicts the token before it: position t predicts token t+1"},
    {NEXT_ROW, "the last position of a row predicts the first token of the next row: nothing follows it"},
    {IGNORED_COUNT,
     "ignored tokens are predicted: a position counts only if ignore of the token after it is 0"},
    {IGNORE_OF_INPUT, "ignore is looked up at position t: it belongs to the predicted token, t+1"},
    {MEAN_OF_ALL, "divided by all B*T positions: divide by the number of positions that count"},
    {MEAN_OF_ROWS, "a mean of the means of rows: every position that counts weighs the same"},
    {SUM, "a sum: divide by the number of positions that count"},
    {NEGATIVE, "the sign is wrong: the loss is -log p"},
    {BITS, "the logarithm to base 2: it should be the natural one"},
    {GRADIENT_OF_SUM,
     "the gradient is that of the sum: divide it, too, by the number of positions that count"},
    {NO_ONE, "the gradient is p alone: subtract 1 at the target token"},
    {0, NULL}};

typedef struct LossCase {
    Tensor *logits; /* (B,T,V) */
    const int *ids, *ignore;
} LossCase;

/* Which position holds the token that position i predicts; -1 if it predicts none. */
static int target_of(const LossCase *c, int i, int slip)
{
    int batch = c->logits->shape[0], time = c->logits->shape[1];
    bool last = i % time == time - 1;
    int at = slip == NO_SHIFT ? i : slip == BACKWARDS ? i - 1 : i + 1;
    if (slip == BACKWARDS ? i % time == 0 : last && slip != NO_SHIFT && slip != NEXT_ROW)
        return -1;
    if (at >= batch * time)
        return -1;
    bool ignored = c->ignore[slip == IGNORE_OF_INPUT ? i : at] && slip != IGNORED_COUNT;
    return ignored ? -1 : at;
}

/* p (V) = softmax of a row of logits; returns log p[id]. */
static double log_probability(const float *row, int vocab, int id, double *p)
{
    double largest = -INFINITY, sum = 0;
    for (int v = 0; v < vocab; v++)
        largest = fmax(largest, (double)row[v]);
    for (int v = 0; v < vocab; v++)
        sum += p[v] = exp((double)row[v] - largest);
    for (int v = 0; v < vocab; v++)
        p[v] /= sum;
    return (double)row[id] - largest - log(sum);
}

/* What the loss of position i is multiplied by. */
static double weight_of(const LossCase *c, int i, int slip)
{
    int batch = c->logits->shape[0], time = c->logits->shape[1], all = 0, rows = 0, own = 0;
    for (int b = 0; b < batch; b++) {
        int in_row = 0;
        for (int t = 0; t < time; t++)
            in_row += target_of(c, b * time + t, slip) >= 0;
        all += in_row;
        rows += in_row > 0;
        own = b == i / time ? in_row : own;
    }
    if (slip == SUM)
        return 1;
    if (slip == MEAN_OF_ALL)
        return 1.0 / (batch * time);
    return slip == MEAN_OF_ROWS ? 1.0 / (rows * own) : 1.0 / all;
}

/* The loss, and its gradient if d is not NULL. */
static double loss_of(const LossCase *c, int slip, Tensor *d)
{
    int positions = c->logits->shape[0] * c->logits->shape[1], vocab = c->logits->shape[2];
    double *p = arena_alloc(grade_arena(), (size_t)vocab * sizeof *p), loss = 0;
    for (int i = 0; i < positions; i++) {
        int at = target_of(c, i, slip);
        if (at < 0)
            continue;
        double weight = weight_of(c, i, slip) * (slip == NEGATIVE ? -1 : slip == BITS ? 1 / log(2) : 1);
        loss -= weight * log_probability(c->logits->data + i * vocab, vocab, c->ids[at], p);
        weight = slip == GRADIENT_OF_SUM ? 1 : weight;
        for (int v = 0; d && v < vocab; v++)
            d->data[i * vocab + v] = (float)(weight * (p[v] - (v == c->ids[at] && slip != NO_ONE)));
    }
    return loss;
}

static double right_loss(void *context)
{
    return loss_of(context, 0, NULL);
}

/* Output 0 is the gradient, by finite differences if nothing slips; output 1 the loss. */
static Tensor *loss_and_gradient(const void *context, int output, int slip)
{
    LossCase c = *(const LossCase *)context;
    if (output == 0 && slip == 0)
        return grade_gradient(right_loss, &c, c.logits, 1e-2f);
    Tensor *d = grade_zeros(c.logits->shape[0], c.logits->shape[1], c.logits->shape[2]);
    Tensor *loss = tensor_make(grade_arena(), 0, NULL);
    loss->data[0] = (float)loss_of(&c, slip, d);
    return output == 0 ? d : loss;
}

void call_clm_loss(const Tensor *logits, const int *ids, const int *ignore)
{
    int positions = logits->shape[0] * logits->shape[1];
    grade_call("clm_loss", grade_tensor(logits), grade_ints(ids, positions), grade_ints(ignore, positions));
}

static void check_clm_loss(const LossCase *c, float tolerance)
{
    call_clm_loss(c->logits, c->ids, c->ignore);
    grade_expect_output("loss", 1, loss_and_gradient, c, tolerance, loss_slips);
    grade_expect_output("d_logits", 0, loss_and_gradient, c, tolerance, loss_slips);
}

static LossCase draw_loss_case(float std, int max_ignored)
{
    int batch, time, vocab;
    grade_sizes(2, 7, &batch, &time, &vocab);
    return (LossCase){grade_normal(std, batch, time, vocab), draw_ints(batch * time, 0, vocab - 1),
                      draw_ints(batch * time, 0, max_ignored)};
}

START_TEST(equal_logits_cost_the_logarithm_of_V)
{
    const LossCase c = {grade_zeros(1, 3, 7), (int[]){4, 2, 6}, (int[]){0, 0, 0}};
    check_clm_loss(&c, 1e-4f);
}
END_TEST

START_TEST(random_logits_everything_counts)
{
    const LossCase c = draw_loss_case(2, 0);
    check_clm_loss(&c, 1e-4f);
}
END_TEST

/* Rows that count differently much; the first token of a row counts nowhere anyhow. */
START_TEST(ignored_tokens)
{
    for (int round = 0; round < 3; round++) {
        LossCase c = draw_loss_case(2, 1);
        int time = c.logits->shape[1], *ignore = draw_ints(c.logits->shape[0] * time, 0, 1);
        for (int t = 0; t < time; t++)
            ignore[t] = t != 1; /* the first row counts once */
        ignore[time + 1] = 0;
        c.ignore = ignore;
        check_clm_loss(&c, 1e-4f);
    }
}
END_TEST

START_TEST(logits_up_to_10000)
{
    LossCase c = draw_loss_case(1, 0);
    int vocab = c.logits->shape[2];
    for (size_t i = 0; i < c.logits->size; i++)
        c.logits->data[i] += (int)i / vocab % 2 ? 1e4f : -1e4f;
    check_clm_loss(&c, 1e-3f);
    c.logits->data[1] += 2e3f; /* one token has nearly all, and the others' share is e^-2000 */
    check_clm_loss(&c, 1e-3f);
}
END_TEST

START_TEST(a_vocabulary_of_hundreds)
{
    const LossCase c = {grade_normal(2, 1, 3, 300), draw_ints(3, 0, 299), (int[]){0, 0, 0}};
    check_clm_loss(&c, 1e-4f);
}
END_TEST

START_TEST(nothing_counts)
{
    const LossCase ignored = {grade_normal(1, 2, 3, 4), draw_ints(6, 0, 3), (int[]){0, 1, 1, 1, 1, 1}};
    const LossCase single = {grade_normal(1, 3, 1, 5), draw_ints(3, 0, 4), (int[]){0, 0, 0}};
    check_clm_loss(&ignored, 1e-4f);
    check_clm_loss(&single, 1e-4f);
}
END_TEST

/* ---- ex7 ----------------------------------------------------------------------------------------- */

enum {
    MEAN_OF_MEANS = 1,
    SUM_OF_MEANS,
    NOT_DIVIDED,
    LAST_ONLY,
    NOT_CLIPPED,
    ALWAYS_SCALED,
    CLIPPED_EACH,
    CLIPPED_BY_NUMBER,
    CLIPPED_BY_SQUARE,
    CLIPPED_TO_ZERO,
    EMPTY_WEIGHED,
    THROWN_AWAY,
    NORM_AFTER,
    NORM_SQUARED
};

static const GradeSlip accumulation_slips[] = {
    {MEAN_OF_MEANS, "a mean of the means: a micro-batch weighs as much as it counts tokens"},
    {SUM_OF_MEANS, "the means are added up: multiply each by its tokens, and divide by all of them"},
    {NOT_DIVIDED, "a sum over the tokens: divide by the number of all that count"},
    {LAST_ONLY, "only the last micro-batch is left: it must add up over them, +="},
    {NOT_CLIPPED, "the norm is greater than max, and nothing is clipped"},
    {ALWAYS_SCALED, "a gradient whose norm is below max is scaled up to it: it stays as it is"},
    {CLIPPED_EACH, "each micro-batch is clipped by itself: clip once, after they are added up"},
    {CLIPPED_BY_NUMBER, "each number is clipped by itself: the gradient as a whole keeps its direction"},
    {EMPTY_WEIGHED, "a micro-batch that counts nothing is not left out: 0 times NaN is NaN"},
    {THROWN_AWAY,
     "a finite gradient is thrown away: its squares are beyond float, so add them up in double"},
    {CLIPPED_BY_SQUARE, "scaled by max / norm^2: the norm is the root of the sum of squares"},
    {CLIPPED_TO_ZERO, "max is 0: then nothing is clipped"},
    {NORM_AFTER, "the norm after clipping: what it was before says whether a training is going well"},
    {NORM_SQUARED, "the square of the norm: take the root"},
    {0, NULL}};

typedef struct AccumulationCase {
    const Tensor *gradients; /* (M,N) */
    const int *counted;      /* (M) */
    float max;
} AccumulationCase;

static double norm_of(const double *x, int n)
{
    double squares = 0;
    for (int i = 0; i < n; i++)
        squares += x[i] * x[i];
    return sqrt(squares);
}

/* What micro-batch k is multiplied by. */
static double share_of(const AccumulationCase *c, int k, int slip)
{
    int batches = c->gradients->shape[0], all = 0, size = c->gradients->shape[1];
    double row[size], share = 0;
    bool empty = false;
    for (int i = 0; i < batches; i++) {
        all += c->counted[i];
        empty = empty || c->counted[i] == 0;
    }
    for (int i = 0; i < size; i++)
        row[i] = (double)c->gradients->data[k * size + i];
    if (c->counted[k] > 0)
        share = slip == MEAN_OF_MEANS  ? 1.0 / batches
                : slip == SUM_OF_MEANS ? 1
                : slip == NOT_DIVIDED  ? c->counted[k]
                                       : (double)c->counted[k] / all;
    if ((slip == LAST_ONLY && k + 1 < batches) || (slip == EMPTY_WEIGHED && empty)) /* NaN becomes 0 */
        return 0;
    if (slip == CLIPPED_EACH && c->max > 0 && norm_of(row, size) > (double)c->max)
        share *= (double)c->max / norm_of(row, size);
    return share;
}

/* What a gradient of that norm is multiplied by. */
static double scale_of(double norm, double max, int slip)
{
    bool clipped = norm > max && (max > 0 || slip == CLIPPED_TO_ZERO);
    if (slip == NOT_CLIPPED || slip == CLIPPED_EACH || slip == CLIPPED_BY_NUMBER)
        return 1;
    if (slip == THROWN_AWAY)
        return 0;
    if (slip == ALWAYS_SCALED)
        return max / norm;
    return !clipped ? 1 : max / (slip == CLIPPED_BY_SQUARE ? norm * norm : norm);
}

/* Output 0 is the gradient, output 1 its norm. */
static Tensor *accumulated(const void *context, int output, int slip)
{
    const AccumulationCase *c = context;
    int batches = c->gradients->shape[0], size = c->gradients->shape[1];
    double sum[size], max = (double)c->max;
    Tensor *gradient = grade_zeros(size), *norm = tensor_make(grade_arena(), 0, NULL);
    memset(sum, 0, sizeof sum);
    for (int k = 0; k < batches; k++) {
        double share = share_of(c, k, slip);
        for (int i = 0; i < size && share > 0; i++)
            sum[i] += share * (double)c->gradients->data[k * size + i];
    }
    double before = norm_of(sum, size), scale = scale_of(before, max, slip);
    for (int i = 0; i < size; i++) {
        double x = scale * sum[i];
        gradient->data[i] = (float)(slip == CLIPPED_BY_NUMBER && max > 0 ? fmax(-max, fmin(max, x)) : x);
    }
    norm->data[0] = (float)(slip == NORM_AFTER     ? scale * before
                            : slip == NORM_SQUARED ? before * before
                                                   : before);
    return output == 0 ? gradient : norm;
}

void call_accumulate_gradients(const Tensor *gradients, const int *counted, float max)
{
    grade_call("accumulate_gradients", grade_float(max), grade_ints(counted, gradients->shape[0]),
               grade_tensor(gradients));
}

static void check_accumulate_gradients(const Tensor *gradients, const int *counted, float max)
{
    const AccumulationCase c = {gradients, counted, max};
    call_accumulate_gradients(gradients, counted, max);
    grade_expect_output("gradient", 0, accumulated, &c, 1e-5f, accumulation_slips);
    grade_expect_output("the norm that it returns", 1, accumulated, &c, 1e-5f, accumulation_slips);
}

START_TEST(two_micro_batches_of_different_size)
{
    Tensor *gradients = grade_zeros(2, 2);
    tensor_copy(gradients, (const float[]){4, 0, 0, 4});
    check_accumulate_gradients(gradients, (int[]){3, 1}, 100); /* (3, 1) */
}
END_TEST

START_TEST(clipped_to_a_norm)
{
    int batches, size;
    grade_sizes(3, 12, &batches, &size);
    Tensor *gradients = grade_normal(1, batches, size);
    check_accumulate_gradients(gradients, draw_ints(batches, 1, 50), 0.1f);
}
END_TEST

START_TEST(not_clipped_when_short_or_when_max_is_0)
{
    int batches, size;
    grade_sizes(3, 12, &batches, &size);
    Tensor *gradients = grade_normal(1, batches, size);
    check_accumulate_gradients(gradients, draw_ints(batches, 1, 50), 1000);
    check_accumulate_gradients(gradients, draw_ints(batches, 1, 50), 0);
}
END_TEST

/* A mean over nothing is 0 / 0: what stands there must not matter. */
START_TEST(a_micro_batch_that_counts_nothing)
{
    Tensor *gradients = grade_normal(1, 3, 5);
    for (int i = 0; i < 5; i++)
        gradients->data[5 + i] = NAN;
    check_accumulate_gradients(gradients, (int[]){7, 0, 2}, 1);
}
END_TEST

START_TEST(a_gradient_of_norm_0)
{
    check_accumulate_gradients(grade_zeros(3, 4), (int[]){5, 1, 2}, 1);
    check_accumulate_gradients(grade_normal(1, 3, 4), (int[]){0, 0, 0}, 1);
}
END_TEST

START_TEST(hundreds_of_numbers)
{
    check_accumulate_gradients(grade_normal(1, 40, 300), draw_ints(40, 1, 50), 1);
}
END_TEST

START_TEST(large_and_finite)
{
    check_accumulate_gradients(grade_normal(1e30f, 3, 6), (int[]){4, 9, 1}, 1);
}
END_TEST

START_TEST(not_finite)
{
    static const float bad[] = {NAN, INFINITY, -INFINITY};
    static const char *const names[] = {"NaN", "infinity", "-infinity"};
    for (int k = 0; k < 3; k++) {
        Tensor *gradients = grade_normal(1, 2, 5);
        gradients->data[7] = bad[k];
        call_accumulate_gradients(gradients, (int[]){3, 4}, 1);
        const Tensor *gradient = grade_output(0), *norm = grade_output(1);
        for (size_t i = 0; i < gradient->size; i++)
            if (gradient->data[i] != 0)
                grade_fail(
                    "a micro-batch holds %s: the whole gradient must become 0, and gradient[%zu] is %g",
                    names[k], i, fabs((double)gradient->data[i]));
        if (isfinite(tensor_item(norm)))
            grade_fail("a micro-batch holds %s: the norm must show it, and it is %g", names[k],
                       (double)tensor_item(norm));
    }
}
END_TEST

void grade_tests_of_losses(GradeSuite *s)
{
    grade_test(s, "ex2", equal_logits_cost_the_logarithm_of_V);
    grade_test(s, "ex2", random_logits_everything_counts);
    grade_test(s, "ex2", ignored_tokens);
    grade_test(s, "ex2", logits_up_to_10000);
    grade_test(s, "ex2", a_vocabulary_of_hundreds);
    grade_test(s, "ex2", nothing_counts);
    grade_test(s, "ex7", two_micro_batches_of_different_size);
    grade_test(s, "ex7", clipped_to_a_norm);
    grade_test(s, "ex7", not_clipped_when_short_or_when_max_is_0);
    grade_test(s, "ex7", a_micro_batch_that_counts_nothing);
    grade_test(s, "ex7", a_gradient_of_norm_0);
    grade_test(s, "ex7", hundreds_of_numbers);
    grade_test(s, "ex7", large_and_finite);
    grade_test(s, "ex7", not_finite);
}
