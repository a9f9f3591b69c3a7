/* dist.h -- a few processes that train one model together (data parallelism).
 *
 * A program started by mpirun is one of `size` processes, the ranks 0 to size-1; started
 * in any other way it is alone, and everything below does nothing. It is built on MPI where
 * that is installed; without it there is only the second way.
 *
 * Every call but dist_free must be made by all ranks, in the same order. */
#ifndef DIST_DIST_H
#define DIST_DIST_H

#include <stdbool.h>
#include <stddef.h>

typedef struct Dist {
    int rank, size;
    float *room; /* for sums */
} Dist;

/* Joins the other ranks. dist_free leaves them; a program that ends without it takes the
 * others down with it, which is right after an error. */
Dist *dist_new(void);
void dist_free(Dist *d);

/* x (count) becomes the sum of the x of all ranks, added in the order of the ranks: every
 * rank gets the same bits, however fast the messages were. Each rank adds up one share and
 * sends it to the others, so about 2 x count numbers come and go. */
void dist_sum(Dist *d, float *x, size_t count);

/* The lowest rank that says `mine`; -1 if none does. */
int dist_first(Dist *d, bool mine);

/* Everyone gets the bytes of that rank. */
void dist_share(Dist *d, int rank, void *bytes, size_t size);

#endif
