/* jinja_read.c -- the characters of a template into tokens.
 *
 * Outside of tags everything is text. How much of the white space around a tag is text is decided here, by what
 * transformers sets: trim_blocks (a line break after a block or a comment goes) and lstrip_blocks (so does the white
 * space between the beginning of a line and them), and by the marks - and + at the tag itself. */
#include "common/chat/parts.h"

#include <ctype.h>
#include <errno.h>
#include <stdlib.h>

static bool starts(const Reader *r, size_t at, const char *with)
{
    size_t size = strlen(with);
    return at + size <= r->t->size && memcmp(r->t->source + at, with, size) == 0;
}

static void fail(Reader *r, size_t at, const char *what)
{
    if (!r->failed)
        chat_template_fault(r->t, r->e, at, "%s", what);
    r->failed = true;
    r->token = (Token){.kind = TOKEN_END, .at = r->t->size};
}

static bool is_tag(const Reader *r, size_t at)
{
    return starts(r, at, "{{") || starts(r, at, "{%") || starts(r, at, "{#");
}

/* ---- text ---------------------------------------------------------------------------------------- */

/* Where the text before a tag ends. */
static size_t text_end(const Reader *r, size_t begin, size_t tag)
{
    const char *s = r->t->source;
    if (tag >= r->t->size || s[tag + 2] == '+')
        return tag;
    Value text = chat_value_text(s + begin, tag - begin);
    if (s[tag + 2] == '-')
        return begin + chat_value_strip(text, NULL, 0, false, true).size;
    if (s[tag + 1] == '{')
        return tag;
    size_t line = tag;
    while (line > begin && s[line - 1] != '\n')
        line--;
    bool blank = chat_value_strip(chat_value_text(s + line, tag - line), NULL, 0, true, true).size == 0;
    return blank && (line > begin || r->line_start) ? line : tag;
}

/* After the end of a block or a comment. */
static void trim_line_break(Reader *r, bool trims, bool kept)
{
    r->trims = trims;
    r->line_start = false;
    if (!trims && !kept && starts(r, r->at, "\n")) {
        r->at++;
        r->line_start = true;
    }
}

static bool skip_comment(Reader *r)
{
    size_t begin = r->at;
    for (r->at += 2; r->at < r->t->size && !starts(r, r->at, "#}"); r->at++)
        continue;
    if (r->at >= r->t->size) {
        fail(r, begin, "a comment {# without #}");
        return false;
    }
    char mark = r->t->source[r->at - 1];
    bool own = r->at - 1 > begin + 1;
    r->at += 2;
    trim_line_break(r, own && mark == '-', own && mark == '+');
    return true;
}

static void read_text(Reader *r)
{
    size_t begin = r->at, tag = begin;
    while (tag < r->t->size && !is_tag(r, tag))
        tag++;
    size_t end = text_end(r, begin, tag);
    Value text = chat_value_text(r->t->source + begin, end > begin ? end - begin : 0);
    if (r->trims)
        text = chat_value_strip(text, NULL, 0, true, false);
    r->trims = r->line_start = false;
    r->at = tag;
    r->pending = true;
    r->token = (Token){.kind = TOKEN_TEXT, .at = begin, .value = text};
}

/* The tag where the reader stands, or the end. */
static void read_tag(Reader *r)
{
    r->pending = false;
    if (r->at >= r->t->size) {
        r->token = (Token){.kind = TOKEN_END, .at = r->at};
        return;
    }
    if (r->t->source[r->at + 1] == '#') {
        if (skip_comment(r))
            read_text(r);
        return;
    }
    bool print = r->t->source[r->at + 1] == '{';
    r->token = (Token){.kind = print ? TOKEN_PRINT_BEGIN : TOKEN_BLOCK_BEGIN, .at = r->at};
    r->at += 2;
    if (starts(r, r->at, "-") || (!print && starts(r, r->at, "+")))
        r->at++;
    r->inside = true;
    r->open = 0;
}

/* ---- within a tag -------------------------------------------------------------------------------- */

