/* modern_block.h -- a decoder block with a switch for every part that was exchanged between 2017 and today. */
#ifndef CH03_MODERN_BLOCK_H
#define CH03_MODERN_BLOCK_H

#include "common/nn/nn.h"

enum { LAYERS = 2, CHANNELS = 64, HEADS = 4, HEAD_DIM = CHANNELS / HEADS };

typedef struct Parts {
    const char *name;
    bool pre_norm, rms, gated, rotary, qk_norm, alibi; /* rms: RMSNorm, and no biases */
    int kv_heads;
} Parts;

typedef struct Block {
    Norm norm_attention, norm_feed, norm_q, norm_k;
    Linear q, k, v, out;   /* (C,C), (Hkv D,C), (Hkv D,C), (C,C) */
    Linear gate, up, down; /* (W,C), (W,C), (C,W); gate: of SwiGLU only */
} Block;

typedef struct Model {
    Params params;
    const Parts *parts;
    Tensor *table; /* (V,C): words going in and coming out */
    Block block[LAYERS];
    Norm norm_last;
} Model;

/* Embeddings and logits from one table, LAYERS blocks between them; parameters belong to the model. */
Model model_new(const Parts *parts, int vocab, Rng *rng);

/* ids (B,T) -> (B,T,C), of which nn_affine with the table makes the logits. */
Tensor *model_run(Graph *g, const Model *m, const int *ids, int batch, int time);

/* x / sqrt(mean of x^2) * gain (C), over the last dimension of x (...,C). */
Tensor *rms_norm(Graph *g, Tensor *x, Tensor *gain);

/* Rotary positions first, first + 1 ... for x (B,H,T,D). */
Tensor *rope(Graph *g, Tensor *x, int first);

#endif
