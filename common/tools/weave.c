/* weave.c -- keeps the text of the book and the programs in step.
 *
 *     weave check      reports whatever in book/ differs from the programs, and ends with status 1 if anything does
 *     weave sync       copies code, outputs, numbers and pictures into the text, then reports what it cannot mend
 *
 * Runs in the root of the repository (or --root DIR). All pages are read first,
 * because a link on one page may need the number of a figure on another; then
 * each page is woven, and the two languages are held against each other. */
#include "common/tools/weave.h"

#include <ctype.h>
#include <dirent.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static const char *const FOLDER[LANGUAGES] = {"book/zh", "book/en"};

static void add_fault(Book *b, const char *path, int line, const char *format, va_list args)
{
    printf("%s:%d: ", path, line);
    vprintf(format, args);
    printf("\n");
    b->faults++;
}

void book_fault_at(Book *b, const char *path, int line, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    add_fault(b, path, line, format, args);
    va_end(args);
}

void book_fault(Book *b, const Page *p, int line, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    add_fault(b, p->path, line + 1, format, args);
    va_end(args);
}

const Page *book_page(const Book *b, const char *path)
{
    for (int i = 0; i < b->pages; i++)
        if (strcmp(b->page[i].path, path) == 0)
            return &b->page[i];
    return NULL;
}

/* ---- reading ---------------------------------------------------------------------------------------- */

static int only_pages(const struct dirent *d)
{
    size_t size = strlen(d->d_name);
    return d->d_name[0] != '.' && size > 3 && strcmp(d->d_name + size - 3, ".md") == 0;
}

static bool read_pages(Book *b, Language language, Error *e)
{
    struct dirent **entry;
    int count = scandir(FOLDER[language], &entry, only_pages, alphasort);
    if (count < 0)
        return error_set(e, "%s: no such folder; run in the root of the repository", FOLDER[language]);
    b->page = memory_resize(b->page, sizeof *b->page * (size_t)(b->pages + count + 1));
    bool good = true;
    for (int i = 0; i < count; i++) {
        char path[400];
        snprintf(path, sizeof path, "%s/%s", FOLDER[language], entry[i]->d_name);
        good = good && page_read(b, &b->page[b->pages++], path, language, e);
        free(entry[i]);
    }
    free(entry);
    return good;
}

static bool read_book(Book *b, Error *e)
{
    bool good =
        table_read(&b->outline, "book/outline.tsv", "kind number zh en", e) &&
        table_read(&b->references, "book/references.tsv", "key short authors year title venue url", e) &&
        table_read(&b->glossary, "book/glossary.tsv", "key en zh meaning_en meaning_zh", e) &&
        read_pages(b, ZH, e) && read_pages(b, EN, e);
    b->cited = memory_zero((size_t)b->references.rows + 1, sizeof *b->cited);
    return good;
}

static void free_book(Book *b)
{
    for (int i = 0; i < b->pages; i++)
        page_free(&b->page[i]);
    free(b->page);
    free(b->cited);
    table_free(&b->outline);
    table_free(&b->references);
    table_free(&b->glossary);
}

/* ---- pictures --------------------------------------------------------------------------------------- */

/* The words in a picture, without its numbers: what may not change unnoticed. */
static void words_of(const char *svg, Buffer *out)
{
    for (bool tag = false; *svg; svg++) {
        tag = *svg == '<' || (tag && *svg != '>');
        unsigned char c = (unsigned char)*svg;
        if (!tag && (isalpha(c) || c >= 128))
            buffer_put(out, svg, 1);
    }
    buffer_put(out, "", 0);
}

static bool same_words(const char *a, const char *b)
{
    Buffer x = {0}, y = {0};
    words_of(a, &x);
    words_of(b, &y);
    bool same = strcmp(x.bytes, y.bytes) == 0;
    buffer_free(&x);
    buffer_free(&y);
    return same;
}

static bool write_text(const char *path, const char *bytes, size_t size, Error *e)
{
    FileWriter *w = file_create(path, e);
    if (!w)
        return false;
    file_write(w, bytes, size);
    return file_commit(w, e);
}

