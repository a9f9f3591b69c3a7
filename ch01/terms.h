/* terms.h -- words as numbers: a vocabulary, and the terms of a text; section 1.2.1.
 *
 * The terms of an English text are its words in small letters; those of a Chinese text, which has no blanks, are all
 * pairs of neighbouring characters: 我爱北京 has 我爱, 爱北 and 北京. Such bigrams need no dictionary and hold nearly
 * every word of two characters. Punctuation separates terms and is none itself. */
#ifndef CH01_TERMS_H
#define CH01_TERMS_H

#include "common/world/world.h"

#include <stdbool.h>

enum { TERMS_MAX = 16384, TERMS_SLOTS = 65536 };

typedef struct Terms {
    int count;                   /* V */
    const char *text[TERMS_MAX]; /* (V), in the order of arrival */
    int slot[TERMS_SLOTS];       /* a hash table: 1 + the index of a term, or 0 */
} Terms;

Terms *terms_new(void);
void terms_free(Terms *t);

/* The index of the term that has `length` bytes; -1 if it is not there, unless it is to be added. A term too many ends
 * the program. */
int terms_find(const Terms *t, const char *text, int length);
int terms_add(Terms *t, const char *text, int length);

/* Splits a text into ids, at most `max`, and returns how many; unknown terms are added or left out. */
int terms_split(Terms *t, WorldLanguage language, const char *text, bool add, int *ids, int max);

#endif
