/* beam.h -- beam search: the likeliest text, looked for along several at once.
 *
 * Each step looks at the 2 `width` likeliest continuations of the texts that run by one
 * token. Of the first `width` of them those that end a text are put aside; of all, the
 * `width` likeliest that do not end run on. Of those put aside the best `width` stay. The
 * search is over when texts have `max` tokens, which then count as well, or when `width`
 * were put aside and not even with `max` tokens the likeliest text that runs, were its
 * other tokens certain, would be worth more than the last of them. A text
 * of n new tokens is worth the sum of their log probabilities over n^alpha: with
 * alpha 0 short texts win, with alpha 1 it is the mean (Wu et al., 2016, in the simpler
 * form of today's libraries). */
#ifndef MODEL_BEAM_H
#define MODEL_BEAM_H

#include "common/model/session.h"

typedef struct ModelBeamSearch {
    int width;       /* texts side by side; 1 is greedy */
    int max;         /* new tokens at most */
    float alpha;     /* of the length */
    const int *ends; /* (end_count) the tokens that end a text */
    int end_count;
} ModelBeamSearch;

typedef struct ModelBeam {
    int *ids; /* (count) the new tokens; an ending token is the last of them */
    int count;
    double log_probability, score;
} ModelBeam;

/* The best texts that continue prompt (n >= 1), best first: beams (width) is filled, and
 * the number found returned. s has `width` lanes, and room for n + max tokens in each; what
 * they held is forgotten. model_beams_free frees their ids. */
int model_beam_search(ModelSession *s, const int *prompt, int n, const ModelBeamSearch *b,
                      ModelBeam *beams);
void model_beams_free(ModelBeam *beams, int count);

#endif
