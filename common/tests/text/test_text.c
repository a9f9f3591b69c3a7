/* test_text.c -- characters, corpora, words, BLEU. */
#include "common/base/base.h"
#include "common/text/batch.h"
#include "common/text/bleu.h"
#include "common/text/corpus.h"
#include "common/text/markdown.h"
#include "common/text/utf8.h"
#include "common/text/words.h"

#include <check.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static char folder[64], path[128]; /* a folder of each test's own, and a file in it */

static void make_folder(void)
{
    snprintf(folder, sizeof folder, "/tmp/test_text.XXXXXX");
    ck_assert_ptr_nonnull(mkdtemp(folder));
    snprintf(path, sizeof path, "%s/file", folder);
}

static void remove_folder(void)
{
    unlink(path);
    ck_assert_int_eq(rmdir(folder), 0); /* nothing else was left behind */
}

static void write_file(const void *bytes, size_t size)
{
    FILE *f = fopen(path, "wb");
    ck_assert_ptr_nonnull(f);
    ck_assert_uint_eq(fwrite(bytes, 1, size, f), size);
    ck_assert_int_eq(fclose(f), 0);
}

/* ---- UTF-8 --------------------------------------------------------------------------------------- */

static bool is_code_point(int code)
{
    return code >= 0 && code <= 0x10ffff && !(code >= 0xd800 && code <= 0xdfff);
}

/* Inside loops of millions, where Check's own assertions, which report each success, take too long. */
static void expect(bool holds, const char *what, long at)
{
    if (!holds)
        ck_abort_msg("%s: case %ld", what, at);
}

START_TEST(utf8_every_code_point)
{
    char text[TEXT_UTF8_MAX];
    for (int code = -1; code <= 0x110000; code++) {
        int size = text_utf8_encode(code, text), length = 0;
        expect((size > 0) == is_code_point(code), "what is encoded", code);
        if (size == 0)
            continue;
        expect(text_utf8_decode(text, (size_t)size, &length) == code && length == size, "round trip", code);
        for (int cut = 1; cut < size; cut++)
            expect(text_utf8_decode(text, (size_t)cut, &length) == -1 && length == 1, "cut off", code);
    }
}
END_TEST

/* Every pair of bytes, with bytes at the edges after it: what decodes must be the encoding of what it
 * decodes to. */
START_TEST(utf8_every_pair_of_bytes)
{
    static const int edges[] = {0x00, 0x7f, 0x80, 0xbf, 0xc0, 0xff};
    char again[TEXT_UTF8_MAX];
    int length;
    for (int i = 0; i < 65536 * 36; i++) {
        const char text[] = {(char)(i / 36 >> 8), (char)(i / 36), (char)edges[i / 6 % 6],
                             (char)edges[i % 6]};
        int code = text_utf8_decode(text, sizeof text, &length);
        expect(code < 0 ? length == 1
                        : text_utf8_encode(code, again) == length && !memcmp(text, again, (size_t)length),
               "only the shortest form", i);
    }
}
END_TEST

static const struct {
    const char *bytes;
    size_t fault;
} utf8_faults[] = {
    {"", 0},
    {"plain", 5},
    {"\xe4\xb8\xad\xe6\x96\x87", 6},
    {"a\x80", 1},             /* a byte that only continues */
    {"ab\xc0\xaf", 2},        /* overlong '/' */
    {"\xe0\x80\xaf", 0},      /* the same in three bytes */
    {"x\xf0\x80\x80\xaf", 1}, /* and in four */
    {"\xed\xa0\x80", 0},      /* a surrogate */
    {"\xf4\x90\x80\x80", 0},  /* U+110000 */
    {"\xf5\x80\x80\x80", 0},
    {"\xff", 0},
    {"abc\xe4\xb8", 3},     /* cut off */
    {"abc\xe4\xb8zzz", 3},  /* broken off */
    {"\xf0\x9f\x98\x80", 4} /* an emoji */
};

