/* terminal.c -- ANSI where a terminal understands it, plain text elsewhere. */
#include "common/base/terminal.h"

#include "common/base/clock.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static bool has_colours(FILE *f)
{
    const char *term = getenv("TERM");
    return isatty(fileno(f)) && !getenv("NO_COLOR") && term && strcmp(term, "dumb") != 0;
}

static bool is_wide(unsigned int c)
{
    return (c >= 0x1100 && c <= 0x115f) || (c >= 0x2e80 && c <= 0xa4cf) || (c >= 0xac00 && c <= 0xd7a3) ||
           (c >= 0xf900 && c <= 0xfaff) || (c >= 0xfe30 && c <= 0xfe6f) || (c >= 0xff00 && c <= 0xff60) ||
           (c >= 0x1f300 && c <= 0x1faff) || (c >= 0x20000 && c <= 0x3fffd);
}

/* The code point at *text, which then points after it; never past the end of a text that is cut off. */
static unsigned int next_code_point(const char **text)
{
    const unsigned char *s = (const unsigned char *)*text;
    unsigned int c = *s++;
    int more = c >= 0xf0 ? 3 : c >= 0xe0 ? 2 : c >= 0xc0 ? 1 : 0;
    if (more)
        c &= 0x3fu >> more;
    for (; more && (*s & 0xc0) == 0x80; more--)
        c = c << 6 | (*s++ & 0x3f);
    *text = (const char *)s;
    return c;
}

int terminal_width(const char *text)
{
    int width = 0;
    while (*text)
        width += is_wide(next_code_point(&text)) ? 2 : 1;
    return width;
}

/* What a line of Chinese does not begin with. */
static bool closes(unsigned int c)
{
    static const unsigned int marks[] = {0x3001, 0x3002, 0xff0c, 0xff01, 0xff1f,
                                         0xff1a, 0xff1b, 0xff09, 0x300b};
    for (size_t i = 0; i < sizeof marks / sizeof *marks; i++) {
        if (c == marks[i])
            return true;
    }
    return false;
}

/* The bytes from text to the next place where its line may end: before a space, or before a wide character. */
static int piece_size(const char *text)
{
    const char *s = text;
    unsigned int c = next_code_point(&s);
    bool wide = is_wide(c);
    while (*s && *s != ' ' && *s != '\n') {
        const char *before = s;
        c = next_code_point(&s);
        if ((wide || is_wide(c)) && !closes(c))
            return (int)(before - text);
    }
    return (int)(s - text);
}

void terminal_wrap(FILE *out, const char *text, int columns, const char *indent)
{
    int column = 0;
    while (*text) {
        char piece[256];
        int spaces = (int)strspn(text, " "), size = piece_size(text + spaces);
        if (text[spaces] == '\0')
            break;
        if (text[spaces] == '\n') {
            fprintf(out, "\n%s", indent);
            column = 0;
            text += spaces + 1;
            continue;
        }
        snprintf(piece, sizeof piece, "%.*s", size, text + spaces);
        if (column > 0 && column + spaces + terminal_width(piece) > columns) {
            fprintf(out, "\n%s", indent);
            column = spaces = 0;
        }
        fprintf(out, "%*s%.*s", spaces, "", size, text + (int)strspn(text, " "));
        column += spaces + terminal_width(piece);
        text += (int)strspn(text, " ") + size;
    }
}

void terminal_print(const char *text, int columns)
{
    int space = abs(columns) - terminal_width(text);
    if (space < 0)
        space = 0;
    printf("%*s%s%*s", columns < 0 ? space : 0, "", text, columns < 0 ? 0 : space, "");
}

bool terminal_verdict(bool holds, const char *claim_format, ...)
{
    va_list claim;
    va_start(claim, claim_format);
    vprintf(claim_format, claim);
    va_end(claim);
    puts(holds ? ": yes" : ": NO");
    return holds;
}

static int widest(const char *const *names, int count)
{
    int width = 0;
    for (int i = 0; names && i < count; i++) {
        int w = terminal_width(names[i]);
        width = w > width ? w : width;
    }
    return width;
}

