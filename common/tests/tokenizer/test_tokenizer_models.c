/* test_tokenizer_models.c -- the models and their trainers against the plainest form of the same idea. */
#include "common/base/base.h"
#include "common/tokenizer/parts.h"
#include "common/text/utf8.h"
#include "common/world/world.h"

#include <check.h>
#include <limits.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

/* Code points of every kind that the rules tell apart, none younger than Unicode 14. */
static const int kinds[] = {
    ' ',    ' ',    ' ',    '\n',   '\t',    '\r',    0x0b,    0x1c,    0x85,    0xa0,   0x1680,
    0x2003, 0x2028, 0x3000, 0x200b, 0xfeff,  '\'',    '\'',    's',     't',     'm',    'd',
    'r',    'e',    'v',    'l',    'a',     'Z',     '0',     '7',     '9',     '.',    '!',
    '_',    '-',    '$',    '<',    0,       0x1f,    0xe9,    0x301,   0xaa,    0xb2,   0xbd,
    0x1c5,  0x2b0,  0x3c3,  0x660,  0x903,   0x2160,  0x24b6,  0x4e2d,  0xac00,  0xfb01, 0xff11,
    0xfffd, 0xd7ff, 0xe000, 0x378,  0x1f642, 0x1f1e9, 0x1d518, 0x20000, 0x10ffff};

enum { KINDS = sizeof kinds / sizeof *kinds };

static size_t random_text(Rng *rng, int max, char *text)
{
    size_t size = 0;
    for (int n = rng_below(rng, max + 1); n > 0; n--)
        size += (size_t)text_utf8_encode(kinds[rng_below(rng, KINDS)], text + size);
    return size;
}

static Tokenizer *train_on(TokenizerModel model, int vocab, const char *text)
{
    Error e = {""};
    TokenizerTraining how = {.model = model, .vocab = vocab};
    Tokenizer *t = tokenizer_train(&how, text, strlen(text), &e);
    ck_assert_msg(t, "%s", e.text);
    return t;
}

static char *stories(int count)
{
    Rng rng = rng_new(1);
    char *zh = world_stories(WORLD_ZH, WORLD_TRAIN, count, &rng);
    char *en = world_stories(WORLD_EN, WORLD_TRAIN, count, &rng);
    char *both = memory_new(strlen(zh) + strlen(en) + 1);
    strcpy(stpcpy(both, zh), en);
    free(zh);
    free(en);
    return both;
}

/* ---- GPT-2's rule -------------------------------------------------------------------------------- */

static const char gpt2_pattern[] =
    "'s|'t|'re|'ve|'m|'ll|'d| ?\\p{L}+| ?\\p{N}+| ?[^\\s\\p{L}\\p{N}]+|\\s+(?!\\S)|\\s+";

START_TEST(gpt2_words_are_those_of_the_pattern)
{
    enum { MAX = 24 };
    Error e = {""};
    Pattern *p = tokenizer_pattern_new(gpt2_pattern, false, &e);
    ck_assert_msg(p, "%s", e.text);
    Rng rng = rng_new(7);
    char text[MAX * TEXT_UTF8_MAX];
    for (int round = 0; round < 50000; round++) {
        size_t size = random_text(&rng, MAX, text);
        Search search = tokenizer_search_new(p, text, size);
        for (size_t at = 0; at < size; at = search.end) {
            int found = tokenizer_search_next(&search, &e);
            size_t word = tokenizer_gpt2_word(text + at, size - at);
            if (found != 1 || search.start != at || word != search.end - at)
                ck_abort_msg("round %d, byte %zu of [%.*s]: a word of %zu bytes, the pattern: %zu", round,
                             at, (int)size, text, word, found == 1 ? search.end - at : 0);
        }
        tokenizer_search_free(&search);
    }
    tokenizer_pattern_free(p);
}
END_TEST

/* ---- BPE ----------------------------------------------------------------------------------------- */