START_TEST(utf8_fault_is_found)
{
    const char *bytes = utf8_faults[_i].bytes;
    ck_assert_uint_eq(text_utf8_fault(bytes, strlen(bytes)), utf8_faults[_i].fault);
}
END_TEST

/* ---- corpora ------------------------------------------------------------------------------------- */

static const char sample[] = "hello, \xe4\xb8\x96\xe7\x95\x8c! \xc3\xa9 \xf0\x9f\x98\x80\n\"\\";

START_TEST(corpus_reads_text)
{
    Error e = {""};
    size_t size = 0;
    write_file(sample, strlen(sample));
    char told[TEXT_TOLD];
    char *text = text_corpus_read(path, &size, told, &e);
    ck_assert_msg(text, "%s", e.text);
    ck_assert_uint_eq(size, strlen(sample));
    ck_assert_str_eq(text, sample);
    ck_assert_str_eq(told, "");
    free(text);
}
END_TEST

static const struct {
    const char *bytes, *text, *told;
} cleaned[] = {
    {"\xef\xbb\xbfone", "one", "dropped 1 byte order mark"},
    {"\xef\xbb\xbfone\n\xef\xbb\xbftwo", "one\ntwo", "dropped 2 byte order marks"},
    {"a\r\n\r\nb\r\n", "a\n\nb\n", "3 line ends with a carriage return became \\n"},
    {"a\rb\r\rc", "a\nb\n\nc", "3 line ends with a carriage return became \\n"},
    {"\xef\xbb\xbf\r", "\n", "dropped 1 byte order mark; 1 line ends with a carriage return became \\n"},
    {"a\n\xef\xbb\xbe", "a\n\xef\xbb\xbe", ""}};

/* What Windows and old Macs leave in a text goes, and is said. */
START_TEST(corpus_is_cleaned)
{
    Error e = {""};
    size_t size = 0;
    char told[TEXT_TOLD], expected[TEXT_TOLD] = "";
    write_file(cleaned[_i].bytes, strlen(cleaned[_i].bytes));
    char *text = text_corpus_read(path, &size, told, &e);
    ck_assert_msg(text, "%s", e.text);
    ck_assert_str_eq(text, cleaned[_i].text);
    ck_assert_uint_eq(size, strlen(cleaned[_i].text));
    if (cleaned[_i].told[0])
        snprintf(expected, sizeof expected, "%s: %s", path, cleaned[_i].told);
    ck_assert_str_eq(told, expected);
    free(text);
}
END_TEST

static const struct {
    const char *bytes;
    size_t size;
    const char *says;
} bad_corpora[] = {
    {"", 0, "the file is empty"},
    {"abc\0def", 7, "byte 3 is zero"},
    {"\0", 1, "byte 0 is zero"},
    {"\xff\xfe"
     "a\0b",
     5, "this is UTF-16; expected UTF-8"},
    {"\xfe\xff\0a", 4, "this is UTF-16; expected UTF-8"},
    {"\xef\xbb\xbf", 3, "the file is empty"},
    {"version https://git-lfs.github.com/spec/v1\noid", 46, "a pointer of git-lfs"},
    {"abcd\xff", 5, "byte 4 is not UTF-8"},
    {"\xef\xbb\xbf\xe4\xb8", 5, "byte 3 is not UTF-8"},
};

START_TEST(corpus_refuses)
{
    Error e = {""};
    size_t size;
    write_file(bad_corpora[_i].bytes, bad_corpora[_i].size);
    char told[TEXT_TOLD];
    ck_assert_ptr_null(text_corpus_read(path, &size, told, &e));
    ck_assert_msg(strstr(e.text, path) && strstr(e.text, bad_corpora[_i].says), "the message is: %s",
                  e.text);
}
END_TEST