static void print_cell(float share, int width, bool colours)
{
    static const char *const shades[] = {" ", ".", ":", "+", "#", "█"};
    static const int blues[] = {255, 195, 153, 111, 69, 27}; /* of the 256-colour palette */
    int level = share >= 1 ? 5 : share > 0 ? (int)(share * 6) : 0;
    if (colours)
        printf("\033[48;5;%dm%*s\033[0m", blues[level], width, "");
    else
        for (int i = 0; i < width; i++)
            fputs(i == 0 && width > 1 ? " " : shades[level], stdout);
}

void terminal_heatmap(const float *values, int rows, int cols, const char *const *row_names,
                      const char *const *col_names)
{
    bool colours = has_colours(stdout);
    float largest = 1e-30f;
    for (int i = 0; i < rows * cols; i++)
        largest = values[i] > largest ? values[i] : largest;
    int left = widest(row_names, rows), cell = widest(col_names, cols) + 1;
    if (cell < 3)
        cell = 3;
    if (col_names) {
        printf("  %*s", left, "");
        for (int c = 0; c < cols; c++)
            terminal_print(col_names[c], -cell);
        putchar('\n');
    }
    for (int r = 0; r < rows; r++) {
        fputs("  ", stdout);
        terminal_print(row_names ? row_names[r] : "", -left);
        for (int c = 0; c < cols; c++)
            print_cell(values[r * cols + c] / largest, cell, colours);
        putchar('\n');
    }
}

Progress progress_resume(const char *label, long done, long total)
{
    double now = clock_seconds();
    return (Progress){.label = label,
                      .first = done,
                      .total = total,
                      .shown = total > 0 ? 10 * done / total : 0,
                      .start = now,
                      .last = now - 1,
                      .terminal = isatty(STDERR_FILENO) != 0};
}

Progress progress_begin(const char *label, long total)
{
    return progress_resume(label, 0, total);
}

/* "42 s", "3 min 5 s", "2 h 10 min", "3 days 4 h": two units say enough. */
static const char *duration(char text[32], double seconds)
{
    static const struct {
        const char *name;
        long size;
    } units[] = {{"days", 86400}, {"h", 3600}, {"min", 60}, {"s", 1}};
    long s = seconds < 1e9 ? (long)(seconds + 0.5) : 1000000000;
    int i = 0;
    while (i < 3 && s < units[i].size)
        i++;
    int n = snprintf(text, 32, "%ld %s", s / units[i].size, units[i].name);
    if (i < 3)
        snprintf(text + n, 32 - (size_t)n, " %ld %s", s % units[i].size / units[i + 1].size,
                 units[i + 1].name);
    return text;
}

static void draw_bar(const Progress *p, long done, const char *note, double now)
{
    enum { CELLS = 24 };
    char time[32];
    int filled = p->total > 0 ? (int)(CELLS * done / p->total) : 0;
    double left =
        done > p->first ? (now - p->start) * (double)(p->total - done) / (double)(done - p->first) : 0;
    fprintf(stderr, "\r\033[K%s ", p->label);
    for (int i = 0; i < CELLS; i++)
        fputs(i < filled ? "█" : "░", stderr);
    fprintf(stderr, " %ld/%ld  %s  %s left", done, p->total, note, duration(time, left));
    fflush(stderr);
}

void progress_update(Progress *p, long done, const char *note_format, ...)
{
    double now = clock_seconds();
    long tenth = p->total > 0 ? 10 * done / p->total : 0;
    if (p->terminal ? now - p->last < 0.1 : tenth <= p->shown)
        return;
    char note[128];
    va_list args;
    va_start(args, note_format);
    vsnprintf(note, sizeof note, note_format, args);
    va_end(args);
    if (p->terminal)
        draw_bar(p, done, note, now);
    else
        fprintf(stderr, "%s %ld/%ld  %s  %.1f s\n", p->label, done, p->total, note, now - p->start);
    p->last = now;
    p->shown = tenth;
}

void progress_end(Progress *p)
{
    if (p->terminal)
        fputs("\r\033[K", stderr);
    fflush(stderr);
}
