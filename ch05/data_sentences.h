/* data_sentences.h -- the English sentences of the little world as numbers; for the programs of this
 * chapter that train on single sentences. */
#ifndef CH05_SENTENCES_H
#define CH05_SENTENCES_H

#include "common/text/words.h"
#include "common/world/world.h"

enum { SENTENCE_MAX = 32 }; /* pieces of a sentence and its two marks */

/* TEXT_BEGIN, the pieces, TEXT_END. */
typedef struct Sentence {
    int ids[SENTENCE_MAX], count;
} Sentence;

typedef struct Sentences {
    TextWords *words;
    Sentence *items[2]; /* of WORLD_TRAIN and WORLD_TEST: no sentence is on both sides */
    int count[2];
} Sentences;

/* Draws the sentences of both sides; every piece of either is in the vocabulary. sentences_free frees
 * it. */
Sentences sentences_new(int train, int tests, uint64_t seed);
void sentences_free(Sentences *s);

#endif
