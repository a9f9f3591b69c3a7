/* no_hidden.c -- stands in for check_chNN_hidden.c where there is none, as in a handout. */
#include "common/grade/judge.h"

void grade_hidden_tests(GradeSuite *s)
{
    (void)s;
}
