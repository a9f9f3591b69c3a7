/* source.c -- a scanner of C tokens that knows just enough: comments, strings, names, directives. */
#include "common/grade/source.h"

#include <ctype.h>
#include <stdlib.h>
#include <stdio.h>
#include <string.h>

enum { LONGEST = 128 };

typedef struct Scan {
    const char *at, *end, *path;
    int line;
    bool line_starts; /* only blanks and comments so far on this line */
    Error *e;
} Scan;

static const char *const LIBRARY[] = {"<assert.h>",  "<float.h>",  "<limits.h>", "<math.h>",
                                      "<stdbool.h>", "<stddef.h>", "<stdint.h>", "<stdio.h>",
                                      "<stdlib.h>",  "<string.h>", NULL};
static const char *const DIRECTIVES[] = {"include", "define", "undef", "if",    "ifdef",  "ifndef",
                                         "elif",    "else",   "endif", "error", "pragma", NULL};
static const char *const NAMES[] = {"__func__", "__FILE__", "__LINE__", "__VA_ARGS__", "__restrict", NULL};
static const char *const NEVER[] = {"asm",
                                    "__asm",
                                    "__asm__",
                                    "_Pragma",
                                    "__attribute__",
                                    "__attribute",
                                    "__declspec",
                                    "__builtin_longjmp",
                                    "__builtin_setjmp",
                                    "__builtin_return",
                                    "__builtin_apply",
                                    "__builtin_trap",
                                    "__thread",
                                    NULL};

static bool is_one_of(const char *word, const char *const *list)
{
    for (; *list; list++) {
        if (strcmp(word, *list) == 0)
            return true;
    }
    return false;
}

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

/* ---- what is skipped -------------------------------------------------------------------------------- */

/* A comment or a literal at s->at; true if there was one. */
static bool skip_comment(Scan *s)
{
    bool block = starts(s, "/*");
    if (!block && !starts(s, "//"))
        return false;
    s->at += 2;
    while (s->at < s->end && !(block ? starts(s, "*/") : *s->at == '\n')) {
        s->line += *s->at == '\n';
        s->at++;
    }
    if (block)
        s->at = s->at < s->end ? s->at + 2 : s->end;
    return true;
}

