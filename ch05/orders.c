/* orders.c -- random orders of positions, and who sees whom in them. */
#include "ch05/orders.h"

#include <stdlib.h>

void orders_draw(int time, Rng *rng, int *rank)
{
    int *order = memory_new(sizeof *order * (size_t)time);
    for (int i = 1; i < time; i++)
        order[i] = i;
    rng_shuffle(rng, order + 1, (size_t)(time - 1));
    rank[0] = 0;
    for (int i = 1; i < time; i++)
        rank[order[i]] = i;
    free(order);
}

Tensor *orders_mask(Graph *g, const int *rank, int batch, int time, bool with_itself)
{
    Tensor *allowed = nn_input(g, batch, time, time);
    float *to = allowed->data;
    for (int b = 0; b < batch; b++, rank += time)
        for (int t = 0; t < time; t++)
            for (int s = 0; s < time; s++)
                *to++ = rank[s] < rank[t] || (with_itself && s == t);
    return allowed;
}
