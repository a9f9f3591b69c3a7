/* dictionary.h -- which Chinese word an English one translates, for alignment_demo to check against. */
#ifndef CH03_DICTIONARY_H
#define CH03_DICTIONARY_H

/* ALL stands for the kinds together. */
typedef enum Kind { NAME, ANIMAL, THING, PLACE, ALL, KINDS } Kind;

typedef struct DictionaryEntry {
    Kind kind;
    const char *chinese, *english;
} DictionaryEntry;

/* The entry of an English word, or NULL. */
const DictionaryEntry *dictionary_find(const char *english);

#endif
