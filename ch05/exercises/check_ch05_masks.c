/* check_ch05_masks.c -- tests of exercises 1 and 4 of chapter 5: what is hidden from a model. */
#include "ch05/exercises/check_ch05.h"

/* ---- ex1 ----------------------------------------------------------------------------------------- */

enum {
    MARKS_CHOSEN = 1,
    ALWAYS_HIDDEN,
    NEVER_RANDOM,
    NEVER_KEPT,
    ANY_ID,
    FROM_ZERO,
    DRAWN_BY_FATE,
    LABEL_EVERYWHERE,
    LABEL_NOWHERE,
    LABEL_OF_HIDDEN,
    LABEL_OF_CHANGED,
    LABEL_IS_INPUT
};

static const GradeSlip masking_slips[] = {
    {ALWAYS_HIDDEN,
     "every chosen position becomes [MASK]: the second number of a position decides what becomes of it"},
    {NEVER_RANDOM, "no word is replaced by another: the second number is held against hidden + random"},
    {NEVER_KEPT,
     "no chosen word is kept: it is replaced only if the second number is below hidden + random"},
    {ANY_ID, "the random word may be a special token: it is first plus a share of the vocab - first words"},
    {FROM_ZERO, "the random word is counted from 0: words begin at first"},
    {DRAWN_BY_FATE, "the random word is drawn with the second number of the position: it is the third"},
    {MARKS_CHOSEN, "a special token is chosen: ids below first, [CLS], [SEP] and padding, never are"},
    {LABEL_EVERYWHERE, "every position has a label: it is -1 where a position was not chosen"},
    {LABEL_NOWHERE, "no position has a label: chosen positions have the original id"},
    {LABEL_OF_HIDDEN, "only [MASK] has a label: random and kept words were chosen too"},
    {LABEL_OF_CHANGED, "kept words have no label: they were chosen too"},
    {LABEL_IS_INPUT, "the label is what the model reads: it is the id that stood there before"},
    {0, NULL}};

typedef struct MaskCase {
    Masking masking;
    const int *ids;
    const Tensor *u; /* (n,3) */
} MaskCase;

typedef enum Fate { NOT_CHOSEN, HIDDEN, RANDOM, KEPT } Fate;

static Fate fate_of(const Masking *m, int id, const float *u, int slip)
{
    if (u[0] >= m->chosen || (id < m->first && slip != MARKS_CHOSEN))
        return NOT_CHOSEN;
    if (u[1] < m->hidden || slip == ALWAYS_HIDDEN)
        return HIDDEN;
    if (slip == NEVER_RANDOM)
        return KEPT;
    return u[1] < m->hidden + m->random || slip == NEVER_KEPT ? RANDOM : KEPT;
}

static int random_word(const Masking *m, const float *u, int slip)
{
    if (slip == ANY_ID)
        return (int)(u[2] * (float)m->vocab);
    int word = (int)(u[slip == DRAWN_BY_FATE ? 1 : 2] * (float)(m->vocab - m->first));
    return slip == FROM_ZERO ? word : m->first + word;
}

static int label_of(Fate fate, int id, int input, int slip)
{
    bool chosen = fate != NOT_CHOSEN;
    if (slip == LABEL_EVERYWHERE)
        chosen = true;
    if (slip == LABEL_NOWHERE || (slip == LABEL_OF_HIDDEN && fate != HIDDEN) ||
        (slip == LABEL_OF_CHANGED && fate == KEPT))
        chosen = false;
    return !chosen ? IGNORE : slip == LABEL_IS_INPUT ? input : id;
}

