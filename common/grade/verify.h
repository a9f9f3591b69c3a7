/* verify.h -- what must hold for the exercises themselves; `make exercises-check`. */
#ifndef GRADE_VERIFY_H
#define GRADE_VERIFY_H

#include "common/grade/grading.h"

/* Each skeleton is the one its solution yields, compiles, and scores 0; each solution passes with
 * warnings as errors, also with the other kits of rules.mk; each exercise has at least two mutants, and every
 * mutant compiles without a
 * warning and fails. Grades `jobs` at a time. Prints what does not hold; 0 if all does, else 1. */
int verify_exercises(const Grader *g, const Book *b, int jobs);

/* Writes every chNN/exercises/NAME.c anew from its solution. */
int verify_write_skeletons(const Grader *g, const Book *b);

/* For a handout: writes the skeletons into another tree, as the exercises' files, and once more
 * under skeletons/, where reset and "not started" find them when there are no solutions. */
int verify_hand_out(const Grader *g, const Book *b, const char *out);

#endif
