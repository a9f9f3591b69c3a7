/* order.c -- draws sequences with an A and a B. */
#include "ch03/order.h"

#include <stdbool.h>

static void draw_positions(const OrderPositions *p, Rng *rng, int *a, int *b)
{
    bool wanted;
    do {
        *a = p->first + rng_below(rng, p->count);
        *b = p->first + rng_below(rng, p->count);
        wanted = p->pairs == ORDER_ANY || ((*a + *b) % 5 == 0) == (p->pairs == ORDER_TEST);
    } while (*a == *b || !wanted);
}

void order_draw(int n, int time, const OrderPositions *positions, Rng *rng, int *ids, int *labels)
{
    for (int i = 0; i < n * time; i++)
        ids[i] = 2 + rng_below(rng, ORDER_WORDS - 2);
    for (int s = 0; s < n; s++) {
        int a, b;
        draw_positions(positions, rng, &a, &b);
        ids[s * time + a] = ORDER_A;
        ids[s * time + b] = ORDER_B;
        labels[s] = a < b;
    }
}
