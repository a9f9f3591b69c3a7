/* test_tokenizer_golden.c -- the same ids and texts as the reference implementations.
 *
 * fixtures/tokenizer/make_fixtures.mjs says where they come from. */
#include "common/base/base.h"
#include "common/tokenizer/tokenizer.h"

#include <check.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define FOLDER "common/tests/fixtures/tokenizer/"

static json_t *load(const char *name)
{
    char path[128];
    json_error_t fault;
    snprintf(path, sizeof path, FOLDER "%s", name);
    json_t *j = json_load_file(path, JSON_ALLOW_NUL, &fault);
    ck_assert_msg(j, "%s: %s", path, fault.text);
    return j;
}

/* The tokenizer of a run: its file, some members replaced. */
static Tokenizer *tokenizer_of(const json_t *run)
{
    Error e = {""};
    json_t *file = load(json_string_value(json_object_get(run, "file")));
    json_t *change = json_object_get(run, "change");
    if (json_is_object(change))
        json_object_update(file, change);
    char *text = json_dumps(file, 0);
    Tokenizer *t = tokenizer_parse(text, strlen(text), "fixture", &e);
    ck_assert_msg(t, "%s", e.text);
    free(text);
    json_decref(file);
    return t;
}

static bool same(const TokenList *got, const json_t *want)
{
    bool good = got->count == json_array_size(want);
    for (size_t i = 0; good && i < got->count; i++)
        good = got->ids[i] == json_integer_value(json_array_get(want, i));
    return good;
}

static void print_tokens(char *out, size_t room, const Tokenizer *t, const TokenList *got,
                         const json_t *want)
{
    size_t used = 0;
    for (size_t i = 0; i < (got ? got->count : json_array_size(want)) && used < room; i++) {
        int id = got ? got->ids[i] : (int)json_integer_value(json_array_get(want, i));
        used += (size_t)snprintf(out + used, room - used, " %s", tokenizer_token(t, id));
    }
}

static void check_ids(const Tokenizer *t, const json_t *run, const json_t *text, const json_t *want,
                      bool special)
{
    char ours[2000] = "", theirs[2000] = "";
    TokenList got = {0};
    Error e = {""};
    ck_assert_msg(tokenizer_encode(t, json_string_value(text), json_string_length(text), special, &got, &e),
                  "%s", e.text);
    if (!same(&got, want)) {
        char *change = json_dumps(json_object_get(run, "change"), JSON_ENCODE_ANY);
        print_tokens(ours, sizeof ours, t, &got, NULL);
        print_tokens(theirs, sizeof theirs, t, NULL, want);
        ck_abort_msg("%s, change %s, text [%s]:\n  ours  %s\n  theirs%s",
                     json_string_value(json_object_get(run, "file")), change, json_string_value(text), ours,
                     theirs);
    }
    tokenizer_tokens_free(&got);
}

static void check_decoded(const Tokenizer *t, const json_t *ids, const json_t *want)
{
    size_t count = json_array_size(ids), size;
    int *list = memory_new((count + 1) * sizeof *list);
    Error e = {""};
    for (size_t i = 0; i < count; i++)
        list[i] = (int)json_integer_value(json_array_get(ids, i));
    char *text = tokenizer_decode(t, list, count, false, &size, &e);
    ck_assert_msg(text, "%s", e.text);
    ck_assert_msg(size == json_string_length(want) && memcmp(text, json_string_value(want), size) == 0,
                  "decoded [%s], not [%s]", text, json_string_value(want));
    free(text);
    free(list);
}

enum { RUNS = 18 };

START_TEST(golden_run)
{
    json_t *golden = load("golden.json"), *texts = json_object_get(golden, "texts");
    json_t *runs = json_object_get(golden, "runs"), *run = json_array_get(runs, (size_t)_i);
    json_t *special = json_object_get(run, "special"), *decoded = json_object_get(run, "decoded"), *text;
    json_t *ids = json_object_get(run, "ids");
    size_t i;
    ck_assert_uint_eq(json_array_size(runs), RUNS);
    Tokenizer *t = tokenizer_of(run);
    json_array_foreach(texts, i, text)
    {
        check_ids(t, run, text, json_array_get(ids, i), false);
        if (json_is_array(special))
            check_ids(t, run, text, json_array_get(special, i), true);
        if (json_is_array(decoded))
            check_decoded(t, json_array_get(ids, i), json_array_get(decoded, i));
    }
    tokenizer_free(t);
    json_decref(golden);
}
END_TEST

int main(void)
{
    Suite *s = suite_create("tokenizer, golden");
    TCase *c = tcase_create("golden");
    tcase_add_loop_test(c, golden_run, 0, RUNS);
    suite_add_tcase(s, c);
    SRunner *r = srunner_create(s);
    srunner_run_all(r, CK_ENV);
    int failed = srunner_ntests_failed(r);
    srunner_free(r);
    return failed > 0;
}
