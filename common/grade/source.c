/* source.c -- phases 1 to 3 of translation, and a scanner of C tokens that knows just enough. */
#include "common/grade/source.h"

#include "common/base/base.h"

#include <ctype.h>
#include <stdlib.h>
#include <stdio.h>
#include <string.h>

enum { LONGEST = 128 };

const char SOURCE_BEGINS[] = "struct grade_begins;\n";

static const char *const LIBRARY[] = {
    "<assert.h>", "<complex.h>", "<ctype.h>",  "<errno.h>",  "<float.h>",   "<inttypes.h>", "<iso646.h>",
    "<limits.h>", "<math.h>",    "<omp.h>",    "<stdarg.h>", "<stdbool.h>", "<stddef.h>",   "<stdint.h>",
    "<stdio.h>",  "<stdlib.h>",  "<string.h>", "<time.h>",   NULL};
static const char *const DIRECTIVES[] = {"include", "define", "undef", "if",    "ifdef",
                                         "ifndef",  "elif",   "else",  "endif", "error",
                                         "warning", "pragma", NULL};
static const char *const NAMES[] = {"__func__", "__FILE__", "__LINE__", "__VA_ARGS__", "__restrict", NULL};
static const char *const NEVER[] = {
    "asm",         "__asm",      "__asm__",   "_Pragma",  "__attribute__",
    "__attribute", "__declspec", "__label__", "__thread", "__builtin_eh_return",
    NULL};

/* What the macros of the C library make of isnan, INFINITY, assert, offsetof, va_start and their like. */
static const char *const BUILTINS[] = {"__builtin_inf",        "__builtin_huge_val",    "__builtin_nan",
                                       "__builtin_is",         "__builtin_signbit",     "__builtin_expect",
                                       "__builtin_offsetof",   "__builtin_va_",         "__builtin_fabs",
                                       "__builtin_constant_p", "__builtin_types_",      "__builtin_complex",
                                       "__builtin_fpclassify", "__builtin_choose_expr", NULL};

static bool is_one_of(const char *word, const char *const *list)
{
    for (; *list; list++) {
        if (strcmp(word, *list) == 0)
            return true;
    }
    return false;
}

static bool begins_with_one_of(const char *word, const char *const *list)
{
    for (; *list; list++) {
        if (strncmp(word, *list, strlen(*list)) == 0)
            return true;
    }
    return false;
}

/* ---- phases 1 and 2 ------------------------------------------------------------------------------------ */

/* The file, a character at a time. */
typedef struct Reader {
    const char *at, *end;
    int joined; /* ends of lines that were taken out since the last one that was not */
} Reader;

/* What ??X stands for; 0 if nothing. */
static char trigraph(char x)
{
    static const char from[] = "=/'()!<>-", to[] = "#\\^[]|{}~";
    const char *found = x ? strchr(from, x) : NULL;
    return found ? to[found - from] : '\0';
}

/* Phase 1: an end of line, however it is written, is '\n'. -1 at the end. */
static int read_character(Reader *r)
{
    if (r->at == r->end)
        return -1;
    char c = *r->at++;
    if (c == '\r') {
        r->at += r->at < r->end && *r->at == '\n';
        return '\n';
    }
    if (c == '?' && r->end - r->at >= 2 && *r->at == '?' && trigraph(r->at[1])) {
        r->at += 2;
        return trigraph(r->at[-1]);
    }
    return (unsigned char)c;
}

/* Phase 2, as gcc and clang do it: a backslash, blanks and the end of a line are nothing. */
static int read_joined(Reader *r)
{
    int c = read_character(r);
    while (c == '\\') {
        Reader ahead = *r;
        int next;
        do
            next = read_character(&ahead);
        while (next == ' ' || next == '\t' || next == '\f' || next == '\v');
        if (next != '\n' && next != -1)
            break;
        *r = ahead;
        r->joined++;
        c = read_character(r);
    }
    return c;
}

static int peek_joined(const Reader *r)
{
    Reader ahead = *r;
    return read_joined(&ahead);
}

/* ---- phase 3: comments ---------------------------------------------------------------------------------- */

/* The rest of a comment, whose second character is next. It becomes a blank; its ends of lines come later. */
static bool skip_comment(Reader *r)
{
    bool block = read_joined(r) == '*';
    for (;;) {
        int next = peek_joined(r);
        if (!block && (next == '\n' || next == -1))
            return true;
        if (next == -1)
            return false;
        int c = read_joined(r);
        r->joined += c == '\n';
        if (block && c == '*' && peek_joined(r) == '/') {
            read_joined(r);
            return true;
        }
    }
}

/* Copies what is left of a literal; one that is not closed ends with its line. */
static char *copy_literal(Reader *r, char quote, char *to)
{
    for (int c = peek_joined(r); c != '\n' && c != -1; c = peek_joined(r)) {
        *to++ = (char)read_joined(r);
        if (c == quote)
            break;
        c = peek_joined(r);
        if (to[-1] == '\\' && c != '\n' && c != -1)
            *to++ = (char)read_joined(r);
    }
    return to;
}

