/* test_tokenizer_reference.c -- what Hugging Face's library in Rust makes of parts that real files have.
 *
 * fixtures/tokenizer/make_reference.mjs asked it; reference.sh asks it again where there is npm. */
#include "common/base/base.h"
#include "common/tokenizer/tokenizer.h"

#include <check.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>

enum { CASES = 21 };

static json_t *load(void)
{
    json_error_t fault;
    json_t *j = json_load_file("common/tests/fixtures/tokenizer/reference.json", JSON_ALLOW_NUL, &fault);
    ck_assert_msg(j, "%s", fault.text);
    ck_assert_uint_eq(json_array_size(json_object_get(j, "cases")), CASES);
    return j;
}

static Tokenizer *tokenizer_of(const json_t *file)
{
    Error e = {""};
    char *text = json_dumps(file, 0);
    Tokenizer *t = tokenizer_parse(text, strlen(text), "fixture", &e);
    ck_assert_msg(t, "%s", e.text);
    free(text);
    return t;
}

static void check_ids(const Tokenizer *t, const char *name, const json_t *text, const json_t *want,
                      TokenList *got)
{
    Error e = {""};
    char ours[2000] = "";
    size_t used = 0;
    bool good = tokenizer_encode(t, json_string_value(text), json_string_length(text), true, got, &e);
    ck_assert_msg(good == !json_is_null(want), "%s, text [%s]: %s", name, json_string_value(text), e.text);
    bool same = !good || got->count == json_array_size(want);
    for (size_t i = 0; good && i < got->count; i++) {
        same = same && got->ids[i] == json_integer_value(json_array_get(want, i));
        if (used < sizeof ours - 20)
            used += (size_t)snprintf(ours + used, sizeof ours - used, " %d", got->ids[i]);
    }
    if (same)
        return;
    char *theirs = json_dumps(want, JSON_ENCODE_ANY);
    ck_abort_msg("%s, text [%s]:\n  ours  %s\n  theirs %s", name, json_string_value(text), ours, theirs);
}

/* The library makes one U+FFFD of all bytes of a broken character, we one of each: runs of them become
 * one. */
static char *without_runs(const char *text)
{
    static const char mark[] = "\xef\xbf\xbd";
    char *out = memory_zero(strlen(text) + 1, 1);
    size_t used = 0;
    for (size_t i = 0; text[i]; i++) {
        bool again = used >= 3 && strncmp(text + i, mark, 3) == 0 && memcmp(out + used - 3, mark, 3) == 0;
        if (again)
            i += 2;
        else
            out[used++] = text[i];
    }
    return out;
}

static void check_text(const Tokenizer *t, const char *name, const TokenList *ids, const json_t *want)
{
    Error e = {""};
    size_t size;
    char *text = tokenizer_decode(t, ids->ids, ids->count, false, &size, &e),
         *shown = memory_zero(3 * size + 1, 1);
    TokenStream *s = tokenizer_stream_new(t, false);
    for (size_t i = 0; i < ids->count; i++)
        strcat(shown, tokenizer_stream_add(s, ids->ids[i], &e));
    strcat(shown, tokenizer_stream_end(s));
    tokenizer_stream_free(s);
    char *ours = without_runs(shown), *theirs = without_runs(json_string_value(want));
    ck_assert_msg(strcmp(ours, theirs) == 0 || memchr(text, 0, size), "%s: decoded [%s], not [%s]", name,
                  ours, theirs);
    free(ours);
    free(theirs);
    free(text);
    free(shown);
}

START_TEST(as_the_library_has_it)
{
    json_t *root = load(), *texts = json_object_get(root, "texts"), *text;
    const json_t *c = json_array_get(json_object_get(root, "cases"), (size_t)_i);
    const char *name = json_string_value(json_object_get(c, "name"));
    const json_t *ids = json_object_get(c, "ids"), *decoded = json_object_get(c, "decoded");
    Tokenizer *t = tokenizer_of(json_object_get(c, "file"));
    size_t i;
    json_array_foreach(texts, i, text)
    {
        TokenList got = {0};
        check_ids(t, name, text, json_array_get(ids, i), &got);
        if (!json_is_null(json_array_get(decoded, i)))
            check_text(t, name, &got, json_array_get(decoded, i));
        tokenizer_tokens_free(&got);
    }
    tokenizer_free(t);
    json_decref(root);
}
END_TEST

/* Written and read again, a tokenizer is the same. */
START_TEST(saved_and_read_again)
{
    char path[] = "/tmp/test_reference.XXXXXX";
    Error e = {""};
    json_t *root = load(), *texts = json_object_get(root, "texts"), *text;
    const json_t *c = json_array_get(json_object_get(root, "cases"), (size_t)_i);
    Tokenizer *t = tokenizer_of(json_object_get(c, "file")), *again;
    ck_assert_int_ge(mkstemp(path), 0);
    ck_assert_msg(tokenizer_save(t, path, &e) && (again = tokenizer_load(path, &e)), "%s", e.text);
    remove(path);
    size_t i;
    json_array_foreach(texts, i, text)
    {
        TokenList a = {0}, b = {0};
        bool good = tokenizer_encode(t, json_string_value(text), json_string_length(text), true, &a, &e);
        ck_assert(good ==
                  tokenizer_encode(again, json_string_value(text), json_string_length(text), true, &b, &e));
        ck_assert(a.count == b.count &&
                  (a.count == 0 || memcmp(a.ids, b.ids, a.count * sizeof *a.ids) == 0));
        tokenizer_tokens_free(&a);
        tokenizer_tokens_free(&b);
    }
    tokenizer_free(t);
    tokenizer_free(again);
    json_decref(root);
}
END_TEST

START_TEST(the_library_still_says_so)
{
    char why[200] = "";
    FILE *p = popen("sh common/tests/tokenizer/reference.sh 2>&1", "r");
    ck_assert_ptr_nonnull(p);
    why[fread(why, 1, sizeof why - 1, p)] = '\0';
    int status = WEXITSTATUS(pclose(p));
    if (status == 77)
        printf("skipped: the library was not asked again: %s", why);
    else
        ck_assert_msg(status == 0, "%s", why);
}
END_TEST

int main(void)
{
    Suite *s = suite_create("tokenizer, reference");
    TCase *c = tcase_create("reference");
    tcase_set_timeout(c, 120);
    tcase_add_loop_test(c, as_the_library_has_it, 0, CASES);
    tcase_add_loop_test(c, saved_and_read_again, 0, CASES);
    tcase_add_test(c, the_library_still_says_so);
    suite_add_tcase(s, c);
    SRunner *r = srunner_create(s);
    srunner_run_all(r, CK_ENV);
    int failed = srunner_ntests_failed(r);
    srunner_free(r);
    return failed > 0;
}
