/* check_ch04_quality.c -- tests of the exercises on the quality of texts: ex14, ex15. */
#include "ch04/exercises/check_ch04.h"

#include <math.h>

/* ---- ex14: a step of the classifier ------------------------------------------------------------------------ */

typedef struct Step {
    const Tensor *w; /* (V) */
    const int *bucket;
    int n, y;
    float b, rate;
} Step;

enum { RIGHT, NOT_SCALED, MEAN, GRADIENT_NOT_SCALED, ONCE, UPHILL, BIAS_SCALED };

static double probability(const Step *s, int slip)
{
    double sum = 0;
    for (int i = 0; i < s->n; i++)
        sum += (double)s->w->data[s->bucket[i]];
    return 1 / (1 + exp(-(double)s->b - sum / (slip == NOT_SCALED ? 1 : slip == MEAN ? s->n : sqrt(s->n))));
}

static Tensor *stepped(const void *context, int output, int slip)
{
    const Step *s = context;
    double p = probability(s, slip), error = slip == UPHILL ? s->y - p : p - s->y, root = sqrt(s->n);
    Tensor *w = grade_copy(s->w), *b = grade_zeros(1), *number = tensor_make(grade_arena(), 0, NULL);
    b->data[0] = (float)((double)s->b - (double)s->rate * error / (slip == BIAS_SCALED ? root : 1));
    number->data[0] = (float)p;
    for (int v = 0; v < s->w->shape[0]; v++) {
        int times = 0;
        for (int i = 0; i < s->n; i++)
            times += s->bucket[i] == v;
        times = slip == ONCE && times > 1 ? 1 : times;
        w->data[v] = (float)((double)s->w->data[v] -
                             (double)s->rate * error * times / (slip == GRADIENT_NOT_SCALED ? 1 : root));
    }
    return output == 0 ? w : output == 1 ? b : number;
}

static void check_step(const Step *s)
{
    static const GradeSlip slips[] = {
        {NOT_SCALED, "the sum of the weights is to be divided by sqrt(n)"},
        {MEAN, "the sum is divided by sqrt(n), not by n"},
        {GRADIENT_NOT_SCALED, "the derivative of z with respect to a weight is 1/sqrt(n), not 1"},
        {ONCE, "a bucket that comes several times moves several times as far"},
        {UPHILL, "the step goes uphill: the loss grows"},
        {BIAS_SCALED, "the derivative of z with respect to b is 1"},
        {0, NULL}};
    grade_call("quality_step", grade_tensor(s->w), grade_float(s->b), grade_ints(s->bucket, s->n),
               grade_int(s->y), grade_float(s->rate));
    grade_expect_output("p", 2, stepped, s, 1e-5f, slips);
    grade_expect_output("w_next", 0, stepped, s, 1e-5f, slips);
    grade_expect_output("b_next", 1, stepped, s, 1e-5f, slips);
}

START_TEST(four_features_of_a_good_text)
{
    check_step(&(Step){grade_normal(1, 6), (const int[]){0, 2, 3, 5}, 4, 1, 0.5f, 0.25f});
}
END_TEST

START_TEST(buckets_that_come_twice)
{
    check_step(&(Step){grade_normal(1, 5), (const int[]){1, 1, 4, 1, 2, 4, 0}, 7, 0, -0.25f, 0.5f});
}
END_TEST

START_TEST(texts_of_any_length)
{
    enum { V = 40 };
    for (int n = 1; n < 60; n += 17) {
        int bucket[60];
        for (int i = 0; i < n; i++)
            bucket[i] = rng_below(grade_rng(), V);
        check_step(&(Step){grade_normal(1, V), bucket, n, n % 2, 0.3f, 0.7f});
    }
}
END_TEST

/* ---- ex15: repeated n-grams -------------------------------------------------------------------------------- */

typedef struct Repetition {
    const int *unit, *chars;
    int n, length; /* N */
} Repetition;

enum { EXACT, OVERLAPPING, OF_WORDS, FIRST_TOO, FIRST_WORD };

