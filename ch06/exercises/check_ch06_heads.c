/* check_ch06_heads.c -- tests of the exercises on classifiers: ex1, ex11. */
#include "ch06/exercises/check_ch06.h"

/* ---- ex1: the output layer of a decoder ---------------------------------------------------------- */

typedef struct Head {
    const Tensor *hidden, *weight, *bias;
    const int *lengths;
} Head;

enum { PADDING = 1, FIRST, TOO_FAR, NO_BIAS, TURNED };

static int position_of(const Head *h, int b, int slip)
{
    int time = h->hidden->shape[1], last = h->lengths[b] - 1;
    return slip == PADDING                      ? time - 1
           : slip == FIRST                      ? 0
           : slip == TOO_FAR && last + 1 < time ? last + 1
                                                : last;
}

static Tensor *head_logits(const void *context, int output, int slip)
{
    const Head *h = context;
    int batch = h->hidden->shape[0], time = h->hidden->shape[1], width = h->hidden->shape[2],
        classes = h->bias->shape[0];
    Tensor *logits = grade_zeros(batch, classes);
    (void)output;
    for (int i = 0; i < batch * classes; i++) {
        int b = i / classes, k = i % classes;
        const float *state = h->hidden->data + (b * time + position_of(h, b, slip)) * width;
        double sum = slip == NO_BIAS ? 0 : (double)h->bias->data[k];
        for (int c = 0; c < width; c++)
            sum += (double)h->weight->data[slip == TURNED ? c * classes + k : k * width + c] *
                   (double)state[c];
        logits->data[i] = (float)sum;
    }
    return logits;
}

static void check_head(int batch, int time, int width, int classes, const int *lengths)
{
    static const GradeSlip slips[] = {
        {PADDING, "the last position of a text is lengths[b] - 1; what comes after it is padding"},
        {FIRST, "the first position of a decoder has seen one token alone"},
        {TOO_FAR, "lengths[b] tokens end at position lengths[b] - 1"},
        {NO_BIAS, "the bias is missing"},
        {TURNED, "weight is (K,C): row k belongs to class k"},
        {0, NULL}};
    Head h = {grade_normal(1, batch, time, width), grade_normal(1, classes, width),
              grade_normal(1, classes), lengths};
    grade_call("last_token_logits", grade_tensor(h.hidden), grade_ints(lengths, batch),
               grade_tensor(h.weight), grade_tensor(h.bias));
    grade_expect_output("logits", 0, head_logits, &h, 1e-4f, slips);
}

START_TEST(one_text_without_padding)
{
    check_head(1, 4, 3, 2, (const int[]){4});
}
END_TEST

START_TEST(texts_of_different_lengths)
{
    check_head(4, 6, 5, 3, (const int[]){2, 6, 1, 4});
}
END_TEST

START_TEST(texts_of_any_lengths)
{
    int batch, time, width, classes, lengths[9];
    grade_sizes(3, 9, &batch, &time, &width, &classes);
    for (int b = 0; b < batch; b++)
        lengths[b] = 1 + rng_below(grade_rng(), time);
    check_head(batch, time, width, classes, lengths);
}
END_TEST

/* ---- ex11: macro-F1 ------------------------------------------------------------------------------ */

typedef struct Answers {
    const int *actual, *predicted;
    int n, classes;
} Answers;

enum { ACCURACY = 1, ALL_CLASSES, RECALL, PRECISION, TRUE_CLASSES, ARITHMETIC };

static double f1_of(int hits, int said, int are, int slip)
{
    double precision = said > 0 ? (double)hits / said : 0, recall = are > 0 ? (double)hits / are : 0;
    if (slip == RECALL || slip == PRECISION)
        return slip == RECALL ? recall : precision;
    if (slip == ARITHMETIC)
        return (precision + recall) / 2;
    return said + are > 0 ? 2.0 * hits / (said + are) : 0;
}

static Tensor *macro(const void *context, int output, int slip)
{
    const Answers *x = context;
    Tensor *f1 = tensor_make(grade_arena(), 0, NULL);
    double sum = 0;
    int seen = 0, right = 0;
    (void)output;
    for (int k = 0; k < x->classes; k++) {
        int hits = 0, said = 0, are = 0;
        for (int i = 0; i < x->n; i++) {
            said += x->predicted[i] == k;
            are += x->actual[i] == k;
            hits += x->predicted[i] == k && x->actual[i] == k;
        }
        bool counts = slip == TRUE_CLASSES ? are > 0 : said + are > 0 || slip == ALL_CLASSES;
        sum += counts ? f1_of(hits, said, are, slip) : 0;
        seen += counts;
        right += hits;
    }
    double mean = seen > 0 ? sum / seen : 0;
    f1->data[0] = (float)(slip == ACCURACY ? (x->n > 0 ? (double)right / x->n : 0) : mean);
    return f1;
}

static void check_macro(const int *actual, const int *predicted, int n, int classes)
{
    static const GradeSlip slips[] = {
        {ACCURACY, "that is the accuracy; F1 is computed for each class, and then averaged"},
        {ALL_CLASSES, "a class that nobody said and no text has counts for nothing"},
        {RECALL, "that is the recall: what was said counts, too"},
        {PRECISION, "that is the precision: what is missing counts, too"},
        {TRUE_CLASSES, "a class that was said and that no text has is a class with F1 = 0"},
        {ARITHMETIC, "F1 is the harmonic mean of precision and recall: 2 hits / (said + are)"},
        {0, NULL}};
    const Answers x = {actual, predicted, n, classes};
    grade_call("macro_f1", grade_ints(actual, n), grade_ints(predicted, n), grade_int(classes));
    grade_expect_output("the macro-F1 that it returns", 0, macro, &x, 1e-5f, slips);
}

START_TEST(two_classes_by_hand)
{
    check_macro((const int[]){0, 0, 0, 0, 1, 1}, (const int[]){0, 0, 0, 1, 1, 0}, 6, 2);
}
END_TEST

START_TEST(a_rare_class_counts_as_much_as_a_frequent_one)
{
    check_macro((const int[]){0, 0, 0, 0, 0, 0, 0, 0, 0, 1}, (const int[]){0, 0, 0, 0, 0, 0, 0, 0, 0, 0},
                10, 2);
}
END_TEST

START_TEST(classes_that_do_not_occur)
{
    check_macro((const int[]){0, 2, 2, 0}, (const int[]){0, 2, 0, 0}, 4, 5);
    check_macro((const int[]){0, 2, 2, 0}, (const int[]){0, 2, 3, 0}, 4, 5);
}
END_TEST

START_TEST(any_answers)
{
    for (int round = 0; round < 4; round++) {
        int actual[60], predicted[60], n = 5 + rng_below(grade_rng(), 55),
                                       classes = 2 + rng_below(grade_rng(), 6);
        for (int i = 0; i < n; i++) {
            actual[i] = rng_below(grade_rng(), classes);
            predicted[i] = rng_below(grade_rng(), 3) ? actual[i] : rng_below(grade_rng(), classes);
        }
        check_macro(actual, predicted, n, classes);
    }
}
END_TEST

void grade_tests_of_heads(GradeSuite *s)
{
    grade_test(s, "ex1", one_text_without_padding);
    grade_test(s, "ex1", texts_of_different_lengths);
    grade_test(s, "ex1", texts_of_any_lengths);
    grade_test(s, "ex11", two_classes_by_hand);
    grade_test(s, "ex11", a_rare_class_counts_as_much_as_a_frequent_one);
    grade_test(s, "ex11", classes_that_do_not_occur);
    grade_test(s, "ex11", any_answers);
}