/* Output 0 is the input, output 1 the label. */
static Tensor *masked(const void *context, int output, int slip)
{
    const MaskCase *c = context;
    const Masking *m = &c->masking;
    int n = c->u->shape[0];
    Tensor *out = grade_zeros(n);
    for (int i = 0; i < n; i++) {
        const float *u = c->u->data + 3 * i;
        Fate fate = fate_of(m, c->ids[i], u, slip);
        int input = fate == HIDDEN ? m->mask : fate == RANDOM ? random_word(m, u, slip) : c->ids[i];
        out->data[i] = (float)(output == 0 ? input : label_of(fate, c->ids[i], input, slip));
    }
    return out;
}

void call_mask_tokens(const Masking *m, const int *ids, const Tensor *u)
{
    grade_call("mask_tokens", grade_float(m->chosen), grade_float(m->hidden), grade_float(m->random),
               grade_int(m->first), grade_int(m->vocab), grade_int(m->mask), grade_ints(ids, u->shape[0]),
               grade_tensor(u));
}

static void check_mask_tokens(const Masking *m, const int *ids, const Tensor *u)
{
    const MaskCase c = {*m, ids, u};
    call_mask_tokens(m, ids, u);
    grade_expect_output("input", 0, masked, &c, 0, masking_slips);
    grade_expect_output("label", 1, masked, &c, 0, masking_slips);
}

START_TEST(each_fate_once)
{
    enum { PLACES = 7 };
    static const int ids[PLACES] = {2, 7, 8, 9, 6, 3, 0}; /* [CLS], four words, [SEP], padding */
    static const float u[PLACES][3] = {{0.01f, 0.1f, 0.5f},  {0.1f, 0.3f, 0.5f}, {0.14f, 0.85f, 0.65f},
                                       {0.02f, 0.95f, 0.2f}, {0.4f, 0.1f, 0.5f}, {0.05f, 0.85f, 0.5f},
                                       {0.1f, 0.95f, 0.5f}};
    const Masking bert = {
        .chosen = 0.15f, .hidden = 0.8f, .random = 0.1f, .first = 5, .vocab = 15, .mask = 4};
    Tensor *numbers = grade_zeros(PLACES, 3);
    tensor_copy(numbers, u[0]);
    check_mask_tokens(&bert, ids, numbers);
}
END_TEST

START_TEST(bert_on_random_words)
{
    enum { PLACES = 300 };
    const Masking bert = {
        .chosen = 0.15f, .hidden = 0.8f, .random = 0.1f, .first = 5, .vocab = 99, .mask = 4};
    check_mask_tokens(&bert, draw_ints(PLACES, 0, 98), draw_uniform(PLACES, 3));
}
END_TEST

/* [MASK] after the words, as in mlm_loss_demo, and other shares. */
START_TEST(other_shares_and_another_mask)
{
    enum { PLACES = 60 };
    const Masking m = {.chosen = 0.7f, .hidden = 0.4f, .random = 0.3f, .first = 3, .vocab = 40, .mask = 40};
    check_mask_tokens(&m, draw_ints(PLACES, 0, 39), draw_uniform(PLACES, 3));
}
END_TEST

/* Every number equals a share: below it is not. Eighths are exact. */
START_TEST(numbers_that_equal_a_share)
{
    enum { PLACES = 12 };
    const Masking m = {
        .chosen = 0.75f, .hidden = 0.5f, .random = 0.25f, .first = 3, .vocab = 11, .mask = 2};
    Tensor *u = grade_zeros(PLACES, 3);
    for (int i = 0; i < 3 * PLACES; i++)
        u->data[i] = 0.125f * (float)rng_below(grade_rng(), 8);
    for (int i = 0; i < 4; i++) {
        u->data[3 * i] = i == 0 ? 0.75f : 0;
        u->data[3 * i + 1] = i == 1 ? 0.5f : i == 2 ? 0.75f : 0.625f;
        u->data[3 * i + 2] = 0.875f;
    }
    check_mask_tokens(&m, draw_ints(PLACES, 3, 10), u);
}
END_TEST

START_TEST(special_tokens_alone)
{
    const Masking m = {.chosen = 1, .hidden = 0.5f, .random = 0.5f, .first = 4, .vocab = 9, .mask = 3};
    check_mask_tokens(&m, draw_ints(5, 0, 3), draw_uniform(5, 3));
}
END_TEST

