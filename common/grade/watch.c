#include "common/grade/learner.h"
int learner_watch(const Grader *g, const Book *b)
{
    (void)g;
    (void)b;
    return 0;
}
