/* dictionary.h -- which Chinese word an English one translates, for alignment_demo to check against. */
#ifndef CH03_DICTIONARY_H
#define CH03_DICTIONARY_H

#include "ch03/pairs.h"

/* ALL stands for the kinds together. */
typedef enum Kind { NAME, ANIMAL, THING, LOCATION, ALL, KINDS } Kind;

/* Whether the example's word at position t of its target is a content word with a translation in the source: sets
 * *kind, and in[s] (PAIRS_MAX) for each character of the source that spells the translation. Returns how many those
 * are, or 0. */
int dictionary_align(const TextWords *words, const Example *e, int t, Kind *kind, bool *in);

#endif
