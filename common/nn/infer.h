/* infer.h -- a decoder reads texts and says what may come next, with a cache of keys and values.
 *
 * A session holds one or several texts, its lanes. What a token was turned into as
 * key and value stays in the cache, so that each token passes through the model
 * once. The cache is a set of slots, one for a token at a place; a lane is a list of
 * slots, and lanes with the same beginning share them (as the pages of Kwon et al.,
 * 2023): copying a lane, as beam search does at each step, copies a list of numbers.
 *
 * Nothing is allocated after nn_session_new. For float32 a token read alone and
 * within many gives logits that agree to rounding; with rounded weights the
 * products are the same to the bit. */
#ifndef NN_INFER_H
#define NN_INFER_H

#include "common/nn/model.h"

typedef struct Session Session;

/* lanes empty texts of at most `capacity` tokens each (0: the model's context, which
 * is the most there may be). A model of the family bert is a programmer's mistake.
 * The model must outlive it. The caller frees it. */
Session *nn_session_new(const Model *m, int lanes, int capacity);
void nn_session_free(Session *s); /* s may be NULL */

const Model *nn_session_model(const Session *s);

/* Tokens that a lane holds, and may hold. */
int nn_session_length(const Session *s, int lane);
int nn_session_capacity(const Session *s);

/* Adds n >= 1 tokens to a lane; the logits (V) of what follows the last of them. They
 * belong to the session and hold until its next call. More tokens than the capacity,
 * or an id that is not in 0 .. V-1, end the program: look before. */
const float *nn_session_read(Session *s, int lane, const int *ids, int n);

/* The same with the logits after each of the n tokens: logits (n,V), the caller's. */
void nn_session_score(Session *s, int lane, const int *ids, int n, float *logits);

/* The logits (V) after a text of `count` >= 1 tokens: reads those that the lane lacks, when it
 * holds what an earlier call was given and ids goes on from there. Of a text longer than the
 * capacity the end is seen: when the lane is full, it forgets all and reads the last half anew. */
const float *nn_session_follow(Session *s, int lane, const int *ids, int count);

/* Adds one token to each lane, all in one pass: ids (lanes) -> logits (lanes,V). */
const float *nn_session_step(Session *s, const int *ids);

/* Forgets all but the first `length` tokens of a lane. */
void nn_session_rewind(Session *s, int lane, int length);

/* Lane i becomes a copy of what lane parents[i] was. */
void nn_session_reorder(Session *s, const int *parents);

/* Bytes of the cache that a token at one place takes. */
size_t nn_session_token_bytes(const Session *s);

/* Sets cos and sin (D/2) of the angles by which a head turns at a position. */
void nn_rotary_angles(const Rotary *r, int head_dim, int position, float *cosines, float *sines);

#endif