static bool make_folder_of(const char *path, Error *e)
{
    char *folder = memory_string(path);
    *strrchr(folder, '/') = '\0';
    bool made = file_make_directory(folder, e);
    free(folder);
    return made;
}

/* book/figures/ch03/x.svg is what the program drew to ch03/out/x.svg. Curves move in the last digits from
 * one machine to the next, so a drawing counts as another one when its words differ. */
static void weave_picture(Book *b, const Page *p, int line, const char *name)
{
    char ours[300], drawn[300];
    size_t size = 0, drawn_size = 0;
    Error e = {""};
    snprintf(ours, sizeof ours, "book/figures/%s", name);
    snprintf(drawn, sizeof drawn, "%.4s/out/%s", name, name + 5);
    char *new = file_read(drawn, &drawn_size, NULL), *old = file_read(ours, &size, NULL);
    bool other = new && (!old || !same_words(old, new));
    if (other && b->sync && make_folder_of(ours, &e) && write_text(ours, new, drawn_size, &e))
        printf("wrote %s\n", ours);
    else if (other && !b->sync && old)
        error_set(&e, "%s differs from what the program draws, %s; `make book-sync` copies it", ours,
                  drawn);
    else if (old && !strstr(old, "<svg"))
        error_set(&e, "%s is no SVG", ours);
    if (*e.text)
        book_fault(b, p, line, "%s", e.text);
    free(new);
    free(old);
}

void picture_name(Language language, const char *name, char *out, size_t room)
{
    size_t stem = strlen(name);
    if (stem > 7 && strcmp(name + stem - 7, ".zh.svg") == 0)
        stem -= 7;
    else if (stem > 4 && strcmp(name + stem - 4, ".svg") == 0)
        stem -= 4;
    snprintf(out, room, "%.*s%s", (int)stem, name, language == ZH ? ".zh.svg" : ".svg");
}

static void weave_pictures(Book *b, const Page *p)
{
    static const char START[] = "(../figures/ch";
    for (int i = 0; i < p->items; i++) {
        const char *line = p->item[i].line + 1 < p->text.count ? p->text.line[p->item[i].line + 1] : "";
        const char *found = p->item[i].kind == FIGURE ? strstr(line, START) : NULL;
        char name[200], ours[220];
        if (!found || sscanf(found + 12, "%199[^)]", name) != 1 || strlen(name) <= 5)
            continue;
        for (Language l = p->language; l <= EN;
             l++) { /* a Chinese page's picture may have Chinese texts, or not */
            picture_name(l, name, ours, sizeof ours);
            weave_picture(b, p, p->item[i].line + 1, ours);
        }
    }
}

/* ---- weaving ---------------------------------------------------------------------------------------- */

static const Item *item_at(const Page *p, int line)
{
    for (int i = 0; i < p->items; i++)
        if (p->item[i].line == line && p->item[i].kind != SECTION &&
            strncmp(p->text.line[line], "<!-- ", 5) == 0)
            return &p->item[i];
    return NULL;
}

static void weave_page(Book *b, const Page *p, Buffer *out)
{
    for (int at = 0; at < p->text.count;) {
        const Item *item = item_at(p, at);
        int end = page_block_end(&p->text, at);
        if (item) {
            at = block_weave(b, p, item, out);
        } else if (end == at) {
            inline_weave(b, p, at++, out);
        } else {
            for (end = end < 0 ? p->text.count : end; at < end; at++)
                buffer_add(out, "%s\n", p->text.line[at]);
        }
    }
}

static bool sync_page(const Page *p, const Buffer *woven, Error *e)
{
    size_t size;
    char *old = file_read(p->path, &size, e);
    bool same = old && size == woven->size && memcmp(old, woven->bytes, size) == 0;
    free(old);
    if (same || !old)
        return old != NULL;
    printf("wrote %s\n", p->path);
    return write_text(p->path, woven->bytes, woven->size, e);
}

