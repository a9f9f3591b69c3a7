/* sentences.h -- sentences that cannot be translated word by word, for mha_heads_demo.
 *
 * "yesterday the old cat did not catch the train because it was slow": "the" takes the measure
 * word of its noun, "old" is one word for animals and another for things, and "it", for which
 * Chinese repeats the noun, is the cat where the reason says slow, the train where it says fast. */
#ifndef CH03_SENTENCES_H
#define CH03_SENTENCES_H

#include "common/base/rng.h"

#include <stdbool.h>

enum { VOCABULARY_WORDS = 72, SENTENCE_MAX = 14, SENTENCE_NOWHERE = -1 };

/* Every word of both languages, in the order in which they are first said. */
typedef struct Vocabulary {
    const char *words[VOCABULARY_WORDS];
    int count;
} Vocabulary;

typedef enum Kind { IT, THE, OLD, PLAIN, KINDS } Kind;

/* A sentence with its translation. kind[t], needs[t]: the position without which
 * word t cannot be translated, or SENTENCE_NOWHERE. */
typedef struct Sentence {
    int english[SENTENCE_MAX], chinese[SENTENCE_MAX], count;
    Kind kind[SENTENCE_MAX];
    int needs[SENTENCE_MAX];
    int it, other, reason; /* the positions of "it", of the noun that is not meant, and of slow or fast */
} Sentence;

/* From where to where a word looks: "it" to its noun, to the other noun, and to slow or fast; "the" and "old" to
 * their nouns; every word to the one before it. */
typedef enum Look { IT_NOUN, IT_OTHER, IT_REASON, THE_NOUN, OLD_NOUN, BEFORE, LOOKS } Look;

enum { SENTENCES_TRAIN = 4096, SENTENCES_TESTS = 512 };

typedef struct Sentences {
    Vocabulary words;
    Sentence train[SENTENCES_TRAIN], tests[SENTENCES_TESTS];
    const Sentence *test_list[SENTENCES_TESTS]; /* each of tests */
} Sentences;

/* Draws all of them; the caller frees the result with free(). */
Sentences *sentences_new(uint64_t seed);

/* "the cat did not catch the train because it was slow", and the same with fast. */
void sentences_example(Sentences *d, Sentence s[2]);

/* The mean weight of each look over the test sentences: weight + i * stride are the weights (T,T) with which the
 * words of sentence i look at one another, T = SENTENCE_MAX. */
void sentences_look(const Sentences *d, const float *weight, int stride, double mean[LOOKS]);

/* A batch: ids and targets (B,SENTENCE_MAX); after the end of a sentence they are 0 and -1. */
void sentences_fill(const Sentence *const *s, int batch, int *ids, int *targets);

/* For each kind, the number of words in s (n), and the percentage of them that said (n,SENTENCE_MAX) translates
 * correctly. */
void sentences_score(const Sentence *const *s, int n, const int *said, double count[KINDS],
                     double right[KINDS]);

/* The score of the test sentences if each word, taken alone, becomes what it most often became in training. */
void sentences_guess(const Sentences *d, double count[KINDS], double right[KINDS]);

#endif