/* The text after phase 3, with every line in its place: lines that were joined are followed by empty ones. */
static char *translate(const char *text, size_t size, const char *path, Error *e)
{
    static const char mark[] = "\xef\xbb\xbf";
    Reader r = {text, text + size, 0};
    char *out = memory_new(2 * size + 2), *to = out;
    if (size >= 3 && memcmp(text, mark, 3) == 0)
        r.at += 3;
    for (int c; (c = read_joined(&r)) != -1;) {
        int next = c == '/' ? peek_joined(&r) : -1;
        if (next == '*' || next == '/') {
            *to++ = ' ';
            if (!skip_comment(&r)) {
                error_set(e, "%s: a comment does not end", path);
                free(out);
                return NULL;
            }
            continue;
        }
        *to++ = (char)c;
        if (c == '"' || c == '\'')
            to = copy_literal(&r, (char)c, to);
        for (; c == '\n' && r.joined; r.joined--)
            *to++ = '\n';
    }
    *to++ = '\n';
    *to = '\0';
    return out;
}

/* ---- tokens --------------------------------------------------------------------------------------------- */

typedef struct Scan {
    const char *at, *end, *path;
    int line;
    bool line_starts; /* only blanks so far on this line */
    bool bracket;     /* the last token was [ */
    char *headers;    /* where #includes go, as it was written; else NULL */
    Error *e;
} Scan;

static bool starts(const Scan *s, const char *text)
{
    size_t n = strlen(text);
    return (size_t)(s->end - s->at) >= n && memcmp(s->at, text, n) == 0;
}

static bool refuse(const Scan *s, const char *what, const char *word)
{
    return error_set(s->e, "%s:%d: an exercise may not use %s%s%s", s->path, s->line, what,
                     word[0] ? " " : "", word);
}

static bool skip_literal(Scan *s)
{
    char quote = *s->at;
    if (quote != '"' && quote != '\'')
        return false;
    s->bracket = false;
    for (s->at++; s->at < s->end && *s->at != quote && *s->at != '\n'; s->at++) {
        if (*s->at == '\\' && s->end - s->at > 1 && s->at[1] != '\n')
            s->at++;
    }
    if (s->at < s->end && *s->at == quote)
        s->at++;
    return true;
}

static bool is_name(char c)
{
    return isalnum((unsigned char)c) || c == '_' || c == '$' || (unsigned char)c >= 0x80;
}

/* The name, or number, at s->at; "" when something else is there. A long one is cut. */
static void take_name(Scan *s, char word[LONGEST])
{
    size_t n = 0;
    for (; s->at < s->end && is_name(*s->at); s->at++) {
        if (n < LONGEST - 1)
            word[n++] = *s->at;
    }
    word[n] = '\0';
}

static bool is_blank(char c)
{
    return c == ' ' || c == '\t' || c == '\f' || c == '\v';
}

static void skip_blanks(Scan *s)
{
    while (s->at < s->end && is_blank(*s->at))
        s->at++;
}

/* The rest of the line, without blanks around it, cut to LONGEST. */
static void take_line(Scan *s, char text[LONGEST])
{
    size_t n = 0;
    skip_blanks(s);
    for (; s->at < s->end && *s->at != '\n'; s->at++) {
        if (n < LONGEST - 1)
            text[n++] = *s->at;
    }
    while (n && isspace((unsigned char)text[n - 1]))
        n--;
    text[n] = '\0';
}

/* What an attribute may begin with, and other ways to write it. */
static bool is_attribute(Scan *s)
{
    bool second = s->bracket && *s->at == '[';
    s->bracket = *s->at == '[';
    return second || starts(s, "<:");
}

/* ---- as it was written ------------------------------------------------------------------------------ */

/* "common/nn/nn.h", "ch03/exercises/exercises.h": quoted, no "..", not a .c file. */
static bool is_our_header(const char *text)
{
    size_t n = strlen(text);
    bool ours =
        strncmp(text, "\"common/", 8) == 0 ||
        (strncmp(text, "\"ch", 3) == 0 && strcmp(text + 5, "/exercises/exercises.h\"") == 0 && n == 28);
    return ours && n > 4 && strcmp(text + n - 3, ".h\"") == 0 && !strstr(text, "..") &&
           !strchr(text + 1, '\\') && strchr(text + 1, '"') == text + n - 1 &&
           strncmp(text, "\"common/grade/", 14) != 0;
}

/* Moves the line from `begin` on to the headers. */
static void move_header(Scan *s, char *begin, const char *text)
{
    s->headers += sprintf(s->headers, "#line %d \"%s\"\n#include %s\n", s->line, s->path, text);
    memset(begin, ' ', (size_t)(s->at - begin));
}

