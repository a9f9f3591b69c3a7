/* block.h -- the transformer block in all the forms that models have, and positions.
 *
 *     NnBlockConfig c = {.channels = 128, .heads = 4};                       a block of GPT-2
 *     NnBlockConfig c = {.channels = 128, .heads = 8, .kv_heads = 2, .norm = NN_RMS_NORM,
 *                        .activation = NN_SILU, .gated = true, .no_qkv_bias = true,
 *                        .no_out_bias = true, .no_mlp_bias = true};           a block of Llama
 *     NnBlock b = nn_block_new(&params, &c, 0, &rng);
 *     x = nn_block(g, &b, x, &(NnBlockCall){.attention = {.causal = true}, .angles = angles});
 *
 * What chapter 3 builds from small operations; a test holds the two equal. */
#ifndef NN_BLOCK_H
#define NN_BLOCK_H

#include "common/nn/layers.h"

/* GELU by tanh as in GPT-2, by erf as in BERT; ReLU; SiLU, which is used gated. */
typedef enum NnActivation { NN_GELU, NN_GELU_ERF, NN_RELU, NN_SILU } NnActivation;
Tensor *nn_activate(Graph *g, NnActivation kind, Tensor *x);

/* What the parameters of a block are called: a format for the beginning, with %d for the layer, and then the part
 * of each. */
typedef struct NnBlockNames {
    const char *prefix;
    const char *norm1, *qkv, *q, *k, *v, *q_norm, *k_norm, *out;
    const char *norm_cross, *cross; /* the parts of cross-attention are called cross.q, .k, .v, .out */
    const char *norm2, *gate, *up, *down;
    const char *norm1_after, *norm2_after;
} NnBlockNames;

/* block.%d.norm1, attention.q, ..., attention.out, norm2, up, down. */
extern const NnBlockNames nn_block_names;

/* All that is 0 has the value in brackets. */
typedef struct NnBlockConfig {
    int channels, heads;
    int kv_heads;            /* [heads] of keys and values */
    int head_dim;            /* [channels / heads] */
    int hidden;              /* [4 channels] width inside the feed-forward network */
    bool post_norm;          /* [pre] x = norm(x + f(x)) in place of x = x + f(norm(x)) */
    bool sandwich;           /* [no] x = x + norm_after(f(norm(x))): CogView, Ding et al., 2021; Gemma */
    NnNormKind norm;         /* [layer] */
    float eps;               /* [1e-5] of the norms */
    NnActivation activation; /* [GELU by tanh] */
    bool gated;              /* [no] down(activation(gate x) up x): Shazeer, 2020 */
    bool cross;              /* [no] attention to a memory after the attention to itself */
    bool qk_norm;            /* [no] RMS norm of each head's queries and keys: Henry et al., 2020 */
    bool packed;             /* [no] q, k and v in one matrix */
    bool gate_packed;        /* [no] gate and up in one */
    bool transposed;         /* [no] files hold the matrices as (in,out) */
    float gain_offset;       /* [0] files hold the gains of norms less this */
    bool no_qkv_bias, no_out_bias, no_mlp_bias;
    float dropout;             /* [0] of what each part adds */
    float std, residual_std;   /* [1/sqrt(in)] initial weights; residual_std [std]: of out and down */
    const NnBlockNames *names; /* [nn_block_names] */
    const char *prefix;        /* [that of names] for several stacks in one model: "encoder.%d" */
} NnBlockConfig;

/* What is wrong with a configuration (heads that do not divide, ...); NULL if nothing is. */
const char *nn_block_config_fault(const NnBlockConfig *c);

/* Keys and values in front of those of the text, which every query sees whatever masks and lengths say: prefix tuning
 * (Li and Liang, 2021), section 6.3.4. They are taken as they are: no norm, no
 * position. S of them, the same for every text or each text its own. */
typedef struct NnPrefix {
    Tensor *keys,
        *values; /* (S,KD) or (B,S,KD), both of one shape: parameters, or made in each step; NULL: none */
} NnPrefix;

