/* bag.h -- a text as a bag of terms: counts, TF-IDF, cosine; section 1.2.1. */
#ifndef CH01_BAG_H
#define CH01_BAG_H

#include "ch01/terms.h"

enum { BAG_TERMS = 400 };

/* The terms of a text, each once, and what each weighs: all other entries of the vector are 0. */
typedef struct Bag {
    int n, term[BAG_TERMS];
    float weight[BAG_TERMS];
} Bag;

/* The counts; unknown terms are added or left out. The order in which the terms came is gone. */
Bag bag_of(Terms *t, WorldLanguage language, const char *text, bool add);

/* idf[v] = ln(n / df[v]) with df[v] the number of bags that hold term v; 0 where none does. What all texts have says
 * nothing. Sparck Jones, 1972. */
void bag_idf(const Bag *bags, int n, float *idf /* (TERMS_MAX) */);

/* Multiplies the counts by idf (or leaves them, if it is NULL) and scales the vector to length 1. */
void bag_weigh(Bag *b, const float *idf);

/* The vector with all its zeros, and its dot product with a bag: the cosine, if both have length 1. */
void bag_spread(const Bag *b, float *x /* (TERMS_MAX) */);
float bag_cosine(const float *x /* (TERMS_MAX) */, const Bag *b);

#endif
