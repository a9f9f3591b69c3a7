/* weave.h -- the parts of weave, the tool that keeps the book's text and the programs in step.
 *
 *     weave_source.c  what is taken from: programs, expected outputs, tables (TSV)
 *     weave_page.c    what a page says of itself: headings, markers, anchors
 *     weave_inline.c  numbers and links within a line
 *     weave_block.c   listings, outputs, figures, tables, equations, exercises, boxes
 *     weave_list.c    the lists that whole pages are made of: outline, references, glossary
 *     weave_regions.c regions of programs that are not closed, or that no page shows
 *     weave_terms.c   words that the book does not use, and terms that it writes in one form only
 *     weave.c         the book: all pages, the two languages side by side, main
 *
 * How an author uses it is in book/README.md. */
#ifndef TOOLS_WEAVE_H
#define TOOLS_WEAVE_H

#include "common/base/base.h"

#include <stdbool.h>
#include <stddef.h>

/* ---- text that grows; its bytes end with a zero ----------------------------------------------------- */

typedef struct Buffer {
    char *bytes; /* NULL while nothing was added */
    size_t size, room;
} Buffer;

void buffer_put(Buffer *b, const char *bytes, size_t size);
void buffer_add(Buffer *b, const char *format, ...) __attribute__((format(printf, 2, 3)));
void buffer_free(Buffer *b);

/* ---- sources ---------------------------------------------------------------------------------------- */

typedef struct Lines {
    char *bytes; /* the file, each line ended by a zero byte */
    char **line; /* into bytes */
    int count;
} Lines;

bool lines_read(Lines *l, const char *path, Error *e);
void lines_free(Lines *l);

/* A table: lines of cells with TABs between them, the first of them names the
 * columns. Empty lines and those that begin with # are left out. */
typedef struct Table {
    const char *path;
    Lines lines;
    char ***row; /* row[0] is the header; row[r][c] points into lines */
    int *at;     /* the row's line in the file, from 1 */
    int rows, columns;
} Table;

/* columns: the names that must be there, separated by blanks. */
bool table_read(Table *t, const char *path, const char *columns, Error *e);
void table_free(Table *t);
const char *table_cell(const Table *t, int row, const char *column);
int table_find(const Table *t, const char *column, const char *value); /* its row, or -1 */

/* The lines between `//> name` and `//< name`, both at column 0, without the marks of other regions. */
bool source_region(const char *path, const char *name, Buffer *out, Error *e);

/* What a program prints, from chNN/expected: all of it (from NULL); from the one
 * line that holds `from` to the first line after it that holds `to`; to NULL:
 * up to the next empty line. */
bool source_output(const char *path, const char *from, const char *to, Buffer *out, Error *e);

/* The n-th number (or word) of the one line that holds `text`. */
bool source_value(const char *path, const char *text, int n, bool word, Buffer *out, Error *e);

/* The command of an expected file, without its "$ ". */
bool source_command(const char *path, Buffer *out, Error *e);

/* ---- pages ------------------------------------------------------------------------------------------ */

typedef enum Language { ZH, EN, LANGUAGES } Language;

typedef enum Kind { SECTION, CODE, OUTPUT, FIGURE, TABLE, EQUATION, EXERCISE, RUN, LIST, KINDS } Kind;

/* What the two languages must agree on, in the order of the text. */
typedef struct Item {
    Kind kind;
    char *key;       /* "3.3" of a section; else what stands in the marker */
    char number[16]; /* "3.2"; "" if it has none */
    char *anchor;    /* what a link writes after '#'; NULL if it has none */
    int line;        /* from 0 */
} Item;

typedef struct Page {
    char *path, *name; /* book/zh/ch03.md, ch03 */
    Language language;
    int chapter; /* 0: none */
    Lines text;
    Item *item;
    int items, room;
} Page;

typedef struct Marker {
    char name[16];
    char key[400]; /* after the colon; "" of a list */
} Marker;

/* Whether the line is a marker, <!-- name: key --> or <!-- name -->. Says what is wrong in *e
 * if it begins like one. */
bool marker_read(const char *line, Marker *m, Error *e);

/* The line after the block of code (```) or of mathematics ($$) that begins at line `at`; `at` itself if
 * none begins there, -1 if it does not end. */
int page_block_end(const Lines *text, int at);

/* ---- the book ---------------------------------------------------------------------------------------- */

typedef struct Book {
    bool sync; /* write what differs; otherwise report it */
    Page *page;
    int pages, faults;
    Table outline, references, glossary;
    bool *cited; /* by row of references */
} Book;

/* Prints PATH:LINE: MESSAGE, and counts it. line from 0. */
void book_fault(Book *b, const Page *p, int line, const char *format, ...)
    __attribute__((format(printf, 4, 5)));

/* The same of any file; line from 1. */
void book_fault_at(Book *b, const char *path, int line, const char *format, ...)
    __attribute__((format(printf, 4, 5)));

const Page *book_page(const Book *b, const char *path); /* NULL if there is none */
const Item *page_anchor(const Page *p, const char *anchor);

/* Reads the page and what it says of itself. */
bool page_read(Book *b, Page *p, const char *path, Language language, Error *e);
void page_free(Page *p);

/* Appends the line with its numbers and links as they should be. */
void inline_weave(Book *b, const Page *p, int at, Buffer *out);

/* NAME.svg, of the Chinese edition NAME.zh.svg, of either. */
void picture_name(Language language, const char *name, char *out, size_t room);

/* The same for the block that the marker item begins; returns the line after it. */
int block_weave(Book *b, const Page *p, const Item *item, Buffer *out);

/* Appends the lines of a list (its name: outline, contents, references, glossary). */
bool list_weave(const Book *b, const Page *p, const char *name, Buffer *out);

/* Reports regions of programs that are not closed or that no page shows. */
void regions_check(Book *b);

/* Reports the words of book/terms.tsv in pages, tables and what programs print. */
bool terms_check(Book *b, Error *e);

#endif
