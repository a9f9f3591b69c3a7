/* ops.h -- the differentiable operations.
 *
 * Each takes the graph first and returns a new tensor that the graph owns.
 * Shapes: B batch, T time, C channels, H heads, V vocabulary; "..." stands for
 * any leading dimensions. A shape that does not fit ends the program with the
 * operation, the shapes and the caller's line. */
#ifndef NN_OPS_H
#define NN_OPS_H

#include "common/nn/graph.h"
#include "common/tensor/quant.h"
#include "common/tensor/rotary.h"

/* ---- element by element (elementwise.c) ------------------------------------------------------- */

/* a + b, a - b, a * b. b has a's shape or that of its last dimensions: it is
 * then used again for each of the leading ones, as a bias is. */
Tensor *nn_add(Graph *g, Tensor *a, Tensor *b);
Tensor *nn_sub(Graph *g, Tensor *a, Tensor *b);
Tensor *nn_mul(Graph *g, Tensor *a, Tensor *b);

/* The smaller and the larger of a and b, b as above. The gradient goes to the one taken, of equal ones to a. */
Tensor *nn_minimum(Graph *g, Tensor *a, Tensor *b);
Tensor *nn_maximum(Graph *g, Tensor *a, Tensor *b);

/* x, but at least min and at most max; passes no gradient where it was outside. */
Tensor *nn_clamp(Graph *g, Tensor *x, float min, float max);

Tensor *nn_scale(Graph *g, Tensor *x, float factor); /* factor x */
Tensor *nn_relu(Graph *g, Tensor *x);                /* max(x, 0) */
Tensor *nn_tanh(Graph *g, Tensor *x);
Tensor *nn_sigmoid(Graph *g, Tensor *x); /* 1 / (1 + e^-x) */
Tensor *nn_silu(Graph *g, Tensor *x);    /* x sigmoid(x) */
Tensor *nn_exp(Graph *g, Tensor *x);
Tensor *nn_log(Graph *g, Tensor *x);
Tensor *nn_sqrt(Graph *g, Tensor *x);
Tensor *nn_softplus(Graph *g,
                    Tensor *x); /* log(1 + e^x), without overflow; log sigmoid(x) is -softplus(-x) */

/* x/2 (1 + tanh(sqrt(2/pi) (x + 0.044715 x^3))): Hendrycks and Gimpel, 2016, as in GPT-2. */
Tensor *nn_gelu(Graph *g, Tensor *x);

/* x/2 (1 + erf(x / sqrt 2)), which the formula above approximates: the same paper, as in BERT. */
Tensor *nn_gelu_erf(Graph *g, Tensor *x);

/* Sets each number to zero with probability `rate` and scales the others by
 * 1/(1-rate), while the graph records; Srivastava et al., 2014. */
Tensor *nn_dropout(Graph *g, Tensor *x, float rate);

/* ---- matrix products (matmul.c) ------------------------------------------------------------------ */

/* (...,M,K) (...,K,N) -> (...,M,N): one product for each of the leading
 * dimensions, which are equal; a b of rank 2 serves them all. */
Tensor *nn_matmul(Graph *g, Tensor *a, Tensor *b);

/* (...,M,K) (...,N,K) -> (...,M,N): a times b transposed. */
Tensor *nn_matmul_nt(Graph *g, Tensor *a, Tensor *b);

/* y = x W^T + bias: x (...,I), weight (O,I), bias (O) or NULL -> (...,O). */
Tensor *nn_affine(Graph *g, Tensor *x, Tensor *weight, Tensor *bias);

/* The same with a frozen weight that is kept quantised: some rows at a time become floats, forward and again backward.
 * The weight must live until the backward pass. */
Tensor *nn_affine_quant(Graph *g, Tensor *x, const Quant *weight, Tensor *bias);

/* y + scale x A^T B^T: y (...,O), x (...,I), A (r,I), B (O,r), which LoRA adds to a layer (Hu et al., 2021). The sum
 * takes the place of y, which must come from a matrix product and be used nowhere else (low_rank.c). */
Tensor *nn_add_low_rank(Graph *g, Tensor *y, Tensor *x, Tensor *a, Tensor *b, float scale);

