/* build.h -- from the learner's text to a worker program, in the sandbox. */
#ifndef GRADE_BUILD_H
#define GRADE_BUILD_H

#include "common/grade/grading.h"

/* A folder of its own for one grading, under build/grade/tmp; it is removed by scratch_remove. */
typedef struct Scratch {
    char dir[EXERCISE_PATH];
} Scratch;

bool scratch_make(Scratch *s, const char *build, Error *e);
void scratch_remove(const Scratch *s);
char *scratch_path(const Scratch *s, const char *name, char path[2 * EXERCISE_PATH]);

/* Puts the program at DIR/run/worker. STATUS_PASSED when it is there; else what went wrong, with
 * *message (to be freed) for the reader. Warnings of a good compilation are in *message too. */
Status build_worker(const Grader *g, const Exercise *x, const Scratch *s, const char *text, size_t size,
                    char **message);

#endif
