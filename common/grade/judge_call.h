/* judge_call.h -- the judge's side of a call: the worker, its time, and what its replies mean.
 *
 * Before a call goes out, its driver is run here too, with a function that does nothing: that gives the
 * names and shapes of all arguments and outputs, against which the reply is held. */
#ifndef GRADE_JUDGE_CALL_H
#define GRADE_JUDGE_CALL_H

#include "common/grade/judge.h"

#include <stdnoreturn.h>

typedef struct CallSettings {
    const char *worker, *printed; /* the program; the file for what it prints */
    const char *root, *build;     /* what it must not see */
    int tier;
    float seconds; /* of processor time for all calls; waiting may take four times as long */
} CallSettings;

/* Keeps the pointers; outputs are made in the arena. */
void calls_begin(const CallSettings *s, Arena *arena);
void calls_end(void);

/* Before each test: the outputs of the last one are gone. True while there is time for more. */
bool calls_go_on(void);

/* Writes the last call of the test to a file, as it was sent, for who wants to see it or to run it again;
 * false if there was none. */
bool call_keep(const char *path);

/* What a NaN says of the memory that it was read from, a likely cause; NULL if it says nothing. */
const char *call_cause_of(float number);

/* "weight[2][3]" */
void call_index_text(char *text, size_t room, const char *name, const Tensor *t, size_t at);

/* judge.c: the test fails; cause may be "". The outcome is wrong, crash or time-out. */
noreturn void judge_verdict(const char *outcome, const char *cause, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

#endif
