/* layers.h -- parameters with names, and the layers that hold them. */
#ifndef NN_LAYERS_H
#define NN_LAYERS_H

#include "common/nn/ops.h"

enum { PARAM_NAME = 96 };

/* What joins a linear layer from outside, after the model was made: low-rank matrices, a bottleneck, a probe.
 * apply gets what went in, x (...,in), and what came out, y (...,out), and returns what comes out instead.
 * multiply stands for x W^T + bias where the weight is kept in another form (quantised.h). */
typedef struct NnAdapter {
    Tensor *(*apply)(Graph *g, const void *context, Tensor *x, Tensor *y); /* NULL: nothing is attached */
    const void *context;
    Tensor *(*multiply)(Graph *g, const void *weight, Tensor *x, Tensor *bias); /* NULL: nn_affine */
    const void *weight;
} NnAdapter;

/* One parameter of a model, as the optimizer and the checkpoint see it. */
typedef struct Param {
    char name[PARAM_NAME];
    Tensor *tensor;
    bool decays;        /* weight decay applies: matrices, not biases and norms */
    bool transposed;    /* files hold it as (in,out), as GPT-2's do */
    float offset;       /* files hold it less this: 1 in Gemma's norms, whose gain is 1 + w */
    int parts;          /* matrices below one another in it: 3 of queries, keys and values; else 1 */
    NnAdapter *adapter; /* of the weight of a linear layer: where something can be attached; else NULL */
} Param;

/* Every parameter of a model, in the order of their making. Owns the tensors. */
typedef struct Params {
    Param *items;
    int count, capacity;
} Params;

/* Makes a parameter and notes it under a name; a rank of 2 and more decays.
 * The contents are undefined: fill them. */
Tensor *nn_param(Params *p, const char *name, int rank, const int *shape);

Param *nn_param_find(const Params *p, const char *name);   /* NULL if there is none */
Param *nn_param_of(const Params *p, const Tensor *tensor); /* the one that holds a tensor; NULL likewise */
size_t nn_param_total(const Params *p);                    /* numbers in all of them */
void nn_params_free(Params *p);                            /* frees the tensors too */

/* Those of a, then those of b, in one list, for an optimizer or a file. They stay a's and b's, which must outlive it;
 * nn_params_part frees the list alone. The same name twice ends the program. */
Params nn_params_join(const Params *a, const Params *b);
void nn_params_part(Params *joined);

/* y = x W^T + b; W (out,in). Starts from N(0, std^2), or, with std 0,
 * from N(0, 1/in), which keeps the size of the signal; b starts from 0.
 * Parameters are called NAME.weight and NAME.bias. */
typedef struct Linear {
    Tensor *weight;           /* (out,in) */
    Tensor *bias;             /* (out), or NULL */
    const NnAdapter *adapter; /* that of its parameter; NULL in a layer made by hand */
} Linear;
Linear nn_linear_new(Params *p, const char *name, int in, int out, bool bias, float std, Rng *rng);
Tensor *nn_linear(Graph *g, const Linear *l, Tensor *x);

/* Goes through the linear layers whose name, without .weight, matches a pattern of the shell ("h.*.attn.c_attn") or
 * one of several ("*.c_proj,*.o_proj"): the one after `after`, or the first. NULL: there is no other. Attach
 * something, to all passes from now on, by
 *     for (Param *p = NULL; (p = nn_linear_next(&params, "*attn*", p));)
 *         p->adapter->apply = apply, p->adapter->context = context; */
Param *nn_linear_next(const Params *p, const char *pattern, const Param *after);

/* Frozen parameters get no gradient, and no time is spent on theirs. */
void nn_params_freeze(Params *p, bool frozen);

/* Thaws those whose whole name matches a pattern, or one of several ("*.bias,ln_f.*"); returns how many. */
int nn_params_thaw(Params *p, const char *pattern);

/* Those of p that are not frozen, borrowed: nn_params_part frees the list alone. */
Params nn_params_trained(const Params *p);

typedef enum NnNormKind { NN_LAYER_NORM, NN_RMS_NORM } NnNormKind;

/* Normalisation; the gain starts from 1, the bias from 0. */
typedef struct Norm {
    Tensor *weight, *bias; /* (C); of RMS norm the gain alone */
    NnNormKind kind;
    float eps; /* 0: 1e-5 */
} Norm;
Norm nn_norm_new(Params *p, const char *name, int channels); /* layer norm */
Norm nn_norm_of_kind(Params *p, const char *name, int channels, NnNormKind kind, float eps);
Tensor *nn_norm(Graph *g, const Norm *n, Tensor *x);

/* A table of vectors (V,C), from N(0, std^2). Called NAME.weight. */
Tensor *nn_embedding_new(Params *p, const char *name, int rows, int channels, float std, Rng *rng);

/* (B,T,C) -> (B,H,T,C/H), and back: attention from small operations works on heads side by side. */
Tensor *nn_split_heads(Graph *g, Tensor *x, int heads);
Tensor *nn_join_heads(Graph *g, Tensor *x);

/* Multi-head attention with its four projections, section 3.3.3. */
typedef struct Mha {
    Linear q, k, v, out; /* (C,C) each */
} Mha;
Mha nn_mha_new(Params *p, const char *name, int channels, Rng *rng);

/* Queries from x (B,T,C), keys and values from memory (B,S,C), by the fused kernel. */
Tensor *nn_mha(Graph *g, const Mha *m, Tensor *x, Tensor *memory, int heads, bool causal,
               const int *lengths);

/* The same with all that NnAttention says. */
Tensor *nn_mha_with(Graph *g, const Mha *m, Tensor *x, Tensor *memory, const NnAttention *how);

/* Sinusoidal positions (T,C): sin(t / 10000^(2i/C)), cos of the same. Vaswani et al., 2017, 3.5. */
Tensor *nn_sinusoids(Arena *arena, int time, int channels);

/* The angles of rotary positions for heads of D channels (n,D): D/2 cosines, then their sines. positions (n),
 * or NULL for 0 .. n-1. */
Tensor *nn_rotary_angles(Arena *arena, const TensorRotary *r, int head_dim, const int *positions, int n);

#ifndef NN_INSIDE
#define nn_linear(g, l, x) nn_linear(NN_HERE(g), l, x)
#define nn_norm(g, n, x) nn_norm(NN_HERE(g), n, x)
#define nn_split_heads(g, x, heads) nn_split_heads(NN_HERE(g), x, heads)
#define nn_join_heads(g, x) nn_join_heads(NN_HERE(g), x)
#define nn_mha(g, m, x, memory, heads, causal, lengths) \
    nn_mha(NN_HERE(g), m, x, memory, heads, causal, lengths)
#define nn_mha_with(g, m, x, memory, ...) nn_mha_with(NN_HERE(g), m, x, memory, __VA_ARGS__)
#endif

#endif
