/* corpus.h -- a small corpus with planted relations, for word2vec_demo and glove_demo; section 1.2.2.
 *
 * In real text Paris and Rome share some company because both are capitals, and Paris and France because both are
 * French. Here the same is laid out by hand, so that every analogy has one right answer. A relation is a list of
 * pairs (france paris, italy rome ...). The two words of a pair share phrases that no other pair has (drink red
 * wine), and all words on one side of a relation share phrases (the mayor opened a museum). A sentence is a frame
 * with one word, one phrase of its pair, one phrase of its side, and a name:
 *
 *     in paris the mayor opened a museum and people drink red wine
 *
 * The two words of a pair prefer different ones of its phrases, as words do. No sentence holds both words of a pair,
 * and none says what the relation is: it can be learnt from contexts alone.
 * Four relations of ten pairs in each language. English: he and she, country and capital, future and past, singular
 * and plural. Chinese, in words as a perfect segmenter would cut them: 男 and 女, country and capital, job and
 * workplace, animal and young.
 *
 * Each language also has a word with two senses, which shares its contexts with two words of one sense in each:
 * bank (shore, beach; lender, insurer), 杜鹃 (magpie, sparrow; peony, rose). */
#ifndef CH01_CORPUS_H
#define CH01_CORPUS_H

#include "ch01/terms.h"
#include "common/world/world.h"

enum {
    CORPUS_RELATIONS = 4,
    CORPUS_PAIRS = 10,
    CORPUS_WORDS = 1024,
    CORPUS_PEERS = 2,
    CORPUS_SLOTS = 4096
};

typedef struct Corpus {
    WorldLanguage language;
    int vocab;                      /* V */
    const char *word[CORPUS_WORDS]; /* (V), in the order of their first occurrence */
    int count[CORPUS_WORDS];        /* (V): how often each occurs */
    Terms *terms;                   /* finds them */
    int *ids;                       /* (tokens) */
    int *start;                     /* (sentences + 1): sentence i is ids[start[i]] up to ids[start[i+1]] */
    int tokens, sentences;
} Corpus;

/* `sentences` of them, the same ones for the same seed. With probability `blur` the phrase of the side is drawn from
 * either side: at 0 the sides differ most, at 1 nothing tells them apart. The caller frees it. */
Corpus *corpus_new(WorldLanguage language, int sentences, float blur, uint64_t seed);
void corpus_free(Corpus *c);

/* The index of a word that occurs in the corpus; -1 if it does not. */
int corpus_find(const Corpus *c, const char *word);

/* Side 0 or 1 of pair i of a relation: corpus_pair(c, 1, 0, 1) is the index of "paris". */
int corpus_pair(const Corpus *c, int relation, int i, int side);
const char *corpus_relation(WorldLanguage language, int relation); /* its name in English */

/* How many sentences hold both words of a pair. */
int corpus_stated(const Corpus *c);

/* The word with two senses, the words that share sense 0 or 1 with it, and what the sense is called. */
int corpus_ambiguous(const Corpus *c);
int corpus_peer(const Corpus *c, int sense, int i); /* i < CORPUS_PEERS */
const char *corpus_sense(WorldLanguage language, int sense);

#endif
