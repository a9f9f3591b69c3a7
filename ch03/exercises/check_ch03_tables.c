/* check_ch03_tables.c -- tests of exercises 5 and 7 of chapter 3: tables that follow a formula. */
#include "ch03/exercises/check_ch03.h"

#include <math.h>

/* ---- ex5 ----------------------------------------------------------------------------------------- */

/* One number of the table, as it should be or as a likely mistake has it. */
typedef double Entry(int t, int c, int channels);

static double angle(int t, double exponent)
{
    return t * pow(10000, exponent);
}

static double right(int t, int c, int channels)
{
    double a = angle(t, -2.0 * (c / 2) / channels);
    return c % 2 ? cos(a) : sin(a);
}

static double cosine_first(int t, int c, int channels)
{
    double a = angle(t, -2.0 * (c / 2) / channels);
    return c % 2 ? sin(a) : cos(a);
}

static double two_halves(int t, int c, int channels)
{
    int hands = channels / 2;
    double a = angle(t, -2.0 * (c % hands) / channels);
    return c < hands ? sin(a) : cos(a);
}

static double channels_counted(int t, int c, int channels)
{
    double a = angle(t, -2.0 * c / channels);
    return c % 2 ? cos(a) : sin(a);
}

static double own_speeds(int t, int c, int channels)
{
    double a = angle(t, -1.0 * c / channels);
    return c % 2 ? cos(a) : sin(a);
}

static double half_exponent(int t, int c, int channels)
{
    double a = angle(t, -1.0 * (c / 2) / channels);
    return c % 2 ? cos(a) : sin(a);
}

static double positive_exponent(int t, int c, int channels)
{
    double a = angle(t, 2.0 * (c / 2) / channels);
    return c % 2 ? cos(a) : sin(a);
}

static double whole_division(int t, int c, int channels)
{
    (void)channels;
    return c % 2 ? cos(t) : sin(t);
}

static double from_one(int t, int c, int channels)
{
    return right(t + 1, c, channels);
}

static double sines_only(int t, int c, int channels)
{
    return sin(angle(t, -2.0 * (c / 2) / channels));
}

static Tensor *table_of(Entry *entry, int time, int channels)
{
    Tensor *table = grade_zeros(time, channels);
    for (int i = 0; i < time * channels; i++)
        table->data[i] = (float)entry(i / channels, i % channels, channels);
    return table;
}

static void check_sinusoids(int time, int channels)
{
    const GradeCause causes[] = {
        {table_of(cosine_first, time, channels),
         "sine and cosine are exchanged: even channels hold the sine"},
        {table_of(sines_only, time, channels), "sine everywhere: odd channels hold the cosine"},
        {table_of(two_halves, time, channels),
         "all sines, then all cosines: hand i belongs in channels 2i and 2i+1, side by side"},
        {table_of(whole_division, time, channels),
         "every hand turns at speed 1: 2 * i / C of whole numbers is 0; write 2.0 * i / C"},
        {table_of(channels_counted, time, channels),
         "i in the exponent counts channels: it counts hands, 0 .. C/2-1"},
        {table_of(own_speeds, time, channels),
         "sine and cosine of a hand turn at different speeds: both take the exponent of their hand"},
        {table_of(half_exponent, time, channels), "the exponent is -2i/C, not -i/C"},
        {table_of(positive_exponent, time, channels),
         "the hands become faster instead of slower: the exponent is negative"},
        {table_of(from_one, time, channels), "the first row is position 0, not 1"},
        {NULL, NULL}};
    const Tensor *table = grade_call("sinusoids", grade_int(time), grade_int(channels));
    grade_expect("table", table, table_of(right, time, channels), 1e-3f, causes);
}

START_TEST(a_few_positions)
{
    int time, pairs;
    grade_sizes(3, 9, &time, &pairs);
    check_sinusoids(time, 2 * pairs);
}
END_TEST

START_TEST(one_position_and_one_hand)
{
    check_sinusoids(1, 8);
    check_sinusoids(7, 2);
}
END_TEST

START_TEST(many_positions)
{
    check_sinusoids(150, 64);
}
END_TEST

/* ---- ex9 ----------------------------------------------------------------------------------------- */

/* Whether word t may look at word s in a sentence of `length` words, or what a mistake makes of it. */
typedef bool Rule(int t, int s, int length);

static bool both(int t, int s, int length)
{
    return s <= t && s < length;
}

static bool either(int t, int s, int length)
{
    return s <= t || s < length;
}

static bool neither(int t, int s, int length)
{
    return !both(t, s, length);
}

static bool look_ahead_only(int t, int s, int length)
{
    (void)length;
    return s <= t;
}

static bool padding_only(int t, int s, int length)
{
    (void)t;
    return s < length;
}

static bool not_itself(int t, int s, int length)
{
    return s < t && s < length;
}

