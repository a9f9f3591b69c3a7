/* test_eval.c -- counting baselines: guesses against counts taken by hand and, on random texts, by plain loops. */
#include "common/base/base.h"
#include "common/eval/ngram.h"

#include <check.h>
#include <stdlib.h>

enum { MARK = 0, FIRST = 1 };

/* 2 3 4 | 2 3 4 | 2 3 5 | 6 3 5, with MARK between the texts. */
static const int texts[] = {MARK, 2, 3, 4, MARK, 2, 3, 4, MARK, 2, 3, 5, MARK, 6, 3, 5, MARK};
static const size_t count = sizeof texts / sizeof *texts;

static int guess(EvalNgramKind kind, const int *ids, int n, int i)
{
    EvalNgram *counts = eval_ngram_new(texts, count, FIRST);
    int token = eval_ngram_guess(counts, kind, ids, n, i);
    eval_ngram_free(counts);
    return token;
}

START_TEST(guesses_by_hand)
{
    const int after_2[] = {2, 3, 9}, after_6[] = {6, 3, 9}, unseen[] = {8, 3, 9}, nothing[] = {8, 8, 9};
    const int between[] = {6, 3, 9, MARK}, start[] = {MARK, 9, 3};
    ck_assert_int_eq(guess(EVAL_NGRAM_COMMON, after_2, 3, 2), 3); /* four times */
    ck_assert_int_eq(guess(EVAL_NGRAM_LEFT, after_2, 3, 2), 4);   /* 2 3: 4 twice, 5 once */
    ck_assert_int_eq(guess(EVAL_NGRAM_LEFT, after_6, 3, 2), 5);
    ck_assert_int_eq(guess(EVAL_NGRAM_LEFT, unseen, 3, 2), 4);     /* 3 alone: 4 and 5 twice, the smaller */
    ck_assert_int_eq(guess(EVAL_NGRAM_LEFT, nothing, 3, 2), 3);    /* neither was seen */
    ck_assert_int_eq(guess(EVAL_NGRAM_BETWEEN, between, 4, 2), 4); /* 3 _ MARK: 4 and 5 twice */
    ck_assert_int_eq(guess(EVAL_NGRAM_BETWEEN, start, 3, 1), 2);   /* MARK _ 3: 2 three times */
    ck_assert_int_eq(guess(EVAL_NGRAM_BETWEEN, after_6, 3, 2), 5); /* nothing follows: as LEFT */
}
END_TEST

/* The token is not looked at, and special tokens are never guessed. */
START_TEST(blind_to_the_answer)
{
    EvalNgram *counts = eval_ngram_new(texts, count, FIRST);
    for (size_t i = 0; i < count; i++) {
        for (int kind = 0; kind < EVAL_NGRAM_KINDS; kind++) {
            int changed[sizeof texts / sizeof *texts];
            for (size_t k = 0; k < count; k++)
                changed[k] = k == i ? 7 : texts[k];
            int before = eval_ngram_guess(counts, (EvalNgramKind)kind, texts, (int)count, (int)i);
            ck_assert_int_eq(before,
                             eval_ngram_guess(counts, (EvalNgramKind)kind, changed, (int)count, (int)i));
            ck_assert_int_ne(before, MARK);
        }
    }
    eval_ngram_free(counts);
}
END_TEST

/* The most frequent token after a and b, by plain counting; -1 if the pair was never seen. */
static int plain(const int *ids, int n, int a, int b, int vocab)
{
    int seen[64] = {0}, best = -1;
    for (int i = 2; i < n; i++)
        if (ids[i - 2] == a && ids[i - 1] == b && ids[i] >= FIRST)
            seen[ids[i]]++;
    for (int v = 0; v < vocab; v++)
        if (seen[v] > (best < 0 ? 0 : seen[best]))
            best = v;
    return best;
}

START_TEST(guesses_by_plain_counting)
{
    enum { N = 3000, VOCAB = 7 };
    int ids[N], found = 0;
    Rng rng = rng_new(5);
    for (int i = 0; i < N; i++)
        ids[i] = rng_below(&rng, VOCAB);
    EvalNgram *counts = eval_ngram_new(ids, N, FIRST);
    for (int a = 0; a < VOCAB; a++) {
        for (int b = 0; b < VOCAB; b++) {
            const int text[] = {a, b, 0};
            int expected = plain(ids, N, a, b, VOCAB);
            ck_assert_int_eq(eval_ngram_guess(counts, EVAL_NGRAM_LEFT, text, 3, 2), expected);
            found += expected >= 0;
        }
    }
    ck_assert_int_eq(found, VOCAB * VOCAB);
    eval_ngram_free(counts);
}
END_TEST

int main(void)
{
    Suite *s = suite_create("eval");
    TCase *t = tcase_create("ngram");
    tcase_add_test(t, guesses_by_hand);
    tcase_add_test(t, blind_to_the_answer);
    tcase_add_test(t, guesses_by_plain_counting);
    suite_add_tcase(s, t);
    SRunner *r = srunner_create(s);
    srunner_run_all(r, CK_NORMAL);
    int failed = srunner_ntests_failed(r);
    srunner_free(r);
    return failed != 0;
}