/* ---- shapes (shape.c) ------------------------------------------------------------------------------ */

/* The same numbers under another shape; no copy. nn_reshape(g, x, 2, 3). */
#define nn_reshape(g, x, ...) \
    nn_view(NN_HERE(g), (x), (int)(sizeof((int[]){__VA_ARGS__}) / sizeof(int)), (const int[]){__VA_ARGS__})
Tensor *nn_view(Graph *g, Tensor *x, int rank, const int *shape);

/* Exchanges dimensions i and j; copies. Negative ones count from the end. */
Tensor *nn_transpose(Graph *g, Tensor *x, int i, int j);

/* a and b, joined along a dimension; the others are equal. */
Tensor *nn_concat(Graph *g, Tensor *a, Tensor *b, int axis);

/* count entries of a dimension, from the first-th on. */
Tensor *nn_slice(Graph *g, Tensor *x, int axis, int first, int count);

/* ---- weights and masks: the last dimension (softmax.c) -------------------------------------------- */

Tensor *nn_softmax(Graph *g, Tensor *x);     /* e^x / sum e^x over the last dimension */
Tensor *nn_log_softmax(Graph *g, Tensor *x); /* its logarithm, without overflow */

/* Scores (...,T,S): -infinity where the key's position is after the query's:
 * s > t + S - T. The softmax of -infinity is 0. */
Tensor *nn_causal_mask(Graph *g, Tensor *score);

/* -infinity where allowed is 0. allowed has the shape of the last dimensions of score. */
Tensor *nn_mask(Graph *g, Tensor *score, const Tensor *allowed);

/* ---- sums and means (reduce.c) --------------------------------------------------------------------- */

Tensor *nn_sum(Graph *g, Tensor *x); /* all of it -> one number */
Tensor *nn_mean(Graph *g, Tensor *x);

/* Along one dimension, which goes away: (2,3,4) along 1 -> (2,4). Negative ones count from the end. */
Tensor *nn_sum_axis(Graph *g, Tensor *x, int axis);
Tensor *nn_mean_axis(Graph *g, Tensor *x, int axis);

/* ---- norms: the last dimension (norm.c) ------------------------------------------------------------ */

/* (x - mean) / sqrt(variance + 1e-5) * gain + bias, over the last dimension C;
 * gain, bias (C), bias may be NULL. Ba et al., 2016. */
Tensor *nn_layer_norm(Graph *g, Tensor *x, Tensor *gain, Tensor *bias);

/* x / sqrt(mean of x^2 + 1e-5) * gain. Zhang and Sennrich, 2019. */
Tensor *nn_rms_norm(Graph *g, Tensor *x, Tensor *gain);

/* The same with another number than 1e-5. */
Tensor *nn_layer_norm_with(Graph *g, Tensor *x, Tensor *gain, Tensor *bias, float eps);
Tensor *nn_rms_norm_with(Graph *g, Tensor *x, Tensor *gain, float eps);

/* ---- what is picked out by index (gather.c) --------------------------------------------------------
 * What is picked may come several times: its gradients add up. The indices must live until the backward pass. */

/* Rows of the table: table (V,C), ids (B,T) as B*T ints in 0 .. V-1 -> (B,T,C). */
Tensor *nn_embedding(Graph *g, Tensor *table, const int *ids, int batch, int time);

/* `count` rows of x (...,C), numbered through all leading dimensions: rows (count) -> (count,C). */
Tensor *nn_select_rows(Graph *g, Tensor *x, const int *rows, int count);

/* One number of each row: x (...,V), index one a row in 0 .. V-1 -> (...). */
Tensor *nn_gather(Graph *g, Tensor *x, const int *index);

/* ---- losses and log-probabilities (loss.c) ---------------------------------------------------------- */

/* log softmax(logits) at the given tokens: logits (...,V), one token a row -> (...), in nats. Rows whose
 * token is `ignore` give 0, so that a sum along T is the log-probability of each text of a batch. */
Tensor *nn_token_log_probs(Graph *g, Tensor *logits, const int *tokens, int ignore);

