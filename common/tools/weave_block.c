/* weave_block.c -- what stands under a marker.
 *
 * Each kind of marker has one function. It appends the marker's line and the
 * block as it should be, and returns the line after the block as it is. */
#include "common/tools/weave.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

typedef int Weaver(Book *b, const Page *p, const Item *item, Buffer *out, Error *e);

static const char *line_at(const Page *p, int at)
{
    return at < p->text.count ? p->text.line[at] : "";
}

static bool starts(const char *text, const char *with)
{
    return strncmp(text, with, strlen(with)) == 0;
}

/* The marker itself, and the anchor that links on a code host lead to. */
static void add_marker(const Item *item, const char *name, Buffer *out)
{
    buffer_add(out, "<!-- %s: %s -->", name, item->key);
    if (item->anchor)
        buffer_add(out, "<a id=\"%s\"></a>", item->anchor);
    buffer_add(out, "\n");
}

/* ---- listings and outputs --------------------------------------------------------------------------- */

static const char *language_of(const char *path)
{
    const char *end = strrchr(path, '.');
    return !end ? "text" : strcmp(end, ".h") == 0 ? "c" : strcmp(end, ".py") == 0 ? "python" : end + 1;
}

/* text between fences that are longer than any in it; the fence at line `at`, if one is there, is replaced. */
static int add_fence(const Page *p, int at, const char *language, const Buffer *text, Buffer *out)
{
    const char *fence = strstr(text->bytes, "```") ? "``````" : "```";
    buffer_add(out, "%s%s\n%s%s\n", fence, language, text->bytes, fence);
    return starts(line_at(p, at), "```") ? page_block_end(&p->text, at) : at;
}

static int weave_code(Book *b, const Page *p, const Item *item, Buffer *out, Error *e)
{
    (void)b;
    char path[200], name[100];
    int end = 0;
    Buffer text = {0};
    if (sscanf(item->key, "%199[^# ]#%99s%n", path, name, &end) != 2 || item->key[end]) {
        error_set(e, "after 'code:' expected FILE#REGION");
        return -1;
    }
    bool good = source_region(path, name, &text, e);
    add_marker(item, "code", out);
    int next = good ? add_fence(p, item->line + 1, language_of(path), &text, out) : -1;
    buffer_free(&text);
    return next;
}

/* FILE [from "A" [to "B"]] */
static int weave_output(Book *b, const Page *p, const Item *item, Buffer *out, Error *e)
{
    (void)b;
    char path[200], from[200] = "", to[200] = "";
    int end = 0;
    Buffer text = {0};
    bool good =
        (sscanf(item->key, "%199s%n", path, &end) == 1 && !item->key[end]) ||
        (sscanf(item->key, "%199s from \"%199[^\"]\"%n", path, from, &end) == 2 && !item->key[end]) ||
        (sscanf(item->key, "%199s from \"%199[^\"]\" to \"%199[^\"]\"%n", path, from, to, &end) == 3 &&
         !item->key[end]);
    if (!good)
        error_set(e, "after 'out:' expected FILE, FILE from \"TEXT\" or FILE from \"TEXT\" to \"TEXT\"");
    good = good && source_output(path, *from ? from : NULL, *to ? to : NULL, &text, e);
    add_marker(item, "out", out);
    int next = good ? add_fence(p, item->line + 1, "text", &text, out) : -1;
    buffer_free(&text);
    return next;
}

/* ---- figures, tables, equations --------------------------------------------------------------------- */

static const char *const FIGURE_WORD[LANGUAGES] = {"图", "Figure"};
static const char *const TABLE_WORD[LANGUAGES] = {"表", "Table"};
static const char *const EXERCISE_WORD[LANGUAGES] = {"练习", "Exercise"};

/* Whether the line is a woven title, **Figure 3.2** ...; its own words then begin at *rest. */
static bool is_title(const char *line, const char *word, const char **rest)
{
    *rest = line;
    if (!starts(line, "**") || !starts(line + 2, word) || line[2 + strlen(word)] != ' ')
        return false;
    const char *end = strstr(line + 2, "**");
    *rest = end ? end + 2 + strspn(end + 2, " ") : line;
    return end != NULL;
}

/* The line of a picture, which in the Chinese edition is the Chinese one, if there is one. */
static void add_picture(Book *b, const Page *p, int at, Buffer *out)
{
    Buffer line = {0};
    inline_weave(b, p, at, &line);
    char *file = strstr(line.bytes, "](../figures/"), name[256], ours[300], path[320];
    if (!file || sscanf(file + 13, "%255[^)]", name) != 1) {
        buffer_put(out, line.bytes, line.size);
    } else {
        picture_name(p->language, name, ours, sizeof ours);
        snprintf(path, sizeof path, "book/figures/%s", ours);
        buffer_put(out, line.bytes, (size_t)(file + 13 - line.bytes));
        buffer_add(out, "%s%s", access(path, F_OK) == 0 ? ours : name, file + 13 + strlen(name));
    }
    buffer_free(&line);
}

