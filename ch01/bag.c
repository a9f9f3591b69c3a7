/* bag.c -- texts as vectors of weighted terms. */
#include "ch01/bag.h"

#include <math.h>
#include <string.h>

//> bag
Bag bag_of(Terms *t, WorldLanguage language, const char *text, bool add)
{
    int ids[BAG_TERMS], count = terms_split(t, language, text, add, ids, BAG_TERMS);
    Bag b = {.n = 0};
    for (int i = 0; i < count; i++) {
        int at = 0;
        while (at < b.n && b.term[at] != ids[i])
            at++;
        if (at == b.n)
            b.term[b.n++] = ids[i];
        b.weight[at] += 1;
    }
    return b;
}

void bag_idf(const Bag *bags, int n, float *idf)
{
    int df[TERMS_MAX] = {0};
    for (int d = 0; d < n; d++)
        for (int i = 0; i < bags[d].n; i++)
            df[bags[d].term[i]]++;
    for (int v = 0; v < TERMS_MAX; v++)
        idf[v] = df[v] > 0 ? logf((float)n / (float)df[v]) : 0;
}

void bag_weigh(Bag *b, const float *idf)
{
    float squares = 0;
    for (int i = 0; i < b->n; i++) {
        b->weight[i] *= idf ? idf[b->term[i]] : 1;
        squares += b->weight[i] * b->weight[i];
    }
    for (int i = 0; i < b->n && squares > 0; i++)
        b->weight[i] /= sqrtf(squares);
}
//< bag

void bag_spread(const Bag *b, float *x)
{
    memset(x, 0, TERMS_MAX * sizeof *x);
    for (int i = 0; i < b->n; i++)
        x[b->term[i]] = b->weight[i];
}

float bag_cosine(const float *x, const Bag *b)
{
    float sum = 0;
    for (int i = 0; i < b->n; i++)
        sum += x[b->term[i]] * b->weight[i];
    return sum;
}
