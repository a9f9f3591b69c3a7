/* test_tokenizer_batch.c -- texts of a batch: cut, filled up, and the mask that tells the two apart.
 *
 * The expectations are those of Hugging Face's library: the example of its quick tour, and
 * the lengths that its own tests of truncation state. */
#include "common/base/base.h"
#include "common/tokenizer/tokenizer.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define VOCAB                                                                                         \
    "\"vocab\":{\"[UNK]\":0,\"[CLS]\":1,\"[SEP]\":2,\"[PAD]\":3,\"Hello\":4,\",\":5,\"y\":6,\"'\":7," \
    "\"all\":8,\"!\":9,\"How\":10,\"are\":11,\"you\":12,\"?\":13,\"a\":14,\"b\":15,\"c\":16,\"d\":17}"
#define ITEM(kind, id, type) "{\"" kind "\":{\"id\":\"" id "\",\"type_id\":" type "}}"
#define SPECIAL(id, number) "\"" id "\":{\"id\":\"" id "\",\"ids\":[" number "],\"tokens\":[\"" id "\"]}"
#define CLS ITEM("SpecialToken", "[CLS]", "0")
#define SEP(type) ITEM("SpecialToken", "[SEP]", type)
#define POST                                                                                     \
    "\"post_processor\":{\"type\":\"TemplateProcessing\",\"single\":[" CLS                       \
    "," ITEM("Sequence", "A", "0") "," SEP(                                                      \
        "0") "],\"pair\":[" CLS                                                                  \
             "," ITEM("Sequence", "A", "0") "," SEP("0") "," ITEM("Sequence", "B", "1") "," SEP( \
                 "1") "],\"special_tokens\":{" SPECIAL("[CLS]", "1") "," SPECIAL("[SEP]", "2") "}}"
#define FILE_WITH(more)                                                                                \
    "{" more "\"pre_tokenizer\":{\"type\":\"Whitespace\"}," POST ",\"model\":{\"type\":\"WordPiece\"," \
    "\"unk_token\":\"[UNK]\"," VOCAB "}}"

static Tokenizer *make(const char *json)
{
    Error e = {""};
    Tokenizer *t = tokenizer_parse(json, strlen(json), "t.json", &e);
    ck_assert_msg(t, "%s", e.text);
    return t;
}

/* "[CLS] a | 1 1 | 0 0" for each text of a batch: tokens, mask, types. */
static void row_of(const Tokenizer *t, const TokenBatch *b, int row, char *out)
{
    int at = row * b->length;
    *out = '\0';
    for (int i = 0; i < b->length; i++)
        out += sprintf(out, "%s ", tokenizer_token(t, b->ids[at + i]));
    out += sprintf(out, "|");
    for (int i = 0; i < b->length; i++)
        out += sprintf(out, " %d", b->mask[at + i]);
    out += sprintf(out, " |");
    for (int i = 0; i < b->length; i++)
        out += sprintf(out, " %d", b->types[at + i]);
}

static void batch_is(const Tokenizer *t, const char *const *texts, const char *const *seconds, int count,
                     const TokenizerTruncation *cut, const TokenizerPadding *fill,
                     const char *const *expected)
{
    Error e = {""};
    TokenBatch b;
    char row[1000];
    ck_assert_msg(tokenizer_encode_batch(t, texts, seconds, count, true, cut, fill, &b, &e), "%s", e.text);
    ck_assert_int_eq(b.count, count);
    for (int i = 0; i < count; i++) {
        row_of(t, &b, i, row);
        ck_assert_str_eq(row, expected[i]);
    }
    tokenizer_batch_free(&b);
}

/* The example of the quick tour. */
START_TEST(the_quick_tour)
{
    static const char *const texts[] = {"Hello, y'all!", "How are you 😁 ?"};
    static const char *const expected[] = {
        "[CLS] Hello , y ' all ! [SEP] | 1 1 1 1 1 1 1 1 | 0 0 0 0 0 0 0 0",
        "[CLS] How are you [UNK] ? [SEP] [PAD] | 1 1 1 1 1 1 1 0 | 0 0 0 0 0 0 0 0"};
    const TokenizerPadding fill = {.id = 3};
    Tokenizer *t = make(FILE_WITH(""));
    batch_is(t, texts, NULL, 2, NULL, &fill, expected);
    tokenizer_free(t);
}
END_TEST

