/* run.h -- a language model as it runs: weights without gradients.
 *
 * A matrix is float32 or, on request, quantised to 8 or 4 bits (quant.h). What a model
 * reads with is in session.h (gpt2, llama and its kin) and encoder.h (bert); config.h has the
 * families. */
#ifndef MODEL_RUN_H
#define MODEL_RUN_H

#include "common/model/config.h"
#include "common/tensor/quant.h"

/* y = W x + b. Either f32 or quant is set. */
typedef struct ModelWeight {
    int rows, cols;
    const float *f32;   /* (rows,cols), or NULL */
    const Quant *quant; /* or NULL */
    const float *bias;  /* (rows), or NULL */
} ModelWeight;

typedef struct ModelNorm {
    const float *gain, *bias; /* (C); bias NULL for an RMS norm */
} ModelNorm;

typedef struct ModelLayer {
    ModelNorm norm1, norm2; /* before attention and feed-forward; in bert after them */
    ModelNorm norm1_after,
        norm2_after; /* gemma3: of what attention and feed-forward add; else the gain is NULL */
    ModelWeight qkv; /* (H D + 2 K D, C): queries, keys, values; D head_dim, K kv_heads */
    const float *q_norm,
        *k_norm;      /* qwen3, gemma3 (D): the gains of the norms of each head's queries and keys */
    ModelWeight out;  /* (C, H D): the output projection of attention */
    ModelWeight up;   /* (F,C); with a gate (2F,C): the gate, then what it lets through */
    ModelWeight down; /* (C,F) */
} ModelLayer;

typedef struct ModelRun {
    ModelConfig config;
    QuantKind kind;
    ModelWeight tokens;     /* (V,C) */
    const float *positions; /* (context,C), or NULL: rotary */
    ModelLayer *layers;
    ModelNorm norm; /* after the last layer; in bert after the embedding */
    ModelWeight
        head; /* (V,C): logits; the same as tokens if tied. Empty (rows 0) in a bert without its MLM head */
    const float *types;    /* bert (types,C) */
    ModelWeight pool;      /* bert (C,C), or rows 0 */
    ModelWeight transform; /* bert's MLM head (C,C), and its norm */
    ModelNorm transform_norm;
    Arena *arena; /* owns all that is not borrowed */
} ModelRun;

void model_run_free(ModelRun *m); /* m may be NULL */

/* A matrix of the model's own, of which (rows,cols) numbers are given. With
 * QUANT_NONE they are kept, and must live as long as the model. */
ModelWeight model_weight_of(Arena *arena, QuantKind kind, const float *values, int rows, int cols,
                            const float *bias);

/* Bytes of weights that are read for each token (all but the table of tokens, of which
 * one row is, and the positions). */
size_t model_run_bytes(const ModelRun *m);

/* y (n,rows) = W x + b for n rows of x (n,cols). in: room for rounded inputs. */
void model_weight_product(const ModelWeight *w, const float *x, int n, QuantInput *in, float *y);

/* Row i of a table. */
void model_weight_row(const ModelWeight *w, int i, float *out);

/* Normalises rows of x (n,C) into y, which may be x. */
void model_run_norm(const ModelConfig *c, const ModelNorm *norm, const float *x, int n, float *y);

/* RMS norm of each head of one row x (heads D) by itself, in place; gain (D). */
void model_run_norm_heads(const ModelConfig *c, const float *gain, float *x, int heads);

/* The activation, in place. */
void model_activate(ModelActivation a, float *x, size_t n);

#endif
