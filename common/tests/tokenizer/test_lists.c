/* test_lists.c -- the vocabulary and the merges, read from the text of a file: what is plain gives the same
 * tokenizer as the JSON library, and what is not is left to it. */
#include "common/base/base.h"
#include "common/tokenizer/parts.h"

#include <check.h>
#include <glob.h>
#include <stdlib.h>

/* JSON with ' in place of ", which \ leaves alone. */
static size_t quoted(const char *json, char text[1024])
{
    size_t size = strlen(json);
    for (size_t i = 0; i <= size; i++)
        text[i] = json[i] == '\'' ? '"' : json[i];
    return size;
}

static const char *const plain[] = {"{'a':0}", " { 'a' : 3 ,\r\n\t'b' : 0 } ",
                                    "{'\\\"\\\\\\/\\b\\f\\n\\r\\t':1,'\\u0120the':2,'\xc4\xa0':4194303}"};

START_TEST(a_plain_vocabulary_is_read)
{
    char text[1024];
    size_t size = quoted(plain[_i], text);
    JsonText j = {text, text + size};
    Vocabulary v = {0};
    json_t *tree = json_loadb(text, size, JSON_REJECT_DUPLICATES, NULL), *value;
    const char *key;
    ck_assert(tree && tokenizer_list_vocabulary(&j, &v));
    tokenizer_list_skip(&j);
    ck_assert_ptr_eq(j.at, j.end);
    ck_assert_uint_eq(v.used, json_object_size(tree));
    json_object_foreach(tree, key, value)
    {
        ck_assert_int_eq(tokenizer_vocabulary_find(&v, key, strlen(key)), json_integer_value(value));
    }
    json_decref(tree);
    tokenizer_vocabulary_free(&v);
}
END_TEST

static const char *const other[] = {"",
                                    "{}",
                                    "{'a'}",
                                    "{'a':}",
                                    "{'a':0",
                                    "{'a':0,}",
                                    "['a']",
                                    "{'a':-0}",
                                    "{'a':01}",
                                    "{'a':1.0}",
                                    "{'a':1e1}",
                                    "{'a':4194304}",
                                    "{'a':'0'}",
                                    "{'a':0 1}",
                                    "{'a:0}",
                                    "{'a\\':0}",
                                    "{'\\x':0}",
                                    "{'\\u00g0':0}",
                                    "{'\\u0000':0}",
                                    "{'\\ud83d':0}",
                                    "{'\\u12",
                                    "{'\xff':0}",
                                    "{'\n':0}",
                                    "{'a':0,'b':0}",
                                    "{'a':0,'a':1}",
                                    "{'a':0 'b':1}",
                                    "{a:0}",
                                    "{'a'=0}"};

START_TEST(other_forms_are_left_to_the_library)
{
    char text[1024];
    size_t size = quoted(other[_i], text);
    JsonText j = {text, text + size};
    Vocabulary v = {0};
    ck_assert(!tokenizer_list_vocabulary(&j, &v));
    tokenizer_vocabulary_free(&v);
}
END_TEST

static const struct {
    const char *json;
    double first;
    bool good;
} scored[] = {{"[['a',-2.5],['b',0]]", -2.5, true},
              {"[ [ 'a' , -1E+2 ] ]", -100, true},
              {"[['a',0.125e-1]]", 0.0125, true},
              {"[['a',-0]]", 0, true},
              {"[['a',.5]]", 0, false},
              {"[['a',1.]]", 0, false},
              {"[['a',01]]", 0, false},
              {"[['a',1e]]", 0, false},
              {"[['a',1e400]]", 0, false},
              {"[['a',--1]]", 0, false},
              {"[['a',12345678901234567890]]", 0, false},
              {"[['a',1],]", 0, false},
              {"[['a',1,2]]", 0, false},
              {"[['a']]", 0, false},
              {"[]", 0, false}};

START_TEST(scores_are_numbers)
{
    char text[1024];
    size_t size = quoted(scored[_i].json, text);
    JsonText j = {text, text + size};
    Vocabulary v = {0};
    double *score = NULL;
    ck_assert(tokenizer_list_scored(&j, &v, &score) == scored[_i].good);
    ck_assert(!scored[_i].good || score[0] == scored[_i].first);
    free(score);
    tokenizer_vocabulary_free(&v);
}
END_TEST

/* Files that people have are plain: the slow way is not taken without anybody knowing. */
START_TEST(lists_of_files_are_plain)
{
    glob_t found;
    Error e = {""};
    ck_assert_int_eq(glob("common/tests/fixtures/tokenizer/seeds/*.json", 0, NULL, &found), 0);
    for (size_t i = 0; i < found.gl_pathc; i++) {
        size_t size;
        char *json = file_read(found.gl_pathv[i], &size, &e);
        Bytes rest = {0};
        JsonLists lists = {{NULL, NULL}, {NULL, NULL}};
        Vocabulary v = {0};
        double *score = NULL;
        ck_assert_msg(json && tokenizer_lists_cut(json, size, &lists, &rest), "%s", found.gl_pathv[i]);
        json_t *tree = json_loadb(rest.at, rest.size, 0, NULL);
        ck_assert(tree);
        ck_assert(*lists.vocabulary.at == '{' ? tokenizer_list_vocabulary(&lists.vocabulary, &v)
                                              : tokenizer_list_scored(&lists.vocabulary, &v, &score));
        json_decref(tree);
        tokenizer_vocabulary_free(&v);
        free(score);
        free(rest.at);
        free(json);
    }
    globfree(&found);
}
END_TEST

int main(void)
{
    Suite *s = suite_create("tokenizer, lists");
    TCase *c = tcase_create("lists");
    tcase_add_loop_test(c, a_plain_vocabulary_is_read, 0, sizeof plain / sizeof *plain);
    tcase_add_loop_test(c, other_forms_are_left_to_the_library, 0, sizeof other / sizeof *other);
    tcase_add_loop_test(c, scores_are_numbers, 0, sizeof scored / sizeof *scored);
    tcase_add_test(c, lists_of_files_are_plain);
    suite_add_tcase(s, c);
    SRunner *r = srunner_create(s);
    srunner_run_all(r, CK_ENV);
    int failed = srunner_ntests_failed(r);
    srunner_free(r);
    return failed > 0;
}