static const struct {
    TokenizerPadding fill;
    const char *first, *second;
} fills[] = {
    {{.id = 3}, "[CLS] a b [SEP] | 1 1 1 1 | 0 0 0 0", "[CLS] c [SEP] [PAD] | 1 1 1 0 | 0 0 0 0"},
    {{.id = 3, .left = true, .type = 7},
     "[CLS] a b [SEP] | 1 1 1 1 | 0 0 0 0",
     "[PAD] [CLS] c [SEP] | 0 1 1 1 | 7 0 0 0"},
    {{.id = 3, .length = 5, .type = 1},
     "[CLS] a b [SEP] [PAD] | 1 1 1 1 0 | 0 0 0 0 1",
     "[CLS] c [SEP] [PAD] [PAD] | 1 1 1 0 0 | 0 0 0 1 1"},
    {{.id = 3, .length = 2},
     "[CLS] a b [SEP] | 1 1 1 1 | 0 0 0 0",
     "[CLS] c [SEP] [PAD] | 1 1 1 0 | 0 0 0 0"},
    {{.id = 3, .multiple = 3},
     "[CLS] a b [SEP] [PAD] [PAD] | 1 1 1 1 0 0 | 0 0 0 0 0 0",
     "[CLS] c [SEP] [PAD] [PAD] [PAD] | 1 1 1 0 0 0 | 0 0 0 0 0 0"},
    {{.id = 3, .length = 5, .multiple = 3},
     "[CLS] a b [SEP] [PAD] [PAD] | 1 1 1 1 0 0 | 0 0 0 0 0 0",
     "[CLS] c [SEP] [PAD] [PAD] [PAD] | 1 1 1 0 0 0 | 0 0 0 0 0 0"},
    {{.id = 14, .multiple = 4},
     "[CLS] a b [SEP] | 1 1 1 1 | 0 0 0 0",
     "[CLS] c [SEP] a | 1 1 1 0 | 0 0 0 0"},
};

START_TEST(short_texts_are_filled_up)
{
    static const char *const texts[] = {"a b", "c"};
    const char *const expected[] = {fills[_i].first, fills[_i].second};
    Tokenizer *t = make(FILE_WITH(""));
    batch_is(t, texts, NULL, 2, NULL, &fills[_i].fill, expected);
    tokenizer_free(t);
}
END_TEST

/* ---- cutting ---------------------------------------------------------------------------------------- */

/* With 7 tokens, texts of 0, 2, 4 and 8 keep what the tests of Hugging Face's truncation.rs say. */
static const struct {
    int a, b, keeps_a, keeps_b;
} longest[] = {{0, 0, 0, 0}, {0, 2, 0, 2}, {0, 4, 0, 4}, {0, 8, 0, 7}, {2, 0, 2, 0}, {2, 2, 2, 2},
               {2, 4, 2, 4}, {2, 8, 2, 5}, {4, 0, 4, 0}, {4, 2, 4, 2}, {4, 4, 3, 4}, {4, 8, 3, 4},
               {8, 0, 7, 0}, {8, 2, 5, 2}, {8, 4, 4, 3}, {8, 8, 3, 4}};

