/* show.h -- how word2vec_demo and glove_demo show what their vectors know. */
#ifndef CH01_SHOW_H
#define CH01_SHOW_H

#include "ch01/vectors.h"
#include "common/plot/plot.h"

/* Trained vectors, each scaled to length 1, and how they answer the analogies of the corpus. */
typedef struct Trained {
    Corpus *corpus;
    const char *model; /* its name */
    float *x;          /* (V,C) */
    int C;
    Answers answers[CORPUS_RELATIONS];
} Trained;

/* Scales the vectors and asks the analogies. */
void show_ask(Trained *t);

/* Frees corpus and vectors of each. */
void show_free(Trained *t, int count);

const char *show_language(WorldLanguage language);

/* The first sentences of a corpus, and its counts. */
void show_corpus(const Corpus *c);

/* A row for each group of runs that differ in the seed: runs (groups, seeds). */
void show_compare(const Trained *runs, int groups, int seeds);

/* Counts X (V,V) near a country and its capital of words that go with one, the other, both or neither, and the ratio of
 * their probabilities, P(k|i) / P(k|j) with P(k|i) = X_ik / X_i. */
void show_ratios(const Corpus *c, const float *X);

/* The relations with an example and an interval each, nearest neighbours, and the word with two senses. */
void show_vectors(const Trained *t);

/* Right answers as the sides of the relations are mixed: runs (languages, count), blurs (count) from 0 to 1; a table, a
 * picture, and a map of one relation without and with all of the blur, in the plane of its principal components:
 * English words in the English picture, Chinese words in the Chinese one. */
void show_blur(const Trained *runs, const float *blurs, int count, int language);

#endif
