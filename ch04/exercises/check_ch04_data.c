/* check_ch04_data.c -- tests of the exercises on data: ex1, ex2. */
#include "ch04/exercises/check_ch04.h"

/* ---- ex1: near pairs ------------------------------------------------------------------------------------- */

typedef struct Sets {
    const int *x, *h;
    int documents, shingles, values, bands, rows; /* N, S, U, b, r */
} Sets;

enum { RIGHT, MAXIMUM, ONE_ROW, ROWS_ANYWHERE, COUNTED_TWICE, WITH_ITSELF, EXCHANGED };

static int row_of(const Sets *s, int document, int k, int slip)
{
    int best = -1;
    for (int i = 0; i < s->shingles; i++) {
        int u = s->x[document * s->shingles + i];
        if (u < 0)
            continue;
        int value = s->h[k * s->values + u];
        if (best < 0 || (slip == MAXIMUM ? value > best : value < best))
            best = value;
    }
    return best;
}

static bool is_candidate(const Sets *s, int i, int j, int slip)
{
    int all = s->bands * s->rows, rows = slip == EXCHANGED ? s->bands : s->rows, agree = 0, in_band = 0;
    bool found = false;
    if (i == j)
        return slip == WITH_ITSELF;
    for (int k = 0; k < all; k++) {
        bool same = row_of(s, i, k, slip) == row_of(s, j, k, slip);
        agree += same;
        in_band = (k % rows == 0 ? 0 : in_band) + same;
        found = found || in_band == rows;
    }
    return slip == ONE_ROW ? agree > 0 : slip == ROWS_ANYWHERE ? agree >= s->rows : found;
}

static Tensor *near(const void *context, int output, int slip)
{
    const Sets *s = context;
    int all = s->bands * s->rows, n = s->documents, pairs = 0;
    Tensor *signature = grade_zeros(n, all), *candidate = grade_zeros(n, n),
           *count = tensor_make(grade_arena(), 0, NULL);
    for (int i = 0; i < n; i++) {
        for (int k = 0; k < all; k++)
            signature->data[i * all + k] = (float)row_of(s, i, k, slip);
        for (int j = 0; j < n; j++) {
            bool is = is_candidate(s, i, j, slip);
            candidate->data[i * n + j] = is;
            pairs += is && (slip == COUNTED_TWICE ? i != j : i < j);
        }
    }
    count->data[0] = (float)pairs;
    return output == 0 ? signature : output == 1 ? candidate : count;
}

static void check_near(const Sets *s)
{
    static const GradeSlip slips[] = {
        {MAXIMUM, "the maximum was taken; the signature is the minimum of each hash function"},
        {ONE_ROW, "one row that agrees is not enough: all r rows of a band must"},
        {ROWS_ANYWHERE, "r rows that agree must lie in the same band"},
        {EXCHANGED, "b and r are exchanged: there are b bands, of r rows each"},
        {WITH_ITSELF, "a document is no copy of itself: the diagonal is 0"},
        {COUNTED_TWICE, "each pair was counted twice"},
        {0, NULL}};
    grade_call("near_pairs", grade_int(s->documents), grade_int(s->bands), grade_int(s->rows),
               grade_ints(s->x, s->documents * s->shingles),
               grade_ints(s->h, s->bands * s->rows * s->values));
    grade_expect_output("signature", 0, near, s, 0, slips);
    grade_expect_output("candidate", 1, near, s, 0, slips);
    grade_expect_output("the number of pairs", 2, near, s, 0, slips);
}

/* Hash functions that each put the U shingles in a random order. */
static const int *random_orders(int count, int values)
{
    int *h = arena_alloc(grade_arena(), (size_t)(count * values) * sizeof *h);
    for (int k = 0; k < count; k++) {
        for (int u = 0; u < values; u++)
            h[k * values + u] = u;
        rng_shuffle(grade_rng(), h + k * values, (size_t)values);
    }
    return h;
}

START_TEST(three_documents_by_hand)
{
    static const int x[] = {0, 1, 2, /* */ 1, 2, 3, /* */ 4, 5, -1};
    static const int h[] = {0,       1, 2, 3, 4, 5, /* */ 5, 4, 3, 2, 1, 0,
                            /* */ 2, 0, 4, 1, 5, 3, /* */ 3, 5, 0, 4, 1, 2};
    check_near(&(Sets){x, h, 3, 3, 6, 2, 2});
}
END_TEST

START_TEST(sets_of_different_sizes)
{
    enum { N = 7, S = 9, U = 23, B = 3, R = 2 };
    int x[N * S];
    for (int i = 0; i < N; i++)
        for (int s = 0; s < S; s++)
            x[i * S + s] = s == 0 || s < S - i ? 1 + rng_below(grade_rng(), U - 1) : -1;
    check_near(&(Sets){x, random_orders(B * R, U), N, S, U, B, R});
}
END_TEST

