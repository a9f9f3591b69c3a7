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

/* ex4: one step of an LSTM, c_out = f * c + i * u, h_out = o * tanh(c_out), and its gradients. */
void lstm_step(const float *a /* (4,H) */, const float *c /* (H) */, const float *dh /* (H) */,
               const float *dc /* (H) */, int H, float *h_out /* (H) */, float *c_out /* (H) */,
               float *da /* (4,H) */, float *dc_before /* (H) */);

/* ex5: w = softmax over s of sum over j of v[j] tanh(q[j] + k[s][j]), and the gradients of q, k and v. */
void additive_attention(const float *q /* (A) */, const float *k /* (S,A) */, const float *v /* (A) */,
                        const float *dw /* (S) */, int S, int A, float *w /* (S) */, float *dq /* (A) */,
                        float *dk /* (S,A) */, float *dv /* (A) */);

/* ex6: the rows of w, made orthogonal and of length 1 from the first on (Gram and Schmidt). */
void orthogonal_rows(const float *w /* (n,n) */, int n, float *q /* (n,n) */);

#endif
