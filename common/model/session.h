/* session.h -- a decoder reads texts and predicts what comes next, with a cache of keys and values.
 *
 * A session holds one or several sequences, its lanes. The key and value of a token stay in the
 * cache, so that each token passes through the model once. The cache is a set of slots, one for
 * a token at a position; a lane is a list of slots, and lanes with the same beginning share them
 * (as the pages of Kwon et al., 2023): copying a lane, as beam search does at each step, copies
 * a list of numbers.
 *
 *     ModelSession *s = model_session_new(model, 1, 0);
 *     const float *logits = model_session_read(s, 0, prompt, n);
 *     for (int i = 0; i < 100; i++) {
 *         int next = nn_argmax(logits, model->config.vocab);
 *         logits = model_session_read(s, 0, &next, 1);
 *     }
 *     model_session_free(s);
 *
 * Nothing is allocated after model_session_new. For float32 a token read alone and within many
 * gives logits that agree to rounding; with quantised weights the products are the same to the
 * bit. */
#ifndef MODEL_SESSION_H
#define MODEL_SESSION_H

#include "common/model/run.h"

typedef struct ModelSession ModelSession;

/* lanes empty texts of at most `capacity` tokens each (0: the model's context, which
 * is the most there may be). A model of the family bert is a programmer's mistake.
 * The model must outlive it. The caller frees it. */
ModelSession *model_session_new(const ModelRun *m, int lanes, int capacity);
void model_session_free(ModelSession *s); /* s may be NULL */

/* How keys and values are kept: in 32, 16 or 8 bits (then with a scale for each head of each token). A token that is
 * written reads all of them, so that in a long text its time is theirs. */
typedef enum ModelCacheKind {
    MODEL_CACHE_F32,
    MODEL_CACHE_F16,
    MODEL_CACHE_INT8,
    MODEL_CACHE_KINDS
} ModelCacheKind;
extern const char *const model_cache_names[MODEL_CACHE_KINDS + 1];
ModelSession *model_session_new_in(const ModelRun *m, int lanes, int capacity, ModelCacheKind cache);

/* Bytes that a token takes in the cache: its keys and values in all layers. */
size_t model_cache_bytes(const ModelConfig *c, ModelCacheKind kind);

const ModelRun *model_session_model(const ModelSession *s);

/* Tokens that a lane holds, and may hold. */
int model_session_length(const ModelSession *s, int lane);
int model_session_capacity(const ModelSession *s);

/* An empty lane begins with `count` keys and values that no token made, in every layer: keys, values (L,count,KD), as
 * prefix tuning trains them (NnPrefix; section 6.3.4). They take that much of the capacity, count in the lane's length,
 * and have no position: the text begins at 0. Rewinding to 0 forgets them. Not for
 * models whose layers see a window, nor with model_session_follow, which forgets. */
void model_session_prefix(ModelSession *s, int lane, const float *keys, const float *values, int count);

/* Adds n >= 1 tokens to a lane; the logits (V) of what follows the last of them. They
 * belong to the session and hold until its next call. More tokens than the capacity,
 * or an id that is not in 0 .. V-1, end the program: look before. */
const float *model_session_read(ModelSession *s, int lane, const int *ids, int n);

/* The same with the logits after each of the n tokens: logits (n,V), the caller's. */
void model_session_score(ModelSession *s, int lane, const int *ids, int n, float *logits);

/* The same with the hidden states after the last norm, from which the logits are made: states (n,C), the
 * caller's. */
void model_session_hidden(ModelSession *s, int lane, const int *ids, int n, float *states);

/* The logits (V) after a text of `count` >= 1 tokens: reads those that the lane lacks, when it
 * holds what an earlier call was given and ids goes on from there. Of a text longer than the
 * capacity the end is seen: when the lane is full, it forgets all and reads the last half anew. */
const float *model_session_follow(ModelSession *s, int lane, const int *ids, int count);

/* Adds one token to each lane, all in one pass: ids (lanes) -> logits (lanes,V). */
const float *model_session_step(ModelSession *s, const int *ids);

/* Forgets all but the first `length` tokens of a lane. */
void model_session_rewind(ModelSession *s, int lane, int length);

/* Lane i becomes a copy of what lane parents[i] was. */
void model_session_reorder(ModelSession *s, const int *parents);

#endif