/* Each document shares most shingles with the one before it, so that some pairs are candidates and some are not. */
START_TEST(documents_that_resemble_each_other)
{
    enum { N = 11, S = 12, U = 60 };
    static const int bands[] = {2, 4, 5}, rows[] = {5, 3, 2};
    for (int round = 0; round < 3; round++) {
        int x[N * S];
        for (int i = 0; i < N; i++)
            for (int s = 0; s < S; s++)
                x[i * S + s] = i == 0 || rng_below(grade_rng(), 4) == 0 ? rng_below(grade_rng(), U)
                                                                        : x[(i - 1) * S + s];
        check_near(
            &(Sets){x, random_orders(bands[round] * rows[round], U), N, S, U, bands[round], rows[round]});
    }
}
END_TEST

/* ---- ex2: packing ---------------------------------------------------------------------------------------- */

typedef struct Packing {
    const int *ids, *length;
    int tokens, documents, end, time;
} Packing;

enum { PACKED, ROW_END_IGNORED, END_PREDICTS, OVER_ROWS, OF_THE_ROW, LAST_IGNORED };

/* Of document d the token i, or `end` after its last. */
static int token_of(const Packing *p, int d, int i)
{
    int before = 0;
    for (int k = 0; k < d; k++)
        before += p->length[k];
    return i < p->length[d] ? p->ids[before + i] : p->end;
}

static int target_of(const Packing *p, int d, int i, int at, int slip)
{
    bool last = i + 1 == p->length[d], over = i == p->length[d];
    if (slip == ROW_END_IGNORED && at % p->time == p->time - 1)
        return -1;
    if (over)
        return slip == END_PREDICTS && d + 1 < p->documents ? token_of(p, d + 1, 0) : -1;
    return last && slip == LAST_IGNORED ? -1 : token_of(p, d, i + 1);
}

static Tensor *packed(const void *context, int output, int slip)
{
    const Packing *p = context;
    int rows = (p->tokens + p->documents + p->time - 1) / p->time, at = 0;
    Tensor *x = grade_zeros(rows, p->time), *y = grade_zeros(rows, p->time),
           *position = grade_zeros(rows, p->time), *count = tensor_make(grade_arena(), 0, NULL);
    tensor_fill(x, (float)p->end);
    tensor_fill(y, -1);
    for (int d = 0; d < p->documents; d++)
        for (int i = 0; i <= p->length[d]; i++, at++) {
            int in_row = at % p->time;
            x->data[at] = (float)token_of(p, d, i);
            y->data[at] = (float)target_of(p, d, i, at, slip);
            position->data[at] =
                (float)(slip == OVER_ROWS || (i < in_row && slip != OF_THE_ROW) ? i : in_row);
        }
    count->data[0] = (float)rows;
    return output == 0 ? x : output == 1 ? y : output == 2 ? position : count;
}

static void check_packing(const int *ids, const int *length, int documents, int end, int time)
{
    static const GradeSlip slips[] = {
        {ROW_END_IGNORED, "the last position of a row predicts the first token of the next row"},
        {END_PREDICTS, "after `end` another document begins, which cannot be predicted from this one: -1"},
        {OVER_ROWS, "the position begins at 0 in each row: what stands in the row before is not seen"},
        {OF_THE_ROW, "the position begins at 0 with each document"},
        {LAST_IGNORED, "the last token of a document predicts `end`"},
        {0, NULL}};
    int tokens = 0;
    for (int d = 0; d < documents; d++)
        tokens += length[d];
    Packing p = {ids, length, tokens, documents, end, time};
    grade_call("pack_sequences", grade_ints(ids, tokens), grade_ints(length, documents), grade_int(end),
               grade_int(time));
    grade_expect_output("the number of rows", 3, packed, &p, 0, slips);
    grade_expect_output("x", 0, packed, &p, 0, slips);
    grade_expect_output("y", 1, packed, &p, 0, slips);
    grade_expect_output("position", 2, packed, &p, 0, slips);
}

START_TEST(two_documents_in_one_row)
{
    check_packing((const int[]){5, 6, 7, 8, 9}, (const int[]){3, 2}, 2, 1, 7);
}
END_TEST

START_TEST(a_document_over_three_rows)
{
    check_packing((const int[]){2, 3, 4, 5, 6, 7, 8, 9}, (const int[]){8}, 1, 0, 4);
}
END_TEST

START_TEST(a_last_row_that_is_filled_up)
{
    check_packing((const int[]){2, 3, 4, 5, 6}, (const int[]){1, 4}, 2, 9, 6);
}
END_TEST

START_TEST(documents_of_any_length)
{
    enum { D = 9 };
    for (int time = 3; time < 12; time += 4) {
        int ids[D * 14], length[D], tokens = 0;
        for (int d = 0; d < D; d++) {
            length[d] = d == 0 ? 5 : rng_below(grade_rng(), 14);
            tokens += length[d];
        }
        for (int i = 0; i < tokens; i++)
            ids[i] = 1 + rng_below(grade_rng(), 50);
        check_packing(ids, length, D, 0, time);
    }
}
END_TEST

void grade_tests_of_data(GradeSuite *s)
{
    grade_test(s, "ex1", three_documents_by_hand);
    grade_test(s, "ex1", sets_of_different_sizes);
    grade_test(s, "ex1", documents_that_resemble_each_other);
    grade_test(s, "ex2", two_documents_in_one_row);
    grade_test(s, "ex2", a_document_over_three_rows);
    grade_test(s, "ex2", a_last_row_that_is_filled_up);
    grade_test(s, "ex2", documents_of_any_length);
}
