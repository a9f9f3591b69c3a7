/* check_ch06_ex7.c -- tests of exercise 7 of chapter 6: which tokens are learnt. */
#include "ch06/exercises/check_ch06.h"

#include <string.h>

enum { START = 1, END, USER, ASSISTANT, SYSTEM, LINE, WORDS }; /* tokens; words from WORDS on */
enum { MAX_IDS = 120 };

enum { NOT_SHIFTED = 1, WITHOUT_END, WITH_HEADER, WITH_LINE_BREAK, EVERYBODY, ROLE_ANYWHERE };

static const GradeSlip slips[] = {
    {NOT_SHIFTED, "position t must say the next token, ids[t + 1], not its own"},
    {WITHOUT_END, "the `end` of an answer is learnt, too: else the model never learns to stop"},
    {WITH_HEADER, "role and line break after `start` are given, not learnt"},
    {WITH_LINE_BREAK, "the line break after `end` belongs to the template, not to the answer"},
    {EVERYBODY, "only what the assistant says is learnt"},
    {ROLE_ANYWHERE, "a role is the token after `start`; within a content the same token is a word"},
    {0, NULL}};

typedef struct Talk {
    const int *ids;
    int n;
} Talk;

/* Whether token t belongs to an answer: by looking back to the start of its message. */
static bool is_answer(const Talk *k, int t, int slip)
{
    int begin = t, role = t;
    while (begin >= 0 && k->ids[begin] != START)
        begin--;
    if (slip == ROLE_ANYWHERE) {
        while (role >= 0 && k->ids[role] != ASSISTANT)
            role--;
        for (int i = role; i >= 0 && i < t; i++)
            role = k->ids[i] == END ? -2 : role;
        return role >= 0 && t >= role + 2;
    }
    if (begin < 0 || begin + 1 >= k->n || (slip != EVERYBODY && k->ids[begin + 1] != ASSISTANT))
        return false;
    if (slip != WITH_LINE_BREAK && t > 0 && k->ids[t - 1] == END)
        return false;
    if (slip == WITHOUT_END && k->ids[t] == END)
        return false;
    return t >= begin + (slip == WITH_HEADER ? 1 : 3);
}

static Tensor *targets_of(const void *context, int output, int slip)
{
    const Talk *k = context;
    Tensor *y = grade_zeros(k->n);
    (void)output;
    for (int t = 0; t < k->n; t++) {
        int said = slip == NOT_SHIFTED ? t : t + 1;
        y->data[t] = said < k->n && is_answer(k, said, slip) ? (float)k->ids[said] : -1;
    }
    return y;
}

static void check_talk(const int *ids, int n)
{
    Talk k = {ids, n};
    grade_call("response_targets", grade_ints(ids, n), grade_int(START), grade_int(END),
               grade_int(ASSISTANT));
    grade_expect_output("targets", 0, targets_of, &k, 0, slips);
}

START_TEST(a_question_and_an_answer)
{
    static const int ids[] = {START, USER,      LINE, 10, 11, END, LINE,
                              START, ASSISTANT, LINE, 12, 13, END, LINE};
    check_talk(ids, sizeof ids / sizeof *ids);
}
END_TEST

START_TEST(several_turns_after_a_system_message)
{
    static const int ids[] = {START, SYSTEM,    LINE, 20, END, LINE, START, USER, LINE, 10, END, LINE,
                              START, ASSISTANT, LINE, 12, END, LINE, START, USER, LINE, 14, END, LINE,
                              START, ASSISTANT, LINE, 15, 16,  END,  LINE};
    check_talk(ids, sizeof ids / sizeof *ids);
}
END_TEST

START_TEST(a_content_with_the_word_assistant_and_a_line_break)
{
    static const int ids[] = {START,     USER, LINE, ASSISTANT, LINE,      10, END, LINE, START,
                              ASSISTANT, LINE, 12,   LINE,      ASSISTANT, 13, END, LINE};
    check_talk(ids, sizeof ids / sizeof *ids);
}
END_TEST

/* Appends a message; returns the new length. */
static int add_message(int *ids, int n, int role)
{
    int words = rng_below(grade_rng(), 6);
    const int head[] = {START, role, LINE};
    memcpy(ids + n, head, sizeof head);
    n += 3;
    for (int i = 0; i < words; i++)
        ids[n++] = USER + rng_below(grade_rng(), 12);
    ids[n++] = END;
    ids[n++] = LINE;
    return n;
}

START_TEST(conversations_cut_off_anywhere)
{
    for (int round = 0; round < 12; round++) {
        int ids[MAX_IDS], n = 0;
        for (int i = 0; i < 4 + rng_below(grade_rng(), 4); i++)
            n = add_message(ids, n, i % 2 ? ASSISTANT : rng_below(grade_rng(), 3) ? USER : SYSTEM);
        check_talk(ids, n - rng_below(grade_rng(), 9));
    }
}
END_TEST

void grade_tests_of_ex7(GradeSuite *s)
{
    grade_test(s, "ex7", a_question_and_an_answer);
    grade_test(s, "ex7", several_turns_after_a_system_message);
    grade_test(s, "ex7", a_content_with_the_word_assistant_and_a_line_break);
    grade_test(s, "ex7", conversations_cut_off_anywhere);
}