START_TEST(the_longest_goes_first)
{
    static const char *const letters[] = {"", 0, "a b", 0, "a b c d", 0, 0, 0, "a b c d a b c d"};
    const char *a = letters[longest[_i].a], *b = letters[longest[_i].b];
    for (int special = 0; special < 2; special++) {
        const TokenizerTruncation cut = {.max = special ? 10 : 7}, none = {.max = special ? 3 : 0};
        TokenList list = {0}, empty = {0};
        Error e = {""};
        int kept[2] = {0, 0};
        Tokenizer *t = make(FILE_WITH(""));
        ck_assert_msg(tokenizer_encode_cut(t, a, strlen(a), b, strlen(b), special, &cut, &list, &e), "%s",
                      e.text);
        for (size_t i = 0; i < list.count; i++)
            kept[list.types[i]] += list.ids[i] > 3;
        ck_assert_int_eq(kept[0], longest[_i].keeps_a);
        ck_assert_int_eq(kept[1], longest[_i].keeps_b);
        ck_assert(tokenizer_encode_cut(t, a, strlen(a), b, strlen(b), special, &none, &empty, &e));
        ck_assert_uint_eq(empty.count, special ? 3 : 0);
        tokenizer_tokens_free(&list);
        tokenizer_tokens_free(&empty);
        tokenizer_free(t);
    }
}
END_TEST

static const struct {
    TokenizerTruncation cut;
    const char *a, *b, *tokens; /* or what the error says */
} cuts[] = {
    {{.max = 4}, "a b c d", NULL, "[CLS] a b [SEP] | 1 1 1 1 | 0 0 0 0"},
    {{.max = 4, .left = true}, "a b c d", NULL, "[CLS] c d [SEP] | 1 1 1 1 | 0 0 0 0"},
    {{.max = 6}, "a b c d", NULL, "[CLS] a b c d [SEP] | 1 1 1 1 1 1 | 0 0 0 0 0 0"},
    {{.max = 2}, "a b c d", NULL, "[CLS] [SEP] | 1 1 | 0 0"},
    {{.max = 2, .strategy = TOKENIZER_ONLY_FIRST}, "a b c d", NULL, "[CLS] [SEP] | 1 1 | 0 0"},
    {{.max = 1}, "a b c d", NULL, "expected to keep at least the 2 special tokens, not 1"},
    {{.max = 4, .strategy = TOKENIZER_ONLY_FIRST}, "a b c d", NULL, "[CLS] a b [SEP] | 1 1 1 1 | 0 0 0 0"},
    {{.max = 4, .strategy = TOKENIZER_ONLY_SECOND},
     "a b c d",
     NULL,
     "the second text has 0 tokens, and 2 have to go"},
    {{.max = 7}, "a b c", "a b c d", "[CLS] a b [SEP] a b [SEP] | 1 1 1 1 1 1 1 | 0 0 0 0 1 1 1"},
    {{.max = 7, .left = true},
     "a b c",
     "a b c d",
     "[CLS] b c [SEP] c d [SEP] | 1 1 1 1 1 1 1 | 0 0 0 0 1 1 1"},
    {{.max = 8, .strategy = TOKENIZER_ONLY_FIRST},
     "a b c",
     "a b c d",
     "[CLS] a [SEP] a b c d [SEP] | 1 1 1 1 1 1 1 1 | 0 0 0 1 1 1 1 1"},
    {{.max = 8, .strategy = TOKENIZER_ONLY_FIRST, .left = true},
     "a b c",
     "a b c d",
     "[CLS] c [SEP] a b c d [SEP] | 1 1 1 1 1 1 1 1 | 0 0 0 1 1 1 1 1"},
    {{.max = 8, .strategy = TOKENIZER_ONLY_SECOND},
     "a b c",
     "a b c d",
     "[CLS] a b c [SEP] a b [SEP] | 1 1 1 1 1 1 1 1 | 0 0 0 0 0 1 1 1"},
    {{.max = 8, .strategy = TOKENIZER_ONLY_SECOND, .left = true},
     "a b c",
     "a b c d",
     "[CLS] a b c [SEP] c d [SEP] | 1 1 1 1 1 1 1 1 | 0 0 0 0 0 1 1 1"},
    {{.max = 7, .strategy = TOKENIZER_ONLY_FIRST},
     "a b c",
     "a b c d",
     "the first text has 3 tokens, and 3 have to go"},
    {{.max = 6, .strategy = TOKENIZER_ONLY_SECOND},
     "a b c",
     "a b c d",
     "the second text has 4 tokens, and 4 have to go"},
    {{.max = 3, .strategy = TOKENIZER_ONLY_SECOND},
     "a b c",
     "a b c d",
     "[CLS] [SEP] [SEP] | 1 1 1 | 0 0 1"},
    {{.max = 2}, "a b c", "a b c d", "expected to keep at least the 3 special tokens, not 2"},
};