static bool is_same(const Repetition *r, int a, int b, int length)
{
    for (int k = 0; k < length; k++)
        if (r->unit[a + k] != r->unit[b + k])
            return false;
    return true;
}

static Tensor *repeated(const void *context, int output, int slip)
{
    const Repetition *r = context;
    int stops[200], count = 0, all = 0, sum = 0;
    Tensor *share = tensor_make(grade_arena(), 0, NULL);
    (void)output;
    for (int i = 0; i < r->n; i++)
        all += r->chars[i];
    for (int i = 0; i + r->length <= r->n;) {
        int before = -1;
        for (int s = 0; s < count && before < 0; s++)
            if (is_same(r, stops[s], i, slip == FIRST_WORD ? 1 : r->length))
                before = stops[s];
        if (before < 0)
            stops[count++] = i;
        for (int k = 0; before >= 0 && k < r->length; k++)
            sum += slip == OF_WORDS ? 1 : r->chars[i + k] + (slip == FIRST_TOO ? r->chars[before + k] : 0);
        i += before >= 0 && slip != OVERLAPPING ? r->length : 1;
    }
    share->data[0] = all > 0 ? (float)sum / (float)all : 0;
    return share;
}

static void check_repetition(const int *unit, const int *chars, int n, int length)
{
    static const GradeSlip slips[] = {
        {OVERLAPPING, "after a repeated n-gram go on N words: its characters count once"},
        {OF_WORDS, "the share is one of characters, not of words"},
        {FIRST_TOO, "the first occurrence is not repeated yet"},
        {FIRST_WORD, "all N words have to be the same, not the first alone"},
        {0, NULL}};
    Repetition r = {unit, chars, n, length};
    grade_call("repeated_share", grade_ints(unit, n), grade_ints(chars, n), grade_int(length));
    grade_expect_output("the share", 0, repeated, &r, 1e-6f, slips);
}

START_TEST(a_sentence_that_comes_twice)
{
    check_repetition((const int[]){1, 2, 3, 4, 1, 2, 3, 5}, (const int[]){3, 7, 2, 5, 3, 7, 2, 4}, 8, 3);
}
END_TEST

START_TEST(the_same_words_at_the_end)
{
    check_repetition((const int[]){1, 2, 9, 7, 1, 2}, (const int[]){3, 7, 1, 1, 3, 7}, 6, 2);
}
END_TEST

START_TEST(one_word_again_and_again)
{
    check_repetition((const int[]){4, 4, 4, 4, 4, 4, 4}, (const int[]){2, 2, 2, 2, 2, 2, 2}, 7, 2);
}
END_TEST

START_TEST(words_without_characters)
{
    check_repetition((const int[]){4, 4, 4}, (const int[]){0, 1, 2}, 3, 1);
    check_repetition((const int[]){4, 4, 4}, (const int[]){0, 0, 0}, 3, 1);
    check_repetition((const int[]){4, 5, 6}, (const int[]){1, 2, 3}, 3, 5);
}
END_TEST

START_TEST(texts_of_few_different_words)
{
    for (int length = 1; length < 6; length++) {
        int unit[90], chars[90];
        for (int i = 0; i < 90; i++) {
            unit[i] = i > 40 && rng_below(grade_rng(), 5) ? unit[i - 29] : rng_below(grade_rng(), 4);
            chars[i] = 1 + unit[i] + unit[i] * unit[i];
        }
        check_repetition(unit, chars, 90, length);
    }
}
END_TEST

void grade_tests_of_quality(GradeSuite *s)
{
    grade_test(s, "ex14", four_features_of_a_good_text);
    grade_test(s, "ex14", buckets_that_come_twice);
    grade_test(s, "ex14", texts_of_any_length);
    grade_test(s, "ex15", a_sentence_that_comes_twice);
    grade_test(s, "ex15", the_same_words_at_the_end);
    grade_test(s, "ex15", one_word_again_and_again);
    grade_test(s, "ex15", words_without_characters);
    grade_test(s, "ex15", texts_of_few_different_words);
}