static bool skip_literal(Scan *s)
{
    char quote = *s->at;
    if (quote != '"' && quote != '\'')
        return false;
    for (s->at++; s->at < s->end && *s->at != quote && *s->at != '\n'; s->at++) {
        if (*s->at == '\\' && s->end - s->at > 1)
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

static void skip_blanks(Scan *s)
{
    while (s->at < s->end && (*s->at == ' ' || *s->at == '\t' || skip_comment(s)))
        s->at += s->at < s->end && (*s->at == ' ' || *s->at == '\t');
}

/* ---- as it was written ------------------------------------------------------------------------------ */

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

static bool directive(Scan *s)
{
    char word[LONGEST], text[LONGEST];
    s->at++;
    skip_blanks(s);
    take_name(s, word);
    if (!word[0] && (s->at == s->end || *s->at == '\n'))
        return true; /* a lone # */
    if (!is_one_of(word, DIRECTIVES))
        return refuse(s, "the directive", word[0] ? word : "# without a name");
    if (strcmp(word, "define") == 0 || strcmp(word, "if") == 0 || strcmp(word, "elif") == 0)
        return true; /* their words are looked at like all others */
    take_line(s, text);
    char *comment = strstr(text, "/*");
    if (!comment)
        comment = strstr(text, " //");
    if (comment) {
        for (*comment = '\0'; comment > text && isspace((unsigned char)comment[-1]); comment--)
            comment[-1] = '\0';
    }
    if (strcmp(word, "include") == 0 && !is_one_of(text, LIBRARY) && !is_our_header(text))
        return refuse(s, "#include", text);
    if (strcmp(word, "pragma") == 0 && strncmp(text, "omp ", 4) != 0)
        return refuse(s, "#pragma", text);
    return true;
}

/* Lines that end in a backslash go on; digraphs and trigraphs are other ways to write # and [[. */
static bool writes_in_riddles(Scan *s)
{
    static const char *const riddles[] = {"<:", "%:", "\?\?=", "\?\?/", "\?\?(", NULL};
    for (int i = 0; riddles[i]; i++) {
        if (starts(s, riddles[i]))
            return !refuse(s, "digraphs and trigraphs", "");
    }
    return false;
}

static bool token_as_written(Scan *s)
{
    char word[LONGEST];
    if (skip_comment(s))
        return true;
    bool first = s->line_starts;
    s->line_starts = false;
    if (skip_literal(s))
        return true;
    if (first && *s->at == '#')
        return directive(s);
    if (writes_in_riddles(s))
        return false;
    if (starts(s, "[["))
        return refuse(s, "attributes", "[[");
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

bool source_check(const char *text, size_t size, const char *path, Error *e)
{
    Scan s = {text, text + size, path, 1, true, e};
    if (memchr(text, '\0', size))
        return error_set(e, "%s: a zero byte; a text was expected", path);
    return scan(&s, token_as_written);
}

/* ---- after the preprocessor ------------------------------------------------------------------------- */

/* A line marker, # LINE "FILE" FLAGS: sets the line, and says whether the file is the learner's own. */
typedef struct Marker {
    int line;
    bool own, enters; /* flag 1: an included file begins here */
    bool allowed;     /* the file is of the system or of common/ */
} Marker;

static bool read_marker(const char *line, const char *path, Marker *m)
{
    char *end;
    if (line[0] != '#' || line[1] != ' ' || !isdigit((unsigned char)line[2]))
        return false;
    m->line = (int)strtol(line + 2, &end, 10);
    const char *file = end + 2, *close = strchr(end, '"') ? strrchr(end, '"') : NULL;
    if (end[0] != ' ' || end[1] != '"' || !close || close < file)
        return false;
    size_t n = (size_t)(close - file);
    m->own = strlen(path) == n && memcmp(file, path, n) == 0;
    m->enters = strncmp(close, "\" 1", 3) == 0 && !isdigit((unsigned char)close[3]);
    m->allowed = n > 2 && file[n - 1] == 'h' && file[n - 2] == '.' && file[0] == '/';
    return true;
}

static bool token_preprocessed(Scan *s)
{
    char word[LONGEST];
    bool first = s->line_starts;
    s->line_starts = false;
    if (skip_literal(s))
        return true;
    if (first && *s->at == '#') {
        s->at++;
        char text[LONGEST];
        take_line(s, text);
        return strncmp(text, "pragma omp ", 11) == 0 || refuse(s, "#", text);
    }
    if (starts(s, "[[") || starts(s, "<:<:"))
        return refuse(s, "attributes", "[[");
    take_name(s, word);
    if (!word[0])
        s->at++;
    return !is_one_of(word, NEVER) || refuse(s, "the name", word);
}

bool source_check_preprocessed(const char *text, size_t size, const char *path, Error *e)
{
    Scan s = {text, text, path, 1, true, e};
    const char *end = text + size;
    Marker m = {.own = false};
    while (s.at < end) {
        bool was_own = m.own;
        char line[1024];
        const char *stop = memchr(s.at, '\n', (size_t)(end - s.at));
        stop = stop ? stop + 1 : end;
        snprintf(line, sizeof line, "%.*s", (int)(stop - s.at), s.at);
        s.end = stop;
        if (read_marker(line, path, &m)) {
            s.line = m.line;
            if (was_own && m.enters && !m.allowed)
                return refuse(&s, "the file of", line);
            s.at = stop;
        } else if (!m.own) {
            s.at = stop;
        } else {
            s.line_starts = true;
            if (!scan(&s, token_preprocessed))
                return false;
        }
    }
    return true;
}
