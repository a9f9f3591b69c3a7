/* weave_inline.c -- numbers and links within a line.
 *
 *     <!-- val: ch03/expected/x.txt "loss" 1 -->2.31<!-- /val -->   the number is copied in
 *     [](#fig-heads)        -> [Figure 3.2](#fig-heads)
 *     [](#sec-3.3)          -> [Section 3.3](#33-self-attention), where the heading is
 *     [](references.md#vaswani2017) -> [Vaswani et al., 2017](references.md#vaswani2017)
 *
 * A link whose text already holds a number keeps its words and gets the right number. */
#include "common/tools/weave.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

typedef struct Link {
    const char *text, *target; /* in the line; not ended by zero */
    int text_size, target_size;
} Link;

/* ---- values ----------------------------------------------------------------------------------------- */

/* FILE "text" [word] N */
static bool value_of(const char *key, Buffer *out, Error *e)
{
    char path[200], text[200], word[8] = "";
    int n = 0, end = 0;
    bool good = (sscanf(key, "%199s \"%199[^\"]\" %d%n", path, text, &n, &end) == 3 && !key[end]) ||
                (sscanf(key, "%199s \"%199[^\"]\" %4s %d%n", path, text, word, &n, &end) == 4 &&
                 !key[end] && strcmp(word, "word") == 0);
    if (!good || n < 1)
        return error_set(e, "after 'val:' expected FILE \"text\" N or FILE \"text\" word N");
    return source_value(path, text, n, *word != '\0', out, e);
}

/* Copies a value's marker and what it should be; returns what follows <!-- /val -->. */
static const char *weave_value(Book *b, const Page *p, int at, const char *s, Buffer *out)
{
    static const char END[] = "<!-- /val -->";
    const char *close = strstr(s, "-->"), *end = close ? strstr(close, END) : NULL;
    Error e = {""};
    Buffer value = {0};
    char key[400];
    if (!end) {
        book_fault(b, p, at, "a value ends with %s on the same line", END);
        buffer_add(out, "%s", s);
        return s + strlen(s);
    }
    snprintf(key, sizeof key, "%.*s", (int)(close - s - 10), s + 10);
    key[strlen(key) - (*key && key[strlen(key) - 1] == ' ')] = '\0';
    const char *old = close + 3;
    if (!value_of(key, &value, &e)) {
        book_fault(b, p, at, "%s", e.text);
        buffer_add(&value, "%.*s", (int)(end - old), old);
    } else if (!b->sync &&
               (value.size != (size_t)(end - old) || memcmp(value.bytes, old, value.size) != 0)) {
        book_fault(b, p, at, "'%.*s' should be '%s': %s", (int)(end - old), old, value.bytes, key);
    }
    buffer_add(out, "%.*s%s%s", (int)(old - s), s, value.bytes ? value.bytes : "", END);
    buffer_free(&value);
    return end + sizeof END - 1;
}

/* ---- where a link leads ----------------------------------------------------------------------------- */

/* path as seen from the folder of `from`, with every "x/.." taken out; to be freed. */
static char *resolve(const char *from, const char *path)
{
    const char *slash = strrchr(from, '/');
    Buffer b = {0};
    buffer_add(&b, "%.*s/%s", slash ? (int)(slash - from) : 0, from, path);
    for (char *up; (up = strstr(b.bytes, "/../"));) {
        char *start = up;
        while (start > b.bytes && start[-1] != '/')
            start--;
        memmove(start, up + 4, strlen(up + 4) + 1);
    }
    return b.bytes;
}

/* "Figure 3.2" for a link that says nothing; "" if the target has no number. */
static void name_of(const Item *item, Language language, char *out, size_t room)
{
    static const char *const form[KINDS][LANGUAGES] = {
        [SECTION] = {"%s 节", "Section %s"},     [FIGURE] = {"图 %s", "Figure %s"},
        [TABLE] = {"表 %s", "Table %s"},         [EQUATION] = {"式 (%s)", "Equation (%s)"},
        [EXERCISE] = {"练习 %s", "Exercise %s"}, [RUN] = {"%s", "%s"}};
    const char *f = form[item->kind][language], *gap = f ? strstr(f, "%s") : NULL;
    *out = '\0';
    if (gap && *item->number)
        snprintf(out, room, "%.*s%s%s", (int)(gap - f), f, item->number, gap + 2);
}