/* The picture, and under it its caption, which the picture carries as its text: ![caption](file). */
static int weave_figure(Book *b, const Page *p, const Item *item, Buffer *out, Error *e)
{
    int at = item->line + 1;
    const char *picture = line_at(p, at), *end = strstr(picture, "]("), *rest;
    if (!starts(picture, "![") || !end) {
        error_set(e, "under a figure's marker stands ![caption](../figures/...)");
        return -1;
    }
    add_marker(item, "fig", out);
    add_picture(b, p, at++, out);
    buffer_add(out, "\n**%s %s** %.*s\n", FIGURE_WORD[p->language], item->number, (int)(end - picture - 2),
               picture + 2);
    int caption = at + (*line_at(p, at) == '\0');
    return is_title(line_at(p, caption), FIGURE_WORD[p->language], &rest) ? caption + 1 : at;
}

static int weave_table(Book *b, const Page *p, const Item *item, Buffer *out, Error *e)
{
    (void)b;
    int at = item->line + 1;
    const char *caption = line_at(p, at++);
    if (*caption == '\0' || *caption == '|') {
        error_set(e, "under a table's marker stands its caption, then the table");
        return -1;
    }
    is_title(caption, TABLE_WORD[p->language], &caption);
    at += *line_at(p, at) == '\0';
    if (*line_at(p, at) != '|') {
        error_set(e, "under a table's caption stands a table, whose lines begin with |");
        return -1;
    }
    add_marker(item, "tab", out);
    buffer_add(out, "**%s %s** %s\n\n", TABLE_WORD[p->language], item->number, caption);
    return at;
}

/* Copies a line of a formula without its \tag{...}. */
static void add_untagged(const char *line, size_t size, Buffer *out)
{
    const char *tag = memmem(line, size, "\\tag{", 5), *close = tag ? strchr(tag, '}') : NULL;
    size_t first = close ? (size_t)(tag - line) : size;
    while (close && first && line[first - 1] == ' ')
        first--;
    buffer_put(out, line, first);
    if (close)
        buffer_put(out, close + 1, size - (size_t)(close + 1 - line));
}

/* The number stands in the formula, as \tag{3.1}, before the closing $$. */
static int weave_equation(Book *b, const Page *p, const Item *item, Buffer *out, Error *e)
{
    (void)b;
    int at = item->line + 1, end = at < p->text.count ? page_block_end(&p->text, at) : -1;
    if (!starts(line_at(p, at), "$$") || end < 0) {
        error_set(e, "under an equation's marker stands $$ ... $$");
        return -1;
    }
    add_marker(item, "eq", out);
    for (; at < end - 1; at++)
        if (!starts(line_at(p, at), "\\tag{"))
            buffer_add(out, "%s\n", line_at(p, at));
    const char *last = line_at(p, at),
               *close = strstr(last == line_at(p, item->line + 1) ? last + 2 : last, "$$");
    add_untagged(last, (size_t)(close - last), out);
    bool own_line = close == last;
    size_t blank = out->size && out->bytes[out->size - 1] == ' ';
    buffer_add(out, "%s\\tag{%s}%s%s\n", own_line || blank ? "" : " ", item->number, own_line ? "\n" : " ",
               close);
    return end;
}

/* ---- exercises and boxes ---------------------------------------------------------------------------- */

/* The exercise's row in chNN/exercises/exercises.tsv, whose id is ex1 or ch03/ex1. */
static int exercise_row(const Table *t, const char *key)
{
    int row = table_find(t, "id", key);
    return row < 0 ? table_find(t, "id", key + 5) : row;
}

static void add_exercise(const Page *p, const Item *item, const Table *t, int row, Buffer *out)
{
    const char *points = table_cell(t, row, "points"), *minutes = table_cell(t, row, "minutes");
    buffer_add(out, "**%s %s ", EXERCISE_WORD[p->language], item->number);
    if (p->language == ZH)
        buffer_add(out, "%s**（%s 分，约 %s 分钟，`make ex EX=%s`）\n", table_cell(t, row, "title_zh"),
                   points, minutes, item->key);
    else
        buffer_add(out, "%s** (%s points, about %s minutes, `make ex EX=%s`)\n",
                   table_cell(t, row, "title"), points, minutes, item->key);
}

static int weave_exercise(Book *b, const Page *p, const Item *item, Buffer *out, Error *e)
{
    (void)b;
    char path[64];
    Table t = {0};
    const char *rest;
    int at = item->line + 1, row = -1;
    snprintf(path, sizeof path, "%.4s/exercises/exercises.tsv", item->key);
    if (item->anchor && table_read(&t, path, "id title title_zh points minutes", e)) {
        row = exercise_row(&t, item->key);
        if (row < 0)
            error_set(e, "%s has no exercise %s", path, item->key);
    }
    add_marker(item, "exercise", out);
    if (row >= 0)
        add_exercise(p, item, &t, row, out);
    table_free(&t);
    return row < 0 ? -1 : at + is_title(line_at(p, at), EXERCISE_WORD[p->language], &rest);
}