START_TEST(long_texts_are_cut)
{
    Error e = {""};
    TokenBatch b;
    char row[1000];
    const TokenizerPadding fill = {.id = 3};
    Tokenizer *t = make(FILE_WITH(""));
    if (tokenizer_encode_batch(t, &cuts[_i].a, &cuts[_i].b, 1, true, &cuts[_i].cut, &fill, &b, &e)) {
        row_of(t, &b, 0, row);
        tokenizer_batch_free(&b);
    } else {
        snprintf(row, sizeof row, "%s", e.text);
    }
    ck_assert_str_eq(row, cuts[_i].tokens);
    tokenizer_free(t);
}
END_TEST

/* ---- what the file says ----------------------------------------------------------------------------- */

#define CUT(direction, strategy)                                                                      \
    "\"truncation\":{\"direction\":\"" direction "\",\"max_length\":5,\"strategy\":\"" strategy "\"," \
    "\"stride\":0},"
#define FILL(strategy, direction)                                                                         \
    "\"padding\":{\"strategy\":" strategy ",\"direction\":\"" direction "\",\"pad_to_multiple_of\":null," \
    "\"pad_id\":3,\"pad_type_id\":1,\"pad_token\":\"[PAD]\"},"

START_TEST(the_file_says_how)
{
    static const char *const texts[] = {"a b c d", "c"};
    static const char *const expected[] = {"[CLS] b c d [SEP] [PAD] | 1 1 1 1 1 0 | 0 0 0 0 0 1",
                                           "[CLS] c [SEP] [PAD] [PAD] [PAD] | 1 1 1 0 0 0 | 0 0 0 1 1 1"};
    TokenizerTruncation cut;
    TokenizerPadding fill;
    Tokenizer *t = make(FILE_WITH(CUT("Left", "OnlySecond") FILL("{\"Fixed\":6}", "Right")));
    ck_assert(tokenizer_truncation(t, &cut) && tokenizer_padding(t, &fill));
    ck_assert(cut.strategy == TOKENIZER_ONLY_SECOND && cut.max == 5 && cut.left);
    cut.strategy = TOKENIZER_LONGEST_FIRST;
    batch_is(t, texts, NULL, 2, &cut, &fill, expected);
    tokenizer_free(t);
    t = make(FILE_WITH(FILL("\"BatchLongest\"", "Left")));
    ck_assert(tokenizer_padding(t, &fill) && fill.length == 0 && fill.left && fill.id == 3);
    tokenizer_free(t);
}
END_TEST

/* A file that says nothing, and encoding that is not asked to cut. */
START_TEST(nothing_is_said)
{
    Error e = {""};
    TokenizerTruncation cut;
    TokenizerPadding fill;
    TokenList list = {0};
    Tokenizer *t = make(FILE_WITH("\"truncation\":null,"));
    ck_assert(!tokenizer_truncation(t, &cut) && !tokenizer_padding(t, &fill));
    ck_assert(cut.max == 512 && cut.strategy == TOKENIZER_LONGEST_FIRST && !cut.left);
    ck_assert(fill.length == 0 && fill.multiple == 0 && fill.id == 0 && fill.type == 0 && !fill.left);
    tokenizer_free(t);
    t = make(FILE_WITH(CUT("Right", "LongestFirst")));
    ck_assert(tokenizer_encode(t, "a b c d", 7, true, &list, &e));
    ck_assert_uint_eq(list.count, 6);
    tokenizer_tokens_free(&list);
    tokenizer_free(t);
}
END_TEST

