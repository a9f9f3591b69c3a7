/* check_ch02_text.c -- tests of the exercises on text: ex5, ex6. */
#include "ch02/exercises/check_ch02.h"

#include <math.h>

/* ---- ex5: byte pair encoding --------------------------------------------------------------------- */

typedef struct Encoding {
    const int *symbols, *merges;
    int n, count; /* symbols; merges */
} Encoding;

enum { IN_ORDER, LEFTMOST_PAIR, FIRST_ONLY, FROM_THE_RIGHT, NOTHING_MERGED };

/* The position of the pair to join next, or -1; *m: the merge. */
static int next_pair(const Encoding *x, const int *tokens, int count, int slip, const bool *used, int *m)
{
    int best = -1;
    for (int i = 0; i + 1 < count; i++) {
        for (int k = 0; k < x->count; k++) {
            bool fits = tokens[i] == x->merges[3 * k] && tokens[i + 1] == x->merges[3 * k + 1] && !used[k];
            bool better =
                best < 0 || (slip == LEFTMOST_PAIR ? false : k < *m || (k == *m && slip == FROM_THE_RIGHT));
            if (fits && better) {
                best = i;
                *m = k;
            }
        }
    }
    return slip == NOTHING_MERGED ? -1 : best;
}

static Tensor *encoded(const void *context, int output, int slip)
{
    const Encoding *x = context;
    Tensor *out = grade_zeros(x->n);
    int *tokens = arena_alloc(grade_arena(), (size_t)x->n * sizeof *tokens), count = x->n, m = 0;
    bool used[64] = {false};
    for (int i = 0; i < x->n; i++)
        tokens[i] = x->symbols[i];
    for (int at; (at = next_pair(x, tokens, count, slip, used, &m)) >= 0;) {
        tokens[at] = x->merges[3 * m + 2];
        for (int k = at + 1; k + 1 < count; k++)
            tokens[k] = tokens[k + 1];
        count--;
        used[m] = slip == FIRST_ONLY;
    }
    for (int i = 0; i < x->n; i++)
        out->data[i] = i < count ? (float)tokens[i] : -1;
    if (output == 0)
        return out;
    Tensor *number = tensor_make(grade_arena(), 0, NULL);
    number->data[0] = (float)count;
    return number;
}

static void check_encoding(const int *symbols, int n, const int *merges, int count)
{
    static const GradeSlip slips[] = {
        {LEFTMOST_PAIR, "the leftmost pair was joined first; the merge that was learned first goes first"},
        {FIRST_ONLY, "each merge was applied once; it applies wherever its pair occurs"},
        {FROM_THE_RIGHT, "of equal pairs the rightmost was joined first; the leftmost goes first"},
        {NOTHING_MERGED, "nothing was joined"},
        {0, NULL}};
    Encoding x = {symbols, merges, n, count};
    grade_call("bpe_encode", grade_ints(symbols, n), grade_ints(merges, 3 * count));
    grade_expect_output("tokens", 0, encoded, &x, 0, slips);
    grade_expect_output("the number of tokens", 1, encoded, &x, 0, slips);
}

START_TEST(lower_by_hand)
{
    /* l 0, o 1, w 2, e 3, r 4; lo 5, low 6, er 7 */
    static const int merges[] = {0, 1, 5, 5, 2, 6, 3, 4, 7};
    check_encoding((const int[]){0, 1, 2, 3, 4}, 5, merges, 3);
    check_encoding((const int[]){2, 3, 4}, 3, merges, 3);
    check_encoding((const int[]){4}, 1, merges, 3);
}
END_TEST

START_TEST(what_was_learned_first_goes_first)
{
    static const int merges[] = {1, 2, 3, /* */ 0, 1, 4, /* */ 4, 2, 5};
    check_encoding((const int[]){0, 1, 2, 0, 1}, 5, merges, 3);
}
END_TEST

/* After the first merge the word ends with 3; what lay after it must not be read. */
START_TEST(the_word_ends_earlier_than_before)
{
    static const int merges[] = {0, 1, 3, /* */ 3, 1, 4};
    check_encoding((const int[]){2, 0, 1}, 3, merges, 2);
}
END_TEST

START_TEST(the_same_symbol_in_a_row)
{
    static const int merges[] = {0, 0, 1, /* */ 1, 1, 2};
    check_encoding((const int[]){0, 0, 0, 0, 0, 0, 0}, 7, merges, 2);
    check_encoding((const int[]){3, 0, 0, 0, 3}, 5, merges, 2);
}
END_TEST

/* Merges as training finds them: each joins a pair of the text as it then is. */
START_TEST(merges_of_random_texts)
{
    enum { N = 40, MERGES = 8 };
    for (int round = 0; round < 4; round++) {
        int text[N], merges[3 * MERGES], tokens[N], count = N, made = 0;
        for (int i = 0; i < N; i++)
            text[i] = tokens[i] = rng_below(grade_rng(), 3);
        while (made < MERGES && count > 2) {
            int at = rng_below(grade_rng(), count - 1), left = tokens[at], right = tokens[at + 1], kept = 0;
            int *merge = merges + 3 * made;
            merge[0] = left, merge[1] = right, merge[2] = 3 + made++;
            for (int i = 0; i < count; i++, kept++) {
                bool both = i + 1 < count && tokens[i] == left && tokens[i + 1] == right;
                tokens[kept] = both ? merge[2] : tokens[i];
                i += both;
            }
            count = kept;
        }
        check_encoding(text, N, merges, made);
        for (int i = 0; i < N; i++)
            text[i] = rng_below(grade_rng(), 3);
        check_encoding(text, N - round, merges, made);
    }
}
END_TEST

