/* parts.h (inside) -- a template as a tree, the values that it works with, and who does what. Users include template.h.
 *
 *     jinja_read.c    characters into tokens        jinja_run.c      statements and expressions
 *     jinja_parse.c   tokens into a tree            jinja_calls.c    functions, methods, filters, tests
 *     jinja_value.c   values: comparing, printing, JSON */
#ifndef CHAT_PARTS_H
#define CHAT_PARTS_H

#include "common/chat/template.h"

#include <string.h>

/* ---- values -------------------------------------------------------------------------------------- */

typedef enum ValueKind {
    VALUE_UNDEFINED, /* text: its name */
    VALUE_NONE,
    VALUE_BOOL,
    VALUE_INT,
    VALUE_FLOAT,
    VALUE_STRING,
    VALUE_LIST,
    VALUE_DICT,
    VALUE_NAMESPACE, /* a dictionary that statements may change */
    VALUE_FUNCTION,  /* text: its name */
    VALUE_METHOD     /* text: its name; list: of one item, whose it is */
} ValueKind;

typedef struct Value Value;

typedef struct List {
    Value *items;
    int count;
} List;

typedef struct Dict {
    struct Entry *items;
    int count, room;
} Dict;

struct Value {
    ValueKind kind;
    union {
        bool truth;
        long long whole;
        double real;
        List *list;
        Dict *dict;
    };
    const char *text; /* (size) of strings and names: not always with a zero byte after it */
    size_t size;
};

typedef struct Entry {
    Value key, value; /* the key is a string */
} Entry;

/* ---- the tree ------------------------------------------------------------------------------------ */

typedef enum NodeKind {
    NODE_TEXT,       /* value */
    NODE_PRINT,      /* a */
    NODE_IF,         /* a, body, other */
    NODE_FOR,        /* for list (names) in a if b: body, other */
    NODE_SET,        /* list (targets) = a */
    NODE_SET_BLOCK,  /* list (one target), body */
    NODE_GENERATION, /* body */
    NODE_BREAK,
    NODE_CONTINUE,
    NODE_CONST,   /* value */
    NODE_NAME,    /* value: the name */
    NODE_LIST,    /* list */
    NODE_DICT,    /* list: key, value, key, value, ... */
    NODE_BINARY,  /* a, value: one of + - * / // % ~; b */
    NODE_COMPARE, /* a, then list of operands, each with its sign in key: == != < <= > >= in not */
    NODE_AND,
    NODE_OR,
    NODE_NOT,
    NODE_NEGATE,
    NODE_CHOICE, /* a if b else c */
    NODE_MEMBER, /* a.value */
    NODE_ITEM,   /* a[b] */
    NODE_SLICE,  /* a[b:c:other] */
    NODE_CALL,   /* a(list) */
    NODE_FILTER, /* a | value(list) */
    NODE_TEST    /* a is value(list) */
} NodeKind;

typedef struct Node Node;
struct Node {
    NodeKind kind;
    size_t at; /* the byte of the source where it begins */
    Value value;
    const char *key; /* of an argument: its keyword, or NULL; of an operand: the sign before it */
    Node *a, *b, *c, *list, *body, *other;
    Node *next; /* in a list, or among statements */
};

struct ChatTemplate {
    Arena *arena;
    char *name;
    const char *source; /* with \n at line ends alone, and no line break at the end */
    size_t size;
    Node *body;
    Value bos, eos;
};

/* "NAME: line 3, column 14: ..."; returns false. */
bool chat_template_fault(const ChatTemplate *t, Error *e, size_t at, const char *format, ...)
    __attribute__((format(printf, 4, 5)));

/* ---- reading ------------------------------------------------------------------------------------- */

typedef enum TokenKind {
    TOKEN_END,
    TOKEN_TEXT,
    TOKEN_BLOCK_BEGIN,
    TOKEN_BLOCK_END,
    TOKEN_PRINT_BEGIN,
    TOKEN_PRINT_END,
    TOKEN_NAME,
    TOKEN_CONST, /* a string or a number */
    TOKEN_SIGN
} TokenKind;

typedef struct Token {
    TokenKind kind;
    size_t at;
    Value value; /* the text, the name, the sign or the constant */
} Token;

