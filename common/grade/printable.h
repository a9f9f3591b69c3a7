/* printable.h -- text that others wrote, made harmless for a terminal and a web page. */
#ifndef GRADE_PRINTABLE_H
#define GRADE_PRINTABLE_H

#include <stddef.h>

/* Puts '?' in the place of each byte of what is not UTF-8, of control characters (but for newline and tab), also those
 * of Unicode (U+0080 .. U+009F), and of characters that turn the direction of writing. In place; returns text. */
char *make_printable(char *text);

/* The same in a copy, which the caller frees. */
char *printable_copy(const char *text);

/* The same of a name, on one line: newlines and tabs are '?' too. */
char *printable_name(const char *text);

/* The bytes of a file, at most `most` of them, made printable; "" if it cannot be read. To be freed. */
char *read_printable(const char *path, size_t most);

#endif
