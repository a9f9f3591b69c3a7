/* conversation.h -- conversations, and the files that they come in, section 6.4.2.
 *
 * A conversation is a list of messages, each with a role (system, user, assistant, tool) and a content. Three forms of
 * rows are read, as JSON lines or as one JSON array, and may be mixed in a file:
 *
 *     Alpaca     {"instruction": "...", "input": "...", "output": "..."}                          Taori et al., 2023
 *     ShareGPT   {"conversations": [{"from": "human", "value": "..."}, {"from": "gpt", "value": "..."}]}
 *     OpenAI     {"messages": [{"role": "user", "content": "..."}, {"role": "assistant", "content": "..."}]}
 *
 *     ChatReport report;
 *     ChatSet *set = chat_set_read("data.jsonl", &report, &e);
 *     for (int i = 0; i < set->count; i++)
 *         use(&set->items[i]);
 *     chat_set_free(set); */
#ifndef CHAT_CONVERSATION_H
#define CHAT_CONVERSATION_H

#include "common/base/base.h"

typedef struct ChatMessage {
    const char *role, *content; /* UTF-8; content NULL: null, as beside tool calls */
    const char *more;           /* further fields as a JSON object (tool_calls, name, ...), or NULL */
} ChatMessage;

typedef struct ChatConversation {
    const ChatMessage *messages;
    int count;
    const char *tools; /* a JSON array of tools that may be called, or NULL */
    int line;          /* of the file where it begins; 0: from no file */
} ChatConversation;

/* The message of a role, without further fields. */
ChatMessage chat_message(const char *role, const char *content);

typedef struct ChatSet {
    ChatConversation *items;
    int count, room;
    Arena *memory; /* holds the texts */
} ChatSet;

ChatSet *chat_set_new(void);
void chat_set_free(ChatSet *s); /* s may be NULL */

/* Adds a copy. */
void chat_set_add(ChatSet *s, const ChatConversation *c);

typedef enum ChatFormat { CHAT_ALPACA, CHAT_SHAREGPT, CHAT_OPENAI, CHAT_FORMATS } ChatFormat;
extern const char *const chat_format_names[CHAT_FORMATS]; /* "Alpaca", "ShareGPT", "OpenAI" */

/* What a file had: rows of each form, and those that are malformed, the first of them by line and reason. */
enum { CHAT_MAX_FAULTS = 5 };
typedef struct ChatReport {
    int rows, good[CHAT_FORMATS], malformed;
    struct ChatFault {
        int line;
        char why[120];
    } faults[CHAT_MAX_FAULTS];
} ChatReport;

/* Reads a file. A row is malformed if it is no JSON, has none of the three forms, a role that is not known, a content
 * that is no text, an empty answer, or no message of the assistant, from which alone something is learnt: it is left
 * out, counted and named in *report. NULL and *e if the file cannot be read, is no UTF-8, or has no good row. */
ChatSet *chat_set_read(const char *path, ChatReport *report, Error *e);

/* The same from memory; name stands for the path. */
ChatSet *chat_set_parse(const char *text, size_t size, const char *name, ChatReport *report, Error *e);

/* Prints the report to standard output: "data.jsonl: 120 rows: 100 OpenAI, 18 Alpaca; 2 malformed", and a line for each
 * of the first malformed rows: "data.jsonl:17: the role 'boss' is not known". */
void chat_report_print(const ChatReport *r, const char *path);

/* Writes a set as OpenAI's JSON lines. */
bool chat_set_write(const ChatSet *s, const char *path, Error *e);

#endif
