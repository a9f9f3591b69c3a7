/* source.h -- what a learner's file may not contain.
 *
 * It is looked at twice: as it was written, for messages with its own lines, and
 * after the preprocessor, where nothing hides behind a macro, a trigraph or a
 * line that goes on. What passes the second look is what is compiled. */
#ifndef GRADE_SOURCE_H
#define GRADE_SOURCE_H

#include "common/base/error.h"

#include <stddef.h>

/* Refuses other #includes than the C library's harmless ones and common's headers; #line and
 * its like; #pragma other than omp; asm; attributes; names with two underscores. path names the file. */
bool source_check(const char *text, size_t size, const char *path, Error *e);

/* The preprocessor's output: refuses asm, attributes and pragmas in the parts that come from the
 * file itself (`path`, as the compiler was told it), and other files directly included from it. */
bool source_check_preprocessed(const char *text, size_t size, const char *path, Error *e);

#endif