/* Joins the best pair by looking at all of them, until none is left. */
static int plain_join(const Bpe *b, int *ids, int n)
{
    for (;;) {
        int best = -1, rank = INT_MAX;
        for (int i = 0; i + 1 < n; i++) {
            const Merge *m = tokenizer_bpe_merge(b, ids[i], ids[i + 1]);
            if (m && m->rank < rank) {
                best = i;
                rank = m->rank;
            }
        }
        if (best < 0)
            return n;
        ids[best] = tokenizer_bpe_merge(b, ids[best], ids[best + 1])->to;
        memmove(ids + best + 1, ids + best + 2, (size_t)(n - best - 2) * sizeof *ids);
        n--;
    }
}

static void check_word(const Tokenizer *t, const char *word, int size)
{
    enum { MAX = 400 };
    int plain[MAX];
    TokenList got = {0};
    for (int i = 0; i < size; i++)
        plain[i] = t->bpe.byte_id[(unsigned char)word[i]];
    int n = plain_join(&t->bpe, plain, size);
    tokenizer_bpe_encode(&t->bpe, (Piece){word, (size_t)size, false}, &got);
    if ((int)got.count != n || memcmp(got.ids, plain, (size_t)n * sizeof *plain) != 0)
        ck_abort_msg("[%.*s]: %zu tokens, the plain form: %d", size, word, got.count, n);
    tokenizer_tokens_free(&got);
}

/* Words of the text, short and long; stretches of it that ignore words; letters in a row. */
START_TEST(bpe_joins_as_the_plain_form)
{
    char *text = stories(60), run[300];
    int size = (int)strlen(text);
    Tokenizer *t = train_on(TOKENIZER_BPE, 900, text);
    Rng rng = rng_new(3);
    for (int round = 0; round < 4000; round++) {
        int length = 1 + rng_below(&rng, round % 4 == 0 ? 300 : 12);
        check_word(t, text + rng_below(&rng, size - length), length);
        memset(run, "ae o"[rng_below(&rng, 4)], sizeof run);
        check_word(t, run, length);
    }
    tokenizer_free(t);
    free(text);
}
END_TEST

START_TEST(bpe_round_trip_of_every_string)
{
    enum { MAX = 120 };
    char *corpus = stories(40), text[MAX * TEXT_UTF8_MAX];
    Tokenizer *t = train_on(TOKENIZER_BPE, 600, corpus);
    Rng rng = rng_new(11);
    Error e = {""};
    for (int round = 0; round < 20000; round++) {
        size_t size = random_text(&rng, MAX, text), back;
        TokenList ids = {0};
        for (int n = round % 3 ? rng_below(&rng, 40) : 0; n > 0 && size > 0; n--)
            text[rng_below(&rng, (int)size)] = (char)rng_below(&rng, 256);
        if (!tokenizer_encode(t, text, size, true, &ids, &e))
            ck_abort_msg("%s", e.text);
        char *again = tokenizer_decode(t, ids.ids, ids.count, true, &back, &e);
        if (!again || back != size || memcmp(again, text, size) != 0)
            ck_abort_msg("round %d: %zu bytes became %zu", round, size, back);
        free(again);
        tokenizer_tokens_free(&ids);
    }
    tokenizer_free(t);
    free(corpus);
}
END_TEST

/* ---- training BPE -------------------------------------------------------------------------------- */

typedef struct PlainWord {
    int ids[64], length;
    long count;
} PlainWord;

typedef struct PlainPair {
    int left, right;
    long count;
} PlainPair;

/* The most frequent pair, of equals the one with the smaller ids, by counting all of them. */
static PlainPair max_frequent(const PlainWord *words, int count)
{
    enum { MAX = 4000 };
    PlainPair pairs[MAX], best = {0, 0, 0};
    int known = 0;
    for (int w = 0; w < count; w++) {
        for (int i = 0; i + 1 < words[w].length; i++) {
            int left = words[w].ids[i], right = words[w].ids[i + 1], p = 0;
            while (p < known && (pairs[p].left != left || pairs[p].right != right))
                p++;
            if (p == known)
                pairs[known++] = (PlainPair){left, right, 0};
            pairs[p].count += words[w].count;
        }
    }
    for (int p = 0; p < known; p++) {
        PlainPair c = pairs[p];
        if (c.count > best.count || (c.count == best.count &&
                                     (c.left < best.left || (c.left == best.left && c.right < best.right))))
            best = c;
    }
    return best;
}

