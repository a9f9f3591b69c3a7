/* object.h -- what a learner's object file may hold: one function, and calls to what is allowed.
 *
 * A mistake here cannot be repaired later, so the list is of what is allowed and all
 * else is refused: other sections than those of plain C code and data (no constructors),
 * other visible symbols than the function asked for, and any symbol that is weak,
 * common or chosen at run time. ELF, 64 bits, in this machine's byte order. */
#ifndef GRADE_OBJECT_H
#define GRADE_OBJECT_H

#include "common/base/error.h"

#include <stddef.h>

/* uses: as in exercise.h, what may be called beside the C library. */
bool object_check(const unsigned char *bytes, size_t size, const char *function, const char *uses,
                  Error *e);

/* The linked program: that none of the functions is in it which `uses` excepts. */
bool object_check_program(const unsigned char *bytes, size_t size, const char *uses, Error *e);

#endif
