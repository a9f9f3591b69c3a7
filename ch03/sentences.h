/* sentences.h -- sentences that cannot be translated word by word, for mha_heads_demo.
 *
 * "yesterday the old cat did not catch the train because it was slow": "the" takes the measure
 * word of its noun, "old" is one word for animals and another for things, and "it", for which
 * Chinese repeats the noun, is the cat where the reason says slow, the train where it says fast. */
#ifndef CH03_SENTENCES_H
#define CH03_SENTENCES_H

#include "common/base/rng.h"

#include <stdbool.h>

enum { VOCABULARY_WORDS = 72, SENTENCE_MAX = 14, SENTENCE_ALONE = -1 };
enum { CAT = 0, TRAIN_NOUN = 8 }; /* nouns of the example */

/* Every word of both languages, in the order in which they are first said. */
typedef struct Vocabulary {
    const char *words[VOCABULARY_WORDS];
    int count;
} Vocabulary;

typedef enum Kind { IT, THE, OLD, PLAIN, KINDS } Kind;

/* A sentence with its translation. kind[t], needs[t]: the position without which
 * word t cannot be translated, or SENTENCE_ALONE. */
typedef struct Sentence {
    int english[SENTENCE_MAX], chinese[SENTENCE_MAX], count;
    Kind kind[SENTENCE_MAX];
    int needs[SENTENCE_MAX];
    int it, other, reason; /* the positions of "it", of the noun that is not meant, and of slow or fast */
} Sentence;

/* What a sentence says; its nouns are the one that chases and the one that is chased. */
typedef struct Story {
    int noun[2], adjective[2], time, verb, meant, reason; /* adjective: 1 small, 2 old; time: 2 for none */
} Story;

/* Puts a story into words, of which the new ones are added to v. */
Sentence sentence_tell(Vocabulary *v, const Story *story);

/* Draws one. A pair of nouns in four is kept for the test, the cat and the train among them. */
Sentence sentence_draw(Vocabulary *v, bool test, Rng *rng);

enum { SENTENCES_TRAIN = 4096, SENTENCES_TESTS = 512 };

typedef struct Sentences {
    Vocabulary words;
    Sentence train[SENTENCES_TRAIN], tests[SENTENCES_TESTS];
    const Sentence *test_list[SENTENCES_TESTS]; /* each of tests */
} Sentences;

/* Draws all of them; the caller frees the result with free(). */
Sentences *sentences_new(uint64_t seed);

/* A batch: ids and targets (B,SENTENCE_MAX); after the end of a sentence they are 0 and -1. */
void sentences_fill(const Sentence *const *s, int batch, int *ids, int *targets);

/* For each kind, the number of words in s (n), and the percentage of them that said (n,SENTENCE_MAX) translates
 * correctly. */
void sentences_score(const Sentence *const *s, int n, const int *said, double count[KINDS],
                     double right[KINDS]);

/* The score of the test sentences if each word, taken alone, becomes what it most often became in training. */
void sentences_guess(const Sentences *d, double count[KINDS], double right[KINDS]);

#endif