static const struct {
    const char *text, *packed;
    size_t documents;
} packs[] = {
    {"", "", 0},
    {" \n\n\t\n", "", 0},
    {"a", "a<e>", 1},
    {"a\nb\n", "a\nb<e>", 1},
    {"a\n\nb", "a<e>b<e>", 2},
    {"\n\na\n \t\r\n\n\n  b c\r\n\r\nd\n\n", "a<e>b c<e>d<e>", 3},
    {"a\n\nb<e>\nc\n<e><e> d", "a\n\nb<e>c<e>d<e>",
     3}, /* where ends are spelled out, blank lines are text */
    {"<e>", "", 0},
    {"<e>a<e", "a<e<e>", 1},
    {"a\n\nb\n\nc\n\nd\n\ne\n\nf\n\ng", "a<e>b<e>c<e>d<e>e<e>f<e>g<e>", 7}, /* it grows */
};

START_TEST(prose_of_markdown)
{
    char *prose = text_markdown_prose(
        "# A *title*\n\nOne [link](x.md#a) of `a*b`,\non two **lines**, ![no](p.svg)\n<!-- code: a -->\n"
        "```c\nint x; # no\n```\n中文的\n一段 $x_1$。\n\n$$\ny\n$$\n| a | b |\n- an item\n- 5 \\* 3 < "
        "4\n<!-- two\n"
        "lines -->\n<a id=\"x\"></a>\n## Next\nend [open");
    ck_assert_str_eq(
        prose, "A title\nOne link of a*b, on two lines,\n中文的一段 x_1。\nan item\n5 * 3 < 4\n\nNext\n"
               "end [open\n");
    free(prose);
}
END_TEST

START_TEST(corpus_packs)
{
    size_t size, documents;
    char *packed = text_corpus_pack(packs[_i].text, strlen(packs[_i].text), "<e>", &size, &documents);
    ck_assert_str_eq(packed, packs[_i].packed);
    ck_assert_uint_eq(size, strlen(packed));
    ck_assert_uint_eq(documents, packs[_i].documents);
    free(packed);
}
END_TEST

START_TEST(corpus_missing_or_a_folder)
{
    Error missing = {""}, is_folder = {""};
    size_t size;
    char told[TEXT_TOLD];
    ck_assert_ptr_null(text_corpus_read(path, &size, told, &missing));
    ck_assert_msg(strstr(missing.text, path), "the message is: %s", missing.text);
    ck_assert_ptr_null(text_corpus_read(folder, &size, told, &is_folder));
    ck_assert_msg(strstr(is_folder.text, folder), "the message is: %s", is_folder.text);
}
END_TEST

/* The token at place i is i, so a window shows where it came from. */
/* 0 ends a document, and belongs to it; a window that begins within one begins with its rest. */
START_TEST(corpus_documents_begin_after_ends)
{
    enum { BATCH = 2, TIME = 6 };
    static const int x[BATCH * TIME] = {5, 6, 0, 7, 0, 0, 8, 8, 8, 0, 9, 9};
    static const int begin[BATCH * TIME] = {0, 0, 0, 3, 3, 5, 0, 0, 0, 0, 4, 4};
    int first[BATCH * TIME], positions[BATCH * TIME];
    text_corpus_documents(x, BATCH, TIME, 0, first, positions);
    for (int i = 0; i < BATCH * TIME; i++) {
        ck_assert_int_eq(first[i], begin[i]);
        ck_assert_int_eq(positions[i], i % TIME - begin[i]);
    }
}
END_TEST

START_TEST(corpus_batches_are_windows)
{
    enum { COUNT = 12, BATCH = 50, TIME = 5 };
    int ids[COUNT], x[BATCH * TIME], y[BATCH * TIME], starts[COUNT] = {0};
    Rng rng = rng_new(3);
    for (int i = 0; i < COUNT; i++)
        ids[i] = i;
    for (int round = 0; round < 20; round++) {
        text_corpus_batch(ids, COUNT, BATCH, TIME, &rng, x, y);
        for (int i = 0; i < BATCH * TIME; i++) {
            ck_assert_int_eq(x[i], x[i / TIME * TIME] + i % TIME);
            ck_assert_int_eq(y[i], x[i] + 1);
        }
        for (int b = 0; b < BATCH; b++)
            starts[x[b * TIME]]++;
    }
    for (int i = 0; i < COUNT;
         i++) /* 7 places where a window and the token after it fit, each of them used */
        ck_assert_msg((starts[i] > 0) == (i < COUNT - TIME), "%d windows start at %d", starts[i], i);
}
END_TEST