static bool weave_all(Book *b, Error *e)
{
    bool good = true;
    for (int i = 0; i < b->pages; i++) {
        Buffer woven = {0};
        weave_pictures(b, &b->page[i]);
        weave_page(b, &b->page[i], &woven);
        if (b->sync && woven.size)
            good = sync_page(&b->page[i], &woven, e) && good;
        buffer_free(&woven);
    }
    return good;
}

/* ---- what must hold of the whole -------------------------------------------------------------------- */

static const char *const KIND_NAME[KINDS] = {
    [SECTION] = "section",   [CODE] = "listing", [OUTPUT] = "output",
    [FIGURE] = "figure",     [TABLE] = "table",  [EQUATION] = "equation",
    [EXERCISE] = "exercise", [RUN] = "box",      [LIST] = "list"};

/* What is compared of an item: a section's number, else its key; sections without a number are not. */
static const char *identity(const Item *item)
{
    return item->kind == SECTION ? item->number : item->key;
}

static int next_compared(const Page *p, int i)
{
    while (i < p->items && *identity(&p->item[i]) == '\0')
        i++;
    return i;
}

/* Reports the first place where the two editions part. */
static void compare_pages(Book *b, const Page *zh, const Page *en)
{
    int i = next_compared(zh, 0), k = next_compared(en, 0);
    while (i < zh->items && k < en->items && zh->item[i].kind == en->item[k].kind &&
           strcmp(identity(&zh->item[i]), identity(&en->item[k])) == 0) {
        i = next_compared(zh, i + 1);
        k = next_compared(en, k + 1);
    }
    if (i == zh->items && k == en->items)
        return;
    const Page *p = i < zh->items ? zh : en, *other = p == zh ? en : zh;
    const Item *item = p == zh ? &zh->item[i] : &en->item[k];
    int there = p == zh ? k : i;
    bool end = there >= other->items;
    book_fault(b, p, item->line, "%s '%s'; %s:%d has %s %s%s%s here", KIND_NAME[item->kind], identity(item),
               other->path, end ? other->text.count : other->item[there].line + 1,
               end ? "nothing more" : KIND_NAME[other->item[there].kind], end ? "" : "'",
               end ? "" : identity(&other->item[there]), end ? "" : "'");
}

static void compare_editions(Book *b)
{
    for (int i = 0; i < b->pages; i++) {
        char path[400];
        const Page *p = &b->page[i];
        snprintf(path, sizeof path, "%s/%s.md", FOLDER[p->language == ZH ? EN : ZH], p->name);
        const Page *other = book_page(b, path);
        if (!other)
            book_fault(b, p, 0, "there is no %s", path);
        else if (p->language == ZH)
            compare_pages(b, p, other);
    }
}

/* A chapter has the sections of book/outline.tsv, all of them, in order, with these titles. */
static void check_sections(Book *b, const Page *p)
{
    const Table *t = &b->outline;
    int at = 0;
    for (int r = 1; r < t->rows; r++) {
        if (strcmp(table_cell(t, r, "kind"), "section") != 0 ||
            atoi(table_cell(t, r, "number")) != p->chapter)
            continue;
        char title[600];
        snprintf(title, sizeof title, "%s %s", table_cell(t, r, "number"),
                 table_cell(t, r, p->language == ZH ? "zh" : "en"));
        while (at < p->items && (p->item[at].kind != SECTION || !*p->item[at].number))
            at++;
        if (at == p->items) {
            book_fault(b, p, p->text.count - 1, "the page ends without the section '%s' of %s:%d", title,
                       t->path, t->at[r]);
            return;
        }
        if (strcmp(p->item[at].key, title) != 0) {
            book_fault(b, p, p->item[at].line, "the section is '%s'; '%s' is next in %s:%d",
                       p->item[at].key, title, t->path, t->at[r]);
            return;
        }
        at++;
    }
    for (; at < p->items; at++)
        if (p->item[at].kind == SECTION && *p->item[at].number)
            book_fault(b, p, p->item[at].line, "the section '%s' is not in %s", p->item[at].key, t->path);
}