static bool read_end(Reader *r)
{
    const char *s = r->t->source;
    bool marked = starts(r, r->at, "-") || starts(r, r->at, "+");
    size_t at = r->at + marked;
    bool block = starts(r, at, "%}"), print = starts(r, at, "}}") && r->open == 0;
    if ((!block && !print) || (print && marked && s[r->at] == '+'))
        return false;
    r->token = (Token){.kind = block ? TOKEN_BLOCK_END : TOKEN_PRINT_END, .at = r->at};
    bool trims = marked && s[r->at] == '-', kept = marked && s[r->at] == '+';
    r->at = at + 2;
    r->inside = false;
    trim_line_break(r, trims, kept || print);
    return true;
}

/* A string in quotes: \n \t \r \\ \' \" and a line break are escaped as in Python; other escapes are not supported. */
static void read_string(Reader *r)
{
    static const char letters[] = "ntr\\'\"0bf", meant[] = "\n\t\r\\'\"\0\b\f";
    const char *s = r->t->source;
    size_t begin = r->at, size = 0, end = begin + 1;
    while (end < r->t->size && s[end] != s[begin])
        end += s[end] == '\\' ? 2 : 1;
    if (end >= r->t->size) {
        fail(r, begin, "a string without its closing quotation mark");
        return;
    }
    char *text = arena_alloc(r->t->arena, end - begin);
    for (size_t i = begin + 1; i < end; i++) {
        char c = s[i];
        if (c == '\\') {
            const char *at = memchr(letters, s[++i], sizeof letters - 1);
            if (!at) {
                fail(r, i - 1, "this escape is not supported in a string");
                return;
            }
            c = meant[at - letters];
        }
        text[size++] = c;
    }
    r->at = end + 1;
    r->token = (Token){.kind = TOKEN_CONST, .at = begin, .value = chat_value_text(text, size)};
}

static void read_number(Reader *r)
{
    const char *begin = r->t->source + r->at;
    char *end;
    errno = 0;
    Value v = chat_value_int(strtoll(begin, &end, 10));
    if (*end == '.' && isdigit((unsigned char)end[1]))
        v = (Value){.kind = VALUE_FLOAT, .real = strtod(begin, &end)};
    if (errno || isalnum((unsigned char)*end) || *end == '_') {
        fail(r, r->at, "this number is not supported");
        return;
    }
    r->token = (Token){.kind = TOKEN_CONST, .at = r->at, .value = v};
    r->at += (size_t)(end - begin);
}

static void read_sign(Reader *r)
{
    static const char *const signs[] = {"==", "!=", "<=", ">=", "//", "**", "+", "-", "*",
                                        "/",  "%",  "~",  "<",  ">",  "=",  "(", ")", "[",
                                        "]",  "{",  "}",  ",",  ":",  ".",  "|"};
    for (size_t i = 0; i < sizeof signs / sizeof *signs; i++) {
        if (!starts(r, r->at, signs[i]))
            continue;
        r->token = (Token){.kind = TOKEN_SIGN, .at = r->at, .value = chat_value_string(signs[i])};
        r->at += strlen(signs[i]);
        r->open += strchr("([{", signs[i][0]) != NULL;
        r->open -= strchr(")]}", signs[i][0]) != NULL;
        return;
    }
    fail(r, r->at, "this character is not supported in a tag");
}

static void read_inside(Reader *r)
{
    const char *s = r->t->source;
    while (r->at < r->t->size && isspace((unsigned char)s[r->at]))
        r->at++;
    if (r->at >= r->t->size) {
        fail(r, r->at, "the template ends within a tag");
    } else if (read_end(r)) {
        return;
    } else if (s[r->at] == '"' || s[r->at] == '\'') {
        read_string(r);
    } else if (isdigit((unsigned char)s[r->at])) {
        read_number(r);
    } else if (isalpha((unsigned char)s[r->at]) || s[r->at] == '_') {
        size_t begin = r->at;
        while (isalnum((unsigned char)s[r->at]) || s[r->at] == '_')
            r->at++;
        r->token =
            (Token){.kind = TOKEN_NAME, .at = begin, .value = chat_value_text(s + begin, r->at - begin)};
    } else {
        read_sign(r);
    }
}

void chat_read_token(Reader *r)
{
    if (r->failed)
        return;
    if (r->inside)
        read_inside(r);
    else if (r->pending)
        read_tag(r);
    else
        read_text(r);
}
