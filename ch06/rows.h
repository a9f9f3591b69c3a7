/* rows.h -- labelled texts from a file, a row each: TSV or JSON lines.
 *
 *     TSV      text TAB label; a first line that names the two columns may put them anywhere among others
 *     JSONL    {"text": "...", "label": "..."}, a line each; labels may be whole numbers
 *
 * A row that is neither is counted and named by its line, and the others are read: a file of a million rows does not
 * fail for one. */
#ifndef CH06_ROWS_H
#define CH06_ROWS_H

#include "common/base/arena.h"
#include "common/base/error.h"

#include <stddef.h>

enum { ROWS_NAMED = 5 }; /* of the malformed rows so many are described */

typedef struct Row {
    const char *text, *label;
    long line; /* in its file; 0: it comes from elsewhere */
} Row;

typedef struct Rows {
    Row *items;
    int count, room;
    long malformed;
    Error faults[ROWS_NAMED]; /* "reviews.tsv:12: expected 2 columns, found 1" */
    Arena *memory;            /* holds the strings */
} Rows;

/* How the columns, or the keys, of a file are called. */
typedef struct RowsColumns {
    const char *text, *label;
} RowsColumns;

Rows rows_new(void);
void rows_free(Rows *r);

/* Copies a row. */
void rows_add(Rows *r, const char *text, const char *label, long line);

/* Adds the rows of a file: JSON lines if its name ends with .jsonl, else TSV. A byte order mark goes, and so does the
 * \r of \r\n; empty lines are no rows. A row needs a text and a label in UTF-8, neither of them empty. False and *e if
 * the file cannot be read or none of its rows is good. */
bool rows_read(Rows *r, const char *path, RowsColumns names, Error *e);

/* The same from memory; `name` stands for the path in messages, and says by its ending which form it has. */
void rows_parse(Rows *r, const char *bytes, size_t size, const char *name, RowsColumns names);

/* The different labels, each once, in the order of their bytes: an array, which the caller frees, of strings of r. */
const char **rows_labels(const Rows *r, int *count);

/* One row in `share` goes to test, by a hash of its text: the same text is never on both sides. */
void rows_split(const Rows *r, int share, Rows *train, Rows *test);

#endif
