/* soft.h -- trained vectors by which a frozen model is steered; sections 6.3.4 and 6.3.5.
 *
 *     prompt   input vectors, in the place of embeddings of tokens: prompt tuning (Lester et al., 2021); made by a
 *              small network: P-tuning (Liu et al., 2021)
 *     prefix   keys and values in front of those of every block: prefix tuning (Li and Liang, 2021), P-tuning v2
 *              (Liu et al., 2022)
 *
 * Virtual token i of a prompt is a token like others, of number V + i, one row below the embedding table:
 *     Tensor *vectors = soft_prompt_vectors(g, prompt);                              (S,C)
 *     Tensor *x = soft_prompt_embed(g, m->tokens, vectors, ids, batch, time);        ids in 0 .. V + S - 1
 *     Tensor *hidden = model_decoder_hidden_of(g, m, x, NULL, NULL);
 *
 * A prefix is attached to the blocks and counts in each pass after soft_prefix_make:
 *     SoftPrefix *p = soft_prefix_new(m->blocks, layers, &(SoftPrefixForm){.count = 8}, &rng);
 *     soft_prefix_make(g, p);
 *     Tensor *hidden = model_decoder_hidden(g, m, ids, batch, time, NULL, NULL); */
#ifndef SOFT_H
#define SOFT_H

#include "common/model/backbone.h"
#include "common/model/session.h"
#include "common/nn/nn.h"

/* ---- prompts ------------------------------------------------------------------------------------- */

typedef enum SoftMaker {
    SOFT_DIRECT, /* the vectors are the parameters */
    SOFT_LSTM /* a bidirectional LSTM reads a table of S vectors, and an MLP makes the vectors of its states */
} SoftMaker;

typedef struct SoftPrompt {
    Params params;
    SoftMaker maker;
    Tensor *table;        /* (S,C) */
    Linear forward, back; /* of the LSTM (4H,C+H): gates i, f, o, and the candidate; H = C / 2 */
    Linear middle, out;   /* of the MLP (C,C) */
} SoftPrompt;

/* count vectors from N(0, std^2). soft_prompt_free frees it. */
SoftPrompt *soft_prompt_new(int count, int channels, float std, SoftMaker maker, Rng *rng);
void soft_prompt_free(SoftPrompt *p); /* p may be NULL */

Tensor *soft_prompt_vectors(Graph *g, const SoftPrompt *p); /* (S,C) */

/* Embeddings of tokens, of which those from V on are vectors: tokens (V,C), vectors (S,C), ids (B,T) -> (B,T,C). */
Tensor *soft_prompt_embed(Graph *g, Tensor *tokens, Tensor *vectors, const int *ids, int batch, int time);

/* The hidden states (B,T,C) of texts that a backbone reads after vectors (S,C), whose own states are left out, so that
 * pooling and an output layer work as without: ids (B,T), lengths (B) or NULL, S + T <= context. */
Tensor *soft_prompt_hidden(Graph *g, const ModelBackbone *m, Tensor *vectors, const int *ids, int batch,
                           int time, const int *lengths);

/* ---- prefixes ------------------------------------------------------------------------------------ */

/* What is 0 has the value in brackets. */
typedef struct SoftPrefixForm {
    int count; /* S virtual tokens */
    int hidden; /* [direct] width of the MLP that makes keys and values: tanh between two layers, as Li and Liang have
                 * it; it is thrown away when training ends */
} SoftPrefixForm;

typedef struct SoftPrefix SoftPrefix;

/* Attaches a prefix to the blocks, which must outlive it. */
SoftPrefix *soft_prefix_new(NnBlock *blocks, int layers, const SoftPrefixForm *form, Rng *rng);
void soft_prefix_free(SoftPrefix *p); /* detaches it; p may be NULL */

Params *soft_prefix_params(SoftPrefix *p);

/* Makes the keys and values of all blocks for the passes in this graph until its next reset. */
void soft_prefix_make(Graph *g, SoftPrefix *p);

/* How many numbers serve after training: 2 S KD a block. */
size_t soft_prefix_kept(const SoftPrefix *p);

/* A direct prefix becomes the keys and values that a decoder makes of the text ids (S), at positions -S .. -1. Where
 * positions are rotary, a text is then continued exactly as if it had been read. */
void soft_prefix_begin_as(SoftPrefix *p, Graph *g, const ModelDecoder *m, const int *ids);

/* A lane of a session, which is empty, begins with the prefix as it was last made. */
void soft_prefix_into(const SoftPrefix *p, ModelSession *s, int lane);

#endif
