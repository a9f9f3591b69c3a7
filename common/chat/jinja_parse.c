/* jinja_parse.c -- tokens into a tree, by recursive descent: each function reads one rule of Jinja's grammar, the ones
 * that bind less call those that bind more. */
#include "common/chat/parts.h"

#include <stdio.h>

enum { MAX_DEPTH = 60 };

static Node *parse_expression(Reader *r);
static Node *parse_unary(Reader *r);
static Node *parse_statements(Reader *r, const char *const *ends);

static Node *fail(Reader *r, size_t at, const char *format, const char *text, size_t size)
{
    if (!r->failed)
        chat_template_fault(r->t, r->e, at, format, (int)(size < 60 ? size : 60), text);
    r->failed = true;
    r->token = (Token){.kind = TOKEN_END, .at = r->t->size};
    return NULL;
}

/* What stands there, for a message. */
static Node *fail_here(Reader *r, const char *expected)
{
    char text[120];
    const Token *t = &r->token;
    bool word = t->kind == TOKEN_NAME || t->kind == TOKEN_SIGN;
    const char *other = t->kind == TOKEN_END     ? "the end of the template"
                        : t->kind == TOKEN_CONST ? "a constant"
                        : t->kind == TOKEN_TEXT  ? "text"
                                                 : "a tag's begin or end";
    int size = snprintf(text, sizeof text, "expected %s, not %.*s", expected,
                        word ? (int)t->value.size : (int)strlen(other), word ? t->value.text : other);
    return fail(r, t->at, "%.*s", text, (size_t)(size < 119 ? size : 119));
}

static Node *node_new(Reader *r, NodeKind kind, size_t at)
{
    Node *n = arena_alloc(r->t->arena, sizeof *n);
    *n = (Node){.kind = kind, .at = at};
    return n;
}

static bool is_sign(const Reader *r, const char *sign)
{
    return r->token.kind == TOKEN_SIGN && chat_value_is(r->token.value, sign);
}

static bool is_name(const Reader *r, const char *name)
{
    return r->token.kind == TOKEN_NAME && chat_value_is(r->token.value, name);
}

static bool take_sign(Reader *r, const char *sign)
{
    bool there = is_sign(r, sign);
    if (there)
        chat_read_token(r);
    return there;
}

static bool take_name(Reader *r, const char *name)
{
    bool there = is_name(r, name);
    if (there)
        chat_read_token(r);
    return there;
}

static void expect_sign(Reader *r, const char *sign)
{
    if (!take_sign(r, sign))
        fail_here(r, sign);
}

static void expect_end(Reader *r, TokenKind kind)
{
    if (r->token.kind != kind)
        fail_here(r, kind == TOKEN_BLOCK_END ? "%}" : "}}");
    else
        chat_read_token(r);
}

static bool is_too_deep(Reader *r)
{
    if (r->depth < MAX_DEPTH)
        return false;
    fail(r, r->token.at, "%.*s", "too deeply nested", strlen("too deeply nested"));
    return true;
}

/* ---- expressions --------------------------------------------------------------------------------- */

/* Expressions up to a closing sign, in a list; with `pairs`, each with another one after a colon. */
static Node *parse_list(Reader *r, const char *close, bool pairs)
{
    Node *first = NULL, **at = &first;
    while (!r->failed && !is_sign(r, close)) {
        *at = parse_expression(r);
        if (!*at)
            return NULL;
        at = &(*at)->next;
        if (pairs) {
            expect_sign(r, ":");
            *at = parse_expression(r);
            if (!*at)
                return NULL;
            at = &(*at)->next;
        }
        if (!take_sign(r, ","))
            break;
    }
    expect_sign(r, close);
    return first;
}

