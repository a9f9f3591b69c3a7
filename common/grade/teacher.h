/* teacher.h -- grading what others hand in, with fresh random inputs and the hidden checks. */
#ifndef GRADE_TEACHER_H
#define GRADE_TEACHER_H

#include "common/grade/grading.h"

/* Grades one submission into out/: results.json (neutral), gradescope/results.json, junit.xml.
 * 0 when it was graded; 1 when it was, but in a sandbox of the lowest tier, which is not official. */
int teacher_grade(const Grader *g, const Book *b, const char *submission, const char *out);

/* Grades every folder in `submissions` into out/NAME/, `jobs` at a time, and writes out/grades.csv.
 * What has been graded already, with the same files and checks, is not graded again. */
int teacher_grade_class(const Grader *g, const Book *b, const char *submissions, const char *out, int jobs);

#endif
