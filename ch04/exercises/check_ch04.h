/* check_ch04.h -- what the files of chapter 4's tests share. */
#ifndef CH04_CHECK_CH04_H
#define CH04_CHECK_CH04_H

#include "ch04/exercises/exercises.h"
#include "common/grade/judge.h"

void grade_tests_of_data(GradeSuite *s);     /* ex1, ex2, section 4.1: check_ch04_data.c */
void grade_tests_of_quality(GradeSuite *s);  /* ex14, ex15, section 4.1.2: check_ch04_quality.c */
void grade_tests_of_network(GradeSuite *s);  /* ex12, section 4.3.2: check_ch04_network.c */
void grade_tests_of_scale(GradeSuite *s);    /* ex3 to ex5, sections 4.2, 4.3: check_ch04_scale.c */
void grade_tests_of_parallel(GradeSuite *s); /* ex7 to ex10, sections 4.4.2, 4.4.3: check_ch04_parallel.c */
void grade_tests_of_dist(GradeSuite *s);     /* ex6, ex11, sections 4.4.1, 4.4.5: check_ch04_dist.c */

#endif
