/* test_conversation.c -- rows of three forms, and what is wrong with those that are not. */
#include "common/chat/conversation.h"

#include <check.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static ChatSet *parse(const char *text, ChatReport *report, Error *e)
{
    return chat_set_parse(text, strlen(text), "T", report, e);
}

static void check_message(const ChatMessage *m, const char *role, const char *content)
{
    ck_assert_str_eq(m->role, role);
    ck_assert_str_eq(m->content, content);
}

START_TEST(test_forms)
{
    static const char rows[] =
        "{\"instruction\": \"Add.\", \"input\": \"2 3\", \"output\": \"5\"}\n"
        "\n"
        "{\"instruction\": \"Greet.\", \"input\": \"\", \"output\": \"Hi\"}\r\n"
        "{\"conversations\": [{\"from\": \"human\", \"value\": \"你好\"}, {\"from\": \"gpt\", \"value\": "
        "\"好\"}], "
        "\"system\": \"s\"}\n"
        "{\"messages\": [{\"role\": \"developer\", \"content\": \"d\"}, {\"role\": \"user\", \"content\": "
        "\"u\"}, "
        "{\"role\": \"assistant\", \"content\": \"a\"}], \"tools\": [{\"name\": \"f\"}]}\n"
        "{\"messages\": [{\"role\": \"user\", \"content\": \"u\"}, {\"role\": \"assistant\", \"content\": "
        "null, "
        "\"tool_calls\": [{\"id\": \"1\"}]}, {\"role\": \"tool\", \"content\": \"r\", \"tool_call_id\": "
        "\"1\"}]}";
    Error e = {""};
    ChatReport report;
    ChatSet *s = parse(rows, &report, &e);
    ck_assert_msg(s != NULL, "%s", e.text);
    ck_assert_int_eq(s->count, 5);
    ck_assert_int_eq(report.rows, 5);
    ck_assert_int_eq(report.malformed, 0);
    ck_assert_int_eq(report.good[CHAT_ALPACA], 2);
    ck_assert_int_eq(report.good[CHAT_SHAREGPT], 1);
    ck_assert_int_eq(report.good[CHAT_OPENAI], 2);
    check_message(&s->items[0].messages[0], "user", "Add.\n2 3");
    check_message(&s->items[0].messages[1], "assistant", "5");
    check_message(&s->items[1].messages[0], "user", "Greet.");
    ck_assert_int_eq(s->items[1].line, 3);
    check_message(&s->items[2].messages[0], "system", "s");
    check_message(&s->items[2].messages[1], "user", "你好");
    check_message(&s->items[3].messages[0], "system", "d");
    ck_assert_str_eq(s->items[3].tools, "[{\"name\":\"f\"}]");
    ck_assert_ptr_null(s->items[4].messages[1].content);
    ck_assert_ptr_nonnull(strstr(s->items[4].messages[1].more, "tool_calls"));
    check_message(&s->items[4].messages[2], "tool", "r");
    chat_set_free(s);
}
END_TEST

/* Each malformed row is counted and named by its line; the good ones stay. */
START_TEST(test_malformed)
{
    static const struct {
        const char *row, *why;
    } bad[] = {
        {"{\"messages\": ", "no JSON"},
        {"[1]", "no object"},
        {"{\"text\": \"a\"}", "none of"},
        {"{\"instruction\": \"a\"}", "\"output\" is missing"},
        {"{\"instruction\": \"a\", \"output\": 5}", "\"output\" is no text"},
        {"{\"messages\": [{\"role\": \"boss\", \"content\": \"a\"}]}", "the role 'boss' is not known"},
        {"{\"messages\": [{\"role\": \"user\", \"content\": \"a\"}]}", "no message is the assistant's"},
        {"{\"messages\": [{\"role\": \"assistant\", \"content\": \"\"}]}", "an answer is empty"},
        {"{\"messages\": [{\"role\": \"assistant\", \"content\": null}]}", "\"content\" is no text"},
        {"{\"messages\": [{\"content\": \"a\"}]}", "\"role\" is missing"},
        {"{\"messages\": [\"a\"]}", "a message is no object"},
        {"{\"conversations\": \"a\"}", "the messages are no list"},
        {"{\"instruction\": \"a\\u0000b\", \"output\": \"c\"}", "no JSON"},
    };
    static const char good[] = "{\"instruction\": \"a\", \"output\": \"b\"}\n";
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        char text[400];
        Error e = {""};
        ChatReport report;
        snprintf(text, sizeof text, "%s%s\n%s", good, bad[i].row, good);
        ChatSet *s = parse(text, &report, &e);
        ck_assert_msg(s && s->count == 2, "%s", bad[i].row);
        ck_assert_int_eq(report.malformed, 1);
        ck_assert_int_eq(report.faults[0].line, 2);
        ck_assert_msg(strstr(report.faults[0].why, bad[i].why) != NULL, "%s: '%s'", bad[i].row,
                      report.faults[0].why);
        chat_set_free(s);
    }
}
END_TEST

