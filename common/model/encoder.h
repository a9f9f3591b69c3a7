/* encoder.h -- what a bert makes of a text: Devlin et al., 2019, section 4.2.
 *
 * A bert sees the whole text at once, before and after each token, so it needs no
 * session: a call reads a text and gives a state for each token. Models of another
 * family, and tasks whose weights the folder did not have, are a programmer's mistake. */
#ifndef MODEL_ENCODER_H
#define MODEL_ENCODER_H

#include "common/model/run.h"

/* The states after the last layer: ids (n) with 1 <= n <= context -> states (n,C). types
 * (n): the segment of each token, 0 .. types - 1, or NULL when all are in segment 0. */
void model_encode(const ModelRun *m, const int *ids, const int *types, int n, float *states);

/* tanh(W states[0] + b): the state of the first token, [CLS], for the whole -> pooled (C).
 * Needs m->pool.rows > 0. */
void model_encode_pooled(const ModelRun *m, const float *states, float *pooled);

/* What each token would be, were it masked: states (n,C) -> logits (n,V). Needs m->head.rows > 0. */
void model_encode_logits(const ModelRun *m, const float *states, int n, float *logits);

#endif
