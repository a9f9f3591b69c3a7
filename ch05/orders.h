/* orders.h -- the orders in which a permutation language model predicts a sentence, section 5.2.3. */
#ifndef CH05_ORDERS_H
#define CH05_ORDERS_H

#include "common/nn/nn.h"

/* Draws rank (T): rank[t] is the step at which position t is predicted. Position 0, which holds TEXT_BEGIN, is
 * given: it always comes first. */
void orders_draw(int time, Rng *rng, int *rank);

/* The attention mask (B,T,T) of rank (B,T): 1 where the column's position comes before the row's in the order, or,
 * with_itself, is the row's own. */
Tensor *orders_mask(Graph *g, const int *rank, int batch, int time, bool with_itself);

#endif
