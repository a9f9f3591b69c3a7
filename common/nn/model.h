/* model.h -- a language model as it runs: weights without gradients.
 *
 * Four families, as their folders on Hugging Face hold them:
 *
 *     gpt2    learned positions, layer norm, GELU           Radford et al., 2019
 *     llama   rotary positions, RMS norm, gated SiLU,       Touvron et al., 2023
 *             grouped key and value heads                   (Ainslie et al., 2023)
 *     qwen2   llama with biases on queries, keys, values    Yang et al., 2024
 *     bert    an encoder: norms after the sums, GELU        Devlin et al., 2019
 *
 * A matrix is float32 or, on request, rounded to 8 or 4 bits (quant.h). What a
 * model reads with is in infer.h (gpt2, llama, qwen2) and encoder.h (bert). */
#ifndef NN_MODEL_H
#define NN_MODEL_H

#include "common/nn/gpt.h"
#include "common/tensor/quant.h"

typedef enum ModelFamily { MODEL_GPT2, MODEL_LLAMA, MODEL_QWEN2, MODEL_BERT } ModelFamily;

typedef enum Activation {
    ACTIVATION_GELU_TANH, /* x/2 (1 + tanh(sqrt(2/pi) (x + 0.044715 x^3))) */
    ACTIVATION_GELU,      /* x/2 (1 + erf(x / sqrt 2)) */
    ACTIVATION_SILU,      /* x / (1 + e^-x) */
    ACTIVATION_RELU       /* max(x, 0) */
} Activation;

typedef enum RotaryKind { ROTARY_PLAIN, ROTARY_LINEAR, ROTARY_LLAMA3 } RotaryKind;

/* Rotary positions (Su et al., 2021): pair i of a head turns by position x f_i with
 * f_i = theta^(-2i/D). LINEAR divides f_i by factor (Chen et al., 2023); LLAMA3 does
 * so for waves longer than original / low, leaves those shorter than original / high,
 * and goes from one to the other between them (Grattafiori et al., 2024). */
typedef struct Rotary {
    RotaryKind kind;
    float theta, factor, low, high;
    int original; /* the context that it was first trained with */
} Rotary;

enum { MODEL_MOST_ENDS = 8 };

typedef struct ModelConfig {
    ModelFamily family;
    int vocab, context, layers, channels;
    int heads, kv_heads, head_dim; /* heads is a multiple of kv_heads */
    int hidden;                    /* width F inside the feed-forward part */
    int types;                     /* bert: kinds of segments */
    Activation activation;
    float eps; /* of the norms */
    Rotary rotary;
    bool tied;                            /* logits use the table of tokens */
    bool qkv_bias, output_bias, mlp_bias; /* which matrices have a bias */
    int ends[MODEL_MOST_ENDS], end_count; /* the tokens that end a text */
} ModelConfig;

/* What is wrong with it (sizes below 1 or too large, heads that do not divide, ...); NULL if nothing is. */
const char *nn_model_config_fault(const ModelConfig *c);

/* y = W x + b. Either f32 or quant is set. */
typedef struct Weight {
    int rows, cols;
    const float *f32;   /* (rows,cols), or NULL */
    const Quant *quant; /* or NULL */
    const float *bias;  /* (rows), or NULL */
} Weight;

typedef struct ModelNorm {
    const float *gain, *bias; /* (C); bias NULL for an RMS norm */
} ModelNorm;

typedef struct ModelLayer {
    ModelNorm norm1, norm2; /* before attention and feed-forward; in bert after them */
    Weight qkv;             /* (H D + 2 K D, C): queries, keys, values; D head_dim, K kv_heads */
    Weight attention;       /* (C, H D) */
    Weight up;              /* (F,C); for llama and qwen2 (2F,C): the gate, then what it lets through */
    Weight down;            /* (C,F) */
} ModelLayer;

typedef struct Model {
    ModelConfig config;
    QuantKind kind;
    Weight tokens;          /* (V,C) */
    const float *positions; /* (context,C), or NULL: rotary */
    ModelLayer *layers;
    ModelNorm norm; /* after the last layer; in bert after the embedding */
    Weight
        head; /* (V,C): logits; the same as tokens if tied. Empty (rows 0) in a bert without its MLM head */
    const float *types; /* bert (types,C) */
    Weight pool;        /* bert (C,C), or rows 0 */
    Weight transform;   /* bert's MLM head (C,C), and its norm */
    ModelNorm transform_norm;
    Arena *arena; /* owns all that is not borrowed */
} Model;

/* A Gpt that is in memory, as a model: it borrows the weights, or, rounded, has its own.
 * The Gpt must outlive it; training goes on to be seen only when kind is QUANT_NONE. */
Model *nn_model_of_gpt(const Gpt *g, QuantKind kind);
void nn_model_free(Model *m); /* m may be NULL */

/* A matrix of the model's own, of which (rows,cols) numbers are given. With
 * QUANT_NONE they are kept, and must live as long as the model. */
Weight nn_weight_of(Arena *arena, QuantKind kind, const float *values, int rows, int cols,
                    const float *bias);

/* Bytes of weights that are read for each token (all but the table of tokens, of which
 * one row is, and the positions). */
size_t nn_model_bytes(const Model *m);

/* y (n,rows) = W x + b for n rows of x (n,cols). in: room for rounded inputs. */
void nn_weight_product(const Weight *w, const float *x, int n, QuantInput *in, float *y);

/* Row i of a table. */
void nn_weight_row(const Weight *w, int i, float *out);

/* Normalises rows of x (n,C) into y, which may be x. */
void nn_model_norm(const ModelConfig *c, const ModelNorm *norm, const float *x, int n, float *y);

/* The activation, in place. */
void nn_activate(Activation a, float *x, size_t n);

#endif
