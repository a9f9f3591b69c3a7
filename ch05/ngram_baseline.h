/* ngram_baseline.h -- what a count can say about a hidden token: the baselines of masked language
 * modelling.
 *
 * Counts are taken over the training texts. A guess is the token that was seen most often in the same
 * company; company that was never seen is made smaller until it was. */
#ifndef CH05_NGRAM_BASELINE_H
#define CH05_NGRAM_BASELINE_H

#include <stddef.h>

typedef enum NgramKind {
    NGRAM_COMMON,  /* the most frequent token */
    NGRAM_LEFT,    /* what most often follows the two tokens before (or the one before) */
    NGRAM_BETWEEN, /* what most often stands between the two neighbours (or else as NGRAM_LEFT) */
    NGRAM_KINDS
} NgramKind;

typedef struct NgramBaseline NgramBaseline;

/* ids (count) below 2^21, one text after another, with marks at their ends: ids below `first`, which
 * keep company but are never guessed. ngram_baseline_free frees it. */
NgramBaseline *ngram_baseline_new(const int *ids, size_t count, int first);
void ngram_baseline_free(NgramBaseline *g);

/* The guess for position i of a text ids (n); the token there is not looked at. */
int ngram_baseline_guess(const NgramBaseline *g, NgramKind kind, const int *ids, int n, int i);

#endif
