/* results.h -- the graded submission as files: neutral JSON, Gradescope's JSON, JUnit XML. */
#ifndef GRADE_RESULTS_H
#define GRADE_RESULTS_H

#include "common/grade/grading.h"

#include <stdio.h>

/* One submission, graded. The schema of its JSON is in README.md. */
typedef struct Report {
    const char *submission;  /* its name: the folder's or the zip file's */
    const Submission *files; /* what was handed in; NULL in a test */
    char fingerprint[32];    /* of the submitted files and of the checks */
    bool official;           /* false in a sandbox of the lowest tier */
    bool partial;            /* points for single tests */
    SandboxTier tier;
    uint64_t seed;
    double seconds;
    const Outcome *outcomes; /* one per exercise of the book, in its order */
    int count;
} Report;

int report_points(const Report *r);
int report_max_points(const Report *r);

/* Names the files that were handed in, look like exercises, and were not graded. */
void results_print_strays(FILE *out, const Report *r);

/* Each writes one file whole, or none. The feedback is for the learner, as text. */
bool results_write_feedback(const Report *r, const char *path, Error *e);
bool results_write(const Report *r, const char *path, Error *e);
bool results_write_gradescope(const Report *r, const char *path, Error *e);
bool results_write_junit(const Report *r, const char *path, Error *e);

#endif