/* ---- ex6: the best cut --------------------------------------------------------------------------- */

enum { BEST, LONGEST_FIRST, BEST_FIRST, TURNED_AROUND, FEWEST };

/* The best cut by trying all, from character `at` on; slip FEWEST counts pieces. Returns the sum. */
static double try_all(const Tensor *score, int at, int slip, int *length, int *count)
{
    int n = score->shape[0], longest = score->shape[1], best_count = 0;
    double best = -INFINITY;
    *count = 0;
    if (at == n)
        return 0;
    for (int l = 1; l <= longest && at + l <= n; l++) {
        int rest[32], rest_count;
        double one = (double)score->data[at * longest + l - 1];
        if (isinf(one))
            continue;
        double sum = (slip == FEWEST ? -1 : one) + try_all(score, at + l, slip, rest, &rest_count);
        if (sum > best) {
            best = sum;
            best_count = rest_count + 1;
            length[0] = l;
            for (int i = 0; i < rest_count; i++)
                length[i + 1] = rest[i];
        }
    }
    *count = best_count;
    return best;
}

static int greedy(const Tensor *score, int slip, int *length)
{
    int n = score->shape[0], longest = score->shape[1], count = 0;
    for (int at = 0; at < n;) {
        int l = 0;
        for (int k = 1; k <= longest && at + k <= n; k++) {
            float one = score->data[at * longest + k - 1];
            if (!isinf(one) && (l == 0 || slip == LONGEST_FIRST || one > score->data[at * longest + l - 1]))
                l = k;
        }
        if (l == 0)
            return count;
        length[count++] = l;
        at += l;
    }
    return count;
}

static Tensor *cut(const void *context, int output, int slip)
{
    const Tensor *score = context;
    int n = score->shape[0], longest = score->shape[1], length[32] = {0}, count = 0, at = 0;
    Tensor *out = grade_zeros(n), *sum = tensor_make(grade_arena(), 0, NULL);
    if (slip == LONGEST_FIRST || slip == BEST_FIRST)
        count = greedy(score, slip, length);
    else
        try_all(score, 0, slip, length, &count);
    sum->data[0] = 0;
    for (int i = 0; i < count; i++) {
        out->data[slip == TURNED_AROUND ? count - 1 - i : i] = (float)length[i];
        sum->data[0] += score->data[at * longest + length[i] - 1];
        at += length[i];
    }
    return output ? sum : out;
}

static void check_cut(const Tensor *score)
{
    static const GradeSlip slips[] = {
        {LONGEST_FIRST, "the longest piece was taken from the left: that is WordPiece's way"},
        {BEST_FIRST,
         "the most probable piece was taken from the left; a worse one may lead to a better whole"},
        {TURNED_AROUND, "the lengths stand from right to left"},
        {FEWEST, "the cut has the fewest pieces; the scores decide"},
        {0, NULL}};
    grade_call("best_cut", grade_tensor(score));
    grade_expect_output("length", 0, cut, score, 0, slips);
    grade_expect_output("the sum", 1, cut, score, 1e-5f, slips);
}

START_TEST(three_characters_by_hand)
{
    Tensor *score = grade_zeros(3, 3);
    /*                                  a   ab   abc  b   bc  -    c   -  - */
    tensor_copy(score, (const float[]){-1, -1.5f, -5, -2, -1, -INFINITY, -3, -INFINITY, -INFINITY});
    check_cut(score);
}
END_TEST

static Tensor *random_scores(int n, int longest, int missing)
{
    Tensor *score = grade_zeros(n, longest);
    for (int i = 0; i < n * longest; i++) {
        int l = i % longest + 1;
        bool there = l == 1 || rng_below(grade_rng(), 100) >= missing;
        score->data[i] = there && i / longest + l <= n ? -2 - 5 * rng_uniform(grade_rng()) : -INFINITY;
    }
    return score;
}

START_TEST(random_pieces)
{
    for (int round = 0; round < 4; round++) {
        int n, longest;
        grade_sizes(3, 10, &n, &longest);
        check_cut(random_scores(n + 2, longest < 6 ? longest : 5, 30));
    }
}
END_TEST

START_TEST(most_pieces_do_not_exist)
{
    check_cut(random_scores(12, 4, 80));
}
END_TEST

START_TEST(one_character)
{
    check_cut(random_scores(1, 3, 0));
}
END_TEST

void grade_tests_of_text(GradeSuite *s)
{
    grade_test(s, "ex5", lower_by_hand);
    grade_test(s, "ex5", what_was_learned_first_goes_first);
    grade_test(s, "ex5", the_word_ends_earlier_than_before);
    grade_test(s, "ex5", the_same_symbol_in_a_row);
    grade_test(s, "ex5", merges_of_random_texts);
    grade_test(s, "ex6", three_characters_by_hand);
    grade_test(s, "ex6", random_pieces);
    grade_test(s, "ex6", most_pieces_do_not_exist);
    grade_test(s, "ex6", one_character);
}
