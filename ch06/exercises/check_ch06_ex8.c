/* check_ch06_ex8.c -- tests of exercise 8 of chapter 6: examples into windows. */
#include "ch06/exercises/check_ch06.h"

enum { FIRST_FIT = 1, WORST_FIT, NOT_SORTED, SHORTEST_FIRST, NOT_QUITE_FULL };

static const GradeSlip slips[] = {
    {FIRST_FIT, "the fullest window where it fits, not the first"},
    {WORST_FIT, "the fullest window where it fits, not the emptiest"},
    {NOT_SORTED, "the longest first: sort the examples by length"},
    {SHORTEST_FIRST, "the longest first, not the shortest"},
    {NOT_QUITE_FULL, "a window may be full to the last position: used + length <= T"},
    {0, NULL}};

typedef struct Examples {
    const int *length;
    int n, time;
} Examples;

/* Whether example i comes before k. */
static bool is_before(const Examples *x, int i, int k, int slip)
{
    int a = x->length[i], b = x->length[k];
    if (slip == NOT_SORTED || a == b)
        return i < k;
    return slip == SHORTEST_FIRST ? a < b : a > b;
}

/* The example that comes next after `last`; -1: none. */
static int next_of(const Examples *x, int last, int slip)
{
    int next = -1;
    for (int i = 0; i < x->n; i++) {
        bool left = last < 0 || is_before(x, last, i, slip);
        if (i != last && left && (next < 0 || is_before(x, i, next, slip)))
            next = i;
    }
    return next;
}

static int window_for(const int *used, int rows, int size, int time, int slip)
{
    int best = -1, room = slip == NOT_QUITE_FULL ? time - 1 : time;
    for (int r = 0; r < rows; r++) {
        if (used[r] + size > room)
            continue;
        bool better = best < 0 || (slip == WORST_FIT ? used[r] < used[best] : used[r] > used[best]);
        if (best < 0 || (better && slip != FIRST_FIT))
            best = r;
    }
    return best;
}

static Tensor *packed(const void *context, int output, int slip)
{
    const Examples *x = context;
    Tensor *row = grade_zeros(x->n), *at = grade_zeros(x->n), *count = tensor_make(grade_arena(), 0, NULL);
    int used[200] = {0}, rows = 0;
    for (int i = 0; i < x->n; i++)
        row->data[i] = at->data[i] = -1;
    for (int i = next_of(x, -1, slip); i >= 0; i = next_of(x, i, slip)) {
        if (x->length[i] > x->time)
            continue;
        int r = window_for(used, rows, x->length[i], x->time, slip);
        r = r < 0 ? rows++ : r;
        row->data[i] = (float)r;
        at->data[i] = (float)used[r];
        used[r] += x->length[i];
    }
    count->data[0] = (float)rows;
    return output == 0 ? row : output == 1 ? at : count;
}

static void check_packing(const int *length, int n, int time)
{
    Examples x = {length, n, time};
    grade_call("pack_best_fit", grade_ints(length, n), grade_int(time));
    grade_expect_output("row", 0, packed, &x, 0, slips);
    grade_expect_output("at", 1, packed, &x, 0, slips);
    grade_expect_output("the number of windows", 2, packed, &x, 0, slips);
}

START_TEST(examples_that_fill_windows_to_the_last_position)
{
    check_packing((const int[]){3, 7, 5, 5}, 4, 10);
}
END_TEST

/* 6 | 5 | then 4 fits both: beside 6 it leaves nothing. */
START_TEST(the_fullest_window_is_taken)
{
    check_packing((const int[]){2, 5, 6, 3, 4}, 5, 10);
}
END_TEST

START_TEST(examples_longer_than_a_window)
{
    check_packing((const int[]){4, 11, 8, 30, 2}, 5, 10);
}
END_TEST

START_TEST(lengths_of_any_kind)
{
    enum { MOST = 60 };
    for (int round = 0; round < 8; round++) {
        int length[MOST], n = 5 + rng_below(grade_rng(), MOST - 5), time = 8 + rng_below(grade_rng(), 20);
        for (int i = 0; i < n; i++)
            length[i] = 1 + rng_below(grade_rng(), time + 2);
        check_packing(length, n, time);
    }
}
END_TEST

void grade_tests_of_ex8(GradeSuite *s)
{
    grade_test(s, "ex8", examples_that_fill_windows_to_the_last_position);
    grade_test(s, "ex8", the_fullest_window_is_taken);
    grade_test(s, "ex8", examples_longer_than_a_window);
    grade_test(s, "ex8", lengths_of_any_kind);
}