/* ch03/mha_demo -> the command of ch03/expected/mha_demo.txt, and what ch03/costs.tsv says that it takes. */
static bool add_run(const Item *item, Language language, const Table *t, int row, Buffer *out, Error *e)
{
    char path[300];
    const char *program = strchr(item->key, '/');
    const char *seconds = table_cell(t, row, "seconds"), *mb = table_cell(t, row, "mb");
    Buffer command = {0};
    snprintf(path, sizeof path, "%.4s/expected/%s.txt", item->key, program ? program + 1 : "");
    if (!source_command(path, &command, e))
        return false;
    buffer_add(out,
               language == ZH ? "> **动手运行** `make %.4s && %s`\n>\n"
                              : "> **Run it yourself** `make %.4s && %s`\n>\n",
               item->key, command.bytes);
    buffer_add(out,
               language == ZH
                   ? "> 实测 %s 核上用时约 %s 秒，占内存 %s MB。源码：[`%s.c`](../../%s.c)\n"
                   : "> Measured on %s cores: about %s s and %s MB. Source: [`%s.c`](../../%s.c)\n",
               table_cell(t, row, "cores"), seconds, mb, item->key, item->key);
    buffer_free(&command);
    return true;
}

static int weave_run(Book *b, const Page *p, const Item *item, Buffer *out, Error *e)
{
    (void)b;
    char path[64];
    Table t = {0};
    int at = item->line + 1, row = -1;
    snprintf(path, sizeof path, "%.4s/costs.tsv", item->key);
    add_marker(item, "run", out);
    if (table_read(&t, path, "program seconds mb cores", e)) {
        row = table_find(&t, "program", item->key);
        if (row < 0)
            error_set(e, "%s has no row for %s; `make %.4s-costs` measures it", path, item->key, item->key);
    }
    bool good = row >= 0 && add_run(item, p->language, &t, row, out, e);
    table_free(&t);
    while (line_at(p, at)[0] == '>')
        at++;
    return good ? at : -1;
}

/* ---- lists ------------------------------------------------------------------------------------------ */

static int weave_list(Book *b, const Page *p, const Item *item, Buffer *out, Error *e)
{
    char end[40];
    int at = item->line + 1;
    snprintf(end, sizeof end, "<!-- /%s -->", item->key);
    while (at < p->text.count && strcmp(line_at(p, at), end) != 0)
        at++;
    if (at == p->text.count) {
        error_set(e, "the list is not closed: no line %s", end);
        return -1;
    }
    buffer_add(out, "<!-- %s -->\n\n", item->key);
    list_weave(b, p, item->key, out);
    buffer_add(out, "\n%s\n", end);
    return at + 1;
}

/* ---- all of them ------------------------------------------------------------------------------------ */

static Weaver *const WEAVERS[KINDS] = {
    [CODE] = weave_code,   [OUTPUT] = weave_output,     [FIGURE] = weave_figure,
    [TABLE] = weave_table, [EQUATION] = weave_equation, [EXERCISE] = weave_exercise,
    [RUN] = weave_run,     [LIST] = weave_list};

/* The first line from `at` on that differs from the woven one; -1 if none does. */
static int first_difference(const Page *p, int at, int next, const char *woven)
{
    for (; at < next; at++) {
        size_t size = strcspn(woven, "\n");
        if (strlen(line_at(p, at)) != size || memcmp(line_at(p, at), woven, size) != 0)
            return at;
        woven += size + (woven[size] == '\n');
    }
    return *woven ? next - 1 : -1;
}

static void report_stale(Book *b, const Page *p, const Item *item, int next, const char *woven)
{
    static const char *const what[KINDS] = {
        [CODE] = "the listing", [OUTPUT] = "the output",     [FIGURE] = "the figure",
        [TABLE] = "the table",  [EQUATION] = "the equation", [EXERCISE] = "the exercise",
        [RUN] = "the box",      [LIST] = "the list"};
    int at = first_difference(p, item->line, next, woven);
    if (at >= 0)
        book_fault(b, p, at, "%s is not up to date: %s; `make book-sync` copies it in", what[item->kind],
                   item->key);
}

int block_weave(Book *b, const Page *p, const Item *item, Buffer *out)
{
    Error e = {""};
    Buffer woven = {0};
    int next = WEAVERS[item->kind](b, p, item, &woven, &e);
    if (next < 0) { /* left as it is */
        book_fault(b, p, item->line, "%s", e.text);
        buffer_add(out, "%s\n", line_at(p, item->line));
        buffer_free(&woven);
        return item->line + 1;
    }
    if (!b->sync)
        report_stale(b, p, item, next, woven.bytes);
    buffer_put(out, woven.bytes, woven.size);
    buffer_free(&woven);
    return next;
}
