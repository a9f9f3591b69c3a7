/* guess.h -- what a count can say about a hidden token: the baselines of masked language modelling.
 *
 * Counts are taken over the training texts. A guess is the token that was seen most often in the same
 * company; company that was never seen is made smaller until it was. */
#ifndef CH05_GUESS_H
#define CH05_GUESS_H

#include <stddef.h>

typedef enum GuessKind {
    GUESS_COMMON,  /* the most frequent token */
    GUESS_LEFT,    /* what most often follows the two tokens before (or the one before) */
    GUESS_BETWEEN, /* what most often stands between the two neighbours (or else as GUESS_LEFT) */
    GUESS_KINDS
} GuessKind;

typedef struct Guesses Guesses;

/* ids (count) below 2^21, one text after another, with marks at their ends: ids below `first`, which keep company
 * but are never guessed. guesses_free frees it. */
Guesses *guesses_new(const int *ids, size_t count, int first);
void guesses_free(Guesses *g);

/* The guess for position i of a text ids (n); the token there is not looked at. */
int guess_token(const Guesses *g, GuessKind kind, const int *ids, int n, int i);

#endif
