/* conversation.c -- rows of three forms into conversations. */
#include "common/chat/conversation.h"

#include "common/text/utf8.h"

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

const char *const chat_format_names[CHAT_FORMATS] = {"Alpaca", "ShareGPT", "OpenAI"};

ChatMessage chat_message(const char *role, const char *content)
{
    return (ChatMessage){.role = role, .content = content};
}

/* ---- sets ------------------------------------------------------------------------------------------ */

ChatSet *chat_set_new(void)
{
    ChatSet *s = memory_zero(1, sizeof *s);
    s->memory = arena_new();
    return s;
}

void chat_set_free(ChatSet *s)
{
    if (!s)
        return;
    arena_free(s->memory);
    free(s->items);
    free(s);
}

static const char *keep(ChatSet *s, const char *text)
{
    return text ? strcpy(arena_alloc(s->memory, strlen(text) + 1), text) : NULL;
}

void chat_set_add(ChatSet *s, const ChatConversation *c)
{
    if (s->count == s->room)
        s->items = memory_resize(s->items, sizeof *s->items * (size_t)(s->room = 2 * s->room + 16));
    ChatMessage *messages = arena_alloc(s->memory, sizeof *messages * (size_t)(c->count + 1));
    for (int i = 0; i < c->count; i++)
        messages[i] = (ChatMessage){keep(s, c->messages[i].role), keep(s, c->messages[i].content),
                                    keep(s, c->messages[i].more)};
    s->items[s->count++] = (ChatConversation){messages, c->count, keep(s, c->tools), c->line};
}

/* ---- a row ----------------------------------------------------------------------------------------- */

enum { MAX_MESSAGES = 1000 };

/* A conversation that is being read; what is wrong with it, or "". */
typedef struct Row {
    ChatMessage messages[MAX_MESSAGES];
    char *more[MAX_MESSAGES]; /* to be freed */
    char *tools;
    int count;
    char why[120];
} Row;

static bool fault(Row *row, const char *format, const char *what)
{
    if (!row->why[0])
        snprintf(row->why, sizeof row->why, format, what);
    return false;
}

/* The role by the names that the files use. */
static const char *role_of(const char *name)
{
    static const char *const names[][2] = {
        {"system", "system"},     {"developer", "system"},    {"user", "user"},
        {"human", "user"},        {"assistant", "assistant"}, {"gpt", "assistant"},
        {"chatgpt", "assistant"}, {"model", "assistant"},     {"tool", "tool"},
        {"function", "tool"},     {"observation", "tool"}};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        if (strcmp(name, names[i][0]) == 0)
            return names[i][1];
    }
    return NULL;
}

/* A text of an object; NULL and a fault if it is none, holds a zero byte, or is missing. */
static const char *text_of(Row *row, const json_t *object, const char *key)
{
    const json_t *value = json_object_get(object, key);
    const char *text = json_string_value(value);
    if (!value)
        fault(row, "\"%s\" is missing", key);
    else if (!text || strlen(text) != json_string_length(value))
        fault(row, "\"%s\" is no text", key);
    return row->why[0] ? NULL : text;
}

static void add(Row *row, const char *role, const char *content, char *more)
{
    if (row->count == MAX_MESSAGES) {
        fault(row, "%s", "more than 1000 messages");
        free(more);
        return;
    }
    row->more[row->count] = more;
    row->messages[row->count++] = (ChatMessage){role, content, more};
}

static void read_alpaca(Row *row, const json_t *j)
{
    const char *instruction = text_of(row, j, "instruction"), *output = text_of(row, j, "output"),
               *input = json_object_get(j, "input") ? text_of(row, j, "input") : "";
    if (row->why[0])
        return;
    if (json_object_get(j, "system") && json_string_value(json_object_get(j, "system"))[0])
        add(row, "system", json_string_value(json_object_get(j, "system")), NULL);
    /* the input after the instruction, on a line of its own */
    json_t *both = json_sprintf("%s%s%s", instruction, input[0] ? "\n" : "", input);
    if (!both) {
        fault(row, "%s", "\"instruction\" is no text");
        return;
    }
    char *text = memory_string(json_string_value(both));
    json_decref(both);
    add(row, "user", text, text);
    row->messages[row->count - 1].more = NULL;
    add(row, "assistant", output, NULL);
}

/* What else a message of OpenAI's has: tool calls and names. */
static char *further(const json_t *message)
{
    static const char *const keys[] = {"tool_calls", "tool_call_id", "name"};
    json_t *more = json_object();
    for (int i = 0; i < 3; i++) {
        if (json_object_get(message, keys[i]))
            json_object_set(more, keys[i], json_object_get(message, keys[i]));
    }
    char *text = json_object_size(more) > 0 ? json_dumps(more, JSON_COMPACT) : NULL;
    json_decref(more);
    return text;
}