static bool has_main(const char *path)
{
    Lines l;
    bool found = false;
    if (lines_read(&l, path, NULL))
        for (int i = 0; i < l.count; i++)
            found = found || strncmp(l.line[i], "int main(", 9) == 0;
    lines_free(&l);
    return found;
}

static bool has_box(const Page *p, const char *program)
{
    for (int i = 0; i < p->items; i++)
        if (p->item[i].kind == RUN && strcmp(p->item[i].key, program) == 0)
            return true;
    return false;
}

/* Every program of a chapter has its box in the text; the box wants a row in chNN/costs.tsv. */
static void check_programs(Book *b, const Page *p)
{
    char folder[16];
    struct dirent **entry;
    snprintf(folder, sizeof folder, "ch%02d", p->chapter);
    int count = scandir(folder, &entry, NULL, alphasort);
    for (int i = 0; i < count; i++) {
        char path[300], *end = strrchr(entry[i]->d_name, '.');
        snprintf(path, sizeof path, "%s/%s", folder, entry[i]->d_name);
        if (end && strcmp(end, ".c") == 0 && has_main(path)) {
            path[strlen(path) - 2] = '\0';
            if (!has_box(p, path))
                book_fault(b, p, p->text.count - 1, "no box for the program: <!-- run: %s -->", path);
        }
        free(entry[i]);
    }
    if (count >= 0)
        free(entry);
}

/* On the web pages a label is known to the whole edition. */
static void check_label(Book *b, const Page *p, const Item *item)
{
    for (int i = 0; i < b->pages && &b->page[i] != p; i++) {
        const Page *other = &b->page[i];
        const Item *same = other->language == p->language ? page_anchor(other, item->anchor) : NULL;
        if (same && same->kind == item->kind)
            book_fault(b, p, item->line, "the label '%s' is taken by %s:%d", item->key, other->path,
                       same->line + 1);
    }
}

static void check_labels(Book *b)
{
    for (int i = 0; i < b->pages; i++)
        for (int k = 0; k < b->page[i].items; k++)
            if (b->page[i].item[k].anchor && b->page[i].item[k].kind != SECTION)
                check_label(b, &b->page[i], &b->page[i].item[k]);
}

static void check_whole(Book *b)
{
    compare_editions(b);
    check_labels(b);
    regions_check(b);
    for (int i = 0; i < b->pages; i++) {
        if (b->page[i].chapter) {
            check_sections(b, &b->page[i]);
            check_programs(b, &b->page[i]);
        }
    }
    int unused = 0;
    for (int r = 1; r < b->references.rows; r++)
        unused += !b->cited[r];
    if (unused)
        printf("note: %d of %d references are not cited yet\n", unused, b->references.rows - 1);
}

int main(int argc, char **argv)
{
    static const char usage[] = "usage: weave [--root DIR] check | weave [--root DIR] sync";
    error_program("weave");
    if (argc == 2 && strcmp(argv[1], "--help") == 0) {
        puts(usage);
        return error_finish();
    }
    if (argc == 4 && strcmp(argv[1], "--root") == 0) {
        if (chdir(argv[2]) != 0)
            error_exitf("--root %s: no such folder", argv[2]);
        argv += 2;
        argc -= 2;
    }
    Book b = {0};
    Error e = {""};
    b.sync = argc == 2 && strcmp(argv[1], "sync") == 0;
    if (argc != 2 || (!b.sync && strcmp(argv[1], "check") != 0))
        error_exitf("%s", usage);
    if (!read_book(&b, &e) || !weave_all(&b, &e))
        error_exit(&e);
    check_whole(&b);
    if (!b.sync && !terms_check(&b, &e))
        error_exit(&e);
    printf("book: %d page%s, %d fault%s\n", b.pages, b.pages == 1 ? "" : "s", b.faults,
           b.faults == 1 ? "" : "s");
    int faults = b.faults;
    free_book(&b);
    return error_finish() ? 2 : faults != 0;
}
