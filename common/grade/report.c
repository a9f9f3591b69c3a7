/* report.c -- short lines, aligned also in Chinese, with colours only on a terminal. */
#include "common/grade/report.h"

#include "common/base/terminal.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { TITLE_COLUMNS = 34, STATUS_COLUMNS = 14, LABEL_COLUMNS = 10 };

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

Colour status_colour(Status s)
{
    if (s == STATUS_PASSED)
        return GREEN;
    return s == STATUS_NOT_STARTED || s == STATUS_MISSING ? DIM : RED;
}

void report_line(const Exercise *x, Status status, int points)
{
    const char *title = x->title[exercise_language()];
    printf("  %-4s ", x->id);
    terminal_print(title, TITLE_COLUMNS);
    printf(" %-6s %3d %s  %s", x->section, x->minutes, in_words("min", "分钟"),
           colour(status_colour(status)));
    terminal_print(status_text(status), STATUS_COLUMNS);
    printf("%s %3d/%d\n", colour(PLAIN), points, x->points);
}

/* Indented, at most `lines` lines; says how many were left out. */
static void print_lines(const char *text, int lines)
{
    int left = 0;
    for (const char *line = text; *line;) {
        size_t n = strcspn(line, "\n");
        if (lines-- > 0)
            printf("       %.*s\n", (int)n, line);
        else
            left++;
        line += n + (line[n] == '\n');
    }
    if (left)
        printf("       %s... %d %s%s\n", colour(DIM), left, in_words("more lines", "行未显示"),
               colour(PLAIN));
}

static void print_field(const char *label, const char *value)
{
    if (!value || !value[0])
        return;
    fputs("         ", stdout);
    terminal_print(label, LABEL_COLUMNS);
    printf("%s\n", value);
}

static void print_failure(const Outcome *o, const json_t *failure)
{
    const char *test, *what, *expected, *got, *cause, *where;
    char sentence[96];
    if (json_unpack((json_t *)failure, "{ss ss ss ss ss ss}", "test", &test, "what", &what, "expected",
                    &expected, "got", &got, "cause", &cause, "where", &where) != 0)
        return;
    snprintf(sentence, sizeof sentence, "%s", test);
    for (char *c = sentence; *c; c++)
        *c = *c == '_' ? ' ' : *c;
    printf("       %d %s %zu %s\n", o->passed, in_words("of", "/"), json_array_size(o->tests),
           in_words("checks pass. The first that does not:", "项检查通过。第一项没通过的："));
    printf("       %s%s%s\n", colour(BOLD), sentence, colour(PLAIN));
    print_field(where[0] ? in_words("at", "位置") : in_words("found", "发现"), what);
    print_field(in_words("expected", "应为"), expected);
    print_field(in_words("got", "得到"), got);
    print_field(in_words("likely", "可能"), cause);
}

void report_details(const Outcome *o, int lines)
{
    const json_t *failure = outcome_failure(o);
    if (o->status == STATUS_PASSED || o->status == STATUS_NOT_STARTED)
        return;
    if (failure)
        print_failure(o, failure);
    else
        print_lines(o->message, lines);
}

void report_printed(const Outcome *o, int lines)
{
    bool compiled = json_array_size(o->tests) > 0;
    if (compiled && o->message[0]) {
        printf("       %s%s%s\n", colour(YELLOW), in_words("The compiler warns:", "编译器警告："),
               colour(PLAIN));
        print_lines(o->message, lines);
    }
    if (o->printed[0]) {
        printf("       %s%s%s\n", colour(DIM), in_words("It printed:", "程序输出："), colour(PLAIN));
        print_lines(o->printed, lines);
    }
}