START_TEST(corpus_batches_that_begin_with_documents)
{
    enum { COUNT = 12, BATCH = 40, TIME = 3 };
    const size_t starts[] = {0, 2, 8}; /* 8: the last from which a window and the token after it fit */
    int ids[COUNT], x[BATCH * TIME], y[BATCH * TIME], seen[COUNT] = {0};
    Rng rng = rng_new(5);
    for (int i = 0; i < COUNT; i++)
        ids[i] = i;
    text_corpus_batch_of_documents(ids, starts, 3, BATCH, TIME, &rng, x, y);
    for (int i = 0; i < BATCH * TIME; i++) {
        ck_assert_int_eq(x[i], x[i / TIME * TIME] + i % TIME);
        ck_assert_int_eq(y[i], x[i] + 1);
    }
    for (int b = 0; b < BATCH; b++)
        seen[x[b * TIME]]++;
    for (int i = 0; i < COUNT; i++)
        ck_assert_msg((seen[i] > 0) == (i == 0 || i == 2 || i == 8), "%d windows start at %d", seen[i], i);
}
END_TEST

START_TEST(corpus_batch_smallest_and_repeatable)
{
    const int ids[] = {7, 8, 9, 4, 5};
    int x[8], y[8], again[8];
    Rng rng = rng_new(1), same = rng_new(1);
    text_corpus_batch(ids, 5, 2, 4, &rng, x, y); /* one window only */
    for (int i = 0; i < 8; i++) {
        ck_assert_int_eq(x[i], ids[i % 4]);
        ck_assert_int_eq(y[i], ids[i % 4 + 1]);
    }
    text_corpus_batch(ids, 5, 4, 2, &rng, x, y);
    text_corpus_batch(ids, 5, 2, 4, &same, again, y);
    text_corpus_batch(ids, 5, 4, 2, &same, again, y);
    ck_assert_mem_eq(x, again, sizeof x);
}
END_TEST

/* ---- words --------------------------------------------------------------------------------------- */

static const struct {
    const char *text, *pieces, *again; /* pieces with a bar after each; the text as decode writes it */
} cuts[] = {
    {"", "", ""},
    {" \t\n \xc2\xa0\xe3\x80\x80", "", ""},
    {"Mary saw a cat.", "Mary|saw|a|cat|.|", "Mary saw a cat."},
    {"  Is it?  No!\n", "Is|it|?|No|!|", "Is it? No!"},
    {"don't 'x' y'", "don't|'|x|'|y|'|", "don't ' x ' y '"},
    {"a''b", "a|'|'|b|", "a ' ' b"},
    {"'tis", "'|tis|", "' tis"},
    {"3 apples, x2; 10:30", "3|apples|,|x2|;|10|:|30|", "3 apples, x2; 10: 30"},
    {"昨天小红 saw 猫。", "昨|天|小|红|saw|猫|。|", "昨天小红saw猫。"},
    {"买3本书？", "买|3|本|书|？|", "买3本书？"},
    {"café naïve", "café|naïve|", "café naïve"},
    {"x×y", "x|×|y|", "x × y"},
    {"\xf0\x9f\x98\x80\xf0\x9f\x98\x80", "\xf0\x9f\x98\x80|\xf0\x9f\x98\x80|",
     "\xf0\x9f\x98\x80\xf0\x9f\x98\x80"},
};

START_TEST(words_cut_and_join)
{
    TextWords *w = text_words_new();
    int ids[32];
    char pieces[256] = "";
    text_words_add(w, cuts[_i].text);
    int count = text_words_encode(w, cuts[_i].text, ids, 32);
    for (int i = 0; i < count; i++) {
        ck_assert_int_ge(ids[i], TEXT_SPECIALS);
        strcat(strcat(pieces, text_words_piece(w, ids[i])), "|");
    }
    ck_assert_str_eq(pieces, cuts[_i].pieces);
    char *again = text_words_decode(w, ids, count);
    ck_assert_str_eq(again, cuts[_i].again);
    free(again);
    text_words_free(w);
}
END_TEST