static void plain_merge(PlainWord *w, PlainPair p, int to)
{
    int kept = 0;
    for (int i = 0; i < w->length; i++) {
        bool both = i + 1 < w->length && w->ids[i] == p.left && w->ids[i + 1] == p.right;
        w->ids[kept++] = both ? to : w->ids[i];
        i += both;
    }
    w->length = kept;
}

/* Distinct words: made of three letters, so pairs repeat, overlap (aaa) and tie. */
static int plain_words(Rng *rng, WordCounts *counts, PlainWord *words, int max)
{
    char word[64];
    for (int n = 0; n < max; n++) {
        int length = 1 + rng_below(rng, 12);
        for (int i = 0; i < length; i++)
            word[i] = "abc"[rng_below(rng, 3)];
        tokenizer_counts_add(counts, word, (size_t)length, 1 + rng_below(rng, 3));
    }
    for (int w = 0; w < counts->words.count; w++) {
        words[w].length = counts->words.size[w];
        words[w].count = (long)counts->count[w];
        for (int i = 0; i < words[w].length; i++)
            words[w].ids[i] = counts->words.text[w][i] - 'a';
    }
    return counts->words.count;
}

START_TEST(bpe_training_counts_right)
{
    enum { WORDS = 40, VOCAB = 60 };
    PlainWord words[WORDS];
    WordCounts counts = {0};
    Trained got = {0};
    Error e = {""};
    Rng rng = rng_new((uint64_t)_i + 1);
    TokenizerTraining how = {.model = TOKENIZER_BPE, .vocab = VOCAB, .min = 2};
    int count = plain_words(&rng, &counts, words, WORDS), merges = 0;
    ck_assert_msg(tokenizer_bpe_train(&counts, &how, false, "", &got, &e), "%s", e.text);
    for (PlainPair p; (p = max_frequent(words, count)).count >= 2 && merges < got.merge_count; merges++) {
        char name[200];
        snprintf(name, sizeof name, "%s%s", got.tokens.text[p.left], got.tokens.text[p.right]);
        int to = tokenizer_vocabulary_find(&got.tokens, name, strlen(name));
        if (got.merges[2 * merges] != p.left || got.merges[2 * merges + 1] != p.right)
            ck_abort_msg("merge %d is %s %s, the plain form: %s (%ld times)", merges,
                         got.tokens.text[got.merges[2 * merges]],
                         got.tokens.text[got.merges[2 * merges + 1]], name, p.count);
        for (int w = 0; w < count; w++)
            plain_merge(&words[w], p, to);
    }
    ck_assert_int_eq(merges, got.merge_count);
    ck_assert_int_ge(merges, 20);
    tokenizer_vocabulary_free(&counts.words);
    tokenizer_vocabulary_free(&got.tokens);
    free(counts.count);
    free(got.merges);
}
END_TEST

/* What is cut apart stands in tokens of its own, and only there; the file says so to others. */
START_TEST(bpe_cuts_apart)
{
    char *text = stories(60);
    Error e = {""};
    TokenizerTraining how = {.model = TOKENIZER_BPE, .vocab = 700, .apart = "\\p{Han}"};
    Tokenizer *t = tokenizer_train(&how, text, strlen(text), &e);
    ck_assert_msg(t, "%s", e.text);
    int alone = 0;
    for (int id = 0; id < tokenizer_count(t); id++) {
        size_t size;
        char *token = tokenizer_decode(t, &id, 1, true, &size, &e);
        for (size_t at = 0; at < size;) {
            int length, code = text_utf8_decode(token + at, size - at, &length);
            bool han = code >= 0x4e00 && code <= 0x9fff;
            ck_assert_msg(!han || size == (size_t)length, "%s", token);
            alone += han;
            at += (size_t)length;
        }
        free(token);
    }
    ck_assert_int_ge(alone, 50);
    const char *mixed = "小红has 3伞";
    TokenList list = {0};
    ck_assert(tokenizer_encode(t, mixed, strlen(mixed), false, &list, &e));
    size_t size;
    char *back = tokenizer_decode(t, list.ids, list.count, false, &size, &e);
    ck_assert_str_eq(back, mixed);
    free(back);
    tokenizer_tokens_free(&list);
    tokenizer_free(t);
    how.apart = "(";
    ck_assert(!tokenizer_train(&how, text, strlen(text), &e));
    ck_assert_msg(strstr(e.text, "pattern"), "%s", e.text);
    e.text[0] = '\0';
    how.model = TOKENIZER_WORDPIECE;
    ck_assert(!tokenizer_train(&how, text, strlen(text), &e));
    ck_assert_msg(strstr(e.text, "expected a BPE"), "%s", e.text);
    free(text);
}
END_TEST

