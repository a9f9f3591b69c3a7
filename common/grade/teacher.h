/* teacher.h -- grading what others hand in, with fresh random inputs and the hidden checks. */
#ifndef GRADE_TEACHER_H
#define GRADE_TEACHER_H

#include "common/grade/grading.h"

/* What a class is graded by, beside the book. */
typedef struct ClassRules {
    const char *deadline; /* "2026-12-01 23:59", local time; NULL or "" for none */
    float late;           /* per cent of a submission's points that each day begun after it costs */
    int jobs;             /* students at a time */
} ClassRules;

/* Grades one submission, a folder or a zip file, into out/: results.json (neutral),
 * gradescope/results.json, junit.xml, feedback.txt.
 * 0 when it was graded; 1 when it was, but in a sandbox of the lowest tier, which is not official. */
int teacher_grade(const Grader *g, const Book *b, const char *submission, const char *out);

/* Grades every folder and zip file in `submissions` into out/students/NAME/, and writes out/grades.csv,
 * out/summary.txt and out/similarity.csv. What has been graded already, the same files by the same checks
 * for the same points, is not graded again. */
int teacher_grade_class(const Grader *g, const Book *b, const char *submissions, const char *out,
                        const ClassRules *rules);

#endif
