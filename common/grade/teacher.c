#include "common/grade/teacher.h"
int teacher_grade(const Grader *g, const Book *b, const char *submission, const char *out)
{
    (void)g;
    (void)b;
    (void)submission;
    (void)out;
    return 1;
}
int teacher_grade_class(const Grader *g, const Book *b, const char *submissions, const char *out, int jobs)
{
    (void)g;
    (void)b;
    (void)submissions;
    (void)out;
    (void)jobs;
    return 1;
}