/* ---- WordPiece ----------------------------------------------------------------------------------- */

START_TEST(wordpiece_takes_the_longest)
{
    char *text = stories(60), name[80];
    Tokenizer *t = train_on(TOKENIZER_WORDPIECE, 700, text);
    Rng rng = rng_new(5);
    for (int round = 0; round < 3000; round++) {
        char word[32];
        int size = 1 + rng_below(&rng, 14);
        TokenList got = {0};
        const char *fault;
        for (int i = 0; i < size; i++)
            word[i] = "aeinorst"[rng_below(&rng, 8)];
        ck_assert(
            tokenizer_wordpiece_encode(&t->wordpiece, (Piece){word, (size_t)size, true}, &got, &fault));
        int at = 0;
        for (size_t k = 0; k < got.count; k++) {
            int id = -1, length = size - at;
            for (; length > 0 && id < 0; length--) {
                snprintf(name, sizeof name, "%s%.*s", at ? "##" : "", length, word + at);
                id = tokenizer_id(t, name);
            }
            ck_assert_int_eq(got.ids[k], id);
            at += length + 1;
        }
        ck_assert_int_eq(at, size);
        tokenizer_tokens_free(&got);
    }
    tokenizer_free(t);
    free(text);
}
END_TEST

/* ---- Unigram ------------------------------------------------------------------------------------- */

/* The best score of all cuts of a word, by trying all. */
static double best_of_all(const Tokenizer *t, const char *word, int size)
{
    double best = size == 0 ? 0 : -INFINITY;
    for (int length = 1; length <= size; length++) {
        int id = tokenizer_vocabulary_find(&t->vocabulary, word, (size_t)length);
        if (id < 3)
            continue;
        double score = t->unigram.score[id] + best_of_all(t, word + length, size - length);
        best = score > best ? score : best;
    }
    return best;
}

START_TEST(unigram_finds_the_best_cut)
{
    char *text = stories(60);
    Tokenizer *t = train_on(TOKENIZER_UNIGRAM, 500, text);
    Rng rng = rng_new(5);
    for (int round = 0; round < 2000; round++) {
        char word[16];
        int size = 1 + rng_below(&rng, 10);
        TokenList got = {0};
        const char *fault;
        double score = 0;
        for (int i = 0; i < size; i++)
            word[i] = "aeinorst"[rng_below(&rng, 8)];
        ck_assert(tokenizer_unigram_encode(&t->unigram, (Piece){word, (size_t)size, true}, &got, &fault));
        for (size_t k = 0; k < got.count; k++)
            score += t->unigram.score[got.ids[k]];
        double best = best_of_all(t, word, size);
        if (!(fabs(score - best) < 1e-9))
            ck_abort_msg("[%.*s]: ln p = %g, the best cut has %g", size, word, score, best);
        tokenizer_tokens_free(&got);
    }
    tokenizer_free(t);
    free(text);
}
END_TEST

/* What is left after training is nearly a distribution, and describes the text better than characters
 * do. */
