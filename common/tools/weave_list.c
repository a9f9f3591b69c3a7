/* weave_list.c -- the lists that pages are made of: outline, contents, references, glossary.
 *
 * They come from the tables under book/, one row for both languages, and mark what exists in this tree. */
#include "common/tools/weave.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

static const char *const COLUMN[LANGUAGES] = {"zh", "en"};

static bool is_kind(const Table *t, int row, const char *kind)
{
    return strcmp(table_cell(t, row, "kind"), kind) == 0;
}

/* ---- outline ---------------------------------------------------------------------------------------- */

static const Page *chapter_page(const Book *b, Language language, int chapter)
{
    for (int i = 0; i < b->pages; i++)
        if (chapter && b->page[i].language == language && b->page[i].chapter == chapter)
            return &b->page[i];
    return NULL;
}

static const char *mark(bool exists)
{
    return exists ? "●" : "○";
}

static void add_chapter(const Book *b, const Page *p, int row, bool heading, Buffer *out)
{
    const Table *t = &b->outline;
    int chapter = atoi(table_cell(t, row, "number"));
    const Page *to = chapter_page(b, p->language, chapter);
    Buffer title = {0};
    buffer_add(&title, p->language == ZH ? "第 %d 章 %s" : "Chapter %d: %s", chapter,
               table_cell(t, row, COLUMN[p->language]));
    buffer_add(out, "%s%s ", heading ? "\n### " : "- ", mark(to != NULL));
    if (to)
        buffer_add(out, "[%s](%s.md)\n", title.bytes, to->name);
    else
        buffer_add(out, "%s\n", title.bytes);
    if (heading)
        buffer_add(out, "\n");
    buffer_free(&title);
}

static const Item *section_item(const Page *p, const char *number)
{
    for (int i = 0; p && i < p->items; i++)
        if (p->item[i].kind == SECTION && strcmp(p->item[i].number, number) == 0)
            return &p->item[i];
    return NULL;
}

static void add_section(const Book *b, const Page *p, int row, Buffer *out)
{
    const char *number = table_cell(&b->outline, row, "number"),
               *title = table_cell(&b->outline, row, COLUMN[p->language]);
    const char *point = strchr(number, '.');
    bool deep = point && strchr(point + 1, '.');
    const Page *to = chapter_page(b, p->language, atoi(number));
    const Item *item = section_item(to, number);
    buffer_add(out, "%s- %s ", deep ? "  " : "", mark(item != NULL));
    if (item)
        buffer_add(out, "[%s %s](%s.md#%s)\n", number, title, to->name, item->anchor);
    else
        buffer_add(out, "%s %s\n", number, title);
}

static void add_program(const Book *b, const Page *p, int row, Buffer *out)
{
    struct stat s;
    char path[200];
    const char *number = table_cell(&b->outline, row, "number"),
               *name = table_cell(&b->outline, row, COLUMN[p->language]);
    const char *point = strchr(number, '.');
    snprintf(path, sizeof path, "ch%02d/%s.c", atoi(number), name);
    bool exists = stat(path, &s) == 0;
    buffer_add(out, "%s- %s ", point && strchr(point + 1, '.') ? "    " : "  ", mark(exists));
    buffer_add(out, exists ? "[`%s`](../../%s)\n" : "`%s`\n", exists ? name : name, path);
}

static void add_outline(const Book *b, const Page *p, Buffer *out)
{
    const Table *t = &b->outline;
    for (int r = 1; r < t->rows; r++) {
        if (is_kind(t, r, "part"))
            buffer_add(out, "%s## %s\n", r > 1 ? "\n" : "", table_cell(t, r, COLUMN[p->language]));
        else if (is_kind(t, r, "chapter"))
            add_chapter(b, p, r, true, out);
        else if (is_kind(t, r, "program"))
            add_program(b, p, r, out);
        else if (is_kind(t, r, "section"))
            add_section(b, p, r, out);
    }
}

static void add_contents(const Book *b, const Page *p, Buffer *out)
{
    const Table *t = &b->outline;
    for (int r = 1; r < t->rows; r++) {
        if (is_kind(t, r, "part"))
            buffer_add(out, "%s**%s**\n\n", r > 1 ? "\n" : "", table_cell(t, r, COLUMN[p->language]));
        else if (is_kind(t, r, "chapter"))
            add_chapter(b, p, r, false, out);
    }
}

/* ---- references and glossary ------------------------------------------------------------------------ */

static void add_references(const Book *b, const Page *p, Buffer *out)
{
    const Table *t = &b->references;
    const bool zh = p->language == ZH;
    for (int r = 1; r < t->rows; r++) {
        const char *url = table_cell(t, r, "url");
        buffer_add(out, "- <a id=\"%s\"></a>%s%s%s%s ", table_cell(t, r, "key"),
                   table_cell(t, r, "authors"), zh ? "（" : " (", table_cell(t, r, "year"),
                   zh ? "）." : ").");
        buffer_add(out, *url ? "[%s](%s). " : "%s. ", table_cell(t, r, "title"), url);
        buffer_add(out, "*%s*.\n", table_cell(t, r, "venue"));
    }
}

static void add_glossary(const Book *b, const Page *p, Buffer *out)
{
    const Table *t = &b->glossary;
    for (int r = 1; r < t->rows; r++) {
        const char *zh = table_cell(t, r, "zh"), *en = table_cell(t, r, "en");
        buffer_add(out, "- <a id=\"term-%s\"></a>", table_cell(t, r, "key"));
        if (p->language == ZH)
            buffer_add(out, "**%s**（%s）：%s\n", zh, en, table_cell(t, r, "meaning_zh"));
        else
            buffer_add(out, "**%s** (%s): %s\n", en, zh, table_cell(t, r, "meaning_en"));
    }
}

bool list_weave(const Book *b, const Page *p, const char *name, Buffer *out)
{
    static const struct {
        const char *name;
        void (*add)(const Book *, const Page *, Buffer *);
    } lists[] = {{"outline", add_outline},
                 {"contents", add_contents},
                 {"references", add_references},
                 {"glossary", add_glossary}};
    for (size_t i = 0; i < sizeof lists / sizeof *lists; i++) {
        if (strcmp(lists[i].name, name) == 0) {
            lists[i].add(b, p, out);
            return true;
        }
    }
    return false;
}
