/* corpus_tables.h (inside) -- what the sentences of corpus.h are made of; corpus_en.c and corpus_zh.c hold it.
 *
 * Words are separated by blanks. In a frame, capital letters are slots: W the word itself, O a phrase of its pair,
 * S a phrase of its side, N a name. */
#ifndef CH01_CORPUS_TABLES_H
#define CH01_CORPUS_TABLES_H

#include "ch01/corpus.h"

enum { OWN_PHRASES = 4, SIDE_PHRASES = 5, FRAMES = 3, NAMES = 12, SENSE_FRAMES = 5 };

typedef struct Pair {
    const char *word[2];
    const char *own[OWN_PHRASES];
} Pair;

typedef struct Relation {
    const char *name;
    const char *side[2][SIDE_PHRASES];
    const char *frames[2][FRAMES]; /* of each side; the same ones where the grammar allows it */
    Pair pairs[CORPUS_PAIRS];
} Relation;

/* The sentences of one sense, and the words that may stand in them beside the ambiguous one. */
typedef struct Sense {
    const char *name;
    const char *peers[CORPUS_PEERS];
    const char *frames[SENSE_FRAMES];
} Sense;

typedef struct Tables {
    const char *names[NAMES];
    Relation relations[CORPUS_RELATIONS];
    const char *ambiguous;
    Sense senses[2];
} Tables;

extern const Tables corpus_en, corpus_zh;

#endif
