/* non_finite.h -- where a number that is not finite came from, section 5.3.5. */
#ifndef NN_NON_FINITE_H
#define NN_NON_FINITE_H

#include "common/nn/layers.h"

#include <stddef.h>

enum { NN_NON_FINITE_TEXT = 256 };

/* Names the first NaN or infinity of a step, after its forward or backward pass and before
 * the graph is reset: a weight; else what an operation made, in the order of the forward
 * pass; else a gradient, in the order of the backward pass. For example
 *     "the weight h.0.mlp.c_fc.weight holds nan"
 *     "nn_affine with h.0.mlp.c_fc.weight gives inf"
 * False, and an empty text, if all of them are finite. */
bool nn_non_finite_find(const Graph *g, const Params *p, char text[NN_NON_FINITE_TEXT]);

#endif