static const struct {
    const char *json, *says;
} hostile[] = {
    {FILE_WITH("\"truncation\":7,"), "truncation: expected an object or null"},
    {FILE_WITH("\"truncation\":{},"), "truncation: max_length: expected a whole number from 0"},
    {FILE_WITH("\"truncation\":{\"max_length\":-1},"), "truncation: max_length: expected"},
    {FILE_WITH("\"truncation\":{\"max_length\":4294967296},"), "truncation: max_length: expected"},
    {FILE_WITH("\"truncation\":{\"max_length\":5,\"stride\":\"x\"},"), "truncation: stride: expected"},
    {FILE_WITH(CUT("Up", "LongestFirst")), "truncation: direction: expected Left or Right, not 'Up'"},
    {FILE_WITH(CUT("Left", "Longest")), "truncation: the strategy 'Longest' is not known"},
    {FILE_WITH("\"padding\":[],"), "padding: expected an object or null"},
    {FILE_WITH("\"padding\":{},"), "padding: strategy: expected BatchLongest or {\"Fixed\": N}"},
    {FILE_WITH(FILL("{\"Fixed\":-1}", "Left")), "padding: Fixed: expected a whole number from 0"},
    {FILE_WITH(FILL("{}", "Left")), "padding: Fixed: expected"},
    {FILE_WITH(FILL("\"Longest\"", "Left")), "padding: strategy: expected"},
    {FILE_WITH(FILL("\"BatchLongest\"", "")), "padding: direction: expected Left or Right, not ''"},
    {FILE_WITH("\"padding\":{\"strategy\":\"BatchLongest\",\"pad_id\":4194304},"),
     "padding: pad_id: expected"},
};

START_TEST(hostile_files_are_refused)
{
    Error e = {""};
    ck_assert_msg(!tokenizer_parse(hostile[_i].json, strlen(hostile[_i].json), "t.json", &e),
                  "accepted: %s", hostile[_i].json);
    ck_assert_msg(strncmp(e.text, "t.json: ", 8) == 0 && strstr(e.text, hostile[_i].says), "%s", e.text);
}
END_TEST

START_TEST(what_cannot_be_filled_up)
{
    static const char *const texts[] = {"a"};
    Error none = {""}, large = {""};
    TokenBatch b;
    const TokenizerPadding no_token = {.id = 99},
                           too_long = {.id = 3, .length = 1 << 30, .multiple = 2000000000};
    Tokenizer *t = make(FILE_WITH(""));
    ck_assert(!tokenizer_encode_batch(t, texts, NULL, 1, true, NULL, &no_token, &b, &none));
    ck_assert_msg(strstr(none.text, "99, which is to fill up, is not the number of a token"), "%s",
                  none.text);
    ck_assert(!tokenizer_encode_batch(t, texts, NULL, 1, true, NULL, &too_long, &b, &large));
    ck_assert_msg(strstr(large.text, "do not fit into a batch"), "%s", large.text);
    ck_assert(
        tokenizer_encode_batch(t, texts, NULL, 0, true, NULL, &(TokenizerPadding){.id = 3}, &b, &none));
    ck_assert(b.count == 0 && b.length == 0);
    tokenizer_batch_free(&b);
    tokenizer_free(t);
}
END_TEST

int main(void)
{
    Suite *s = suite_create("tokenizer, batches");
    TCase *c = tcase_create("batches");
    tcase_add_test(c, the_quick_tour);
    tcase_add_loop_test(c, short_texts_are_filled_up, 0, sizeof fills / sizeof *fills);
    tcase_add_loop_test(c, the_longest_goes_first, 0, sizeof longest / sizeof *longest);
    tcase_add_loop_test(c, long_texts_are_cut, 0, sizeof cuts / sizeof *cuts);
    tcase_add_test(c, the_file_says_how);
    tcase_add_test(c, nothing_is_said);
    tcase_add_loop_test(c, hostile_files_are_refused, 0, sizeof hostile / sizeof *hostile);
    tcase_add_test(c, what_cannot_be_filled_up);
    suite_add_tcase(s, c);
    SRunner *r = srunner_create(s);
    srunner_run_all(r, CK_ENV);
    int failed = srunner_ntests_failed(r);
    srunner_free(r);
    return failed > 0;
}
