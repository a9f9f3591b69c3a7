/* check_ch04_parallel.c -- tests of the exercises on tensor and pipeline parallelism: ex7 to ex10. */
#include "ch04/exercises/check_ch04.h"

#include <math.h>
#include <string.h>

static Tensor *number(double value)
{
    Tensor *t = tensor_make(grade_arena(), 0, NULL);
    t->data[0] = (float)value;
    return t;
}

/* ---- ex7: cross-entropy over a split vocabulary -------------------------------------------------------------- */

typedef struct Rows {
    const Tensor *logits; /* (R,N,S) */
    const int *targets;
} Rows;

enum { CORRECT, ALONE, OVERFLOWS, ON_EVERY_RANK, SUMMED };

/* The sum of e^(logit - max) of a row over the ranks first .. last-1. */
static double sum_of(const Tensor *x, int n, int first, int last, double max)
{
    double sum = 0;
    for (int r = first; r < last; r++)
        for (int i = 0; i < x->shape[2]; i++)
            sum += exp((double)x->data[(r * x->shape[1] + n) * x->shape[2] + i] - max);
    return sum;
}

static Tensor *cross_entropy(const void *context, int output, int slip)
{
    const Rows *rows = context;
    const Tensor *x = rows->logits;
    int ranks = x->shape[0], count = x->shape[1], share = x->shape[2];
    Tensor *grad = grade_zeros(ranks, count, share);
    double loss = 0;
    for (int n = 0; n < count; n++) {
        double max = -INFINITY, target = 0;
        for (int i = 0; i < ranks * share; i++)
            max = fmax(max, (double)x->data[(i / share * count + n) * share + i % share]);
        max = slip == OVERFLOWS ? 0 : max;
        for (int i = 0; i < ranks * share; i++) {
            int r = i / share, at = (r * count + n) * share + i % share, t = rows->targets[n];
            bool own = slip == ON_EVERY_RANK ? t % share == i % share : t == i;
            double sum = slip == ALONE ? sum_of(x, n, r, r + 1, max) : sum_of(x, n, 0, ranks, max);
            target += own ? (double)x->data[at] : 0;
            grad->data[at] =
                (float)((exp((double)x->data[at] - max) / sum - own) / (slip == SUMMED ? 1 : count));
        }
        loss += (max + log(sum_of(x, n, 0, ranks, max)) - target) / (slip == SUMMED ? 1 : count);
    }
    return output == 0 ? grad : number(loss);
}

static void check_cross_entropy(const Tensor *logits, const int *targets)
{
    static const GradeSlip slips[] = {
        {ALONE, "each rank normalizes by its own sum; the sum runs over the tokens of all ranks"},
        {OVERFLOWS, "e^logit overflows: subtract the maximum of the row first"},
        {ON_EVERY_RANK, "the target was found on every rank; one rank alone owns it"},
        {SUMMED, "the sum over the rows in place of their mean"},
        {0, NULL}};
    Rows rows = {logits, targets};
    grade_call("split_cross_entropy", grade_tensor(logits), grade_ints(targets, logits->shape[1]));
    grade_expect_output("the loss", 1, cross_entropy, &rows, 1e-4f, slips);
    grade_expect_output("d_logits", 0, cross_entropy, &rows, 1e-4f, slips);
}

START_TEST(one_rank_is_the_usual_loss)
{
    check_cross_entropy(grade_normal(1, 1, 3, 5), (const int[]){0, 4, 2});
}
END_TEST

START_TEST(a_vocabulary_on_several_ranks)
{
    int ranks, rows, share, targets[9];
    grade_sizes(2, 8, &ranks, &rows, &share);
    for (int n = 0; n < rows; n++)
        targets[n] = rng_below(grade_rng(), ranks * share);
    check_cross_entropy(grade_normal(2, ranks, rows, share), targets);
}
END_TEST

/* The maximum lies on one rank, in turn. */
START_TEST(large_logits)
{
    Tensor *x = grade_normal(1, 3, 4, 5);
    for (int n = 0; n < 4; n++)
        x->data[(n % 3 * 4 + n) * 5 + 2] = 1e4f;
    check_cross_entropy(x, (const int[]){2, 7, 12, 0});
    for (size_t i = 0; i < x->size; i++)
        x->data[i] -= 2e4f;
    check_cross_entropy(x, (const int[]){2, 7, 12, 0});
}
END_TEST

/* ---- ex8: a feed-forward network on several ranks ------------------------------------------------------------- */

typedef struct Mlp {
    const Tensor *x, *a, *b, *d_y;
} Mlp;

enum { WHOLE, WITHOUT_F, WITHOUT_G, NO_DERIVATIVE, TIMES_RANKS, SUM_OF_RANKS };

