/* tensor_parallel.h -- layers whose matrices are cut over the ranks of a group (Shoeybi et al., Megatron-LM, 2019).
 *
 *     h = dist_sum_gradients(g, d, x);                    x (...,C), the same on all ranks
 *     h = nn_gelu(g, nn_linear(g, &up, h));               up: this rank's rows of the matrix, (F/n,C)
 *     y = dist_sum_outputs(g, d, nn_linear(g, &down, h)); down: this rank's columns, (C,F/n), no bias
 *
 * is the feed-forward network of a block on n ranks: what is between the two operations is a part on each rank, what is
 * outside is whole and the same everywhere. Attention is cut likewise, by heads. In a group of one rank each of the
 * operations here is the usual one. All ranks of d call them in the same order, forward and backward. Section 4.4.2. */
#ifndef DIST_TENSOR_PARALLEL_H
#define DIST_TENSOR_PARALLEL_H

#include "common/dist/dist.h"
#include "common/nn/ops.h"

/* Megatron's f, before a layer cut by outputs: x itself forward; backward the sum of the gradients of all ranks, each
 * of which knows only what its own outputs ask for. */
Tensor *dist_sum_gradients(Graph *g, Dist *d, Tensor *x);

/* Megatron's g, after a layer cut by inputs: the sum of the x of all ranks forward; backward the gradient as it is. */
Tensor *dist_sum_outputs(Graph *g, Dist *d, Tensor *x);

/* Rows of a table (V,C) of which this rank has its share (dist_share of V): a rank gives zeros for ids of others, and
 * the sum is everybody's: ids (B,T) -> (B,T,C). */
Tensor *dist_embedding(Graph *g, Dist *d, Tensor *table, int vocab, const int *ids, int batch, int time);

/* nn_cross_entropy of logits whose columns are cut, this rank's share of V: logits (N,V/n), targets (N) in 0 .. V-1.
 * 3 numbers a row are exchanged, and never the logits. */
Tensor *dist_cross_entropy(Graph *g, Dist *d, Tensor *logits, int vocab, const int *targets);

#endif