/* Arguments up to the closing bracket: positions first, then keyword=value. */
static Node *parse_arguments(Reader *r)
{
    Node *first = NULL, **at = &first;
    int count = 0;
    while (!r->failed && !is_sign(r, ")")) {
        if (is_sign(r, "*") || is_sign(r, "**"))
            return fail_here(r, "an argument (* and ** are not supported)");
        Node *n = parse_expression(r);
        if (!n)
            return NULL;
        if (is_sign(r, "=") && n->kind == NODE_NAME) {
            char *key = arena_alloc(r->t->arena, n->value.size + 1);
            memcpy(key, n->value.text, n->value.size);
            key[n->value.size] = '\0';
            chat_read_token(r);
            if (!(n = parse_expression(r)))
                return NULL;
            n->key = key;
        }
        if (++count > CHAT_MAX_ARGUMENTS)
            return fail_here(r, "fewer arguments");
        *at = n;
        at = &n->next;
        if (!take_sign(r, ","))
            break;
    }
    expect_sign(r, ")");
    return first;
}

static Node *parse_name(Reader *r)
{
    static const char *const constants[] = {"true", "True", "false", "False", "none", "None"};
    Node *n = node_new(r, NODE_NAME, r->token.at);
    n->value = r->token.value;
    for (int i = 0; i < 6; i++) {
        if (is_name(r, constants[i])) {
            n->kind = NODE_CONST;
            n->value = i < 4 ? chat_value_bool(i < 2) : (Value){.kind = VALUE_NONE};
        }
    }
    chat_read_token(r);
    return n;
}

/* Strings beside one another are one, as in Python. */
static Node *parse_constant(Reader *r)
{
    Node *n = node_new(r, NODE_CONST, r->token.at);
    n->value = r->token.value;
    chat_read_token(r);
    while (n->value.kind == VALUE_STRING && r->token.kind == TOKEN_CONST &&
           r->token.value.kind == VALUE_STRING) {
        Value more = r->token.value;
        char *text = arena_alloc(r->t->arena, n->value.size + more.size + 1);
        memcpy(text, n->value.text, n->value.size);
        memcpy(text + n->value.size, more.text, more.size);
        n->value = chat_value_text(text, n->value.size + more.size);
        chat_read_token(r);
    }
    return n;
}

/* (a), or (a, b), which is a list. */
static Node *parse_brackets(Reader *r, size_t at)
{
    Node *first = is_sign(r, ")") ? NULL : parse_expression(r);
    if (first && take_sign(r, ")"))
        return first;
    Node *list = node_new(r, NODE_LIST, at);
    if (first) {
        expect_sign(r, ",");
        first->next = parse_list(r, ")", false);
    } else if (!r->failed) {
        expect_sign(r, ")");
    }
    list->list = first;
    return list;
}

static Node *parse_primary(Reader *r)
{
    size_t at = r->token.at;
    if (r->token.kind == TOKEN_NAME)
        return parse_name(r);
    if (r->token.kind == TOKEN_CONST)
        return parse_constant(r);
    if (take_sign(r, "("))
        return parse_brackets(r, at);
    bool list = is_sign(r, "[");
    if (!list && !is_sign(r, "{"))
        return fail_here(r, "an expression");
    chat_read_token(r);
    Node *n = node_new(r, list ? NODE_LIST : NODE_DICT, at);
    n->list = parse_list(r, list ? "]" : "}", !list);
    return n;
}

/* a[b] and a[b:c:d], after the bracket. */
static Node *parse_subscript(Reader *r, Node *of, size_t at)
{
    Node *n = node_new(r, NODE_ITEM, at);
    n->a = of;
    if (!is_sign(r, ":"))
        n->b = parse_expression(r);
    if (take_sign(r, ":")) {
        n->kind = NODE_SLICE;
        if (!is_sign(r, ":") && !is_sign(r, "]"))
            n->c = parse_expression(r);
        if (take_sign(r, ":") && !is_sign(r, "]"))
            n->other = parse_expression(r);
    }
    expect_sign(r, "]");
    return n;
}

