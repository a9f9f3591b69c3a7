/* gpt.h -- GPT-2: a decoder-only transformer (Radford et al., 2019), section 3.8 and chapter 5.
 *
 * Learned positions, pre-norm blocks, GELU, and one table for the tokens going
 * in and the logits coming out. Parameters bear the names of the Hugging Face
 * folder, so that either reads the other's files. */
#ifndef MODEL_GPT_H
#define MODEL_GPT_H

#include "common/nn/block.h"

typedef struct ModelGptConfig {
    int vocab, context, layers, heads, channels;
    float dropout;
} ModelGptConfig;

typedef struct ModelGpt {
    ModelGptConfig config;
    Params params;
    Tensor *tokens;    /* (V,C), also the weight of the logits */
    Tensor *positions; /* (context,C) */
    NnBlock *blocks;   /* packed: x += attention(norm(x)); x += mlp(norm(x)) */
    Norm norm;
    int end; /* the token that ends a text, or -1, as in a new model; kept in config.json */
} ModelGpt;

/* What is wrong with a configuration (heads that do not divide the channels, ...); NULL if nothing is. */
const char *model_gpt_config_fault(const ModelGptConfig *c);

/* Weights from N(0, s^2) with s = 0.02 sqrt(768 / C), which is GPT-2's 0.02 at
 * GPT-2's width; those that write into the residual stream from
 * N(0, s^2 / (2 layers)); both tables from N(0, 0.02^2). The caller frees it. */
ModelGpt *model_gpt_new(const ModelGptConfig *c, Rng *rng);
void model_gpt_free(ModelGpt *m);

/* The stream after the last norm: ids (B,T) with T <= context -> (B,T,C). */
Tensor *model_gpt_hidden(Graph *g, const ModelGpt *m, const int *ids, int batch, int time);

/* Logits (B,T,V). */
Tensor *model_gpt_logits(Graph *g, const ModelGpt *m, const int *ids, int batch, int time);

/* Mean cross-entropy of the next token, in nats: targets (B,T); -1 is not counted. */
Tensor *model_gpt_loss(Graph *g, const ModelGpt *m, const int *ids, const int *targets, int batch,
                       int time);

#ifndef NN_INSIDE
#define model_gpt_hidden(g, m, ids, batch, time) model_gpt_hidden(NN_HERE(g), m, ids, batch, time)
#define model_gpt_logits(g, m, ids, batch, time) model_gpt_logits(NN_HERE(g), m, ids, batch, time)
#define model_gpt_loss(g, m, ids, targets, batch, time) \
    model_gpt_loss(NN_HERE(g), m, ids, targets, batch, time)
#endif

#endif