/* -log softmax(logits)[target], averaged over the rows whose target is not
 * `ignore`: logits (...,V), one target a row. In nats. */
Tensor *nn_cross_entropy(Graph *g, Tensor *logits, const int *targets, int ignore);

/* The mean of (a - b)^2. */
Tensor *nn_mse(Graph *g, Tensor *a, Tensor *b);

/* nn_cross_entropy(nn_affine(x, weight, NULL)) in one: the logits are turned
 * into their own gradient in place, so they are in memory once and not twice. */
Tensor *nn_affine_cross_entropy(Graph *g, Tensor *x, Tensor *weight, const int *targets, int ignore);

/* The same plus z times the mean of (log sum exp(logits))^2, which keeps the normaliser near 1 and the logits from
 * drifting away together: z-loss, Chowdhery et al., PaLM, 2022, with z = 1e-4. */
Tensor *nn_affine_cross_entropy_z(Graph *g, Tensor *x, Tensor *weight, const int *targets, int ignore,
                                  float z);

/* ---- fused attention and its positions (attention.c, rotary.c) --------------------------------------- */

/* softmax(q k^T / sqrt(C/H)) v in each head, no (T,S) matrix in memory: q (B,T,C),
 * k and v (B,S,C) -> (B,T,C). causal: a query sees keys up to its own position, s <= t + S - T.
 * lengths (B): only the first lengths[b] keys count, or NULL for all.
 * Vaswani et al., 2017; in blocks as Dao et al., FlashAttention, 2022. */
Tensor *nn_attention(Graph *g, Tensor *q, Tensor *k, Tensor *v, int heads, bool causal, const int *lengths);

/* The same for q, k and v side by side: qkv (B,T,3C) -> (B,T,C). */
Tensor *nn_self_attention(Graph *g, Tensor *qkv, int heads, bool causal, const int *lengths);

/* Who sees whom, and how much: whatever is set holds, all of it together. A query that sees nothing
 * gets zeros. What this points to must live until the backward pass.
 *     {.heads = 8, .causal = true}                       a decoder
 *     {.heads = 8, .causal = true, .first = starts}      documents in a row: each sees its own
 *     {.heads = 8, .kv_heads = 2, .lengths = lengths}    grouped heads, padded texts
 *     {.heads = 8, .mask = mask}                         a prefix, a tree: mask (T,S) */
typedef struct NnAttention {
    int heads;          /* of the queries */
    int kv_heads;       /* of the keys and values; divides heads; 0: as many. Ainslie et al., 2023 */
    bool causal;        /* as above */
    const int *lengths; /* (B), as above */
    const int *first;   /* (B,T): the first key that a query sees: documents side by side, windows */
    const Tensor *mask; /* (T,S) or (B,T,S): 0 where a query must not see a key: prefixes, trees */
    const Tensor *bias; /* (T,S), (H,T,S) or (B,H,T,S), added to the scores: ALiBi (Press et al., 2022).
                         * It gets no gradient. */
} NnAttention;

/* q (B,T,HD), k and v (B,S,KD) with H heads and K kv_heads of D channels -> (B,T,HD). Query head h looks
 * at head h / (H/K) of the keys. causal and first leave out the blocks that nobody sees. */
Tensor *nn_attention_with(Graph *g, Tensor *q, Tensor *k, Tensor *v, const NnAttention *how);

/* The same side by side: qkv (B,T,(H+2K)D) -> (B,T,HD). */
Tensor *nn_self_attention_with(Graph *g, Tensor *qkv, const NnAttention *how);

/* Turns the first `heads` heads of x (B,T,C), each of D channels, to their positions and leaves the rest:
 * the queries and keys of q, k and v side by side. angles (T,D), or (BT,D) for positions of each
 * sequence's own: nn_rotary_angles. They must live until the backward pass. Su et al., 2021. */
Tensor *nn_rotary(Graph *g, Tensor *x, int heads, const Tensor *angles);