static Node *parse_postfix(Reader *r, Node *n)
{
    while (n && !r->failed) {
        size_t at = r->token.at;
        if (take_sign(r, ".")) {
            Node *member = node_new(r, NODE_MEMBER, at);
            if (r->token.kind != TOKEN_NAME)
                return fail_here(r, "a name after the dot");
            member->a = n;
            member->value = r->token.value;
            chat_read_token(r);
            n = member;
        } else if (take_sign(r, "[")) {
            n = parse_subscript(r, n, at);
        } else if (take_sign(r, "(")) {
            Node *call = node_new(r, NODE_CALL, at);
            call->a = n;
            call->list = parse_arguments(r);
            n = call;
        } else {
            break;
        }
    }
    return n;
}

/* a is [not] NAME, a is NAME argument, a is NAME(arguments), after the word "is". */
static Node *parse_test(Reader *r, Node *of, size_t at)
{
    bool not = take_name(r, "not");
    Node *test = node_new(r, NODE_TEST, at), *around = node_new(r, NODE_NOT, at);
    if (r->token.kind != TOKEN_NAME)
        return fail_here(r, "the name of a test");
    test->a = of;
    test->at = r->token.at;
    test->value = r->token.value;
    chat_read_token(r);
    bool word = r->token.kind == TOKEN_NAME && !is_name(r, "else") && !is_name(r, "or") &&
                !is_name(r, "and") && !is_name(r, "is") && !is_name(r, "if") && !is_name(r, "not") &&
                !is_name(r, "in");
    if (take_sign(r, "("))
        test->list = parse_arguments(r);
    else if (word || r->token.kind == TOKEN_CONST || is_sign(r, "[") || is_sign(r, "{"))
        test->list = parse_postfix(r, parse_primary(r));
    around->a = test;
    return not ? around : test;
}

static Node *parse_filters(Reader *r, Node *n)
{
    while (n && !r->failed) {
        size_t at = r->token.at;
        if (take_sign(r, "|")) {
            Node *filter = node_new(r, NODE_FILTER, r->token.at);
            if (r->token.kind != TOKEN_NAME)
                return fail_here(r, "the name of a filter");
            filter->a = n;
            filter->value = r->token.value;
            chat_read_token(r);
            if (take_sign(r, "("))
                filter->list = parse_arguments(r);
            n = filter;
        } else if (take_name(r, "is")) {
            n = parse_test(r, n, at);
        } else if (is_sign(r, "(")) {
            n = parse_postfix(r, n);
        } else {
            break;
        }
    }
    return n;
}

static Node *parse_signed(Reader *r, bool filters)
{
    size_t at = r->token.at;
    Node *n;
    if (is_too_deep(r))
        return NULL;
    r->depth++;
    if (take_sign(r, "-")) {
        n = node_new(r, NODE_NEGATE, at);
        n->a = parse_signed(r, false);
        n = n->a ? n : NULL;
    } else {
        n = parse_postfix(r, parse_primary(r));
    }
    r->depth--;
    return filters ? parse_filters(r, n) : n;
}

static Node *parse_unary(Reader *r)
{
    return parse_signed(r, true);
}

/* The signs of a level, which binds more than the level before; operands of a level are the next one's. */
static Node *parse_binary(Reader *r, int level)
{
    static const char *const signs[][5] = {{"+", "-"}, {"~"}, {"*", "/", "//", "%", "**"}};
    enum { LEVELS = 3 };
    if (level == LEVELS)
        return parse_unary(r);
    Node *n = parse_binary(r, level + 1);
    for (int i = 0; n && i < 5 && signs[level][i];) {
        if (!is_sign(r, signs[level][i])) {
            i++;
            continue;
        }
        if (is_sign(r, "**"))
            return fail_here(r, "another operator (** is not supported)");
        Node *both = node_new(r, NODE_BINARY, r->token.at);
        both->value = r->token.value;
        chat_read_token(r);
        both->a = n;
        both->b = parse_binary(r, level + 1);
        n = both->b ? both : NULL;
        i = 0;
    }
    return n;
}

static const char *comparison(Reader *r)
{
    static const char *const signs[] = {"==", "!=", "<=", ">=", "<", ">"};
    for (int i = 0; i < 6; i++) {
        if (take_sign(r, signs[i]))
            return signs[i];
    }
    if (take_name(r, "in"))
        return "in";
    if (!take_name(r, "not"))
        return NULL;
    if (!take_name(r, "in"))
        fail_here(r, "in");
    return "not";
}