static bool one_pad_too_many(int t, int s, int length)
{
    return s <= t && s <= length;
}

static bool looks_forward(int t, int s, int length)
{
    return s >= t && s < length;
}

static bool transposed(int t, int s, int length)
{
    return both(s, t, length);
}

static bool rows_hidden(int t, int s, int length)
{
    return s <= t && t < length;
}

static Tensor *mask_of(Rule *rule, const int *lengths, int batch, int time)
{
    Tensor *allowed = grade_zeros(batch, time, time);
    for (int i = 0; i < batch * time * time; i++)
        allowed->data[i] = rule(i / time % time, i % time, lengths[i / (time * time)]);
    return allowed;
}

/* The other form of a mask: 0 where a word is seen, -infinity where it is not. */
static Tensor *added_to_scores(Tensor *allowed)
{
    for (size_t i = 0; i < allowed->size; i++)
        allowed->data[i] = allowed->data[i] > 0 ? 0 : -INFINITY;
    return allowed;
}

/* Right, but with the batch and the row exchanged in the index. */
static Tensor *mask_by_rows(const int *lengths, int batch, int time)
{
    Tensor *allowed = grade_zeros(batch, time, time);
    for (int i = 0; i < batch * time * time; i++) {
        int b = i / (time * time), t = i / time % time, s = i % time;
        allowed->data[(t * batch + b) * time + s] = both(t, s, lengths[b]);
    }
    return allowed;
}

/* Every sentence with the length of the first. */
static Tensor *mask_of_first(const int *lengths, int batch, int time)
{
    Tensor *allowed = grade_zeros(batch, time, time);
    for (int i = 0; i < batch * time * time; i++)
        allowed->data[i] = both(i / time % time, i % time, lengths[0]);
    return allowed;
}

static void check_combined_mask(const int *lengths, int batch, int time)
{
    const GradeCause causes[] = {
        {mask_of(look_ahead_only, lengths, batch, time),
         "the padding is not hidden: s < lengths[b] is missing"},
        {mask_of(padding_only, lengths, batch, time), "later words are not hidden: s <= t is missing"},
        {mask_of(either, lengths, batch, time),
         "joined by 'or': a word is seen where both masks allow it, &&"},
        {mask_of(neither, lengths, batch, time), "0 and 1 are exchanged: 1 means that it may look"},
        {mask_of(not_itself, lengths, batch, time), "a word does not see itself: s <= t, not s < t"},
        {mask_of(one_pad_too_many, lengths, batch, time),
         "the first <pad> is seen: it is word lengths[b], so s < lengths[b]"},
        {mask_of(looks_forward, lengths, batch, time), "a word looks forward instead of back: s <= t"},
        {mask_of(transposed, lengths, batch, time),
         "rows and columns are exchanged: t, who looks, is the row"},
        {mask_of(rows_hidden, lengths, batch, time),
         "rows of <pad> are hidden: only columns of <pad> need to be, s < lengths[b]"},
        {mask_by_rows(lengths, batch, time),
         "the index is (t * B + b) * T + s: it is sentence after sentence, (b * T + t) * T + s"},
        {mask_of_first(lengths, batch, time),
         "every sentence gets the length of the first: that of sentence b is lengths[b]"},
        {added_to_scores(mask_of(both, lengths, batch, time)),
         "this is what is added to the scores, 0 and -infinity: asked for is a table of 1 and 0"},
        {NULL, NULL}};
    const Tensor *allowed = grade_call("combined_mask", grade_int(time), grade_ints(lengths, batch));
    grade_expect("allowed", allowed, mask_of(both, lengths, batch, time), 0, causes);
}

START_TEST(the_sentence_of_the_section)
{
    check_combined_mask((int[]){4}, 1, 6); /* birds sing at dawn <pad> <pad> */
}
END_TEST

START_TEST(sentences_of_any_length)
{
    int batch, time, lengths[8];
    grade_sizes(3, 8, &batch, &time);
    for (int b = 0; b < batch; b++)
        lengths[b] = rng_below(grade_rng(), time + 1);
    check_combined_mask(lengths, batch, time);
}
END_TEST

START_TEST(full_and_empty_sentences)
{
    check_combined_mask((int[]){5, 0, 1}, 3, 5);
}
END_TEST

START_TEST(sentences_of_one_word)
{
    check_combined_mask((int[]){1, 0}, 2, 1);
}
END_TEST

void grade_tests_of_tables(GradeSuite *s)
{
    grade_test(s, "ex5", a_few_positions);
    grade_test(s, "ex5", one_position_and_one_hand);
    grade_test(s, "ex5", many_positions);
    grade_test(s, "ex9", the_sentence_of_the_section);
    grade_test(s, "ex9", sentences_of_any_length);
    grade_test(s, "ex9", full_and_empty_sentences);
    grade_test(s, "ex9", sentences_of_one_word);
}
