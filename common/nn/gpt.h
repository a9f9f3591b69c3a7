/* gpt.h -- GPT-2: a decoder-only transformer (Radford et al., 2019), section 3.8 and chapter 5.
 *
 * Learned positions, pre-norm blocks, GELU, and one table for the tokens going
 * in and the logits coming out. Parameters bear the names of the Hugging Face
 * folder, so that either reads the other's files. */
#ifndef NN_GPT_H
#define NN_GPT_H

#include "common/nn/layers.h"

typedef struct GptConfig {
    int vocab, context, layers, heads, channels;
    float dropout;
} GptConfig;

/* One block: x += attention(norm(x)); x += mlp(norm(x)). */
typedef struct GptBlock {
    Norm norm1, norm2;
    Linear qkv;       /* (3C,C) */
    Linear attention; /* (C,C) */
    Linear up;        /* (4C,C) */
    Linear down;      /* (C,4C) */
} GptBlock;

typedef struct Gpt {
    GptConfig config;
    Params params;
    Tensor *tokens;    /* (V,C), also the weight of the logits */
    Tensor *positions; /* (context,C) */
    GptBlock *blocks;
    Norm norm;
    int end; /* the token that ends a text, or -1, as in a new model; kept in config.json */
} Gpt;

/* What is wrong with a configuration (heads that do not divide the channels, ...); NULL if nothing is. */
const char *nn_gpt_config_fault(const GptConfig *c);

/* Weights from N(0, s^2) with s = 0.02 sqrt(768 / C), which is GPT-2's 0.02 at
 * GPT-2's width; those that write into the residual stream from
 * N(0, s^2 / (2 layers)); both tables from N(0, 0.02^2). The caller frees it. */
Gpt *nn_gpt_new(const GptConfig *c, Rng *rng);
void nn_gpt_free(Gpt *m);

/* The stream after the last norm: ids (B,T) with T <= context -> (B,T,C). */
Tensor *nn_gpt_stream(Graph *g, const Gpt *m, const int *ids, int batch, int time);

/* Logits (B,T,V). */
Tensor *nn_gpt_logits(Graph *g, const Gpt *m, const int *ids, int batch, int time);

/* Mean cross-entropy of the next token, in nats: targets (B,T); -1 is not counted. */
Tensor *nn_gpt_loss(Graph *g, const Gpt *m, const int *ids, const int *targets, int batch, int time);

#ifndef NN_INSIDE
#define nn_gpt_stream(g, m, ids, batch, time) nn_gpt_stream(NN_HERE(g), m, ids, batch, time)
#define nn_gpt_logits(g, m, ids, batch, time) nn_gpt_logits(NN_HERE(g), m, ids, batch, time)
#define nn_gpt_loss(g, m, ids, targets, batch, time) nn_gpt_loss(NN_HERE(g), m, ids, targets, batch, time)
#endif

#endif
