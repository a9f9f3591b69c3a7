/* weave_page.c -- what a page says of itself: headings, markers, anchors.
 *
 * A first pass over all pages finds everything that has a number or can be
 * linked to; only then are numbers and links written. Blocks of code and of
 * mathematics are stepped over: what looks like a marker there is none. */
#include "common/text/utf8.h"
#include "common/tools/weave.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- markers ---------------------------------------------------------------------------------------- */

static const struct {
    const char *name;
    Kind kind;
} MARKERS[] = {{"code", CODE},     {"out", OUTPUT},        {"fig", FIGURE},   {"tab", TABLE},
               {"eq", EQUATION},   {"exercise", EXERCISE}, {"run", RUN},      {"outline", LIST},
               {"contents", LIST}, {"references", LIST},   {"glossary", LIST}};

enum { MARKER_NAMES = sizeof MARKERS / sizeof *MARKERS };

static int marker_kind(const char *name)
{
    for (int i = 0; i < MARKER_NAMES; i++)
        if (strcmp(MARKERS[i].name, name) == 0)
            return (int)MARKERS[i].kind;
    return -1;
}

/* Cuts off what follows -->, and blanks at the end. */
static bool cut_comment(const char *line, char *out, size_t room)
{
    const char *end = strstr(line, "-->");
    size_t size = end ? (size_t)(end - line) : 0;
    while (size && isblank((unsigned char)line[size - 1]))
        size--;
    if (!end || size >= room)
        return false;
    memcpy(out, line, size);
    out[size] = '\0';
    return true;
}

bool marker_read(const char *line, Marker *m, Error *e)
{
    size_t name = 0;
    *m = (Marker){0};
    if (strncmp(line, "<!-- ", 5) != 0)
        return false;
    line += 5;
    while (islower((unsigned char)line[name]))
        name++;
    bool list = strncmp(line + name, " -->", 4) == 0;
    if (name == 0 || name >= sizeof m->name || (line[name] != ':' && !list))
        return false; /* a comment */
    memcpy(m->name, line, name);
    int kind = marker_kind(m->name);
    if (strcmp(m->name, "val") == 0 || strcmp(m->name, "term") == 0 || (list && kind != LIST))
        return false;
    if (kind < 0 || (kind == LIST) != list)
        return error_set(e, "'<!-- %s%s' is no marker", m->name, list ? "" : ":");
    line += name + (list ? 0 : 1);
    line += strspn(line, " ");
    if (!cut_comment(line, m->key, sizeof m->key))
        return error_set(e, "a marker ends with --> on its own line");
    return list || *m->key || error_set(e, "'<!-- %s:' names nothing", m->name);
}

/* ---- blocks ----------------------------------------------------------------------------------------- */

static int fence_end(const Lines *text, int at)
{
    const char *open = text->line[at] + strspn(text->line[at], " ");
    size_t size = strspn(open, "`");
    for (int i = at + 1; i < text->count; i++) {
        const char *line = text->line[i] + strspn(text->line[i], " ");
        size_t close = strspn(line, "`");
        if (close >= size && line[close + strspn(line + close, " ")] == '\0')
            return i + 1;
    }
    return -1;
}

static int math_end(const Lines *text, int at)
{
    const char *second = strstr(text->line[at] + 2, "$$");
    if (second)
        return at + 1;
    for (int i = at + 1; i < text->count && text->line[i][0]; i++)
        if (strstr(text->line[i], "$$"))
            return i + 1;
    return -1;
}

int page_block_end(const Lines *text, int at)
{
    const char *line = text->line[at] + strspn(text->line[at], " ");
    if (strncmp(line, "```", 3) == 0)
        return fence_end(text, at);
    return strncmp(line, "$$", 2) == 0 ? math_end(text, at) : at;
}

/* ---- anchors ---------------------------------------------------------------------------------------- */

/* Whether the code host drops it from the address of a heading: punctuation. */
static bool is_dropped(int code)
{
    if (code < 128)
        return !isalnum(code) && code != '-' && code != '_' && code != ' ';
    return (code >= 0x2010 && code <= 0x205e) || (code >= 0x3001 && code <= 0x303f) ||
           (code >= 0xff01 && code <= 0xff0f) || (code >= 0xff1a && code <= 0xff20) ||
           (code >= 0xff3b && code <= 0xff40) || (code >= 0xff5b && code <= 0xff65) || code == 0xb7;
}

/* A heading's address as GitHub makes it: small letters, '-' for a blank, no punctuation. */
static char *slug_of(const char *title)
{
    Buffer b = {0};
    for (int size; *title; title += size) {
        int code = text_utf8_decode(title, strlen(title), &size);
        char small = code == ' ' ? '-' : (char)tolower(code < 128 ? code : 0);
        if (!is_dropped(code))
            buffer_put(&b, code < 128 ? &small : title, (size_t)size);
    }
    buffer_put(&b, "", 0);
    return b.bytes;
}

static Item *add_item(Page *p, Kind kind, const char *key, int line)
{
    if (p->items == p->room) {
        p->room = p->room * 2 + 16;
        p->item = memory_resize(p->item, sizeof *p->item * (size_t)p->room);
    }
    Item *item = &p->item[p->items++];
    *item = (Item){.kind = kind, .key = memory_string(key), .line = line};
    return item;
}

