/* order.h -- a task that only the order of words can solve, for positional_demo.
 *
 * A sequence holds the words A and B once each, among others: which of the two comes first? */
#ifndef CH03_ORDER_H
#define CH03_ORDER_H

#include "common/base/rng.h"

enum { ORDER_WORDS = 12, ORDER_A = 0, ORDER_B = 1 }; /* the vocabulary */

/* Which positions A and B may take: two of `count` positions from `first` on. One pair of positions in five is
 * held out, so that the test asks for the order itself and not for memorised pairs. */
typedef enum OrderPairs { ORDER_TRAIN, ORDER_TEST, ORDER_ANY } OrderPairs;
typedef struct OrderPositions {
    int first, count;
    OrderPairs pairs;
} OrderPositions;

/* n sequences of `time` words: ids (n,time), and labels (n) that say whether A comes first. */
void order_draw(int n, int time, const OrderPositions *positions, Rng *rng, int *ids, int *labels);

#endif
