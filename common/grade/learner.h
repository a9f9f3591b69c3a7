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
int learner_skip(const Grader *g, const Book *b, const char *name);            /* make skip */
int learner_debug(const Grader *g, const Book *b, const char *name, bool gdb); /* make debug EX=... */
int learner_watch(const Grader *g, const Book *b);                             /* make watch */

/* Becomes `program`, a worker, with a call that the judge kept before it: what gdb starts. */
int learner_replay(const char *call, const char *program);

/* Grades one exercise of the tree itself, keeps the result in .progress, and prints all about it. */
Outcome learner_grade(const Grader *g, const Exercise *x);
void learner_show(const Grader *g, const Outcome *o, int lines);

/* The first exercise of the book that has not passed and is not skipped; when only skipped ones are left,
 * the first of those; NULL when all have passed. Grades what changed. */
const Exercise *learner_first_open(const Grader *g, const Book *b);

/* Where the failing call and what was printed of an exercise are kept, below the build folder: KEPT.call
 * and KEPT.printed. Returns path. */
char *learner_kept(const Grader *g, const Exercise *x, char path[2 * EXERCISE_PATH]);

/* Puts an exercise after the others, or back among them. */
void learner_set_skipped(const Grader *g, const Exercise *x, bool skipped);

/* The same path, without the repository's in front of it. */
const char *learner_short_path(const Grader *g, const char *path);

#endif
