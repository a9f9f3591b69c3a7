/* terminal.h -- what a program shows while the reader waits, and tables with shades. */
#ifndef BASE_TERMINAL_H
#define BASE_TERMINAL_H

#include <stdbool.h>
#include <stdio.h>

/* A matrix as a table of shaded cells: darker (more filled) is larger. On a
 * terminal with colours the shade is a colour; elsewhere it is drawn with the
 * characters ' ', '.', ':', '+', '#' and a block. values is (rows, cols),
 * shaded between 0 and the largest value; row and column names may be NULL.
 * Chinese names keep the columns straight. Prints to standard output. */
void terminal_heatmap(const float *values, int rows, int cols, const char *const *row_names,
                      const char *const *col_names);

/* Columns that a UTF-8 text takes on a terminal (a Chinese character takes 2). */
int terminal_width(const char *text);

/* Prints text and pads it with spaces to the given number of columns;
 * a negative number of columns pads on the left. */
void terminal_print(const char *text, int columns);

/* Writes text in lines of at most so many columns, each line but the first after `indent`. A line ends at a space
 * or before a Chinese character, never before a closing mark; a longer word stays whole. */
void terminal_wrap(FILE *out, const char *text, int columns, const char *indent);

/* Prints a claim and whether it holds, "CLAIM: yes" or "CLAIM: NO", on a line. Returns whether it does. */
bool terminal_verdict(bool holds, const char *claim_format, ...) __attribute__((format(printf, 2, 3)));

/* The progress of long work, on standard error: a bar that redraws itself on a
 * terminal with the time that is left, and elsewhere one plain line for every tenth of the work. */
typedef struct Progress {
    const char *label;
    long first, total, shown; /* steps done before it began; in all; tenth (plain) last shown */
    double start, last;
    bool terminal;
} Progress;

Progress progress_begin(const char *label, long total);

/* The same for work of which `done` steps are done before it begins, so that the time left is right. */
Progress progress_resume(const char *label, long done, long total);

/* done of total steps are finished; note is a short text such as "loss 2.31". */
void progress_update(Progress *p, long done, const char *note_format, ...)
    __attribute__((format(printf, 3, 4)));

/* Clears the bar, so that what is printed next starts on a clean line. */
void progress_end(Progress *p);

#endif