static void read_message(Row *row, const json_t *m, const char *role_key, const char *content_key)
{
    if (!json_is_object(m)) {
        fault(row, "%s", "a message is no object");
        return;
    }
    const char *name = text_of(row, m, role_key), *role = name ? role_of(name) : NULL;
    if (!name)
        return;
    if (!role) {
        fault(row, "the role '%.60s' is not known", name);
        return;
    }
    bool calls = json_array_size(json_object_get(m, "tool_calls")) > 0;
    bool none =
        calls && (!json_object_get(m, content_key) || json_is_null(json_object_get(m, content_key)));
    const char *content = none ? NULL : text_of(row, m, content_key);
    if (!none && content && !content[0] && strcmp(role, "assistant") == 0 && !calls)
        fault(row, "%s", "an answer is empty");
    if (!row->why[0])
        add(row, role, content, further(m));
}

static void read_messages(Row *row, const json_t *list, const char *role_key, const char *content_key)
{
    if (!json_is_array(list)) {
        fault(row, "%s", "the messages are no list");
        return;
    }
    for (size_t i = 0; i < json_array_size(list) && !row->why[0]; i++)
        read_message(row, json_array_get(list, i), role_key, content_key);
}

static void read_tools(Row *row, const json_t *j)
{
    const json_t *tools = json_object_get(j, "tools");
    if (json_is_array(tools) && json_array_size(tools) > 0)
        row->tools = json_dumps(tools, JSON_COMPACT);
}

/* Fills row; the form that it has, or -1. Texts stay those of j. */
static int read_row(Row *row, const json_t *j)
{
    int format = json_object_get(j, "messages")        ? CHAT_OPENAI
                 : json_object_get(j, "conversations") ? CHAT_SHAREGPT
                 : json_object_get(j, "instruction")   ? CHAT_ALPACA
                                                       : -1;
    if (format == CHAT_OPENAI)
        read_messages(row, json_object_get(j, "messages"), "role", "content");
    else if (format == CHAT_SHAREGPT)
        read_messages(row, json_object_get(j, "conversations"), "from", "value");
    else if (format == CHAT_ALPACA)
        read_alpaca(row, j);
    else
        fault(row, "%s",
              json_is_object(j) ? "none of \"messages\", \"conversations\", \"instruction\" is there"
                                : "no object");
    if (format == CHAT_SHAREGPT && json_is_string(json_object_get(j, "system")) && row->count > 0 &&
        row->count < MAX_MESSAGES && strcmp(row->messages[0].role, "system") != 0) {
        memmove(row->messages + 1, row->messages, sizeof *row->messages * (size_t)row->count);
        memmove(row->more + 1, row->more, sizeof *row->more * (size_t)row->count++);
        row->messages[0] = chat_message("system", json_string_value(json_object_get(j, "system")));
        row->more[0] = NULL;
    }
    bool answers = false;
    for (int i = 0; i < row->count; i++)
        answers |= strcmp(row->messages[i].role, "assistant") == 0;
    if (!answers)
        fault(row, "%s", "no message is the assistant's");
    read_tools(row, j);
    return format;
}

static void take_row(ChatSet *s, const json_t *j, int line, ChatReport *report)
{
    Row *row = memory_zero(1, sizeof *row);
    int format = read_row(row, j);
    report->rows++;
    if (!row->why[0]) {
        report->good[format]++;
        chat_set_add(s, &(ChatConversation){row->messages, row->count, row->tools, line});
    } else {
        if (report->malformed < CHAT_MAX_FAULTS) {
            struct ChatFault *f = &report->faults[report->malformed];
            f->line = line;
            snprintf(f->why, sizeof f->why, "%s", row->why);
        }
        report->malformed++;
    }
    for (int i = 0; i < row->count; i++)
        free(row->more[i]);
    free(row->tools);
    free(row);
}

static void take_broken(ChatReport *report, int line, const char *why)
{
    report->rows++;
    if (report->malformed < CHAT_MAX_FAULTS) {
        report->faults[report->malformed].line = line;
        snprintf(report->faults[report->malformed].why, sizeof report->faults->why, "no JSON: %.100s", why);
    }
    report->malformed++;
}

/* ---- a file ---------------------------------------------------------------------------------------- */

static int lines_between(const char *from, const char *to)
{
    int lines = 0;
    for (; from < to; from++)
        lines += *from == '\n';
    return lines;
}

