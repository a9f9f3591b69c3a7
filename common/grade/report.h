/* report.h -- what a learner sees: one line per exercise, and what is known of a mistake; 80 columns. */
#ifndef GRADE_REPORT_H
#define GRADE_REPORT_H

#include "common/grade/grading.h"

#include <stdio.h>

enum { REPORT_COLUMNS = 80 };

/* The words in the two languages of the book: say("passed", "通过"). */
const char *in_words(const char *english, const char *chinese);

typedef enum Colour { PLAIN, DIM, RED, GREEN, YELLOW, BOLD } Colour;

/* The escape sequence that switches to a colour; "" where there are none (no terminal, NO_COLOR). */
const char *colour(Colour c);
Colour status_colour(Status s);

/* Prints `label` in so many columns, `indent` columns from the left, and then text, which goes on below
 * itself where a line is full. Chinese may be broken anywhere but before a closing mark. */
void report_wrapped(FILE *out, int indent, const char *label, int label_columns, const char *text);

/* "  ex1  Scaled softmax       3.3.2  15 min  passed  10/10" */
void report_line(FILE *out, const Exercise *x, Status status, int points);

/* What was expected, what came, where, the likely cause and, if asked for, the input; or what the compiler
 * said, at most `lines` lines of it. Nothing for an exercise that passed or was not started. */
void report_details(FILE *out, const Outcome *o, int lines, bool with_input);

/* What the learner's code printed, and the compiler's warnings. kept: where all of it is, or NULL. */
void report_printed(FILE *out, const Outcome *o, int lines, const char *kept);

#endif
