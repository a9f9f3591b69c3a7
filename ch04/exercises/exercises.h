/* exercises.h -- the functions that the exercises of chapter 4 ask for. */
#ifndef CH04_EXERCISES_H
#define CH04_EXERCISES_H

#include "common/nn/layers.h"

/* ex1: signatures of N sets of shingles, minima of b r hash functions, and which pairs share a band. Returns how many pairs. */
int near_pairs(const int *x /* (N,S) */, int N, int S, const int *h /* (b r,U) */, int U, int b, int r,
               int *signature /* (N,b r) */, int *candidate /* (N,N) */);

/* ex2: documents one after the other in rows of T tokens, with targets and positions. Returns how many rows. */
int pack_sequences(const int *ids /* (n) */, const int *length /* (D) */, int D, int end, int T,
                   int *x /* (S,T) */, int *y /* (S,T) */, int *position /* (S,T) */);

#endif