static Node *parse_compare(Reader *r)
{
    size_t at = r->token.at;
    Node *n = parse_binary(r, 0), *compare = NULL, **end = NULL;
    const char *sign;
    while (n && !r->failed && (sign = comparison(r))) {
        if (!compare) {
            compare = node_new(r, NODE_COMPARE, at);
            compare->a = n;
            end = &compare->list;
        }
        Node *operand =
            node_new(r, NODE_NOT, r->token.at); /* holds the operand, as an operand's key is its own */
        operand->a = parse_binary(r, 0);
        operand->key = sign;
        if (!operand->a)
            return NULL;
        *end = operand;
        end = &operand->next;
    }
    return compare ? compare : n;
}

static Node *parse_not(Reader *r)
{
    size_t at = r->token.at;
    if (!is_name(r, "not"))
        return parse_compare(r);
    if (is_too_deep(r))
        return NULL;
    chat_read_token(r);
    Node *n = node_new(r, NODE_NOT, at);
    r->depth++;
    n->a = parse_not(r);
    r->depth--;
    return n->a ? n : NULL;
}

static Node *parse_and(Reader *r)
{
    Node *n = parse_not(r);
    while (n && is_name(r, "and")) {
        Node *both = node_new(r, NODE_AND, r->token.at);
        chat_read_token(r);
        both->a = n;
        both->b = parse_not(r);
        n = both->b ? both : NULL;
    }
    return n;
}

static Node *parse_or(Reader *r)
{
    Node *n = parse_and(r);
    while (n && is_name(r, "or")) {
        Node *both = node_new(r, NODE_OR, r->token.at);
        chat_read_token(r);
        both->a = n;
        both->b = parse_and(r);
        n = both->b ? both : NULL;
    }
    return n;
}

static Node *parse_expression(Reader *r)
{
    if (is_too_deep(r))
        return NULL;
    r->depth++;
    Node *n = parse_or(r);
    while (n && is_name(r, "if")) {
        Node *choice = node_new(r, NODE_CHOICE, r->token.at);
        chat_read_token(r);
        choice->a = n;
        choice->b = parse_or(r);
        choice->c = take_name(r, "else") ? parse_expression(r) : NULL;
        n = choice->b ? choice : NULL;
    }
    r->depth--;
    return r->failed ? NULL : n;
}

/* ---- statements ---------------------------------------------------------------------------------- */

/* Names with commas between them, as targets; `members`: also a.b. */
static Node *parse_targets(Reader *r, bool members)
{
    Node *first = NULL, **at = &first;
    bool brackets = take_sign(r, "(");
    do {
        if (r->token.kind != TOKEN_NAME)
            return fail_here(r, "a name");
        Node *n = parse_name(r);
        if (n->kind != NODE_NAME)
            return fail(r, n->at, "%.*s", "a constant cannot be set", strlen("a constant cannot be set"));
        if (members && is_sign(r, "."))
            n = parse_postfix(r, n);
        *at = n;
        at = n ? &n->next : at;
    } while (!r->failed && take_sign(r, ","));
    if (brackets)
        expect_sign(r, ")");
    return first;
}

/* The end of a tag, statements, and the tag that ends them, of which the name is taken. */
static Node *parse_body(Reader *r, const char *const *ends)
{
    expect_end(r, TOKEN_BLOCK_END);
    return parse_statements(r, ends);
}

/* From the condition on, for if and elif. */
static Node *parse_if(Reader *r, size_t at)
{
    static const char *const ends[] = {"elif", "else", "endif", NULL}, *const last[] = {"endif", NULL};
    Node *n = node_new(r, NODE_IF, at);
    n->a = parse_or(r);
    n->body = parse_body(r, ends);
    at = r->token.at;
    if (is_too_deep(r))
        return NULL;
    if (take_name(r, "elif")) {
        r->depth++;
        n->other = parse_if(r, at);
        r->depth--;
        return n;
    }
    if (take_name(r, "else"))
        n->other = parse_body(r, last);
    take_name(r, "endif");
    return n;
}

