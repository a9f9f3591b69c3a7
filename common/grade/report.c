/* report.c -- short lines, aligned also in Chinese, with colours only on a terminal. */
#include "common/grade/report.h"

#include "common/base/terminal.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum {
    TITLE_COLUMNS = 32,
    STATUS_COLUMNS = 14,
    LABEL_COLUMNS = 10,
    INDENT = 7,
    CHARACTER = 5,
    SENTENCE = 1024
};

const char *in_words(const char *english, const char *chinese)
{
    return exercise_language() ? chinese : english;
}

const char *colour(Colour c)
{
    static const char *const codes[] = {"\033[0m",  "\033[2m",  "\033[31m",
                                        "\033[32m", "\033[33m", "\033[1m"};
    const char *term = getenv("TERM"), *no = getenv("NO_COLOR");
    bool colours = isatty(STDOUT_FILENO) && !(no && no[0]) && term && strcmp(term, "dumb") != 0;
    return colours ? codes[c] : "";
}

static const char *colour_in(FILE *out, Colour c)
{
    return out == stdout ? colour(c) : "";
}

Colour status_colour(Status s)
{
    if (s == STATUS_PASSED)
        return GREEN;
    return s == STATUS_NOT_STARTED || s == STATUS_MISSING ? DIM : RED;
}

/* ---- lines that are full ---------------------------------------------------------------------------- */

/* The character at `at`, and how many bytes it has. */
static int take_character(const char *at, char one[CHARACTER])
{
    int n = 1;
    while (n < CHARACTER - 1 && ((unsigned char)at[n] & 0xc0) == 0x80)
        n++;
    memcpy(one, at, (size_t)n);
    one[n] = '\0';
    return n;
}

static bool may_begin_a_line(const char *character)
{
    static const char closing[] = "，。；：、？！）」”’》";
    return strstr(closing, character) == NULL;
}

/* How many bytes of text go on a line of `columns`; at a blank or a wide character, if there is one. */
static size_t line_length(const char *text, int columns)
{
    char one[CHARACTER];
    size_t at = 0, end = 0;
    int used = 0, n;
    for (; text[at]; at += (size_t)n) {
        n = take_character(text + at, one);
        int width = terminal_width(one);
        bool wide = width > 1 && may_begin_a_line(one);
        if (at &&
            (text[at] == ' ' || wide || ((unsigned char)text[at - 1] >= 0x80 && may_begin_a_line(one))))
            end = at;
        used += width;
        if (used > columns)
            return end ? end : at ? at : (size_t)n;
    }
    return at;
}

static void put_columns(FILE *out, const char *text, int columns)
{
    fprintf(out, "%s%*s", text, columns > terminal_width(text) ? columns - terminal_width(text) : 0, "");
}

void report_wrapped(FILE *out, int indent, const char *label, int label_columns, const char *text)
{
    int width = terminal_width(label),
        left = indent + (width < label_columns || !width ? label_columns : width + 1);
    fprintf(out, "%*s", indent, "");
    put_columns(out, label, left - indent);
    do {
        size_t n = line_length(text, REPORT_COLUMNS - left);
        fprintf(out, "%.*s\n", (int)n, text);
        text += n;
        text += strspn(text, " ");
        left = label_columns ? indent + label_columns : left;
        if (*text)
            fprintf(out, "%*s", left, "");
    } while (*text);
}

/* A line of source with its number in front, as compilers show it: it is cut, not broken. */
static bool is_excerpt(const char *line)
{
    line += strspn(line, " 0123456789");
    return line[0] == '|';
}

static void print_one_line(FILE *out, const char *line, size_t n)
{
    char *copy = strndup(line, n);
    for (char *c = copy; c && *c; c++)
        *c = *c == '\t' ? ' ' : *c;
    if (copy && is_excerpt(copy)) {
        size_t at = 0;
        char one[CHARACTER];
        for (int used = INDENT; copy[at];) {
            int bytes = take_character(copy + at, one);
            used += terminal_width(one);
            if (used > REPORT_COLUMNS)
                break;
            at += (size_t)bytes;
        }
        fprintf(out, "%*s%.*s\n", INDENT, "", (int)at, copy);
    } else if (copy) {
        report_wrapped(out, INDENT, "", 0, copy);
    }
    free(copy);
}

/* Indented, at most `lines` lines; says how many were left out, and where all of it is. */
static void print_lines(FILE *out, const char *text, int lines, const char *kept)
{
    int left = 0;
    for (const char *line = text; *line;) {
        size_t n = strcspn(line, "\n");
        if (lines-- > 0)
            print_one_line(out, line, n);
        else
            left++;
        line += n + (line[n] == '\n');
    }
    if (!left)
        return;
    fprintf(out, "%*s%s... %d %s", INDENT, "", colour_in(out, DIM), left,
            in_words("more lines", "行未显示"));
    if (kept)
        fprintf(out, "%s %s", in_words(", all in", "，全部在"), kept);
    fprintf(out, "%s\n", colour_in(out, PLAIN));
}

/* ---- an exercise ------------------------------------------------------------------------------------ */

