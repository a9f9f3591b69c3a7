/* exercises.h -- the functions that the exercises of chapter 1 ask for. */
#ifndef CH01_EXERCISES_H
#define CH01_EXERCISES_H

#include "common/nn/layers.h"

/* ex1: weight[d][v] = count[d][v] ln(D / df[v]), df[v] the number of documents with word v; each row scaled to
 * length 1. */
void tf_idf(const int *count /* (D,V) */, int D, int V, float *weight /* (D,V) */);

/* ex2: the loss -ln s(u[0].v) - sum over k = 1..K of ln s(-u[k].v), s the sigmoid, and its gradients. */
float negative_sampling(const float *v /* (C) */, const float *u /* (K+1,C) */, int K, int C,
                        float *dv /* (C) */, float *du /* (K+1,C) */);

/* ex3: "a is to b as c is to ...": the word, none of these three, with the largest cosine to b - a + c. */
int analogy(const float *vector /* (V,C) */, int V, int C, int a, int b, int c);

#endif