#ifndef NN_INSIDE
#define nn_add(g, a, b) nn_add(NN_HERE(g), a, b)
#define nn_sub(g, a, b) nn_sub(NN_HERE(g), a, b)
#define nn_mul(g, a, b) nn_mul(NN_HERE(g), a, b)
#define nn_minimum(g, a, b) nn_minimum(NN_HERE(g), a, b)
#define nn_maximum(g, a, b) nn_maximum(NN_HERE(g), a, b)
#define nn_clamp(g, x, min, max) nn_clamp(NN_HERE(g), x, min, max)
#define nn_dropout(g, x, rate) nn_dropout(NN_HERE(g), x, rate)
#define nn_matmul(g, a, b) nn_matmul(NN_HERE(g), a, b)
#define nn_matmul_nt(g, a, b) nn_matmul_nt(NN_HERE(g), a, b)
#define nn_affine(g, x, w, bias) nn_affine(NN_HERE(g), x, w, bias)
#define nn_affine_quant(g, x, w, bias) nn_affine_quant(NN_HERE(g), x, w, bias)
#define nn_add_low_rank(g, y, x, a, b, scale) nn_add_low_rank(NN_HERE(g), y, x, a, b, scale)
#define nn_transpose(g, x, i, j) nn_transpose(NN_HERE(g), x, i, j)
#define nn_concat(g, a, b, axis) nn_concat(NN_HERE(g), a, b, axis)
#define nn_slice(g, x, axis, first, count) nn_slice(NN_HERE(g), x, axis, first, count)
#define nn_softmax(g, x) nn_softmax(NN_HERE(g), x)
#define nn_log_softmax(g, x) nn_log_softmax(NN_HERE(g), x)
#define nn_sum_axis(g, x, axis) nn_sum_axis(NN_HERE(g), x, axis)
#define nn_mean_axis(g, x, axis) nn_mean_axis(NN_HERE(g), x, axis)
#define nn_layer_norm(g, x, gain, bias) nn_layer_norm(NN_HERE(g), x, gain, bias)
#define nn_layer_norm_with(g, x, gain, bias, eps) nn_layer_norm_with(NN_HERE(g), x, gain, bias, eps)
#define nn_rms_norm(g, x, gain) nn_rms_norm(NN_HERE(g), x, gain)
#define nn_rms_norm_with(g, x, gain, eps) nn_rms_norm_with(NN_HERE(g), x, gain, eps)
#define nn_causal_mask(g, score) nn_causal_mask(NN_HERE(g), score)
#define nn_mask(g, score, allowed) nn_mask(NN_HERE(g), score, allowed)
#define nn_embedding(g, table, ids, batch, time) nn_embedding(NN_HERE(g), table, ids, batch, time)
#define nn_select_rows(g, x, rows, count) nn_select_rows(NN_HERE(g), x, rows, count)
#define nn_gather(g, x, index) nn_gather(NN_HERE(g), x, index)
#define nn_token_log_probs(g, logits, tokens, ignore) nn_token_log_probs(NN_HERE(g), logits, tokens, ignore)
#define nn_cross_entropy(g, logits, targets, ignore) nn_cross_entropy(NN_HERE(g), logits, targets, ignore)
#define nn_mse(g, a, b) nn_mse(NN_HERE(g), a, b)
#define nn_affine_cross_entropy(g, x, weight, targets, ignore) \
    nn_affine_cross_entropy(NN_HERE(g), x, weight, targets, ignore)
#define nn_affine_cross_entropy_z(g, x, weight, targets, ignore, z) \
    nn_affine_cross_entropy_z(NN_HERE(g), x, weight, targets, ignore, z)
#define nn_attention(g, q, k, v, heads, causal, lengths) \
    nn_attention(NN_HERE(g), q, k, v, heads, causal, lengths)
#define nn_self_attention(g, qkv, heads, causal, lengths) \
    nn_self_attention(NN_HERE(g), qkv, heads, causal, lengths)
#define nn_attention_with(g, q, k, v, ...) nn_attention_with(NN_HERE(g), q, k, v, __VA_ARGS__)
#define nn_self_attention_with(g, qkv, ...) nn_self_attention_with(NN_HERE(g), qkv, __VA_ARGS__)
#define nn_rotary(g, x, heads, angles) nn_rotary(NN_HERE(g), x, heads, angles)
#endif

#endif
