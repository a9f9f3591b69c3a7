/* check_ch04_network.c -- the tests of exercise 12: what an all-reduce costs. */
#include "ch04/exercises/check_ch04.h"

#include <math.h>

typedef struct Case {
    double alpha, beta;
    int ranks;
    const Tensor *bytes; /* (n) */
} Case;

enum {
    RIGHT,
    FLOOR,
    ONE_WAY,
    WHOLE_IN_RING,
    ROUND_TOO_MANY,
    PART_IN_TREE,
    SLOWER,
    LATENCY_ONCE,
    WHEN_EQUAL
};

static const GradeSlip slips[] = {
    {FLOOR, "the logarithm is rounded down: 5 ranks need 3 rounds to join all"},
    {ONE_WAY, "the tree goes up, but not down again"},
    {WHOLE_IN_RING, "the ring sends the whole array in each round instead of a part"},
    {ROUND_TOO_MANY, "2 ranks rounds in the ring; 2 (ranks - 1) are enough"},
    {PART_IN_TREE, "the tree sends a part; it sends the whole array"},
    {SLOWER, "the slower one is chosen"},
    {LATENCY_ONCE, "alpha is paid once; every round pays it"},
    {WHEN_EQUAL, "the tree is chosen although it is not faster"},
    {0}};

static Tensor *cost(const void *context, int output, int slip)
{
    const Case *c = context;
    int n = (int)c->bytes->size, ranks = c->ranks;
    double up = slip == FLOOR ? floor(log2(ranks)) : ceil(log2(ranks)), ways = slip == ONE_WAY ? 1 : 2;
    double rounds = 2 * (slip == ROUND_TOO_MANY ? ranks : ranks - 1);
    Tensor *out = grade_zeros(n);
    for (int i = 0; i < n; i++) {
        double all = c->beta * (double)c->bytes->data[i], part = all / ranks;
        double ring = rounds * (c->alpha + (slip == WHOLE_IN_RING ? all : part));
        if (slip == LATENCY_ONCE)
            ring = c->alpha + rounds * part;
        double tree = ways * up * (c->alpha + (slip == PART_IN_TREE ? part : all));
        double faster = tree < ring || (slip == WHEN_EQUAL && tree <= ring);
        out->data[i] = (float)(output == 0      ? ring
                               : output == 1    ? tree
                               : slip == SLOWER ? tree > ring
                                                : faster);
    }
    return out;
}

static void check_cost(float alpha, float beta, int ranks, const Tensor *bytes)
{
    const Case c = {(double)alpha, (double)beta, ranks, bytes};
    grade_call("all_reduce_cost", grade_float(alpha), grade_float(beta), grade_int(ranks),
               grade_tensor(bytes));
    grade_expect_output("ring", 0, cost, &c, 1e-5f, slips);
    grade_expect_output("tree", 1, cost, &c, 1e-5f, slips);
    grade_expect_output("choice", 2, cost, &c, 0, slips);
}

/* 10, 30, 90 ... bytes. */
static Tensor *sizes(int n)
{
    Tensor *bytes = grade_zeros(n);
    for (int i = 0; i < n; i++)
        bytes->data[i] = 10 * powf(3, (float)i);
    return bytes;
}

START_TEST(eight_ranks_by_hand)
{
    Tensor *bytes = grade_zeros(2);
    bytes->data[0] = 8000;
    bytes->data[1] = 4e6f;
    check_cost(5, 2e-5f, 8, bytes);
}
END_TEST

START_TEST(ranks_that_are_no_power_of_two)
{
    static const int ranks[] = {3, 5, 6, 12, 100};
    for (int i = 0; i < 5; i++)
        check_cost(4, 3e-4f, ranks[i], sizes(11));
}
END_TEST

START_TEST(many_ranks)
{
    check_cost(2.5f, 1e-3f, 1024, sizes(13));
    check_cost(2.5f, 1e-3f, 2, sizes(13));
}
END_TEST

START_TEST(one_rank)
{
    check_cost(3, 1e-3f, 1, sizes(4));
}
END_TEST

void grade_tests_of_network(GradeSuite *s)
{
    grade_test(s, "ex12", eight_ranks_by_hand);
    grade_test(s, "ex12", ranks_that_are_no_power_of_two);
    grade_test(s, "ex12", many_ranks);
    grade_test(s, "ex12", one_rank);
}
