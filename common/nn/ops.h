/* ops.h -- the differentiable operations.
 *
 * Each takes the graph first and returns a new tensor that the graph owns.
 * Shapes: B batch, T time, C channels, H heads, V vocabulary; "..." stands for
 * any leading dimensions. A shape that does not fit ends the program with the
 * operation, the shapes and the caller's line. */
#ifndef NN_OPS_H
#define NN_OPS_H

#include "common/nn/graph.h"

/* ---- element by element (elementwise.c) ------------------------------------------------------- */

/* a + b, a - b, a * b. b has a's shape or that of its last dimensions: it is
 * then used again for each of the leading ones, as a bias is. */
Tensor *nn_add(Graph *g, Tensor *a, Tensor *b);
Tensor *nn_sub(Graph *g, Tensor *a, Tensor *b);
Tensor *nn_mul(Graph *g, Tensor *a, Tensor *b);

Tensor *nn_scale(Graph *g, Tensor *x, float factor); /* factor x */
Tensor *nn_relu(Graph *g, Tensor *x);                /* max(x, 0) */
Tensor *nn_tanh(Graph *g, Tensor *x);
Tensor *nn_sigmoid(Graph *g, Tensor *x); /* 1 / (1 + e^-x) */
Tensor *nn_silu(Graph *g, Tensor *x);    /* x sigmoid(x) */
Tensor *nn_exp(Graph *g, Tensor *x);
Tensor *nn_log(Graph *g, Tensor *x);

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

/* ---- rows: the last dimension (rows.c) --------------------------------------------------------- */

Tensor *nn_softmax(Graph *g, Tensor *x);     /* e^x / sum e^x over the last dimension */
Tensor *nn_log_softmax(Graph *g, Tensor *x); /* its logarithm, without overflow */
Tensor *nn_sum(Graph *g, Tensor *x);         /* all of it -> one number */
Tensor *nn_mean(Graph *g, Tensor *x);

/* (x - mean) / sqrt(variance + 1e-5) * gain + bias, over the last dimension C;
 * gain, bias (C), bias may be NULL. Ba et al., 2016. */
Tensor *nn_layer_norm(Graph *g, Tensor *x, Tensor *gain, Tensor *bias);

/* The same with another number than 1e-5. */
Tensor *nn_layer_norm_with(Graph *g, Tensor *x, Tensor *gain, Tensor *bias, float eps);

/* x / sqrt(mean of x^2 + 1e-5) * gain. Zhang and Sennrich, 2019. */
Tensor *nn_rms_norm(Graph *g, Tensor *x, Tensor *gain);

/* Scores (...,T,S): -infinity where the key's position is after the query's:
 * s > t + S - T. The softmax of -infinity is 0. */
Tensor *nn_causal_mask(Graph *g, Tensor *score);

/* -infinity where allowed is 0. allowed has the shape of the last dimensions of score. */
Tensor *nn_mask(Graph *g, Tensor *score, const Tensor *allowed);

/* ---- tokens and losses (loss.c) ------------------------------------------------------------------ */

/* Rows of the table: table (V,C), ids (B,T) as B*T ints in 0 .. V-1 -> (B,T,C).
 * The ids must live until the backward pass. */
Tensor *nn_embedding(Graph *g, Tensor *table, const int *ids, int batch, int time);

/* -log softmax(logits)[target], averaged over the rows whose target is not
 * `ignore`: logits (...,V), one target a row. In nats. */
Tensor *nn_cross_entropy(Graph *g, Tensor *logits, const int *targets, int ignore);

/* The mean of (a - b)^2. */
Tensor *nn_mse(Graph *g, Tensor *a, Tensor *b);

/* nn_cross_entropy(nn_affine(x, weight, NULL)) in one: the logits are turned
 * into their own gradient in place, so they are in memory once and not twice. */
Tensor *nn_affine_cross_entropy(Graph *g, Tensor *x, Tensor *weight, const int *targets, int ignore);

/* ---- fused attention (attention.c) ----------------------------------------------------------------- */

/* softmax(q k^T / sqrt(C/H)) v in each head, no (T,S) matrix in memory: q (B,T,C),
 * k and v (B,S,C) -> (B,T,C). causal: a query sees keys up to its own position.
 * lengths (B): only the first lengths[b] keys count, or NULL for all.
 * Vaswani et al., 2017; in blocks as Dao et al., FlashAttention, 2022. */
Tensor *nn_attention(Graph *g, Tensor *q, Tensor *k, Tensor *v, int heads, bool causal, const int *lengths);

/* The same for q, k and v side by side: qkv (B,T,3C) -> (B,T,C). */
Tensor *nn_self_attention(Graph *g, Tensor *qkv, int heads, bool causal, const int *lengths);

#ifndef NN_INSIDE
#define nn_add(g, a, b) nn_add(NN_HERE(g), a, b)
#define nn_sub(g, a, b) nn_sub(NN_HERE(g), a, b)
#define nn_mul(g, a, b) nn_mul(NN_HERE(g), a, b)
#define nn_dropout(g, x, rate) nn_dropout(NN_HERE(g), x, rate)
#define nn_matmul(g, a, b) nn_matmul(NN_HERE(g), a, b)
#define nn_matmul_nt(g, a, b) nn_matmul_nt(NN_HERE(g), a, b)
#define nn_affine(g, x, w, bias) nn_affine(NN_HERE(g), x, w, bias)
#define nn_transpose(g, x, i, j) nn_transpose(NN_HERE(g), x, i, j)
#define nn_concat(g, a, b, axis) nn_concat(NN_HERE(g), a, b, axis)
#define nn_slice(g, x, axis, first, count) nn_slice(NN_HERE(g), x, axis, first, count)
#define nn_softmax(g, x) nn_softmax(NN_HERE(g), x)
#define nn_log_softmax(g, x) nn_log_softmax(NN_HERE(g), x)
#define nn_layer_norm(g, x, gain, bias) nn_layer_norm(NN_HERE(g), x, gain, bias)
#define nn_layer_norm_with(g, x, gain, bias, eps) nn_layer_norm_with(NN_HERE(g), x, gain, bias, eps)
#define nn_rms_norm(g, x, gain) nn_rms_norm(NN_HERE(g), x, gain)
#define nn_causal_mask(g, score) nn_causal_mask(NN_HERE(g), score)
#define nn_mask(g, score, allowed) nn_mask(NN_HERE(g), score, allowed)
#define nn_embedding(g, table, ids, batch, time) nn_embedding(NN_HERE(g), table, ids, batch, time)
#define nn_cross_entropy(g, logits, targets, ignore) nn_cross_entropy(NN_HERE(g), logits, targets, ignore)
#define nn_mse(g, a, b) nn_mse(NN_HERE(g), a, b)
#define nn_affine_cross_entropy(g, x, weight, targets, ignore) \
    nn_affine_cross_entropy(NN_HERE(g), x, weight, targets, ignore)
#define nn_attention(g, q, k, v, heads, causal, lengths) \
    nn_attention(NN_HERE(g), q, k, v, heads, causal, lengths)
#define nn_self_attention(g, qkv, heads, causal, lengths) \
    nn_self_attention(NN_HERE(g), qkv, heads, causal, lengths)
#endif

#endif
