/* check_ch02.h -- what the files of chapter 2's tests share. */
#ifndef CH02_CHECK_CH02_H
#define CH02_CHECK_CH02_H

#include "ch02/exercises/exercises.h"
#include "common/grade/judge.h"

void grade_tests_of_learning(GradeSuite *s); /* ex1 to ex4, section 2.1: check_ch02_learning.c */
void grade_tests_of_text(GradeSuite *s);     /* ex5, ex6, section 2.2: check_ch02_text.c */

#endif
