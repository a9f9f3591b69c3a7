/* bottleneck.h -- adapters (Houlsby et al., 2019), section 6.3.2.
 *
 * A part of a block writes y into the residual stream; a bottleneck after it writes
 *     y + up(gelu(down(y))),     down (m,C), up (C,m), m much smaller than C, each with a bias
 * instead, and is alone what is trained. up starts from 0, so that nothing changes at first.
 *
 *     ModelBottleneck *b = model_bottleneck_new(&gpt->params, MODEL_LAST_OF_PARTS, 16, &rng, &e);
 *     nn_train(g, model_bottleneck_params(b), &training, loss_of, &data, NULL);    gpt itself is frozen */
#ifndef MODEL_BOTTLENECK_H
#define MODEL_BOTTLENECK_H

#include "common/nn/layers.h"

#include "common/base/error.h"

/* The linear layers with which attention and the feed-forward network of each block end, in all families. */
#define MODEL_LAST_OF_PARTS "h.*.c_proj,*.o_proj,*.down_proj,bert.encoder.*.output.dense"

typedef struct ModelBottleneck ModelBottleneck;

/* Attaches bottlenecks of so many channels after the layers that the pattern names (nn_linear_next), and freezes the
 * model; down starts from N(0, 1/C). NULL and *e: no layer has such a name, size < 1, or something is attached to one
 * of them already. The model must outlive it. */
ModelBottleneck *model_bottleneck_new(Params *model, const char *layers, int size, Rng *rng, Error *e);

/* Detaches them, and thaws the model. b may be NULL. */
void model_bottleneck_free(ModelBottleneck *b);

/* LAYER.adapter_down.weight (m,C), .bias (m), LAYER.adapter_up.weight (C,m), .bias (C) for each layer. */
Params *model_bottleneck_params(ModelBottleneck *b);

#endif