static bool directive(Scan *s)
{
    char word[LONGEST], text[LONGEST];
    char *begin = (char *)s->at; /* the text is ours: translate made it */
    s->at++;
    skip_blanks(s);
    take_name(s, word);
    if (!word[0] && (s->at == s->end || *s->at == '\n'))
        return true; /* a lone # */
    if (!is_one_of(word, DIRECTIVES))
        return refuse(s, "the directive", word[0] ? word : "# without a name");
    if (strcmp(word, "include") != 0 && strcmp(word, "pragma") != 0)
        return true; /* their words are looked at like all others */
    take_line(s, text);
    if (strcmp(word, "pragma") == 0)
        return strncmp(text, "omp ", 4) == 0 || refuse(s, "#pragma", text);
    if (!is_one_of(text, LIBRARY) && !is_our_header(text))
        return refuse(s, "#include", text);
    move_header(s, begin, text);
    return true;
}

static bool token_as_written(Scan *s)
{
    char word[LONGEST];
    bool first = s->line_starts;
    s->line_starts = false;
    if (skip_literal(s))
        return true;
    if (first && *s->at == '#')
        return directive(s);
    if (is_attribute(s))
        return refuse(s, "attributes", "[[");
    if (starts(s, "%:"))
        return refuse(s, "digraphs", "");
    if (starts(s, "\\u") || starts(s, "\\U"))
        return refuse(s, "names with", "\\u");
    take_name(s, word);
    if (!word[0])
        s->at++;
    else if (is_one_of(word, NEVER) || (strncmp(word, "__", 2) == 0 && !is_one_of(word, NAMES)))
        return refuse(s, "the name", word);
    return true;
}

static bool scan(Scan *s, bool (*token)(Scan *s))
{
    while (s->at < s->end) {
        if (*s->at == '\n') {
            s->line++;
            s->line_starts = true;
            s->at++;
        } else if (isspace((unsigned char)*s->at)) {
            s->at++;
        } else if (!token(s)) {
            return false;
        }
    }
    return true;
}

/* Joined lines can make a trigraph, and a comment that became a blank a line that goes on: the compiler would
 * translate them once more. */
static bool is_translated(const char *text)
{
    for (; *text; text++) {
        if (text[0] == '?' && text[1] == '?' && trigraph(text[2]))
            return false;
        if (text[0] == '\\' && text[1 + strspn(text + 1, " \t\f\v")] == '\n')
            return false;
    }
    return true;
}

static int count_lines(const char *text)
{
    int count = 0;
    for (; *text; text++)
        count += *text == '\n';
    return count;
}

bool source_read(Source *s, const char *text, size_t size, const char *path, Error *e)
{
    *s = (Source){NULL, NULL};
    if (memchr(text, '\0', size))
        return error_set(e, "%s: a zero byte; a text was expected", path);
    s->text = translate(text, size, path, e);
    if (!s->text)
        return false;
    size_t length = strlen(s->text), each = strlen(path) + 32; /* what #line and #include add to a line */
    s->headers = memory_zero(1, length + (size_t)count_lines(s->text) * each + 1);
    Scan at = {.at = s->text,
               .end = s->text + length,
               .path = path,
               .line = 1,
               .line_starts = true,
               .headers = s->headers,
               .e = e};
    bool good = is_translated(s->text)
                    ? scan(&at, token_as_written)
                    : error_set(e,
                                "%s: an exercise may not use trigraphs or a backslash before a "
                                "comment",
                                path);
    if (good)
        return true;
    source_free(s);
    return false;
}

void source_free(Source *s)
{
    free(s->headers);
    free(s->text);
    *s = (Source){NULL, NULL};
}

/* ---- after the preprocessor ------------------------------------------------------------------------- */

/* # LINE "PATH" and perhaps flags, of the learner's own file: the only marker that may come. */
static bool take_marker(Scan *s, const char *text)
{
    char *end;
    size_t n = strlen(s->path);
    long line = strtol(text, &end, 10);
    bool own = isdigit((unsigned char)text[0]) && strncmp(end, " \"", 2) == 0 &&
               strncmp(end + 2, s->path, n) == 0 && end[2 + n] == '"';
    if (own)
        s->line = (int)line - 1; /* the end of this line comes yet */
    return own;
}

static bool token_preprocessed(Scan *s)
{
    char word[LONGEST], text[LONGEST];
    bool first = s->line_starts;
    s->line_starts = false;
    if (skip_literal(s))
        return true;
    if (*s->at == '#') {
        s->at++;
        take_line(s, text);
        return (first && (take_marker(s, text) || strncmp(text, "pragma omp ", 11) == 0)) ||
               refuse(s, "#", text);
    }
    if (is_attribute(s))
        return refuse(s, "attributes", "[[");
    take_name(s, word);
    if (!word[0])
        s->at++;
    bool hidden = strncmp(word, "__builtin_", 10) == 0 && !begins_with_one_of(word, BUILTINS);
    return (!is_one_of(word, NEVER) && !hidden) || refuse(s, "the name", word);
}

bool source_check_preprocessed(const char *text, size_t size, const char *path, Error *e)
{
    size_t n = strlen(SOURCE_BEGINS);
    const char *begin = memmem(text, size, SOURCE_BEGINS, n);
    if (!begin)
        return error_set(e, "%s: the preprocessor lost its beginning", path);
    Scan s = {.at = begin + n, .end = text + size, .path = path, .line = 1, .line_starts = true, .e = e};
    return scan(&s, token_preprocessed);
}