START_TEST(words_keep_order_and_specials)
{
    TextWords *w = text_words_new();
    int ids[8];
    ck_assert_int_eq(text_words_count(w), TEXT_SPECIALS);
    ck_assert_str_eq(text_words_piece(w, TEXT_PAD), "<pad>");
    ck_assert_str_eq(text_words_piece(w, TEXT_BEGIN), "<s>");
    ck_assert_str_eq(text_words_piece(w, TEXT_END), "</s>");
    ck_assert_str_eq(text_words_piece(w, TEXT_UNKNOWN), "<unk>");
    text_words_add(w, "b a b");
    text_words_add(w, "c a");
    ck_assert_int_eq(text_words_count(w), TEXT_SPECIALS + 3);
    ck_assert_int_eq(text_words_encode(w, "c b z a B", ids, 8), 5);
    const int right[] = {TEXT_SPECIALS + 2, TEXT_SPECIALS, TEXT_UNKNOWN, TEXT_SPECIALS + 1, TEXT_UNKNOWN};
    ck_assert_mem_eq(ids, right, sizeof right);
    ck_assert_int_eq(text_words_encode(w, "a a a a", ids, 2), 2);
    ck_assert_int_eq(text_words_encode(w, "a", ids, 0), 0);
    text_words_free(w);
    text_words_free(NULL);
}
END_TEST

START_TEST(words_decode_stops_at_the_end)
{
    TextWords *w = text_words_new();
    text_words_add(w, "a b .");
    const int a = TEXT_SPECIALS, b = a + 1, dot = b + 1;
    const int ids[] = {TEXT_BEGIN, a, TEXT_PAD, TEXT_UNKNOWN, b, dot, TEXT_END, a, a};
    char *text = text_words_decode(w, ids, 9);
    ck_assert_str_eq(text, "a <unk> b.");
    free(text);
    text = text_words_decode(w, ids, 0);
    ck_assert_str_eq(text, "");
    free(text);
    text_words_free(w);
}
END_TEST

START_TEST(words_many)
{
    enum { MANY = 20000 };
    TextWords *w = text_words_new();
    char word[16];
    for (int i = 0; i < MANY; i++) {
        snprintf(word, sizeof word, "w%d", i);
        text_words_add(w, word);
    }
    ck_assert_int_eq(text_words_count(w), TEXT_SPECIALS + MANY);
    for (int i = 0; i < MANY; i++) {
        int id = -1;
        snprintf(word, sizeof word, "w%d", i);
        expect(text_words_encode(w, word, &id, 1) == 1 && id == TEXT_SPECIALS + i, "found again", i);
    }
    text_words_free(w);
}
END_TEST

/* ---- BLEU ---------------------------------------------------------------------------------------- */

static void check_near(double found, double right)
{
    ck_assert_msg(fabs(found - right) <= 1e-9 * right, "%.12f, expected %.12f", found, right);
}

START_TEST(bleu_of_equal_texts)
{
    const int text[] = {5, 6, 5, 6, 7};
    TextBleu b = {0};
    ck_assert(text_bleu_score(&b) == 0);
    text_bleu_add(&b, text, 5, text, 5);
    check_near(text_bleu_score(&b), 100);
    text_bleu_add(&b, text, 4, text, 4);
    check_near(text_bleu_score(&b), 100);
}
END_TEST

