/* check_ch06.h -- what the files of chapter 6's tests share. */
#ifndef CH06_CHECK_CH06_H
#define CH06_CHECK_CH06_H

#include "ch06/exercises/exercises.h"
#include "common/grade/judge.h"

void grade_tests_of_adapters(GradeSuite *s); /* ex2 to ex4, sections 6.3.2, 6.3.3: check_ch06_adapters.c */
void grade_tests_of_prompts(GradeSuite *s);  /* ex5, ex6, sections 6.3.4, 6.3.5: check_ch06_prompts.c */
void grade_tests_of_tasks(GradeSuite *s);    /* ex9, ex10, section 6.5: check_ch06_tasks.c */

#endif