static Node *parse_for(Reader *r, size_t at)
{
    static const char *const ends[] = {"else", "endfor", NULL}, *const last[] = {"endfor", NULL};
    Node *n = node_new(r, NODE_FOR, at);
    n->list = parse_targets(r, false);
    if (!take_name(r, "in"))
        return fail_here(r, "in");
    n->a = parse_or(r);
    if (take_name(r, "if"))
        n->b = parse_expression(r);
    n->body = parse_body(r, ends);
    if (take_name(r, "else"))
        n->other = parse_body(r, last);
    take_name(r, "endfor");
    return n;
}

static Node *parse_set(Reader *r, size_t at)
{
    static const char *const ends[] = {"endset", NULL};
    Node *n = node_new(r, NODE_SET, at);
    n->list = parse_targets(r, true);
    if (take_sign(r, "=")) {
        n->a = parse_expression(r);
        return n;
    }
    if (n->list && n->list->next)
        return fail_here(r, "=");
    n->kind = NODE_SET_BLOCK;
    n->body = parse_body(r, ends);
    take_name(r, "endset");
    return n;
}

static Node *parse_generation(Reader *r, size_t at)
{
    static const char *const ends[] = {"endgeneration", NULL};
    Node *n = node_new(r, NODE_GENERATION, at);
    n->body = parse_body(r, ends);
    take_name(r, "endgeneration");
    return n;
}

/* From the name of the statement to the end of its last tag. */
static Node *parse_statement(Reader *r)
{
    size_t at = r->token.at;
    Node *n;
    if (is_too_deep(r))
        return NULL;
    r->depth++;
    if (take_name(r, "if"))
        n = parse_if(r, at);
    else if (take_name(r, "for"))
        n = parse_for(r, at);
    else if (take_name(r, "set"))
        n = parse_set(r, at);
    else if (take_name(r, "generation"))
        n = parse_generation(r, at);
    else if (take_name(r, "break"))
        n = node_new(r, NODE_BREAK, at);
    else if (take_name(r, "continue"))
        n = node_new(r, NODE_CONTINUE, at);
    else
        n = r->token.kind == TOKEN_NAME ? fail(r, at, "the statement '%.*s' is not supported",
                                               r->token.value.text, r->token.value.size)
                                        : fail_here(r, "the name of a statement");
    r->depth--;
    expect_end(r, TOKEN_BLOCK_END);
    return n;
}

static bool is_any_name(const Reader *r, const char *const *names)
{
    bool any = false;
    for (; names && *names; names++)
        any |= is_name(r, *names);
    return any;
}

/* Up to a tag whose name is among the ends, where the reader then stands; without ends, up to the end. */
static Node *parse_statements(Reader *r, const char *const *ends)
{
    Node *first = NULL, **at = &first;
    while (!r->failed && r->token.kind != TOKEN_END) {
        Node *n = NULL;
        if (r->token.kind == TOKEN_TEXT) {
            n = node_new(r, NODE_TEXT, r->token.at);
            n->value = r->token.value;
            chat_read_token(r);
        } else if (r->token.kind == TOKEN_PRINT_BEGIN) {
            n = node_new(r, NODE_PRINT, r->token.at);
            chat_read_token(r);
            n->a = parse_expression(r);
            expect_end(r, TOKEN_PRINT_END);
        } else {
            chat_read_token(r);
            if (is_any_name(r, ends))
                return first;
            n = parse_statement(r);
        }
        if (!n)
            return NULL;
        *at = n;
        at = &n->next;
    }
    if (ends && !r->failed)
        fail(r, r->token.at, "a block without its {%% %.*s %%}", ends[0], strlen(ends[0]));
    return first;
}

bool chat_parse(ChatTemplate *t, Error *e)
{
    Reader r = {.t = t, .e = e, .line_start = true};
    chat_read_token(&r);
    t->body = parse_statements(&r, NULL);
    return !r.failed;
}
