/* crash.h -- the last words of a worker: what the learner's code did that ended it. */
#ifndef GRADE_CRASH_H
#define GRADE_CRASH_H

#include "common/grade/call.h"
#include "common/grade/reply.h"

enum { JUDGE = 3 }; /* the descriptor of the channel */

/* From here on a signal that ends the worker is answered with a reply that says why. The addresses are
 * looked up in the call; stack_top is one in main. */
void crash_catch(const GradeCall *c, const char *stack_top);

#endif
