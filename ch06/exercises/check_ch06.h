/* check_ch06.h -- what the files of chapter 6's tests share. */
#ifndef CH06_CHECK_CH06_H
#define CH06_CHECK_CH06_H

#include "ch06/exercises/exercises.h"
#include "common/grade/judge.h"

void grade_tests_of_heads(GradeSuite *s);    /* ex1, ex11, section 6.2: check_ch06_heads.c */
void grade_tests_of_adapters(GradeSuite *s); /* ex2 to ex4, sections 6.3.2, 6.3.3: check_ch06_adapters.c */
void grade_tests_of_prompts(GradeSuite *s);  /* ex5, ex6, sections 6.3.4, 6.3.5: check_ch06_prompts.c */
void grade_tests_of_ex7(GradeSuite *s);      /* section 6.4.3: check_ch06_ex7.c */
void grade_tests_of_ex8(GradeSuite *s);      /* section 6.4.3: check_ch06_ex8.c */
void grade_tests_of_tasks(GradeSuite *s);    /* ex9, ex10, section 6.5: check_ch06_tasks.c */
void grade_tests_of_ex7(GradeSuite *s);      /* ex7, section 6.4.3: check_ch06_ex7.c */
void grade_tests_of_ex8(GradeSuite *s);      /* ex8, section 6.4.3: check_ch06_ex8.c */

#endif
