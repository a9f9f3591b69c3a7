/* heap.h -- malloc for the learner's code, which finds out what is read or written outside of it.
 *
 * The worker is linked with --wrap, so that malloc, calloc, realloc and free of all that is in it come
 * here. While heap_guard(true) holds, each block ends before a page that may not be touched, and
 * fresh memory is full of HEAP_BITS (reply.h); else they are the C library's. */
#ifndef GRADE_HEAP_H
#define GRADE_HEAP_H

#include <stdbool.h>
#include <stddef.h>

void heap_guard(bool on);

/* The size of the block around which an address lies, which may not be touched; false if there is none. */
bool heap_around(const void *address, size_t *size);

/* The size of a block whose last bytes before the border were written to; false if there is none. */
bool heap_written(size_t *size);

#endif
