/* test_template.c -- templates against jinja2 (fixtures/make_chat.py), faults, and folders. */
#include "common/chat/template.h"

#include <check.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define FIXTURE "common/tests/fixtures/chat/templates.json"

static json_t *fixture;

static void open_fixture(void)
{
    json_error_t where;
    fixture = json_load_file(FIXTURE, 0, &where);
    ck_assert_msg(fixture != NULL, "%s", where.text);
}

static void close_fixture(void)
{
    json_decref(fixture);
}

static ChatTemplate *template_of(const char *name, Error *e)
{
    const json_t *t = json_object_get(json_object_get(fixture, "templates"), name);
    return chat_template_parse(json_string_value(json_object_get(t, "source")),
                               json_string_value(json_object_get(t, "bos")),
                               json_string_value(json_object_get(t, "eos")), name, e);
}

/* The same text as jinja2's, byte for byte; what it refuses is refused. */
START_TEST(test_jinja2)
{
    const json_t *cases = json_object_get(fixture, "cases");
    ck_assert_uint_ge(json_array_size(cases), 300);
    for (size_t i = 0; i < json_array_size(cases); i++) {
        Error e = {""};
        const json_t *c = json_array_get(cases, i);
        const char *name = json_string_value(json_object_get(c, "name")),
                   *text = json_string_value(json_object_get(c, "text"));
        const json_t *variables = json_object_get(json_object_get(fixture, "variables"),
                                                  json_string_value(json_object_get(c, "variables")));
        ChatTemplate *t = template_of(json_string_value(json_object_get(c, "template")), &e);
        ck_assert_msg(t != NULL, "%s: %s", name, e.text);
        char *said = chat_template_render_json(t, variables, &e);
        ck_assert_msg((said != NULL) == (text != NULL), "%s: %s%s", name, said ? "not refused: " : e.text,
                      said ? said : "");
        if (text)
            ck_assert_msg(strcmp(said, text) == 0, "%s\n--- jinja2\n%s\n--- ours\n%s\n---", name, text,
                          said);
        free(said);
        chat_template_free(t);
    }
}
END_TEST

static void check_fault(const char *source, const char *expected)
{
    Error e = {""};
    ChatMessage m = chat_message("user", "a");
    ChatTemplate *t = chat_template_parse(source, NULL, NULL, "T", &e);
    char *text =
        t ? chat_template_render(t, &(ChatConversation){.messages = &m, .count = 1}, false, &e) : NULL;
    ck_assert_msg(text == NULL, "%s: not refused", source);
    ck_assert_msg(strstr(e.text, expected) != NULL, "%s: '%s' does not say '%s'", source, e.text, expected);
    chat_template_free(t);
}

/* What is not supported is named, and where it stands. */
START_TEST(test_faults)
{
    check_fault("a\n{% macro f(x) %}{% endmacro %}",
                "T: line 2, column 4: the statement 'macro' is not supported");
    check_fault("{% include 'x' %}", "the statement 'include' is not supported");
    check_fault("{{ messages | sort }}", "T: line 1, column 15: the filter 'sort' is not supported");
    check_fault("中{{ messages is weird }}", "T: line 1, column 17: the test 'weird' is not supported");
    check_fault("{{ strftime_now('%d') }}", "the function 'strftime_now' is not supported");
    check_fault("{{ messages.append(1) }}", "the method 'append' is not supported");
    check_fault("{{ 'a'.format(1) }}", "the method 'format' is not supported");
    check_fault("{{ messages }}", "a list cannot be printed");
    check_fault("{{ missing.role }}", "'missing' is undefined and has no 'role'");
    check_fault("{{ messages[0].absent.role }}", "'absent' is undefined");
    check_fault("{% for m in messages %}a", "a block without its {% else %}");
    check_fault("{% if 1 %}a", "a block without its");
    check_fault("{% endfor %}", "the statement 'endfor' is not supported");
    check_fault("{{ 1", "the template ends within a tag");
    check_fault("{{ 'a }}", "a string without its closing quotation mark");
    check_fault("{{ 1 + }}", "expected an expression");
    check_fault("{{ a b }}", "expected }}, not b");
    check_fault("{# a", "a comment {# without #}");
    check_fault("{{ 2 ** 3 }}", "** is not supported");
    check_fault("{{ 9223372036854775807 + 1 }}", "too large");
    check_fault("{{ 99999999999999999999 }}", "this number is not supported");
    check_fault("{% set messages[0] = 1 %}", "expected");
    check_fault("{% set m = messages[0] %}{% set m.role = 'x' %}",
                "only an attribute of a namespace can be set");
    check_fault("{{ raise_exception('no ' ~ messages[0].role) }}", "refuses the conversation: no user");
    check_fault("\xff", "no UTF-8 at byte 0");
}
END_TEST