/* One value of JSON a line. */
static void read_lines(ChatSet *s, const char *text, size_t size, ChatReport *report)
{
    int line = 0;
    json_error_t where;
    for (const char *at = text, *end = text + size; at < end; at++) {
        const char *stop = memchr(at, '\n', (size_t)(end - at));
        stop = stop ? stop : end;
        line++;
        size_t blank = 0;
        while (at + blank < stop && strchr(" \t\r", at[blank]) && at[blank])
            blank++;
        json_t *j = at + blank < stop ? json_loadb(at, (size_t)(stop - at), 0, &where) : NULL;
        if (j)
            take_row(s, j, line, report);
        else if (at + blank < stop)
            take_broken(report, line, where.text);
        json_decref(j);
        at = stop;
    }
}

/* A list of rows. After one that is no JSON the rest cannot be read. */
static void read_array(ChatSet *s, const char *text, const char *at, const char *end, ChatReport *report)
{
    json_error_t where;
    at++; /* the bracket */
    while (at < end) {
        while (at < end && strchr(" \t\r\n,", *at) && *at)
            at++;
        if (at >= end || *at == ']')
            return;
        int line = 1 + lines_between(text, at);
        json_t *j = json_loadb(at, (size_t)(end - at), JSON_DISABLE_EOF_CHECK, &where);
        if (!j) {
            take_broken(report, line, where.text);
            return;
        }
        take_row(s, j, line, report);
        json_decref(j);
        at += where.position;
    }
    take_broken(report, 1 + lines_between(text, end), "the list has no end");
}

ChatSet *chat_set_parse(const char *text, size_t size, const char *name, ChatReport *report, Error *e)
{
    size_t fault_at = text_utf8_fault(text, size);
    *report = (ChatReport){0};
    if (fault_at < size) {
        error_set(e, "%s:%d: no UTF-8", name, 1 + lines_between(text, text + fault_at));
        return NULL;
    }
    ChatSet *s = chat_set_new();
    const char *at = text;
    while (at < text + size && strchr(" \t\r\n", *at) && *at)
        at++;
    if (at < text + size && *at == '[')
        read_array(s, text, at, text + size, report);
    else
        read_lines(s, text, size, report);
    if (s->count > 0)
        return s;
    if (report->malformed > 0)
        error_set(e, "%s:%d: %s; no row of %d is a conversation", name, report->faults[0].line,
                  report->faults[0].why, report->rows);
    else
        error_set(e, "%s: it has no rows", name);
    chat_set_free(s);
    return NULL;
}

ChatSet *chat_set_read(const char *path, ChatReport *report, Error *e)
{
    size_t size;
    char *text = file_read(path, &size, e);
    ChatSet *s = text ? chat_set_parse(text, size, path, report, e) : NULL;
    free(text);
    return s;
}

void chat_report_print(const ChatReport *r, const char *path)
{
    int shown = r->malformed < CHAT_MAX_FAULTS ? r->malformed : CHAT_MAX_FAULTS;
    printf("%s: %d rows", path, r->rows);
    for (int i = 0, first = 1; i < CHAT_FORMATS; i++) {
        if (r->good[i] > 0)
            printf("%s%d %s", first ? ": " : ", ", r->good[i], chat_format_names[i]);
        first &= r->good[i] == 0;
    }
    printf(r->malformed > 0 ? "; %d malformed\n" : "\n", r->malformed);
    for (int i = 0; i < shown; i++)
        printf("%s:%d: %s\n", path, r->faults[i].line, r->faults[i].why);
}

bool chat_set_write(const ChatSet *s, const char *path, Error *e)
{
    FileWriter *w = file_create(path, e);
    for (int i = 0; w && i < s->count; i++) {
        const ChatConversation *c = &s->items[i];
        json_t *row = json_object(), *list = json_array();
        for (int k = 0; k < c->count; k++) {
            const ChatMessage *m = &c->messages[k];
            json_t *one = json_object(), *more = m->more ? json_loads(m->more, 0, NULL) : NULL;
            json_object_set_new(one, "role", json_string(m->role));
            json_object_set_new(one, "content", m->content ? json_string(m->content) : json_null());
            json_object_update(one, more);
            json_decref(more);
            json_array_append_new(list, one);
        }
        json_object_set_new(row, "messages", list);
        if (c->tools)
            json_object_set_new(row, "tools", json_loads(c->tools, 0, NULL));
        char *text = json_dumps(row, JSON_COMPACT);
        file_printf(w, "%s\n", text ? text : "");
        free(text);
        json_decref(row);
    }
    return w && file_commit(w, e);
}