/* A JSON array with rows over several lines, as Alpaca's own file is. */
START_TEST(test_array)
{
    static const char text[] =
        " [\n{\"instruction\": \"a\",\n \"output\": \"b\"},\n{\"instruction\": \"c\"},\n"
        "{\"instruction\": \"e\", \"output\": \"f\"}\n]\n";
    Error e = {""};
    ChatReport report;
    ChatSet *s = parse(text, &report, &e);
    ck_assert_msg(s != NULL, "%s", e.text);
    ck_assert_int_eq(s->count, 2);
    ck_assert_int_eq(s->items[1].line, 5);
    ck_assert_int_eq(report.malformed, 1);
    ck_assert_int_eq(report.faults[0].line, 4);
    chat_set_free(s);
}
END_TEST

static void check_refused(const char *text, size_t size, const char *why)
{
    Error e = {""};
    ChatReport report;
    ck_assert_ptr_null(chat_set_parse(text, size, "T", &report, &e));
    ck_assert_msg(strstr(e.text, why) != NULL, "'%s' does not say '%s'", e.text, why);
}

START_TEST(test_refused)
{
    check_refused("", 0, "T: it has no rows");
    check_refused("\n\n", 2, "T: it has no rows");
    check_refused("{\n", 2, "T:1: no JSON");
    check_refused("\n\xff", 2, "T:2: no UTF-8");
    check_refused("[{\"instruction\": \"a\"}", 21, "no row of 2");
}
END_TEST

/* What is written is read again, the same. */
START_TEST(test_written)
{
    char path[] = "/tmp/test_conversation.XXXXXX";
    static const char row[] = "{\"messages\": [{\"role\": \"user\", \"content\": \"引号\\\" \\n\"}, "
                              "{\"role\": \"assistant\", \"content\": null, "
                              "\"tool_calls\": [1]}], \"tools\": [2]}";
    Error e = {""};
    ChatReport report;
    close(mkstemp(path));
    ChatSet *s = parse(row, &report, &e);
    ck_assert(chat_set_write(s, path, &e));
    ChatSet *again = chat_set_read(path, &report, &e);
    ck_assert_msg(again != NULL, "%s", e.text);
    ck_assert_int_eq(again->count, 1);
    check_message(&again->items[0].messages[0], "user", "引号\" \n");
    ck_assert_str_eq(again->items[0].messages[1].more, s->items[0].messages[1].more);
    ck_assert_str_eq(again->items[0].tools, "[2]");
    chat_set_free(s);
    chat_set_free(again);
    unlink(path);
}
END_TEST

int main(void)
{
    Suite *s = suite_create("conversations");
    TCase *c = tcase_create("conversations");
    tcase_add_test(c, test_forms);
    tcase_add_test(c, test_malformed);
    tcase_add_test(c, test_array);
    tcase_add_test(c, test_refused);
    tcase_add_test(c, test_written);
    suite_add_tcase(s, c);
    SRunner *r = srunner_create(s);
    srunner_run_all(r, CK_ENV);
    int failed = srunner_ntests_failed(r);
    srunner_free(r);
    return failed > 0;
}