/* Time and memory are bounded, whatever a template asks for. */
START_TEST(test_bounds)
{
    char *deep = memory_new(100001);
    check_fault("{% for a in range(99999) %}{% for b in range(99999) %}{% endfor %}{% endfor %}",
                "too much time");
    check_fault("{{ range(1000000) }}", "the range is too large");
    check_fault(
        "{% set ns = namespace(s='aaaaaaaaaaaaaaaa') %}{% for i in range(60) %}{% set ns.s = ns.s + ns.s %}"
        "{% endfor %}",
        "too much time or memory");
    memset(deep, '(', 100000);
    memcpy(deep, "{{", 2);
    deep[100000] = '\0';
    check_fault(deep, "too deeply nested");
    memset(deep + 2, '-', 99998);
    check_fault(deep, "too deeply nested");
    free(deep);
}
END_TEST

static const ChatMessage hello[] = {{"system", "You are brief.", NULL}, {"user", "你好", NULL}};

/* The template of a folder comes back as it was written, and so do its tokens. */
START_TEST(test_folder)
{
    char folder[] = "/tmp/test_template.XXXXXX", path[100];
    Error e = {""};
    ck_assert_ptr_nonnull(mkdtemp(folder));
    ChatTemplate *t = chat_template_load(folder, &e);
    ck_assert(!t && strstr(e.text, folder) && strstr(e.text, "no chat template"));
    e = (Error){""};
    ck_assert(chat_template_save(folder, chat_template_chatml, NULL, "<|im_end|>", 512, &e));
    t = chat_template_load(folder, &e);
    ck_assert_msg(t != NULL, "%s", e.text);
    ck_assert_str_eq(chat_template_source(t), chat_template_chatml);
    char *text = chat_template_render(t, &(ChatConversation){.messages = hello, .count = 2}, true, &e);
    ck_assert_str_eq(text,
                     "<|im_start|>system\nYou are brief.<|im_end|>\n<|im_start|>user\n你好<|im_end|>\n"
                     "<|im_start|>assistant\n");
    free(text);
    chat_template_free(t);
    snprintf(path, sizeof path, "%s/tokenizer_config.json", folder);
    unlink(path);
    rmdir(folder);
}
END_TEST

/* Of named templates "default" is taken; a token may be an object; chat_template.jinja goes first. */
START_TEST(test_folder_forms)
{
    static const char config[] = "{\"bos_token\": {\"content\": \"<s>\"}, \"chat_template\": "
                                 "[{\"name\": \"tool_use\", \"template\": \"no\"}, "
                                 "{\"name\": \"default\", \"template\": \"{{ bos_token }}yes\"}]}";
    char folder[] = "/tmp/test_template.XXXXXX", path[100], own[100];
    Error e = {""};
    ck_assert_ptr_nonnull(mkdtemp(folder));
    snprintf(path, sizeof path, "%s/tokenizer_config.json", folder);
    snprintf(own, sizeof own, "%s/chat_template.jinja", folder);
    for (int i = 0; i < 2; i++) {
        FileWriter *w = file_create(i ? own : path, &e);
        file_printf(w, "%s", i ? "own{{ bos_token }}" : config);
        ck_assert(file_commit(w, &e));
        ChatTemplate *t = chat_template_load(folder, &e);
        ck_assert_msg(t != NULL, "%s", e.text);
        char *text = chat_template_render(t, &(ChatConversation){.messages = hello, .count = 2}, false, &e);
        ck_assert_str_eq(text, i ? "own<s>" : "<s>yes");
        free(text);
        chat_template_free(t);
    }
    unlink(path);
    unlink(own);
    rmdir(folder);
}
END_TEST

int main(void)
{
    Suite *s = suite_create("chat templates");
    TCase *c = tcase_create("chat templates");
    tcase_set_timeout(c, 60);
    tcase_add_unchecked_fixture(c, open_fixture, close_fixture);
    tcase_add_test(c, test_jinja2);
    tcase_add_test(c, test_faults);
    tcase_add_test(c, test_bounds);
    tcase_add_test(c, test_folder);
    tcase_add_test(c, test_folder_forms);
    suite_add_tcase(s, c);
    SRunner *r = srunner_create(s);
    srunner_run_all(r, CK_ENV);
    int failed = srunner_ntests_failed(r);
    srunner_free(r);
    return failed > 0;
}