/* Papineni's example: "the" seven times, against "the cat is on the mat". */
START_TEST(bleu_counts_are_clipped)
{
    const int the = 1, candidate[] = {the, the, the, the, the, the, the},
              reference[] = {the, 2, 3, 4, the, 5};
    const int twice[] = {1, 2, 1, 2}, once[] = {1, 2, 3};
    TextBleu b = {0}, c = {0};
    text_bleu_add(&b, candidate, 7, reference, 6);
    ck_assert_int_eq(b.match[0], 2);
    ck_assert_int_eq(b.total[0], 7);
    ck_assert_int_eq(b.match[1], 0);
    ck_assert_int_eq(b.total[3], 4);
    ck_assert(text_bleu_score(&b) == 0);
    text_bleu_add(&c, twice, 4, once, 3);
    ck_assert_int_eq(c.match[0], 2);
    ck_assert_int_eq(c.match[1], 1);
    ck_assert_int_eq(c.total[1], 3);
    ck_assert_int_eq(c.candidate, 4);
    ck_assert_int_eq(c.reference, 3);
}
END_TEST

/* 4/5, 3/4, 2/3, 1/2: their product is 1/5; five tokens against six. A second
 * sentence is pooled with the first, not averaged: 8/9, 6/7, 4/5, 2/3; 9 against 10. */
START_TEST(bleu_by_hand)
{
    const int candidate[] = {1, 2, 3, 4, 5}, reference[] = {1, 2, 3, 4, 6, 7}, same[] = {8, 9, 10, 11};
    TextBleu b = {0}, swapped = {0};
    text_bleu_add(&b, candidate, 5, reference, 6);
    check_near(text_bleu_score(&b), 54.751825350694524); /* 100 exp(1 - 6/5) (1/5)^(1/4) */
    text_bleu_add(&b, same, 4, same, 4);
    check_near(text_bleu_score(&b), 71.44468265841448); /* 100 exp(1 - 10/9) (384/945)^(1/4) */
    text_bleu_add(&swapped, reference, 6, candidate, 5);
    check_near(text_bleu_score(&swapped),
               100 * pow(4.0 / 6 * 3 / 5 * 2 / 4 * 1 / 3, 0.25)); /* too long: no penalty */
}
END_TEST

START_TEST(bleu_of_short_texts)
{
    const int text[] = {1, 2, 3, 4};
    TextBleu b = {0};
    text_bleu_add(&b, text, 3, text, 3);
    ck_assert(text_bleu_score(&b) == 0); /* no run of four */
    text_bleu_add(&b, text, 0, text, 4);
    ck_assert_int_eq(b.candidate, 3);
    ck_assert_int_eq(b.reference, 7);
    ck_assert(text_bleu_score(&b) == 0);
}
END_TEST

/* ---- the suite ----------------------------------------------------------------------------------- */

#define COUNT_OF(table) ((int)(sizeof(table) / sizeof *(table)))

static TCase *file_case(void)
{
    TCase *c = tcase_create("files");
    tcase_add_checked_fixture(c, make_folder, remove_folder);
    tcase_add_test(c, corpus_reads_text);
    tcase_add_loop_test(c, corpus_packs, 0, COUNT_OF(packs));
    tcase_add_test(c, prose_of_markdown);
    tcase_add_loop_test(c, corpus_is_cleaned, 0, COUNT_OF(cleaned));
    tcase_add_loop_test(c, corpus_refuses, 0, COUNT_OF(bad_corpora));
    tcase_add_test(c, corpus_missing_or_a_folder);
    return c;
}

/* ---- padded batches ------------------------------------------------------------------------------ */

static const int long_text[] = {5, 6, 7, 8}, short_text[] = {9, 10}, no_text[] = {0};
static const int *const texts[] = {long_text, short_text, no_text};

static void check_ints(const int *found, const int *expected, int n)
{
    for (int i = 0; i < n; i++)
        ck_assert_msg(found[i] == expected[i], "at %d: %d, expected %d", i, found[i], expected[i]);
}

