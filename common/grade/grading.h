/* grading.h -- grades one exercise: look, compile, look again, link, judge, and count the records. */
#ifndef GRADE_GRADING_H
#define GRADE_GRADING_H

#include "common/grade/exercise.h"
#include "common/grade/sandbox.h"
#include "common/grade/submission.h"

#include <jansson.h>
#include <stdint.h>

typedef enum Status {
    STATUS_NOT_STARTED,
    STATUS_MISSING, /* the submission has no such file */
    STATUS_REFUSED, /* it holds what an exercise may not use */
    STATUS_COMPILE_ERROR,
    STATUS_WRONG,
    STATUS_CRASH,
    STATUS_TIME_OUT,
    STATUS_PASSED,
    STATUS_GRADER_ERROR /* the fault is not the learner's */
} Status;

typedef struct Grader {
    const char *root;  /* the repository, absolute: pristine checks */
    const char *build; /* its build folder, absolute */
    SandboxTier tier;
    uint64_t seed;  /* of the inputs */
    bool strict;    /* warnings are errors */
    bool partial;   /* points for each test that passes, rounded down */
    bool teacher;   /* the input of a hidden test is not shown */
    bool skeletons; /* are judged like all others, to show that they score 0 */
    const char
        *kept; /* where the failing call and what was printed are kept: KEPT.call, KEPT.printed; or NULL */
    const char
        *kit; /* which way to compile: NULL is that of this repository, else .fortify, .other (rules.mk) */
    bool unguarded; /* for the attack suite alone: look at nothing, so that the sandbox is on its own */
} Grader;

typedef struct Outcome {
    const Exercise *exercise;
    Status status;
    int points;     /* all of them, or none; with partial credit, a share */
    double seconds; /* to compile and to judge */
    char *message;  /* lines: what the compiler or the checks say; may be "" */
    char *printed;  /* what the learner's code printed in the test that failed; may be "" */
    char *input;    /* what that test called it with, in lines (input.h); may be "" */
    char *file;     /* of a submission: the path under which it was handed in; may be "" */
    json_t *tests;  /* array of records: test, outcome, what, where, expected, got, cause */
    int passed;     /* how many of them */
} Outcome;

const char *status_name(Status s); /* "time-out": for files */
const char *status_text(Status s); /* the same in the language of the environment */

/* Grades the text of a learner's file. Never fails: what goes wrong becomes the status. */
Outcome grade_text(const Grader *g, const Exercise *x, const char *text, size_t size);

/* Reads dir/chNN/exercises/NAME.c, follows no symbolic link below dir, and grades it. */
Outcome grade_folder(const Grader *g, const Exercise *x, const char *dir);

/* Finds the exercise in what was handed in, and grades it. */
Outcome grade_submitted(const Grader *g, const Book *b, const Exercise *x, Submission *s);

void outcome_free(Outcome *o);

/* The first test that did not pass; NULL if all did or none ran. */
const json_t *outcome_failure(const Outcome *o);

/* The likely cause of the first failure, given the records of all tests; where that one fits several
 * mistakes, the cause of a later failure that fits one. "" if none is known. */
const char *tests_cause(const json_t *tests);

#endif
