/* source.h -- what a learner's file may not contain.
 *
 * The file is translated as the C standard says (5.1.1.2, phases 1 to 3): byte order mark,
 * ends of lines, trigraphs, joined lines, comments. What is looked at is that translation, and
 * it, not the file, is what the compiler gets: there is nothing that the two could read
 * differently. Its #includes are taken out and come first, so that no macro of the learner's
 * reaches a header, and all that the preprocessor puts out after them is the learner's. */
#ifndef GRADE_SOURCE_H
#define GRADE_SOURCE_H

#include "common/base/error.h"

#include <stddef.h>

typedef struct Source {
    char *headers; /* the lines with #include, each after a #line that says where it stood */
    char *text;    /* all other lines, in their places */
} Source;

/* Translates and looks. Refuses other #includes than the C library's harmless ones and common's
 * headers; #line and its like; #pragma other than omp; asm; attributes; names with two
 * underscores. path names the file. On success the source is the caller's, to be freed. */
bool source_read(Source *s, const char *text, size_t size, const char *path, Error *e);
void source_free(Source *s);

/* A declaration that stands between headers and text in what is compiled. */
extern const char SOURCE_BEGINS[];

/* The preprocessor's output: refuses asm, attributes, pragmas and the compiler's own functions
 * in all that comes after SOURCE_BEGINS, whatever it says of where it comes from. */
bool source_check_preprocessed(const char *text, size_t size, const char *path, Error *e);

#endif
