/* report.h -- what a learner sees: one line per exercise, and what is known of a mistake. */
#ifndef GRADE_REPORT_H
#define GRADE_REPORT_H

#include "common/grade/grading.h"

/* The words in the two languages of the book: say("passed", "通过"). */
const char *in_words(const char *english, const char *chinese);

typedef enum Colour { PLAIN, DIM, RED, GREEN, YELLOW, BOLD } Colour;

/* The escape sequence that switches to a colour; "" where there are none (no terminal, NO_COLOR). */
const char *colour(Colour c);
Colour status_colour(Status s);

/* "  ex1  Scaled softmax       3.3.2  15 min  passed  10/10" */
void report_line(const Exercise *x, Status status, int points);

/* What was expected, what came, where, and the likely cause; or what the compiler said, at most
 * `lines` lines of it. Nothing for an exercise that passed or was not started. */
void report_details(const Outcome *o, int lines);

/* What the learner's code printed, and the compiler's warnings. */
void report_printed(const Outcome *o, int lines);

#endif
