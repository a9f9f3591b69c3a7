/* test_explain.c -- where tokens come from, and the steps in words. Spans are held against what Hugging Face's library
 * in Rust gives (tokenizers 0.23.2), in bytes, where it and we mean the same. */
#include "common/tokenizer/explain.h"

#include "common/base/base.h"

#include <check.h>
#include <stdlib.h>
#include <string.h>

#define FIXTURES "common/tests/fixtures/tokenizer/"

static Tokenizer *open_fixture(const char *name)
{
    char path[128];
    Error e = {""};
    snprintf(path, sizeof path, FIXTURES "%s.json", name);
    Tokenizer *t = tokenizer_load(path, &e);
    ck_assert_msg(t != NULL, "%s", e.text);
    return t;
}

typedef struct Case {
    const char *file, *text, *spans; /* "begin-end" of each token */
} Case;

static const Case cases[] = {{"gpt2", "lower newest", "0-2 2-3 3-5 5-7 7-8 8-9 9-12"},
                             {"bert", "Na\u00efve caf\u00e9, \u5c0f\u732b lower 1024",
                              "0-6 7-12 12-13 14-17 17-20 21-23 23-25 25-26 27-28 28-29 29-30 30-31"},
                             {"bert", "  two  blanks", NULL},
                             {"unigram", "caf\u00e9 low", NULL},
                             {"fallback", "\u5927x", "0-3 0-3 3-4"}};

/* "0-2 2-3" of the spans. */
static void write_spans(const TokenSpan *spans, size_t count, char *out, size_t room)
{
    out[0] = '\0';
    for (size_t i = 0; i < count; i++)
        snprintf(out + strlen(out), room - strlen(out), "%s%zu-%zu", i ? " " : "", spans[i].begin,
                 spans[i].end);
}

START_TEST(spans_as_the_rust_library)
{
    const Case *c = &cases[_i];
    Tokenizer *t = open_fixture(c->file);
    TokenList tokens = {0};
    TokenSpan *spans;
    char got[512];
    Error e = {""};
    ck_assert_msg(tokenizer_encode_spans(t, c->text, strlen(c->text), &tokens, &spans, &e), "%s", e.text);
    write_spans(spans, tokens.count, got, sizeof got);
    if (c->spans)
        ck_assert_str_eq(got, c->spans);
    for (size_t i = 0; i < tokens.count; i++) {
        ck_assert_uint_le(spans[i].begin, spans[i].end);
        ck_assert_uint_le(spans[i].end, strlen(c->text));
        ck_assert(i == 0 || spans[i].begin >= spans[i - 1].begin);
    }
    free(spans);
    tokenizer_tokens_free(&tokens);
    tokenizer_free(t);
}
END_TEST

/* Tokens of a byte-level BPE without a normalizer lie side by side and are the text. */
START_TEST(bytes_are_all_there)
{
    static const char text[] = "A caf\u00e9 \u5c0f\u732b <|endoftext|> 1024\n\n \U0001F44D\U0001F3FD end ";
    Tokenizer *t = open_fixture("gpt2");
    TokenList tokens = {0};
    TokenSpan *spans;
    Error e = {""};
    size_t end = 0;
    ck_assert_msg(tokenizer_encode_spans(t, text, strlen(text), &tokens, &spans, &e), "%s", e.text);
    for (size_t i = 0; i < tokens.count; i++) {
        ck_assert_uint_eq(spans[i].begin, end);
        end = spans[i].end;
    }
    ck_assert_uint_eq(end, strlen(text));
    free(spans);
    tokenizer_tokens_free(&tokens);
    tokenizer_free(t);
}
END_TEST

/* The accent is a character of its own. BERT's normalizer drops it; NFKC makes one letter of both. */
START_TEST(an_accent_goes_with_what_it_becomes)
{
    static const char text[] = "cafe\u0301 sat";
    static const char *const files[] = {"bert", "unigram"};
    static const size_t ends[] = {4, 6};
    for (int i = 0; i < 2; i++) {
        Tokenizer *t = open_fixture(files[i]);
        TokenList tokens = {0};
        TokenSpan *spans;
        Error e = {""};
        ck_assert_msg(tokenizer_encode_spans(t, text, strlen(text), &tokens, &spans, &e), "%s", e.text);
        ck_assert_uint_ge(tokens.count, 2);
        ck_assert_uint_eq(spans[0].begin, 0);
        ck_assert_uint_eq(spans[0].end, ends[i]);
        free(spans);
        tokenizer_tokens_free(&tokens);
        tokenizer_free(t);
    }
}
END_TEST

START_TEST(bytes_that_are_no_text_are_named)
{
    Tokenizer *t = open_fixture("gpt2");
    TokenList tokens = {0};
    TokenSpan *spans = NULL;
    Error e = {""};
    ck_assert(!tokenizer_encode_spans(t, "ab\xff", 3, &tokens, &spans, &e));
    ck_assert_ptr_null(spans);
    ck_assert_msg(strstr(e.text, "byte 2") != NULL, "%s", e.text);
    tokenizer_tokens_free(&tokens);
    tokenizer_free(t);
}
END_TEST

static void explain(const char *file, const char *text, char *out, size_t room)
{
    Tokenizer *t = open_fixture(file);
    FILE *f = fmemopen(out, room, "w");
    Error e = {""};
    ck_assert_msg(tokenizer_explain(t, text, strlen(text), f, &e), "%s", e.text);
    fclose(f);
    tokenizer_free(t);
}

START_TEST(steps_in_words)
{
    char out[4096] = "";
    explain("bert", "Caf\u00e9 lower", out, sizeof out);
    ck_assert_ptr_nonnull(strstr(out, "normalizer (BertNormalizer): cafe lower\n"));
    ck_assert_ptr_nonnull(strstr(out, "  |lower| lo ##we ##r\n"));
    ck_assert_ptr_nonnull(
        strstr(out, "post-processor (TemplateProcessing): [CLS] cafe lo ##we ##r [SEP]\n"));
    explain("gpt2", "lower", out, sizeof out);
    ck_assert_ptr_nonnull(strstr(out, "normalizer (none): unchanged\n"));
    ck_assert_ptr_nonnull(strstr(out, "      l o w e r   merge 7: e + r\n"
                                      "      l o w er   merge 305: l + o\n"
                                      "      lo w er\n"));
}
END_TEST

int main(void)
{
    Suite *s = suite_create("explain");
    TCase *t = tcase_create("explain");
    tcase_add_loop_test(t, spans_as_the_rust_library, 0, sizeof cases / sizeof *cases);
    tcase_add_test(t, bytes_are_all_there);
    tcase_add_test(t, an_accent_goes_with_what_it_becomes);
    tcase_add_test(t, bytes_that_are_no_text_are_named);
    tcase_add_test(t, steps_in_words);
    suite_add_tcase(s, t);
    SRunner *r = srunner_create(s);
    srunner_run_all(r, CK_NORMAL);
    int failed = srunner_ntests_failed(r);
    srunner_free(r);
    return failed != 0;
}
