/* utf8.h -- Unicode text as bytes: RFC 3629. */
#ifndef TEXT_UTF8_H
#define TEXT_UTF8_H

#include <stddef.h>

enum { TEXT_UTF8_MAX = 4 }; /* bytes of one code point */

/* The code point at the start of text (size bytes, at least 1), and how many
 * bytes it takes in *length. -1 if the bytes are not UTF-8: an overlong form,
 * a surrogate, a value above U+10FFFF, or cut off; *length is then 1. */
int text_utf8_decode(const char *text, size_t size, int *length);

/* Writes the code point into out and returns the bytes it took; 0 if it is none. */
int text_utf8_encode(int code_point, char out[TEXT_UTF8_MAX]);

/* The offset of the first byte that is not UTF-8; size if all of it is. */
size_t text_utf8_fault(const char *text, size_t size);

#endif
