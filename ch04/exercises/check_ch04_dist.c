/* check_ch04_dist.c -- tests of the exercises on data parallelism and ZeRO: ex6, ex11. */
#include "ch04/exercises/check_ch04.h"

/* ---- ex6: a step of a ring all-reduce ------------------------------------------------------------------------- */

typedef struct Ring {
    const Tensor *x; /* (n,count) */
    int step;
} Ring;

enum { RING_RIGHT, RING_LEFT, RING_ADDS, RING_KEEPS, RING_SAME_SHARE, RING_REST_LOST, RING_EARLY };

static int ring_first(int share, int n, int count, int slip)
{
    int each = count / n, more = slip == RING_REST_LOST ? 0 : count % n;
    return share * each + (share < more ? share : more);
}

static Tensor *ring(const void *context, int output, int slip)
{
    const Ring *ring = context;
    Tensor *next = grade_copy(ring->x);
    int n = next->shape[0], count = next->shape[1], s = ring->step;
    (void)output;
    for (int r = 0; r < n; r++) {
        int to = (slip == RING_LEFT ? r + n - 1 : r + 1) % n, share = (r - s + 2 * n) % n;
        share = slip == RING_SAME_SHARE ? r : share;
        bool adds = slip == RING_ADDS || (slip != RING_KEEPS && s < n - (slip == RING_EARLY ? 2 : 1));
        for (int i = ring_first(share, n, count, slip); i < ring_first(share + 1, n, count, slip); i++)
            next->data[to * count + i] =
                (adds ? ring->x->data[to * count + i] : 0) + ring->x->data[r * count + i];
    }
    return next;
}

static Tensor *check_ring_step(const Tensor *x, int step)
{
    static const GradeSlip slips[] = {
        {RING_LEFT, "rank r sends to rank r + 1, not to r - 1"},
        {RING_ADDS, "from step n - 1 on what comes is kept, and no longer added"},
        {RING_KEEPS, "in the first n - 1 steps what comes is added"},
        {RING_SAME_SHARE, "rank r sends the same share in every step; it is share (r - s) mod n"},
        {RING_REST_LOST, "the first count % n shares have one number more"},
        {RING_EARLY, "one step too early: there are n - 1 steps that add, 0 to n - 2"},
        {0, NULL}};
    const Ring r = {x, step};
    Tensor *next = grade_call("ring_step", grade_tensor(x), grade_int(step));
    grade_expect_output("next", 0, ring, &r, 1e-5f, slips);
    return next;
}

START_TEST(two_ranks_add_and_then_keep)
{
    Tensor *x = grade_normal(1, 2, 6);
    check_ring_step(x, 0);
    check_ring_step(x, 1);
}
END_TEST

START_TEST(every_step_of_several_ranks)
{
    int n, each;
    grade_sizes(3, 6, &n, &each);
    Tensor *x = grade_normal(1, n, n * each);
    for (int s = 0; s < 2 * (n - 1); s++)
        check_ring_step(x, s);
}
END_TEST

START_TEST(shares_of_different_sizes)
{
    for (int count = 3; count < 12; count++)
        check_ring_step(grade_normal(1, 4, count), count % 6);
}
END_TEST

START_TEST(after_all_steps_every_rank_has_the_sum)
{
    enum { RANKS = 5, COUNT = 13 };
    Tensor *x = grade_normal(1, RANKS, COUNT), *sum = grade_zeros(RANKS, COUNT);
    for (int i = 0; i < RANKS * RANKS * COUNT; i++)
        sum->data[i % (RANKS * COUNT)] += x->data[i / (RANKS * COUNT) * COUNT + i % COUNT];
    for (int s = 0; s < 2 * (RANKS - 1); s++)
        x = check_ring_step(x, s);
    grade_expect("next", x, sum, 1e-4f, NULL);
}
END_TEST

START_TEST(a_ring_of_one_rank)
{
    check_ring_step(grade_normal(1, 1, 4), 0);
}
END_TEST

/* ---- ex11: the pieces of a rank -------------------------------------------------------------------------------- */

typedef struct Pieces {
    const int *size;
    int count, ranks, rank;
} Pieces;

enum {
    PIECES_RIGHT,
    PIECES_FROM_THE_START,
    PIECES_REST_LAST,
    PIECES_ROUNDED_UP,
    PIECES_WHOLE,
    PIECES_EMPTY
};

