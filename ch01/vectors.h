/* vectors.h -- what can be asked of word vectors: neighbours and analogies; section 1.2.2.
 *
 * x (V,C) holds one vector a row. Everything here goes by the cosine, so vectors_unit comes first. */
#ifndef CH01_VECTORS_H
#define CH01_VECTORS_H

#include "ch01/corpus.h"

#include <stdbool.h>

/* Scales each row to length 1: a dot product of two rows is then their cosine. A row of zeros stays. */
void vectors_unit(float *x /* (V,C) */, int V, int C);

float vectors_cosine(const float *x /* (V,C) */, int C, int a, int b);

/* The n words nearest to the word, nearest first, without itself. */
void vectors_nearest(const float *x /* (V,C) */, int V, int C, int word, int n, int *near /* (n) */);

/* a is to b as c is to ...: the word with the largest cosine to b - a + c. Mikolov et al., 2013, leave out a, b and c;
 * with keep_in they may be the answer. */
int vectors_analogy(const float *x /* (V,C) */, int V, int C, int a, int b, int c, bool keep_in);

/* The analogies of the corpus: each pair of a relation asks for each other one. */
enum { VECTORS_QUESTIONS = CORPUS_PAIRS * (CORPUS_PAIRS - 1) }; /* of a relation */

typedef struct Answers {
    int questions, right; /* the question's own words left out */
    int right_in, c_in;   /* left in: right, and how often the answer is c itself */
    int beside;           /* the word nearest to c would have been right: a and b were not needed */
} Answers;

Answers vectors_ask(const Corpus *corpus, const float *x /* (V,C) */, int C, int relation);

#endif
