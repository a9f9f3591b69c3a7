/* units.h -- a text as a row of units: words and Chinese characters, each as a hash. What counts copies and finds test
 * questions compares these, so that capitals, spaces and punctuation make no difference. */
#ifndef CH04_UNITS_H
#define CH04_UNITS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Starts as {0}. */
typedef struct Units {
    uint64_t *hash; /* (count) */
    size_t count, room;
    size_t chinese; /* how many of them are Chinese characters */
} Units;

/* The units of a text (UTF-8): each Chinese character, and each run of letters and digits, with small ones for capital
 * A to Z; a word of more than 64 bytes counts as its first 64. u is used again. */
void units_make(Units *u, const char *text, size_t size);
void units_free(Units *u);

/* Whether most of them are Chinese characters. */
bool units_are_chinese(const Units *u);

#endif
