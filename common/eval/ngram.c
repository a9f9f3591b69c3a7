/* ngram.c -- counting by sorting: each position gives a number (its context, then its token); equal numbers come to
 * lie together, and the longest run of a context is its most frequent token. */
#include "common/eval/ngram.h"

#include "common/base/base.h"

#include <stdint.h>
#include <stdlib.h>

enum { BITS = 21 }; /* three tokens in 63 bits */

/* The contexts that are counted: nothing, the token before, the two before, the neighbours. */
enum { ALONE, AFTER_ONE, AFTER_TWO, BETWEEN, CONTEXTS };

typedef struct MostFrequent {
    uint64_t context;
    int token;
} MostFrequent;

struct EvalNgram {
    MostFrequent *max[CONTEXTS]; /* sorted by context */
    size_t count[CONTEXTS];
};

static uint64_t joined(int a, int b)
{
    return (uint64_t)a << BITS | (uint64_t)b;
}

/* Which tokens are around position i of n; false if there are not enough. */
static bool context_of(int kind, const int *ids, size_t n, size_t i, uint64_t *context)
{
    *context = 0;
    if (kind == ALONE)
        return true;
    if (i < (kind == AFTER_TWO ? 2 : 1) || (kind == BETWEEN && i + 1 >= n))
        return false;
    *context = kind == AFTER_ONE   ? (uint64_t)ids[i - 1]
               : kind == AFTER_TWO ? joined(ids[i - 2], ids[i - 1])
                                   : joined(ids[i - 1], ids[i + 1]);
    return true;
}

static int compare_keys(const void *a, const void *b)
{
    uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;
    return (x > y) - (x < y);
}

/* The most frequent token of each context in sorted keys; of equally frequent ones the smallest. */
static size_t longest_runs(const uint64_t *keys, size_t count, MostFrequent *max)
{
    const uint64_t token = (1u << BITS) - 1;
    size_t found = 0, longest = 0;
    for (size_t i = 0, end; i < count; i = end) {
        for (end = i; end < count && keys[end] == keys[i];)
            end++;
        bool first = found == 0 || max[found - 1].context != keys[i] >> BITS;
        if (first)
            found++;
        if (first || end - i > longest) {
            max[found - 1] = (MostFrequent){keys[i] >> BITS, (int)(keys[i] & token)};
            longest = end - i;
        }
    }
    return found;
}

EvalNgram *eval_ngram_new(const int *ids, size_t count, int first)
{
    EvalNgram *g = memory_zero(1, sizeof *g);
    uint64_t *keys = memory_new(sizeof *keys * count), context;
    for (int kind = 0; kind < CONTEXTS; kind++) {
        size_t positions = 0;
        for (size_t i = 0; i < count; i++) {
            if (ids[i] >= first && context_of(kind, ids, count, i, &context))
                keys[positions++] = context << BITS | (uint64_t)ids[i];
        }
        qsort(keys, positions, sizeof *keys, compare_keys);
        g->max[kind] = memory_new(sizeof(MostFrequent) * (positions + 1));
        g->count[kind] = longest_runs(keys, positions, g->max[kind]);
    }
    free(keys);
    return g;
}

void eval_ngram_free(EvalNgram *g)
{
    for (int kind = 0; kind < CONTEXTS; kind++)
        free(g->max[kind]);
    free(g);
}

/* -1 if the context was never seen. */
static int look_up(const EvalNgram *g, int kind, const int *ids, int n, int i)
{
    uint64_t context;
    if (!context_of(kind, ids, (size_t)n, (size_t)i, &context))
        return -1;
    size_t low = 0, high = g->count[kind];
    while (low < high) {
        size_t middle = (low + high) / 2;
        if (g->max[kind][middle].context < context)
            low = middle + 1;
        else
            high = middle;
    }
    bool seen = low < g->count[kind] && g->max[kind][low].context == context;
    return seen ? g->max[kind][low].token : -1;
}

int eval_ngram_guess(const EvalNgram *g, EvalNgramKind kind, const int *ids, int n, int i)
{
    static const int order[] = {BETWEEN, AFTER_TWO, AFTER_ONE, ALONE};
    int token = -1;
    for (int at = kind == EVAL_NGRAM_BETWEEN ? 0
                  : kind == EVAL_NGRAM_LEFT  ? 1
                                             : 3;
         at < CONTEXTS && token < 0; at++)
        token = look_up(g, order[at], ids, n, i);
    return token;
}
