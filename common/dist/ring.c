/* ring.c -- two classic all-reduces, to be compared (section 4.4.1): their bytes, messages and rounds differ, their
 * sums only in rounding. */
#include "common/dist/dist.h"

#include "common/base/arena.h"

#include <stdlib.h>

static void add(float *sum, const float *x, size_t count)
{
#pragma omp simd
    for (size_t i = 0; i < count; i++)
        sum[i] += x[i];
}

//> ring
/* In step s rank r sends share r-s to its right neighbour and receives share r-s-1 from its left one: first what
 * comes is added, n-1 times, so that each share is whole at one rank; then it is kept, n-1 times, until all have
 * all. */
void dist_all_reduce_ring(Dist *d, float *x, size_t count)
{
    int n = d->size, right = (d->rank + 1) % n, left = (d->rank + n - 1) % n;
    float *room = memory_new((count / (size_t)n + 1) * sizeof *room);
    for (int step = 0; step < 2 * (n - 1); step++) {
        bool adds = step < n - 1;
        DistShare out = dist_share(d, count, (d->rank - step + 2 * n) % n);
        DistShare in = dist_share(d, count, (d->rank - step - 1 + 2 * n) % n);
        float *to = adds ? room : x + in.first;
        dist_exchange(d, right, x + out.first, out.count * sizeof *x, left, to, in.count * sizeof *x);
        if (adds)
            add(x + in.first, room, in.count);
    }
    free(room);
}
//< ring

//> tree
/* Up a binomial tree to rank 0, which adds up, and down again: ceil(log2 n) rounds each, of whole arrays. */
void dist_all_reduce_tree(Dist *d, float *x, size_t count)
{
    float *room = memory_new(count * sizeof *room);
    for (int bit = 1; bit < d->size; bit *= 2) {
        if (d->rank & bit) {
            dist_send(d, d->rank - bit, x, count * sizeof *x);
            break;
        }
        if (d->rank + bit < d->size) {
            dist_receive(d, d->rank + bit, room, count * sizeof *x);
            add(x, room, count);
        }
    }
    free(room);
    dist_broadcast(d, 0, x, count * sizeof *x);
}
//< tree