static Tensor *mlp(const void *context, int output, int slip)
{
    const Mlp *m = context;
    int N = m->x->shape[0], C = m->x->shape[1], R = m->a->shape[0], F = m->a->shape[1];
    Tensor *y = grade_zeros(N, C), *d_x = grade_zeros(N, C), *d_a = grade_zeros(R, F, C);
    for (int h = 0; h < R * F; h++)
        for (int n = 0; n < N; n++) {
            int r = h / F, f = h % F;
            double sum = 0, up = 0;
            for (int c = 0; c < C; c++)
                sum += (double)m->x->data[n * C + c] * (double)m->a->data[h * C + c];
            for (int c = 0; c < C; c++) {
                double weight = (double)m->b->data[(r * C + c) * F + f];
                up += (double)m->d_y->data[n * C + c] * weight;
                y->data[n * C + c] += slip == WITHOUT_G && r != R - 1 ? 0 : (float)(fmax(sum, 0) * weight);
            }
            up = sum > 0 || slip == NO_DERIVATIVE ? up : 0;
            for (int c = 0; c < C; c++) {
                double own = up * (double)m->x->data[n * C + c] * (slip == TIMES_RANKS ? R : 1);
                d_x->data[n * C + c] +=
                    slip == WITHOUT_F && r != 0 ? 0 : (float)(up * (double)m->a->data[h * C + c]);
                for (int k = 0; k < R; k++)
                    d_a->data[(k * F + f) * C + c] += k == r || slip == SUM_OF_RANKS ? (float)own : 0;
            }
        }
    return output == 0 ? y : output == 1 ? d_x : d_a;
}

static void check_mlp(int N, int C, int R, int F)
{
    static const GradeSlip slips[] = {
        {WITHOUT_F, "d_x is that of rank 0 alone: f sums what the outputs of all ranks ask for"},
        {WITHOUT_G, "y is what the last rank computes: g sums over the ranks"},
        {NO_DERIVATIVE, "the derivative of relu is missing: nothing flows back where it gave 0"},
        {TIMES_RANKS, "R times too large: g hands its gradient back as it is, without a sum"},
        {SUM_OF_RANKS, "d_a was summed over the ranks; these rows are each rank's own"},
        {0, NULL}};
    Mlp m = {grade_normal(1, N, C), grade_normal(1, R, F, C), grade_normal(1, R, C, F),
             grade_normal(1, N, C)};
    grade_call("split_mlp", grade_tensor(m.x), grade_tensor(m.a), grade_tensor(m.b), grade_tensor(m.d_y));
    grade_expect_output("y", 0, mlp, &m, 1e-4f, slips);
    grade_expect_output("d_x", 1, mlp, &m, 1e-4f, slips);
    grade_expect_output("d_a", 2, mlp, &m, 1e-4f, slips);
}

START_TEST(one_rank_is_the_usual_network)
{
    check_mlp(2, 3, 1, 4);
}
END_TEST

START_TEST(two_ranks_of_one_channel)
{
    check_mlp(1, 2, 2, 1);
}
END_TEST

START_TEST(several_ranks)
{
    int rows, channels, ranks, hidden;
    grade_sizes(2, 7, &rows, &channels, &ranks, &hidden);
    check_mlp(rows, channels, ranks, hidden);
}
END_TEST

/* ---- ex9: attention from parts -------------------------------------------------------------------------------- */

typedef struct Parts {
    Tensor *max, *sum, *out;
} Parts;

enum { MERGED, NOT_RESCALED, MEAN_OF_RANKS, SUM_AS_IT_IS };

static Tensor *merged(const void *context, int output, int slip)
{
    const Parts *p = context;
    int ranks = p->out->shape[0], channels = p->out->shape[1];
    Tensor *result = grade_zeros(channels);
    double most = -INFINITY;
    (void)output;
    for (int r = 0; r < ranks; r++)
        most = fmax(most, (double)p->max->data[r]);
    for (int e = 0; e < channels; e++) {
        double top = 0, below = 0;
        for (int r = 0; r < ranks; r++) {
            double sum = (double)p->sum->data[r], rescale = exp((double)p->max->data[r] - most);
            if (slip == NOT_RESCALED)
                rescale = 1;
            if (slip == MEAN_OF_RANKS)
                rescale = sum > 0 ? 1 / sum : 0;
            top += rescale * (double)p->out->data[r * channels + e];
            below += slip == SUM_AS_IT_IS ? sum : rescale * sum;
        }
        result->data[e] = (float)(top / below);
    }
    return result;
}

