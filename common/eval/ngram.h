/* ngram.h -- counting baselines: what frequencies alone say about a hidden token.
 *
 *     EvalNgram *counts = eval_ngram_new(ids, n, first);                  counts over the training texts
 *     int guess = eval_ngram_guess(counts, EVAL_NGRAM_BETWEEN, text, length, i);
 *
 * A guess is the token that was seen most often in the same context; a context that was never seen is shortened until
 * it was. */
#ifndef EVAL_NGRAM_H
#define EVAL_NGRAM_H

#include <stddef.h>

typedef enum EvalNgramKind {
    EVAL_NGRAM_COMMON,  /* the most frequent token */
    EVAL_NGRAM_LEFT,    /* what most often follows the two tokens before (or the one before) */
    EVAL_NGRAM_BETWEEN, /* what most often stands between the two neighbours (or else as EVAL_NGRAM_LEFT) */
    EVAL_NGRAM_KINDS
} EvalNgramKind;

typedef struct EvalNgram EvalNgram;

/* ids (count) below 2^21, one text after another, with special tokens at their ends: ids below `first`, which belong
 * to contexts but are never guessed. eval_ngram_free frees it. */
EvalNgram *eval_ngram_new(const int *ids, size_t count, int first);
void eval_ngram_free(EvalNgram *g);

/* The guess for position i of a text ids (n); the token there is not looked at. */
int eval_ngram_guess(const EvalNgram *g, EvalNgramKind kind, const int *ids, int n, int i);

#endif