START_TEST(a_batch_is_padded_to_the_longest)
{
    TextBatch b = text_batch_new(3, 6);
    text_batch_fill(&b, texts, (const int[]){4, 2, 0}, 3, -7);
    ck_assert(b.rows == 3 && b.time == 4);
    check_ints(b.ids, (const int[]){5, 6, 7, 8, 9, 10, -7, -7, -7, -7, -7, -7}, 12);
    check_ints(b.lengths, (const int[]){4, 2, 0}, 3);
    text_batch_fill(&b, texts + 1, (const int[]){2, 0}, 2, -7); /* the same memory again */
    ck_assert(b.rows == 2 && b.time == 2);
    check_ints(b.ids, (const int[]){9, 10, -7, -7}, 4);
    text_batch_free(&b);
}
END_TEST

START_TEST(a_batch_is_cut_where_its_room_ends)
{
    TextBatch b = text_batch_new(2, 3);
    text_batch_fill(&b, texts, (const int[]){4, 2}, 2, 0);
    ck_assert(b.time == 3);
    check_ints(b.ids, (const int[]){5, 6, 7, 9, 10, 0}, 6);
    check_ints(b.lengths, (const int[]){3, 2}, 2);
    text_batch_free(&b);
}
END_TEST

START_TEST(labels_are_the_next_tokens)
{
    TextBatch b = text_batch_new(3, 6);
    text_batch_fill(&b, texts, (const int[]){4, 2, 0}, 3, 0);
    text_batch_predict_next(&b, NULL, -1);
    ck_assert_int_eq(b.time, 3);
    check_ints(b.ids, (const int[]){5, 6, 7, 9, 0, 0, 0, 0, 0}, 9);
    check_ints(b.labels, (const int[]){6, 7, 8, 10, -1, -1, -1, -1, -1}, 9);
    check_ints(b.lengths, (const int[]){3, 1, 0}, 3);
    text_batch_free(&b);
}
END_TEST

/* The first two tokens are a prompt; of the second text all are. */
START_TEST(labels_of_an_answer_alone)
{
    TextBatch b = text_batch_new(3, 6);
    text_batch_fill(&b, texts, (const int[]){4, 2, 0}, 3, 0);
    text_batch_predict_next(&b, (const int[]){2, 2, 0}, -1);
    check_ints(b.labels, (const int[]){-1, 7, 8, -1, -1, -1, -1, -1, -1}, 9);
    text_batch_fill(&b, texts + 1, (const int[]){1}, 1, 0);
    text_batch_predict_next(&b, NULL, -1);
    ck_assert(b.time == 1 && b.labels[0] == -1 && b.lengths[0] == 0);
    text_batch_free(&b);
}
END_TEST

static TCase *text_case(void)
{
    TCase *c = tcase_create("text");
    tcase_set_timeout(c, 60);
    tcase_add_test(c, utf8_every_code_point);
    tcase_add_test(c, utf8_every_pair_of_bytes);
    tcase_add_loop_test(c, utf8_fault_is_found, 0, COUNT_OF(utf8_faults));
    tcase_add_test(c, corpus_batches_are_windows);
    tcase_add_test(c, corpus_documents_begin_after_ends);
    tcase_add_test(c, corpus_batches_that_begin_with_documents);
    tcase_add_test(c, corpus_batch_smallest_and_repeatable);
    tcase_add_loop_test(c, words_cut_and_join, 0, COUNT_OF(cuts));
    tcase_add_test(c, words_keep_order_and_specials);
    tcase_add_test(c, words_decode_stops_at_the_end);
    tcase_add_test(c, words_many);
    tcase_add_test(c, bleu_of_equal_texts);
    tcase_add_test(c, bleu_counts_are_clipped);
    tcase_add_test(c, bleu_by_hand);
    tcase_add_test(c, bleu_of_short_texts);
    tcase_add_test(c, a_batch_is_padded_to_the_longest);
    tcase_add_test(c, a_batch_is_cut_where_its_room_ends);
    tcase_add_test(c, labels_are_the_next_tokens);
    tcase_add_test(c, labels_of_an_answer_alone);
    return c;
}

int main(void)
{
    Suite *suite = suite_create("text");
    suite_add_tcase(suite, file_case());
    suite_add_tcase(suite, text_case());
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