START_TEST(unigram_training_learns)
{
    char *text = stories(100);
    double sum = 0;
    Error e = {""};
    TokenList few = {0}, many = {0};
    Tokenizer *small = train_on(TOKENIZER_UNIGRAM, 350, text),
              *large = train_on(TOKENIZER_UNIGRAM, 500, text);
    ck_assert_int_eq(tokenizer_count(small), 350);
    ck_assert_int_eq(tokenizer_count(large), 500);
    for (int id = 3; id < 500; id++) {
        ck_assert(large->unigram.score[id] < 0);
        ck_assert(id == 3 || large->unigram.score[id] <= large->unigram.score[id - 1]);
        sum += exp(large->unigram.score[id]);
    }
    ck_assert_msg(sum > 0.8 && sum < 1.0001, "the probabilities sum to %g", sum);
    ck_assert(tokenizer_encode(small, text, strlen(text), false, &many, &e));
    ck_assert(tokenizer_encode(large, text, strlen(text), false, &few, &e));
    ck_assert_uint_lt(few.count, many.count);
    ck_assert_uint_lt(many.count, strlen(text) / 2);
    tokenizer_tokens_free(&few);
    tokenizer_tokens_free(&many);
    tokenizer_free(small);
    tokenizer_free(large);
    free(text);
}
END_TEST

/* ---- every model --------------------------------------------------------------------------------- */

START_TEST(training_is_repeatable_and_saves)
{
    char *text = stories(30), folder[] = "/tmp/test_tokenizer.XXXXXX", path[64];
    Tokenizer *a = train_on((TokenizerModel)_i, 400, text), *b = train_on((TokenizerModel)_i, 400, text);
    TokenList x = {0}, y = {0};
    Error e = {""};
    ck_assert_ptr_nonnull(mkdtemp(folder));
    snprintf(path, sizeof path, "%s/t.json", folder);
    ck_assert_msg(tokenizer_save(a, path, &e), "%s", e.text);
    Tokenizer *c = tokenizer_load(path, &e);
    ck_assert_msg(c, "%s", e.text);
    ck_assert_int_eq(tokenizer_count(a), tokenizer_count(c));
    for (int id = 0; id < tokenizer_count(a); id++) {
        ck_assert_str_eq(tokenizer_token(a, id), tokenizer_token(b, id));
        ck_assert_str_eq(tokenizer_token(a, id), tokenizer_token(c, id));
        ck_assert(tokenizer_special(a, id) == tokenizer_special(c, id));
    }
    ck_assert(tokenizer_encode(a, text, strlen(text), true, &x, &e));
    ck_assert(tokenizer_encode(c, text, strlen(text), true, &y, &e));
    ck_assert_uint_eq(x.count, y.count);
    ck_assert_mem_eq(x.ids, y.ids, x.count * sizeof *x.ids);
    unlink(path);
    ck_assert_int_eq(rmdir(folder), 0);
    tokenizer_tokens_free(&x);
    tokenizer_tokens_free(&y);
    tokenizer_free(a);
    tokenizer_free(b);
    tokenizer_free(c);
    free(text);
}
END_TEST

/* Bytes that are not UTF-8 are learnt as the character that stands for them, as encoding sees them; a
 * byte-level model learns them as they are. */
/* Special tokens that a text spells out are no text: nothing is learnt from their letters, which occur
 * in them alone. */
START_TEST(training_leaves_special_tokens_out)
{
    static const char *const marks[] = {"<|endoftext|>", "[SEP]", "</s>"};
    char *text = stories(40), *marked = memory_zero(4 * strlen(text) + 100, 1), *at = marked;
    const char *mark = marks[_i];
    int found = 0;
    for (const char *c = text; *c; c++) {
        *at++ = (char)(*c == '<' || *c == '|' || *c == '[' || *c == '/' || *c == '>' ? '.' : *c);
        if (*c == '\n')
            at = stpcpy(stpcpy(at, mark), mark); /* one right after the other, too */
    }
    Tokenizer *t = train_on((TokenizerModel)_i, 500, marked);
    for (int id = 0; id < tokenizer_count(t); id++) {
        const char *token = tokenizer_token(t, id);
        bool letter = strlen(token) == 1; /* a BPE has every byte */
        if (!tokenizer_special(t, id) && !letter)
            ck_assert_msg(!strpbrk(token, "<|[/>"), "learnt: %s", token);
        found += strcmp(token, mark) == 0;
    }
    ck_assert_int_eq(found, 1);
    tokenizer_free(t);
    free(text);
    free(marked);
}
END_TEST

