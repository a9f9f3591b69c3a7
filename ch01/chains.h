/* chains.h -- texts from Markov chains, for in_context_demo.
 *
 * Every text has a chain of its own, so what is likely in it can be learnt nowhere else. */
#ifndef CH01_CHAINS_H
#define CH01_CHAINS_H

#include "common/base/rng.h"

#include <stdbool.h>

enum { CHAINS_SYMBOLS = 3, CHAINS_TIME = 64 };

/* Texts: ids (B,CHAINS_TIME), and the symbol after each, labels (B,CHAINS_TIME). */
void chains_draw(int *ids, int *labels, int batch, Rng *rng);

/* The loss, nats per symbol, of one who counts within each of the texts: how often did symbol j occur (unigram), or
 * follow the last symbol (bigram)? Its probability is (n_j + 1/2) / (n + CHAINS_SYMBOLS / 2), the posterior mean under
 * Dirichlet(1/2): for bigrams nothing does better on average. */
double chains_counting_loss(const int *ids, const int *labels, int texts, bool bigram);

#endif
