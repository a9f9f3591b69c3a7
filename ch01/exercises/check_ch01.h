/* check_ch01.h -- what the files of chapter 1's tests share. */
#ifndef CH01_CHECK_CH01_H
#define CH01_CHECK_CH01_H

#include "ch01/exercises/exercises.h"
#include "common/grade/judge.h"

void grade_tests_of_words(GradeSuite *s);     /* ex1 to ex3: check_ch01_words.c */
void grade_tests_of_sequences(GradeSuite *s); /* ex4 to ex6: check_ch01_sequences.c */

#endif
