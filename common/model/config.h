/* config.h -- what shape a language model has, as its folder on Hugging Face says it.
 *
 *     gpt2    learned positions, layer norm, GELU           Radford et al., 2019
 *     llama   rotary positions, RMS norm, gated SiLU,       Touvron et al., 2023
 *             grouped key and value heads                   (Ainslie et al., 2023)
 *     qwen2   llama with biases on queries, keys, values    Yang et al., 2024
 *     qwen3   llama with RMS norms of each head's queries   Yang et al., 2025
 *             and keys (Henry et al., 2020)
 *     mistral llama with a sliding window                   Jiang et al., 2023
 *     phi3    the same, with queries, keys and values in    Abdin et al., 2024
 *             one matrix, and gate and up in one
 *     gemma3  qwen3 with tanh-GELU, a norm after each       Gemma team, 2025
 *             part as well, windows in most layers
 *     bert    an encoder: norms after the sums, GELU        Devlin et al., 2019 */
#ifndef MODEL_CONFIG_H
#define MODEL_CONFIG_H

#include "common/tensor/rotary.h"

#include <stdbool.h>

typedef enum ModelFamily {
    MODEL_GPT2,
    MODEL_LLAMA,
    MODEL_QWEN2,
    MODEL_QWEN3,
    MODEL_MISTRAL,
    MODEL_PHI3,
    MODEL_GEMMA3,
    MODEL_BERT
} ModelFamily;

typedef enum ModelActivation {
    MODEL_ACTIVATION_GELU_TANH, /* x/2 (1 + tanh(sqrt(2/pi) (x + 0.044715 x^3))) */
    MODEL_ACTIVATION_GELU,      /* x/2 (1 + erf(x / sqrt 2)) */
    MODEL_ACTIVATION_SILU,      /* x / (1 + e^-x) */
    MODEL_ACTIVATION_RELU       /* max(x, 0) */
} ModelActivation;

enum { MODEL_MAX_ENDS = 8 };

typedef struct ModelConfig {
    ModelFamily family;
    int vocab, layers, channels;
    int context; /* positions; of a sliding window its length, up to which it hides nothing */
    int heads, kv_heads, head_dim; /* heads is a multiple of kv_heads */
    int hidden;                    /* width F inside the feed-forward part */
    int types;                     /* bert: kinds of segments */
    ModelActivation activation;
    float eps; /* of the norms */
    TensorRotary rotary;
    int window,
        global_every; /* gemma3: a layer sees a window of positions, its own the last; every so many-th all */
    TensorRotary local_rotary;            /* gemma3: of the layers with a window */
    bool tied;                            /* logits use the table of tokens */
    bool qkv_bias, output_bias, mlp_bias; /* which matrices have a bias */
    int ends[MODEL_MAX_ENDS], end_count;  /* the tokens that end a text */
} ModelConfig;

/* A GPT-2 of which vocab, context, layers, heads, channels and the ends are given; all else is as in GPT-2: a
 * feed-forward part of 4 channels, tanh-GELU, eps 1e-5, biases everywhere, logits tied to the tokens. */
ModelConfig model_config_gpt2(ModelConfig sizes);

/* Whether the feed-forward part has a gate: all but gpt2 and bert. */
bool model_config_gated(const ModelConfig *c);

/* Whether each head's queries and keys are normalised: qwen3, gemma3. */
bool model_config_qk_norm(const ModelConfig *c);

/* How many positions, its own included, a token sees in layer i; 0: all before it. */
int model_config_window(const ModelConfig *c, int layer);

/* What gemma3 does its own way: the vectors of tokens are multiplied by sqrt(C), else by 1; its files hold the gains of
 * norms less 1, else as they are. */
float model_config_embedding_scale(const ModelConfig *c);
float model_config_gain_offset(const ModelConfig *c);

/* What is wrong with it (sizes below 1 or too large, heads that do not divide, ...); NULL if nothing is. */
const char *model_config_fault(const ModelConfig *c);

#endif