void report_line(FILE *out, const Exercise *x, Status status, int points)
{
    const char *title = x->title[exercise_language()];
    fprintf(out, "  %-4s ", x->id);
    put_columns(out, title, TITLE_COLUMNS);
    fprintf(out, " %-6s %3d %s  %s", x->section, x->minutes, in_words("min", "分钟"),
            colour_in(out, status_colour(status)));
    put_columns(out, status_text(status), STATUS_COLUMNS);
    fprintf(out, "%s%3d/%d\n", colour_in(out, PLAIN), points, x->points);
}

/* A sentence of the checks in the reader's language. */
static const char *sentence(const Outcome *o, const char *english, char room[SENTENCE])
{
    const char *both = strstr(english, "; or: ");
    if (!exercise_language())
        return english;
    if (!both)
        return words_chinese(o->exercise->words, english, room, SENTENCE);
    char part[SENTENCE];
    snprintf(part, sizeof part, "%.*s", (int)(both - english), english);
    words_chinese(o->exercise->words, part, room, SENTENCE);
    size_t n = strlen(room);
    snprintf(room + n, SENTENCE - n, "%s", "；或者：");
    n = strlen(room);
    words_chinese(o->exercise->words, both + strlen("; or: "), room + n, SENTENCE - n);
    return room;
}

static void print_field(FILE *out, const char *label, const char *value)
{
    if (value && value[0])
        report_wrapped(out, INDENT + 2, label, LABEL_COLUMNS, value);
}

static const char *next_line(const char *line)
{
    line += strcspn(line, "\n");
    return line + (*line == '\n');
}

/* The lines of input.h, "label TAB value", with the values below each other. */
static void print_input(FILE *out, const Outcome *o)
{
    char label[64], value[SENTENCE];
    int columns = LABEL_COLUMNS;
    for (const char *line = o->input; *line; line = next_line(line)) {
        int tab = (int)strcspn(line, "\t");
        columns = tab + 1 > columns && tab < (int)sizeof label ? tab + 1 : columns;
    }
    for (const char *line = o->input; *line; line = next_line(line)) {
        size_t n = strcspn(line, "\n"), tab = strcspn(line, "\t");
        if (tab >= n)
            continue;
        snprintf(label, sizeof label, "%.*s", (int)tab, line);
        snprintf(value, sizeof value, "%.*s", (int)(n - tab - 1), line + tab + 1);
        report_wrapped(out, INDENT + 2, strcmp(label, "with") == 0 ? in_words("with", "输入") : label,
                       columns, value);
    }
}

static void print_failure(FILE *out, const Outcome *o, const json_t *failure, bool with_input)
{
    const char *test, *what, *expected, *got, *where;
    char name[96], room[SENTENCE];
    if (json_unpack((json_t *)failure, "{ss ss ss ss ss}", "test", &test, "what", &what, "expected",
                    &expected, "got", &got, "where", &where) != 0)
        return;
    snprintf(name, sizeof name, "%s", test);
    for (char *c = name; *c; c++)
        *c = *c == '_' ? ' ' : *c;
    fprintf(out, "%*s%d %s %zu %s\n", INDENT, "", o->passed, in_words("of", "/"), json_array_size(o->tests),
            in_words("checks pass. The first that does not:", "项检查通过。第一项没通过的："));
    fputs(colour_in(out, BOLD), out);
    report_wrapped(out, INDENT, "", 0, sentence(o, name, room));
    fputs(colour_in(out, PLAIN), out);
    print_field(out, where[0] ? in_words("at", "位置") : in_words("found", "发现"),
                sentence(o, what, room));
    print_field(out, in_words("expected", "应为"), expected);
    print_field(out, in_words("got", "得到"), got);
    print_field(out, in_words("likely", "可能"), sentence(o, tests_cause(o->tests), room));
    if (with_input)
        print_input(out, o);
}

void report_details(FILE *out, const Outcome *o, int lines, bool with_input)
{
    char room[SENTENCE];
    const json_t *failure = outcome_failure(o);
    if (o->status == STATUS_PASSED || o->status == STATUS_NOT_STARTED)
        return;
    if (failure)
        print_failure(out, o, failure, with_input);
    else if (o->status == STATUS_COMPILE_ERROR)
        print_lines(out, o->message, lines, NULL);
    else if (o->message[0])
        report_wrapped(out, INDENT, "", 0, sentence(o, o->message, room));
}

void report_printed(FILE *out, const Outcome *o, int lines, const char *kept)
{
    bool compiled = json_array_size(o->tests) > 0;
    if (compiled && o->message[0]) {
        fprintf(out, "%*s%s%s%s\n", INDENT, "", colour_in(out, YELLOW),
                in_words("The compiler warns:", "编译器警告："), colour_in(out, PLAIN));
        print_lines(out, o->message, lines, NULL);
    }
    if (o->printed[0]) {
        fprintf(out, "%*s%s%s%s\n", INDENT, "", colour_in(out, DIM),
                outcome_failure(o) ? in_words("In this check it printed:", "这项检查中它打印了：")
                                   : in_words("It printed:", "它打印了："),
                colour_in(out, PLAIN));
        print_lines(out, o->printed, lines, kept);
    }
}
