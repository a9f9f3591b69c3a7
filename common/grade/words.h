/* words.h -- what the grader and its checks say, in Chinese.
 *
 * common/grade/zh.tsv and chNN/exercises/zh.tsv hold a line for each sentence: English TAB Chinese.
 * A sentence with conversions ("it writes past the end of %s: at index %zu") stands for all that it
 * can become; its Chinese has the same conversions in the same order. Names of tests are written as
 * they are shown, with spaces. */
#ifndef GRADE_WORDS_H
#define GRADE_WORDS_H

#include "common/base/error.h"

#include <stddef.h>

typedef struct Words Words;

/* Reads a file and adds its lines; w may be NULL at first. A file that is not there adds none.
 * NULL and *e if a line is not as it must be; then w is freed. */
Words *words_read(Words *w, const char *path, Error *e);
void words_free(Words *w);

/* The Chinese of a sentence; the sentence itself where there is none. Returns out. */
char *words_chinese(const Words *w, const char *english, char *out, size_t room);
bool words_has(const Words *w, const char *english);

#endif
