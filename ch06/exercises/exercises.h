/* exercises.h -- the functions that the exercises of chapter 6 ask for. */
#ifndef CH06_EXERCISES_H
#define CH06_EXERCISES_H

#include "common/nn/layers.h"

/* ex7: what each position of a conversation in ChatML must say, where the loss counts the answers alone. */
void response_targets(const int *ids /* (n) */, int n, int start, int end, int assistant,
                      int *targets /* (n) */);

/* ex8: examples into windows of T tokens, best fit after sorting by length. Returns how many windows. */
int pack_best_fit(const int *length /* (n) */, int n, int T, int *row /* (n) */, int *at /* (n) */);

#endif
