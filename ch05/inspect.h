/* inspect.h -- what to measure in a GPT when a training run goes wrong, section 5.3.5. */
#ifndef CH05_INSPECT_H
#define CH05_INSPECT_H

#include "common/model/decoder.h"
#include "common/nn/nn.h"

/* At how many positions of x (B,T) the most probable next word is the word at that position. */
int inspect_repeats(Graph *g, const ModelDecoder *m, const int *x, int batch, int time);

/* The mean of |w - old| over all parameters; `old`, one number for each, then holds w: the mean update since
 * the last call. */
double inspect_update(const Params *p, float *old);

/* The gradient norm of a block's parameters: of all whose names begin with h.N. */
double inspect_block_gradient(const Params *p, int layer);

/* How many columns of the ReLU units h (R,U) of a layer are zero in every row; *with_gradient grows by
 * those of them whose weights (U,in) receive a gradient. */
int inspect_dead(const Tensor *h, const Linear *layer, int *with_gradient);

/* The first block after which the hidden states of x (B,T) are not finite, found by running the model cut off
 * after each of them; the number of layers if there is none, -1 if they are not finite before the first. The
 * loss alone says only that it is NaN, and so is the gradient of every parameter. */
int inspect_non_finite_block(Graph *g, const ModelDecoder *m, const int *x, int batch, int time);

/* How many parameters hold a number that is not finite; *first is the name of the first, if there is one. */
int inspect_non_finite_parameters(const Params *p, const char **first);

#endif