/* Shapes with H heads, K kv_heads, D head_dim, F hidden. What a configuration lacks is empty. */
typedef struct NnBlock {
    NnBlockConfig config; /* with the sizes and names in brackets filled in */
    Norm norm1, norm_cross, norm2;
    Norm norm1_after, norm2_after; /* of a sandwich: of what attention and feed-forward add */
    Linear qkv;                    /* ((H+2K)D,C), packed */
    Linear q, k, v;                /* (HD,C), (KD,C), (KD,C) */
    Norm q_norm, k_norm;           /* (D) */
    Linear out;                    /* (C,HD) */
    Mha cross;                     /* (C,C) each */
    Linear gate, up;               /* (F,C); gate_packed: up (2F,C), the gate first */
    Linear down;                   /* (C,F) */
    const NnPrefix
        *prefix; /* attached from outside, as adapters of layers are: it counts in all passes from now on;
                             * NULL: nothing is attached */
} NnBlock;

/* Makes the parameters in the order norm1, attention, cross-attention, norm2, feed-forward; with post-norm each
 * norm comes after its part. A faulty configuration ends the program. */
NnBlock nn_block_new(Params *p, const NnBlockConfig *c, int layer, Rng *rng);

/* What a block is told in one pass. */
typedef struct NnBlockCall {
    NnAttention attention; /* who sees whom; heads are the block's */
    const Tensor *angles;  /* of rotary positions, or NULL: nn_rotary_angles for head_dim */
    Tensor *keys;      /* (B,S,C): what keys and values are made of, normalised as x is; NULL: x itself */
    Tensor *memory;    /* (B,S,C): what cross-attention looks at, as it is; NULL: no cross-attention */
    NnAttention cross; /* who sees what of the memory */
} NnBlockCall;

/* x (B,T,C) -> (B,T,C): attention, cross-attention, feed-forward, with their norms, dropouts and sums. call may
 * be NULL: everybody sees all. */
Tensor *nn_block(Graph *g, const NnBlock *b, Tensor *x, const NnBlockCall *call);

/* Its parts, without norms and sums: attention of x (B,T,C) to keys (B,S,C), and the feed-forward network. */
Tensor *nn_block_attention(Graph *g, const NnBlock *b, Tensor *x, Tensor *keys, const NnBlockCall *call);
Tensor *nn_block_feed_forward(Graph *g, const NnBlock *b, Tensor *x);

/* The keys and values (B,T,KD) that nn_block(g, b, x, call) makes of x (B,T,C). In front of another text they are to
 * this block as if it had read both. */
NnPrefix nn_block_keys(Graph *g, const NnBlock *b, Tensor *x, const NnBlockCall *call);

/* ---- positions ----------------------------------------------------------------------------------- */

typedef enum NnPositionKind {
    NN_NO_POSITIONS,
    NN_LEARNED,    /* a table of vectors, added to the tokens */
    NN_SINUSOIDAL, /* nn_sinusoids, added */
    NN_ROTARY      /* queries and keys turn: nothing is added */
} NnPositionKind;

typedef struct NnPositions {
    NnPositionKind kind;
    int context;         /* positions that there are; of sinusoids and rotary positions there is no end */
    Tensor *table;       /* (context,C), learned: NAME.weight */
    TensorRotary rotary; /* theta 10000 */
} NnPositions;
NnPositions nn_positions_new(Params *p, const char *name, NnPositionKind kind, int context, int channels,
                             float std, Rng *rng);

/* x (B,T,C) plus the vectors of its positions: ids (B,T), or NULL for 0 .. T-1; x itself where nothing is added. */
Tensor *nn_positions_add(Graph *g, const NnPositions *p, Tensor *x, const int *ids);

/* For NnBlockCall: the angles of rotary positions (n,D), else NULL. */
const Tensor *nn_positions_angles(Graph *g, const NnPositions *p, int head_dim, const int *ids, int n);

#ifndef NN_INSIDE
#define nn_block(g, b, x, ...) nn_block(NN_HERE(g), b, x, __VA_ARGS__)
#define nn_block_attention(g, b, x, keys, ...) nn_block_attention(NN_HERE(g), b, x, keys, __VA_ARGS__)
#define nn_block_feed_forward(g, b, x) nn_block_feed_forward(NN_HERE(g), b, x)
#define nn_block_keys(g, b, x, ...) nn_block_keys(NN_HERE(g), b, x, __VA_ARGS__)
#define nn_positions_add(g, p, x, ids) nn_positions_add(NN_HERE(g), p, x, ids)
#endif

#endif