/* Where the text's number begins: digits with a point among them, not part of a word. */
static int number_in(const Link *l, int *size)
{
    for (int i = 0; i < l->text_size; i += 1) {
        const char *s = l->text + i;
        bool begins = i == 0 || strchr(" (", s[-1]) || (unsigned char)s[-1] >= 128;
        *size = (int)strspn(s, "0123456789.");
        while (*size > 0 && s[*size - 1] == '.')
            --*size;
        if (begins && isdigit((unsigned char)*s) && i + *size <= l->text_size &&
            memchr(s, '.', (size_t)*size))
            return i;
    }
    return -1;
}

static void weave_text(Book *b, const Page *p, int at, const Link *l, const Item *item, Buffer *out)
{
    char name[64];
    int size, number = number_in(l, &size);
    name_of(item, p->language, name, sizeof name);
    if (l->text_size == 0) {
        if (!*name || !b->sync)
            book_fault(b, p, at, "a link without text; expected '%s'", name);
        buffer_add(out, "%s", name);
    } else if (number >= 0 && *item->number) {
        if (!b->sync &&
            (size != (int)strlen(item->number) || strncmp(l->text + number, item->number, (size_t)size)))
            book_fault(b, p, at, "'%.*s' should say %s", l->text_size, l->text, item->number);
        buffer_add(out, "%.*s%s%.*s", number, l->text, item->number, l->text_size - number - size,
                   l->text + number + size);
    } else {
        buffer_add(out, "%.*s", l->text_size, l->text);
    }
}

/* A heading may be named by its number; the code host needs its address. */
static const Item *find_anchor(const Page *p, const char *anchor)
{
    if (strncmp(anchor, "sec-", 4) != 0)
        return page_anchor(p, anchor);
    for (int i = 0; i < p->items; i++)
        if (p->item[i].kind == SECTION && strcmp(p->item[i].number, anchor + 4) == 0)
            return &p->item[i];
    return NULL;
}

/* References and glossary terms are rows of their tables, and shown on these two pages. */
static const Table *list_of(const Book *b, const Page *page)
{
    if (strcmp(page->name, "references") == 0)
        return &b->references;
    return strcmp(page->name, "glossary") == 0 ? &b->glossary : NULL;
}

/* Whether the text names a year, and another one than `year`. */
static bool other_year(const Link *l, const char *year)
{
    for (int i = 0; i + 4 <= l->text_size; i++) {
        const char *s = l->text + i;
        if (strspn(s, "0123456789") == 4 && (*s == '1' || *s == '2') && strncmp(s, year, 4) != 0)
            return true;
    }
    return false;
}

/* "Vaswani et al., 2017"; in Chinese "Vaswani 等，2017". */
static void add_citation(const Table *t, int row, Language language, Buffer *out)
{
    const char *name = table_cell(t, row, "short"), *year = table_cell(t, row, "year");
    const char *others = strstr(name, " et al."), *pair = strstr(name, " and ");
    if (language == EN)
        buffer_add(out, "%s, %s", name, year);
    else if (others)
        buffer_add(out, "%.*s 等，%s", (int)(others - name), name, year);
    else if (pair)
        buffer_add(out, "%.*s 与 %s，%s", (int)(pair - name), name, pair + 5, year);
    else
        buffer_add(out, "%s，%s", name, year);
}

static void weave_row(Book *b, const Page *p, int at, const Link *l, const Table *t, int row, Buffer *out)
{
    bool citation = t == &b->references;
    if (citation)
        b->cited[row] = true;
    if (l->text_size == 0 && !b->sync)
        book_fault(b, p, at, "a link without text; `make book-sync` writes it");
    if (l->text_size > 0)
        buffer_add(out, "%.*s", l->text_size, l->text);
    else if (citation)
        add_citation(t, row, p->language, out);
    else
        buffer_add(out, "%s", table_cell(t, row, p->language == ZH ? "zh" : "en"));
    if (citation && other_year(l, table_cell(t, row, "year")))
        book_fault(b, p, at, "'%.*s': the year is %s in %s", l->text_size, l->text,
                   table_cell(t, row, "year"), t->path);
}

