/* learner.h -- the commands of the learner's loop. Each returns the program's exit status. */
#ifndef GRADE_LEARNER_H
#define GRADE_LEARNER_H

#include "common/grade/grading.h"

int learner_check(const Grader *g, const Book *b);                      /* make chNN-check, make grade */
int learner_exercise(const Grader *g, const Book *b, const char *name); /* make ex EX=... */
int learner_hint(const Grader *g, const Book *b, const char *name);     /* make hint EX=... */
int learner_reset(const Grader *g, const Book *b, const char *name, bool yes); /* make reset EX=... */
int learner_status(const Grader *g, const Book *b);                            /* make status */
int learner_next(const Grader *g, const Book *b);                              /* make next */
int learner_watch(const Grader *g, const Book *b);                             /* make watch */

/* Grades one exercise of the tree itself, keeps the result in .progress, and prints all about it. */
Outcome learner_grade(const Grader *g, const Exercise *x);
void learner_show(const Grader *g, const Outcome *o, int lines);

/* The first exercise of the book that has not passed; NULL when all have. Grades what changed. */
const Exercise *learner_first_open(const Grader *g, const Book *b);

#endif