typedef struct Reader {
    ChatTemplate *t;
    Error *e;
    size_t at;
    bool inside;     /* between {{ and }} or {% and %} */
    bool line_start; /* what was read last ended with a line break */
    bool trims;      /* a tag with - has ended: white space before the next text goes */
    bool pending;    /* a tag follows the text that was given */
    int open;        /* brackets within a tag */
    bool failed;
    Token token;
    int depth; /* of the parser */
} Reader;

/* Puts the next token into r->token. After a fault it is TOKEN_END. */
void chat_read_token(Reader *r);

/* Fills t->body. */
bool chat_parse(ChatTemplate *t, Error *e);

/* ---- running ------------------------------------------------------------------------------------- */

typedef struct Variable {
    const char *name; /* (size) */
    size_t size;
    Value value;
    struct Variable *next;
} Variable;

typedef struct Output {
    char *text;
    size_t size, room;
} Output;

enum { CHAT_MAX_ARGUMENTS = 8 };

typedef struct Arguments {
    Value items[CHAT_MAX_ARGUMENTS];
    const char *keys[CHAT_MAX_ARGUMENTS]; /* NULL: by position, and these come first */
    int count;
} Arguments;

typedef struct RunState {
    const ChatTemplate *t;
    Arena *arena;
    Error *e;
    bool failed;
    Variable *variables, *frame; /* the newest first; frame: those before belong to what encloses */
    Output *out;
    long steps;
    int depth;
    enum { FLOW_ON, FLOW_BREAK, FLOW_CONTINUE } flow;
} RunState;

/* Sets the error, once, and returns an undefined value. */
Value chat_run_fault(RunState *r, size_t at, const char *format, ...) __attribute__((format(printf, 3, 4)));

/* False, and a fault, when a run has taken too much time or memory. */
bool chat_run_goes_on(RunState *r, size_t at);

bool chat_run(RunState *r, const Node *body);

Value chat_call_function(RunState *r, size_t at, Value function, const Arguments *a);
Value chat_call_method(RunState *r, size_t at, Value method, const Arguments *a);
Value chat_call_filter(RunState *r, size_t at, Value name, Value x, const Arguments *a);
bool chat_call_test(RunState *r, size_t at, Value name, Value x, const Arguments *a);
bool chat_is_function(const char *name, size_t size);
bool chat_is_method(Value x, const char *name, size_t size);

/* ---- what values can ----------------------------------------------------------------------------- */

Value chat_value_text(const char *text, size_t size);
Value chat_value_string(const char *text); /* with a zero byte at its end, which it keeps pointing to */
Value chat_value_int(long long whole);
Value chat_value_bool(bool truth);
Value chat_value_list(RunState *r, int count); /* of undefined values */
Value chat_value_dict(RunState *r);
void chat_dict_set(RunState *r, Dict *d, Value key, Value value);
const Value *chat_dict_find(const Dict *d, const char *key, size_t size); /* NULL: not there */

bool chat_value_is(Value x, const char *text); /* whether a string is this text */
bool chat_value_true(Value x);
bool chat_value_number(Value x, double *number);
bool chat_value_equal(Value x, Value y);
const char *chat_value_kind(Value x); /* "a list" */

/* Of a string in code points, of a list and of a dictionary; -1 of all else. */
long long chat_value_length(Value x);

/* The items that a loop over x has: of a list, the keys of a dictionary, the characters of a string; of an undefined
 * value none. False and a fault if it has none. */
bool chat_value_items(RunState *r, size_t at, Value x, List *items);

/* As Python prints it; a list or a dictionary is a fault. */
Value chat_value_printed(RunState *r, size_t at, Value x);
Value chat_value_json(RunState *r, size_t at, Value x, int indent); /* indent -1: on one line */
Value chat_value_of_json(RunState *r, const struct json_t *j);

void chat_output_add(Output *o, const char *text, size_t size);
Value chat_output_value(RunState *r, Output *o); /* copies it into the arena, and frees it */

/* The text without white space (Unicode's) or, with chars, without these characters, on the left, right. */
Value chat_value_strip(Value x, const char *chars, size_t size, bool left, bool right);

#endif