/* The link to an anchor of a page of the book. */
static void weave_anchor(Book *b, const Page *p, int at, const Link *l, const Page *to, Buffer *out)
{
    char target[400];
    snprintf(target, sizeof target, "%.*s", l->target_size, l->target);
    char *anchor = strchr(target, '#') + 1;
    const Table *t = list_of(b, to);
    const char *key = t == &b->glossary && strncmp(anchor, "term-", 5) == 0 ? anchor + 5 : anchor;
    int row = t ? table_find(t, "key", key) : -1;
    const Item *item = row < 0 ? find_anchor(to, anchor) : NULL;
    buffer_add(out, "[");
    if (row >= 0) {
        weave_row(b, p, at, l, t, row, out);
    } else if (item) {
        weave_text(b, p, at, l, item, out);
    } else {
        book_fault(b, p, at, "there is no '#%s' in %s", anchor, t ? t->path : to->path);
        buffer_add(out, "%.*s", l->text_size, l->text);
    }
    buffer_add(out, "](%.*s%s)", (int)(anchor - target), target, item ? item->anchor : anchor);
}

static void weave_link(Book *b, const Page *p, int at, const Link *l, Buffer *out)
{
    struct stat s;
    char target[400];
    snprintf(target, sizeof target, "%.*s", l->target_size, l->target);
    bool outside = strstr(target, "://") || strncmp(target, "mailto:", 7) == 0;
    char *anchor = strchr(target, '#');
    if (anchor)
        *anchor = '\0';
    char *path = resolve(p->path, *target ? target : strrchr(p->path, '/') + 1);
    const Page *to = outside ? NULL : book_page(b, path);
    if (to && anchor) {
        weave_anchor(b, p, at, l, to, out);
    } else {
        if (!outside && stat(path, &s) != 0)
            book_fault(b, p, at, "the link leads nowhere: no file %s", path);
        buffer_add(out, "[%.*s](%.*s)", l->text_size, l->text, l->target_size, l->target);
    }
    free(path);
}

/* ---- a line ----------------------------------------------------------------------------------------- */

/* The link that begins at s: [text](target). */
static bool link_at(const char *s, Link *l)
{
    int depth = 0;
    const char *end = s;
    for (; *end; end++) {
        depth += *end == '[' ? 1 : *end == ']' ? -1 : 0;
        if (depth == 0)
            break;
    }
    if (!*end || end[1] != '(')
        return false;
    const char *close = strchr(end, ')');
    if (!close)
        return false;
    *l = (Link){s + 1, end + 2, (int)(end - s - 1), (int)(close - end - 2)};
    return true;
}

/* The size of what must not be touched at s: `code` or $mathematics$; 0 if none begins. */
static size_t verbatim_at(const char *s)
{
    size_t ticks = strspn(s, "`");
    if (ticks) {
        for (const char *end = s + ticks; (end = strchr(end, '`')); end += strspn(end, "`"))
            if (strspn(end, "`") == ticks)
                return (size_t)(end - s) + ticks;
        return ticks;
    }
    const char *end = *s == '$' && !isspace((unsigned char)s[1]) ? strchr(s + 1, '$') : NULL;
    return end && end > s + 1 ? (size_t)(end - s) + 1 : 0;
}

void inline_weave(Book *b, const Page *p, int at, Buffer *out)
{
    Link l;
    for (const char *s = p->text.line[at]; *s;) {
        size_t verbatim = verbatim_at(s);
        if (verbatim) {
            buffer_put(out, s, verbatim);
            s += verbatim;
        } else if (strncmp(s, "<!-- val: ", 10) == 0) {
            s = weave_value(b, p, at, s, out);
        } else if (*s == '[' && link_at(s, &l)) {
            weave_link(b, p, at, &l, out);
            s = l.target + l.target_size + 1;
        } else {
            if (strncmp(s, "](", 2) == 0)
                book_fault(b, p, at, "a link stands on one line");
            buffer_put(out, s++, 1);
        }
    }
    buffer_add(out, "\n");
}
