/* sample.h -- from logits to a token, section 5.4.4 and chapter 10.
 *
 * In this order, as transformers does it:
 *
 *     penalty p      the logit z of a token that was seen becomes z/p, or z p if z < 0  (Keskar et al., 2019)
 *     temperature t  z/t; 0 takes the largest logit, whatever comes below
 *     top_k k        only the k largest count                               (Fan et al., 2018)
 *     top_p p        only the fewest largest whose probabilities reach p    (Holtzman et al., 2020)
 *     min_p p        only those at least p times as probable as the largest (Nguyen et al., 2024)
 *
 * and the token is drawn from the softmax of what is left. Of equal logits the lower token comes
 * first, so the result is the same everywhere.
 *
 *     ModelSampling how = model_sampling_plain();
 *     how.temperature = 0.8f;
 *     how.top_k = 40;
 *     ModelSampler *s = model_sampler_new(&how, vocab);
 *     int next = model_sampler_draw(s, logits, NULL, 0, &rng);
 *     model_sampler_free(s); */
#ifndef MODEL_SAMPLE_H
#define MODEL_SAMPLE_H

#include "common/base/rng.h"

typedef struct ModelSampling {
    float temperature;
    int top_k;     /* 0: all */
    float top_p;   /* 1: all */
    float min_p;   /* 0: all */
    float penalty; /* 1: none; above 1 repeats less */
    int memory;    /* the last so many tokens count as seen; 0: all that are given */
} ModelSampling;

/* Temperature 1, everything else off. */
ModelSampling model_sampling_plain(void);

/* A token that may come, and its probability among those that are left. */
typedef struct ModelCandidate {
    int id;
    float probability;
} ModelCandidate;

typedef struct ModelSampler ModelSampler;

/* Room for a vocabulary. The caller frees it. */
ModelSampler *model_sampler_new(const ModelSampling *s, int vocab);
void model_sampler_free(ModelSampler *s); /* s may be NULL */

/* What is left of logits (V) and its probabilities: count candidates, at least one even where
 * logits are no numbers, which belong to the sampler until its next call. They come largest first when
 * top_k or top_p is on, else by token. seen (count): tokens of the text so far, for the penalty; NULL for none. */
const ModelCandidate *model_sampler_candidates(ModelSampler *s, const float *logits, const int *seen,
                                               int seen_count, int *count);

/* Draws one of them. With temperature 0 the rng is not used and may be NULL. */
int model_sampler_draw(ModelSampler *s, const float *logits, const int *seen, int seen_count, Rng *rng);

#endif