/* What ranks report that have seen `keys` keys each, the first `empty` of them none. */
static void check_merge(int ranks, int channels, int keys, int empty, float shift)
{
    static const GradeSlip slips[] = {
        {NOT_RESCALED,
         "each rank used a maximum of its own: multiply its sum and out by e^(its max - the largest)"},
        {MEAN_OF_RANKS, "the mean of the ranks' outputs: a rank with larger scores weighs more"},
        {SUM_AS_IT_IS, "out is rescaled and sum is not"},
        {0, NULL}};
    Parts p = {grade_zeros(ranks), grade_zeros(ranks), grade_zeros(ranks, channels)};
    for (int r = 0; r < ranks; r++) {
        Tensor *score = grade_normal(2, keys), *value = grade_normal(1, keys, channels);
        float max = -INFINITY;
        for (int s = 0; r >= empty && s < keys; s++) {
            score->data[s] += shift + (float)r;
            max = fmaxf(max, score->data[s]);
        }
        p.max->data[r] = max;
        for (int s = 0; r >= empty && s < keys; s++) {
            float weight = expf(score->data[s] - max);
            p.sum->data[r] += weight;
            for (int e = 0; e < channels; e++)
                p.out->data[r * channels + e] += weight * value->data[s * channels + e];
        }
    }
    grade_call("merge_attention", grade_tensor(p.max), grade_tensor(p.sum), grade_tensor(p.out));
    grade_expect_output("result", 0, merged, &p, 1e-4f, slips);
}

START_TEST(one_part_is_divided_by_its_sum)
{
    check_merge(1, 4, 3, 0, 0);
}
END_TEST

START_TEST(several_parts)
{
    int ranks, channels, keys;
    grade_sizes(2, 7, &ranks, &channels, &keys);
    check_merge(ranks, channels, keys, 0, 0);
}
END_TEST

START_TEST(scores_of_any_size)
{
    check_merge(3, 4, 5, 0, 9000);
    check_merge(3, 4, 5, 0, -9000);
}
END_TEST

START_TEST(ranks_that_have_seen_nothing)
{
    check_merge(4, 3, 5, 2, 0);
}
END_TEST

/* ---- ex10: one forward, one backward -------------------------------------------------------------------------- */

typedef struct Stage {
    int stage, stages, microbatches;
} Stage;

enum { ONE_F_ONE_B, ONE_MORE, ALL_AHEAD, FROM_THE_END };

static Tensor *schedule(const void *context, int output, int slip)
{
    const Stage *s = context;
    int m = s->microbatches, ahead = s->stages - 1 - s->stage, n = 0, forward = 0;
    Tensor *ops = grade_zeros(2 * m);
    if (slip == ONE_MORE)
        ahead++;
    if (slip == ALL_AHEAD)
        ahead = m;
    if (slip == FROM_THE_END)
        ahead = s->stage;
    while (forward < m && forward < ahead)
        ops->data[n++] = (float)++forward;
    for (int k = 0; k < m; k++) {
        if (forward < m)
            ops->data[n++] = (float)++forward;
        ops->data[n++] = (float)-(k + 1);
    }
    return output == 0 ? ops : number(n);
}

static void check_schedule(int stage, int stages, int microbatches)
{
    static const GradeSlip slips[] = {
        {ONE_MORE,
         "one forward pass too many at the beginning: as many as there are stages after this one"},
        {ALL_AHEAD, "all forward passes come first: that is GPipe"},
        {FROM_THE_END, "the number of stages before this one; what counts is those after it"},
        {0, NULL}};
    Stage s = {stage, stages, microbatches};
    grade_call("schedule_1f1b", grade_int(stage), grade_int(stages), grade_int(microbatches));
    grade_expect_output("the number of operations", 1, schedule, &s, 0, slips);
    grade_expect_output("ops", 0, schedule, &s, 0, slips);
}

START_TEST(stage_1_of_3)
{
    check_schedule(1, 3, 3);
}
END_TEST

START_TEST(every_stage_of_four)
{
    for (int stage = 0; stage < 4; stage++)
        check_schedule(stage, 4, 8);
}
END_TEST

START_TEST(one_stage)
{
    check_schedule(0, 1, 5);
}
END_TEST

START_TEST(fewer_microbatches_than_stages)
{
    for (int stage = 0; stage < 6; stage++)
        check_schedule(stage, 6, 3);
}
END_TEST

void grade_tests_of_parallel(GradeSuite *s)
{
    grade_test(s, "ex7", one_rank_is_the_usual_loss);
    grade_test(s, "ex7", a_vocabulary_on_several_ranks);
    grade_test(s, "ex7", large_logits);
    grade_test(s, "ex8", one_rank_is_the_usual_network);
    grade_test(s, "ex8", two_ranks_of_one_channel);
    grade_test(s, "ex8", several_ranks);
    grade_test(s, "ex9", one_part_is_divided_by_its_sum);
    grade_test(s, "ex9", several_parts);
    grade_test(s, "ex9", scores_of_any_size);
    grade_test(s, "ex9", ranks_that_have_seen_nothing);
    grade_test(s, "ex10", stage_1_of_3);
    grade_test(s, "ex10", every_stage_of_four);
    grade_test(s, "ex10", one_stage);
    grade_test(s, "ex10", fewer_microbatches_than_stages);
}