static int shares_before(const Pieces *p, int rank, int total, int slip)
{
    int each = total / p->ranks, more = total % p->ranks;
    if (slip == PIECES_REST_LAST)
        return rank == p->ranks ? total : rank * each;
    if (slip == PIECES_ROUNDED_UP) {
        int up = (total + p->ranks - 1) / p->ranks * rank;
        return up < total ? up : total;
    }
    return rank * each + (rank < more ? rank : more);
}

/* Output 0: piece (P,2); output 1: how many numbers. */
static Tensor *pieces(const void *context, int output, int slip)
{
    const Pieces *p = context;
    Tensor *piece = grade_zeros(p->count, 2), *own = tensor_make(grade_arena(), 0, NULL);
    int total = 0, at = 0;
    own->data[0] = 0;
    for (int i = 0; i < p->count; i++)
        total += p->size[i];
    int first = shares_before(p, p->rank, total, slip), last = shares_before(p, p->rank + 1, total, slip);
    for (int i = 0; i < p->count; at += p->size[i++]) {
        int begin = first > at ? first - at : 0, end = last - at < p->size[i] ? last - at : p->size[i];
        if (slip == PIECES_WHOLE) {
            begin = 0;
            end = at >= first && at < last ? p->size[i] : 0;
        }
        if (begin >= end && slip != PIECES_EMPTY)
            continue;
        int from = slip == PIECES_FROM_THE_START ? at : 0;
        piece->data[2 * i] = (float)(from + begin);
        piece->data[2 * i + 1] = (float)(from + end);
        own->data[0] += begin < end ? (float)(end - begin) : 0;
    }
    return output == 0 ? piece : own;
}

static void check_pieces(const int *size, int count, int ranks)
{
    static const GradeSlip slips[] = {
        {PIECES_FROM_THE_START,
         "positions count from the beginning of the parameter, not of the long array"},
        {PIECES_REST_LAST,
         "what is left over goes to the first ranks, one number each, not to the last rank"},
        {PIECES_ROUNDED_UP, "shares rounded up: the first N % n shares alone have one number more"},
        {PIECES_WHOLE, "whole parameters were given away; a share may begin and end inside a parameter"},
        {PIECES_EMPTY, "where the rank owns nothing of a parameter its piece is 0 and 0"},
        {0, NULL}};
    for (int rank = 0; rank < ranks; rank++) {
        const Pieces p = {size, count, ranks, rank};
        grade_call("zero_pieces", grade_ints(size, count), grade_int(ranks), grade_int(rank));
        grade_expect_output("piece", 0, pieces, &p, 0, slips);
        grade_expect_output("the number of numbers", 1, pieces, &p, 0, slips);
    }
}

START_TEST(three_parameters_on_three_ranks)
{
    check_pieces((const int[]){4, 3, 5}, 3, 3);
}
END_TEST

START_TEST(one_rank_owns_everything)
{
    check_pieces((const int[]){7, 1, 12, 3}, 4, 1);
}
END_TEST

START_TEST(numbers_that_are_left_over)
{
    check_pieces((const int[]){5, 9, 4}, 3, 4);
    check_pieces((const int[]){5, 9, 5}, 3, 5);
}
END_TEST

START_TEST(a_parameter_over_many_ranks)
{
    check_pieces((const int[]){2, 40, 3}, 3, 7);
}
END_TEST

START_TEST(more_ranks_than_numbers)
{
    check_pieces((const int[]){2, 1}, 2, 5);
}
END_TEST

START_TEST(pieces_of_drawn_sizes)
{
    int size[12], count, ranks;
    grade_sizes(3, 9, &count, &ranks);
    for (int i = 0; i < count; i++)
        size[i] = 1 + rng_below(grade_rng(), 30);
    check_pieces(size, count, ranks);
}
END_TEST

void grade_tests_of_dist(GradeSuite *s)
{
    grade_test(s, "ex6", two_ranks_add_and_then_keep);
    grade_test(s, "ex6", every_step_of_several_ranks);
    grade_test(s, "ex6", shares_of_different_sizes);
    grade_test(s, "ex6", after_all_steps_every_rank_has_the_sum);
    grade_test(s, "ex6", a_ring_of_one_rank);
    grade_test(s, "ex11", three_parameters_on_three_ranks);
    grade_test(s, "ex11", one_rank_owns_everything);
    grade_test(s, "ex11", numbers_that_are_left_over);
    grade_test(s, "ex11", a_parameter_over_many_ranks);
    grade_test(s, "ex11", more_ranks_than_numbers);
    grade_test(s, "ex11", pieces_of_drawn_sizes);
}