START_TEST(training_on_bad_bytes)
{
    static const char bad[] = "ab\xff"
                              "cd ab\xff"
                              "cd \xe4\xb8 ef ef",
                      good[] = "ab\ufffdcd ab\ufffdcd \ufffd\ufffd ef ef";
    Tokenizer *t = train_on((TokenizerModel)_i, 400, bad), *u = train_on((TokenizerModel)_i, 400, good);
    TokenList x = {0}, y = {0};
    Error e = {""};
    for (int id = 0; _i != TOKENIZER_BPE && id < tokenizer_count(u); id++)
        ck_assert_str_eq(tokenizer_token(t, id), tokenizer_token(u, id));
    ck_assert_msg(tokenizer_encode(t, bad, sizeof bad - 1, false, &x, &e), "%s", e.text);
    ck_assert_msg(tokenizer_encode(u, good, sizeof good - 1, false, &y, &e), "%s", e.text);
    ck_assert(_i == TOKENIZER_BPE ||
              (x.count == y.count && memcmp(x.ids, y.ids, x.count * sizeof *x.ids) == 0));
    tokenizer_tokens_free(&x);
    tokenizer_tokens_free(&y);
    tokenizer_free(t);
    tokenizer_free(u);
}
END_TEST

static const struct {
    TokenizerModel model;
    int vocab;
    const char *text, *says;
} untrainable[] = {
    {TOKENIZER_BPE, 100, "abc", "has no room"},       {TOKENIZER_BPE, 0, "abc", "expected 1 to"},
    {TOKENIZER_BPE, 1 << 21, "abc", "expected 1 to"}, {TOKENIZER_BPE, 1000, "", "holds no word"},
    {TOKENIZER_WORDPIECE, 6, "abc", "has no room"},   {TOKENIZER_WORDPIECE, 100, " \n", "holds no word"},
    {TOKENIZER_UNIGRAM, 4, "abcdefg", "has no room"}, {TOKENIZER_UNIGRAM, 2, "a", "has no room"},
};

START_TEST(training_refuses)
{
    Error e = {""};
    TokenizerTraining how = {.model = untrainable[_i].model, .vocab = untrainable[_i].vocab};
    const char *text = untrainable[_i].text;
    ck_assert_ptr_null(tokenizer_train(&how, text, strlen(text), &e));
    ck_assert_msg(strstr(e.text, untrainable[_i].says), "the message is: %s", e.text);
}
END_TEST

int main(void)
{
    Suite *s = suite_create("tokenizer, models");
    TCase *c = tcase_create("models");
    tcase_add_test(c, gpt2_words_are_those_of_the_pattern);
    tcase_add_test(c, bpe_joins_as_the_plain_form);
    tcase_add_test(c, bpe_round_trip_of_every_string);
    tcase_add_loop_test(c, bpe_training_counts_right, 0, 40);
    tcase_add_test(c, bpe_cuts_apart);
    tcase_add_test(c, wordpiece_takes_the_longest);
    tcase_add_test(c, unigram_finds_the_best_cut);
    tcase_add_test(c, unigram_training_learns);
    tcase_add_loop_test(c, training_is_repeatable_and_saves, TOKENIZER_BPE, TOKENIZER_UNIGRAM + 1);
    tcase_add_loop_test(c, training_on_bad_bytes, TOKENIZER_BPE, TOKENIZER_UNIGRAM + 1);
    tcase_add_loop_test(c, training_leaves_special_tokens_out, 0, 3);
    tcase_add_loop_test(c, training_refuses, 0, sizeof untrainable / sizeof *untrainable);
    suite_add_tcase(s, c);
    SRunner *r = srunner_create(s);
    srunner_run_all(r, CK_ENV);
    int failed = srunner_ntests_failed(r);
    srunner_free(r);
    return failed > 0;
}
