/* input.h -- a file read in pieces, plain or compressed by gzip (also of several members, as crawls have it). */
#ifndef CH04_INPUT_H
#define CH04_INPUT_H

#include "common/base/error.h"

#include <stddef.h>

typedef struct Input Input;

/* NULL and *e if it cannot be read. The caller closes it. */
Input *input_open(const char *path, Error *e);
void input_close(Input *in); /* in may be NULL */

/* The next line without its end (\n or \r\n), and a zero byte after it: *size bytes that belong to `in` until the next
 * call. Of a line of more than `max` bytes the first `max`, and *cut is true. NULL at the end of the file, or where
 * it is damaged (input_sound). */
char *input_line(Input *in, size_t max, size_t *size, bool *cut);

/* The next `size` bytes into to, or fewer at the end; to NULL: they are left out. */
size_t input_bytes(Input *in, void *to, size_t size);

/* False and *e, which names the file and the byte, if it ended because its compressed data are damaged or cut off. */
bool input_sound(const Input *in, Error *e);

#endif