/* ---- ex4 ----------------------------------------------------------------------------------------- */

enum { NOT_TURNED_ROUND = 1, LEFT_TO_RIGHT, LATER_SEEN, QUERY_SEES_ITSELF, CONTENT_BLIND, ALL_BUT_ITSELF };

static const GradeSlip order_slips[] = {
    {QUERY_SEES_ITSELF, "the query stream sees its own position, and with it the word it must predict: "
                        "only what is predicted before"},
    {CONTENT_BLIND,
     "the content stream does not see its own position: it sees what is predicted before, and itself"},
    {LATER_SEEN,
     "a position sees what is predicted after it: the row is who looks, the column who is looked at"},
    {NOT_TURNED_ROUND, "order[t] is taken for the turn of position t: it is the position whose turn is t"},
    {LEFT_TO_RIGHT,
     "the positions are taken in their order in the sentence: rows and columns are positions, but who sees "
     "whom follows order"},
    {ALL_BUT_ITSELF, "everything but the position itself is seen: only what is predicted before"},
    {0, NULL}};

typedef struct OrderCase {
    const int *order;
    int time;
} OrderCase;

/* When position t is predicted. */
static int turn_of(const OrderCase *c, int t, int slip)
{
    int turn = 0;
    if (slip == LEFT_TO_RIGHT)
        return t;
    if (slip == NOT_TURNED_ROUND)
        return c->order[t];
    while (c->order[turn] != t)
        turn++;
    return turn;
}

/* Output 0 is the content stream, output 1 the query stream. */
static Tensor *order_masks(const void *context, int output, int slip)
{
    const OrderCase *c = context;
    Tensor *mask = grade_zeros(c->time, c->time);
    for (int i = 0; i < c->time * c->time; i++) {
        int own = turn_of(c, i / c->time, slip), other = turn_of(c, i % c->time, slip);
        bool itself = output == 0 ? slip != CONTENT_BLIND : slip == QUERY_SEES_ITSELF;
        bool before = slip == LATER_SEEN ? other > own : other < own || slip == ALL_BUT_ITSELF;
        mask->data[i] = other == own ? itself : before;
    }
    return mask;
}

void call_order_mask(const int *order, int time)
{
    grade_call("order_mask", grade_ints(order, time));
}

static void check_order_mask(const int *order, int time)
{
    const OrderCase c = {order, time};
    call_order_mask(order, time);
    grade_expect_output("content", 0, order_masks, &c, 0, order_slips);
    grade_expect_output("query", 1, order_masks, &c, 0, order_slips);
}

START_TEST(from_left_to_right)
{
    check_order_mask((int[]){0, 1, 2, 3}, 4);
}
END_TEST

START_TEST(four_positions_in_another_order)
{
    check_order_mask((int[]){2, 3, 1, 0}, 4);
}
END_TEST

START_TEST(any_order)
{
    for (int round = 0; round < 3; round++) {
        int time = round == 2 ? 90 : 5 + rng_below(grade_rng(), 9);
        check_order_mask(draw_order(time), time);
    }
}
END_TEST

START_TEST(a_single_position)
{
    check_order_mask((int[]){0}, 1);
}
END_TEST

void grade_tests_of_masks(GradeSuite *s)
{
    grade_test(s, "ex1", each_fate_once);
    grade_test(s, "ex1", bert_on_random_words);
    grade_test(s, "ex1", other_shares_and_another_mask);
    grade_test(s, "ex1", numbers_that_equal_a_share);
    grade_test(s, "ex1", special_tokens_alone);
    grade_test(s, "ex4", from_left_to_right);
    grade_test(s, "ex4", four_positions_in_another_order);
    grade_test(s, "ex4", any_order);
    grade_test(s, "ex4", a_single_position);
}
