/* class.h -- what a teacher reads after a class was graded: the table, the summary, who wrote alike. */
#ifndef GRADE_CLASS_H
#define GRADE_CLASS_H

#include "common/grade/teacher.h"

/* A student's results.json, if it is whole; else NULL. */
json_t *class_read_results(const char *folder);

/* "Li Ming" of "Li Ming_4711_assignsubmission_file_" (Moodle) or of "Li Ming.zip". */
void class_student_name(const char *submission, char name[256]);

/* Seconds since 1970 of "2026-12-01 23:59" or "2026-12-01" (its end), local time; -1 if it is neither. */
time_t class_deadline(const char *text);

/* The days begun after the deadline; 0 if it is not late. */
int class_days_late(time_t submitted, time_t deadline);

/* Writes out/grades.csv, out/summary.txt and out/similarity.csv of the students' results, and prints the
 * summary. */
void class_report(const Grader *g, const Book *b, const ClassRules *rules, const char *from,
                  const char *out, char *const *names, int count);

#endif