/* The number at the head of a title, "3.3.1"; "" if there is none. */
static void section_number(const char *title, char out[16])
{
    size_t size = strspn(title, "0123456789.");
    bool is_number = size > 2 && size < 16 && title[size] == ' ' && memchr(title, '.', size);
    memcpy(out, title, is_number ? size : 0);
    out[is_number ? size : 0] = '\0';
}

static void scan_heading(Page *p, int at)
{
    const char *title = p->text.line[at] + strspn(p->text.line[at], "#");
    if (title == p->text.line[at] || *title != ' ')
        return;
    char number[16];
    title += strspn(title, " ");
    section_number(title, number);
    Item *item = add_item(p, SECTION, title, at);
    memcpy(item->number, number, sizeof number);
    item->anchor = slug_of(title);
}

static int count_of(const Page *p, Kind kind)
{
    int count = 0;
    for (int i = 0; i < p->items; i++)
        count += p->item[i].kind == kind && p->item[i].anchor;
    return count;
}

/* Figures, tables and equations are counted through the chapter: 3.1, 3.2, ... */
static void count_item(Book *b, Page *p, Item *item)
{
    static const char *const prefix[KINDS] = {[FIGURE] = "fig", [TABLE] = "tab", [EQUATION] = "eq"};
    if (!prefix[item->kind])
        return;
    if (!p->chapter)
        book_fault(b, p, item->line, "only a chapter has numbered figures, tables and equations");
    if (strspn(item->key, "abcdefghijklmnopqrstuvwxyz0123456789-") != strlen(item->key))
        book_fault(b, p, item->line, "a label has small letters, digits and '-': '%s'", item->key);
    Buffer anchor = {0};
    snprintf(item->number, sizeof item->number, "%d.%d", p->chapter, count_of(p, item->kind) + 1);
    buffer_add(&anchor, "%s-%s", prefix[item->kind], item->key);
    item->anchor = anchor.bytes;
}

/* ch03/ex1 -> 3.1 */
static void count_exercise(Book *b, Page *p, Item *item)
{
    int chapter, number, end = 0;
    Buffer anchor = {0};
    if (sscanf(item->key, "ch%2d/ex%3d%n", &chapter, &number, &end) != 2 || item->key[end] ||
        item->key[4] != '/') {
        book_fault(b, p, item->line, "an exercise is named like ch03/ex1, not '%s'", item->key);
        return;
    }
    snprintf(item->number, sizeof item->number, "%d.%d", chapter, number);
    buffer_add(&anchor, "ex-%s", item->number);
    item->anchor = anchor.bytes;
}

static void scan_marker(Book *b, Page *p, int at)
{
    Marker m;
    Error e = {""};
    if (marker_read(p->text.line[at], &m, &e)) {
        Kind kind = (Kind)marker_kind(m.name);
        Item *item = add_item(p, kind, kind == LIST ? m.name : m.key, at);
        count_item(b, p, item);
        if (kind == EXERCISE)
            count_exercise(b, p, item);
    } else if (*e.text) {
        book_fault(b, p, at, "%s", e.text);
    }
}

static void scan(Book *b, Page *p)
{
    for (int at = 0; at < p->text.count;) {
        int end = page_block_end(&p->text, at);
        if (end == at) {
            scan_heading(p, at);
            scan_marker(b, p, at++);
            continue;
        }
        bool math = strstr(p->text.line[at], "$$") != NULL;
        if (end < 0)
            book_fault(b, p, at, "this %s is not closed", math ? "formula ($$)" : "block of code (```)");
        bool labelled =
            p->items && p->item[p->items - 1].kind == EQUATION && p->item[p->items - 1].line == at - 1;
        if (math && !labelled)
            add_item(p, EQUATION, "(a formula without a number)", at);
        at = end < 0 ? p->text.count : end;
    }
}

static void report_doubled(Book *b, const Page *p)
{
    for (int i = 0; i < p->items; i++)
        for (int k = 0; k < i && p->item[i].anchor; k++)
            if (p->item[k].anchor && strcmp(p->item[i].anchor, p->item[k].anchor) == 0)
                book_fault(b, p, p->item[i].line, "'%s' a second time; the first is line %d",
                           p->item[i].anchor, p->item[k].line + 1);
}

bool page_read(Book *b, Page *p, const char *path, Language language, Error *e)
{
    const char *base = strrchr(path, '/');
    *p = (Page){
        .path = memory_string(path), .name = memory_string(base ? base + 1 : path), .language = language};
    p->name[strcspn(p->name, ".")] = '\0';
    if (sscanf(p->name, "ch%2d", &p->chapter) != 1)
        p->chapter = 0;
    if (!lines_read(&p->text, path, e))
        return false;
    for (int i = 0; i < p->text.count; i++) {
        size_t size = strlen(p->text.line[i]), fault = text_utf8_fault(p->text.line[i], size);
        if (fault < size)
            return error_set(e, "%s:%d: byte %zu of the line is not UTF-8", path, i + 1, fault);
    }
    scan(b, p);
    report_doubled(b, p);
    return true;
}

void page_free(Page *p)
{
    for (int i = 0; i < p->items; i++) {
        free(p->item[i].key);
        free(p->item[i].anchor);
    }
    free(p->item);
    free(p->path);
    free(p->name);
    lines_free(&p->text);
}

const Item *page_anchor(const Page *p, const char *anchor)
{
    for (int i = 0; i < p->items; i++)
        if (p->item[i].anchor && strcmp(p->item[i].anchor, anchor) == 0)
            return &p->item[i];
    return NULL;
}
