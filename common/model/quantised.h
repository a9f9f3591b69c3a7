/* quantised.h -- a frozen model whose linear layers are kept in 4 or 8 bits while something attached to them is
 * trained: QLoRA (Dettmers et al., 2023), section 6.3.3.
 *
 *     ModelQuantised *q = model_quantise(&gpt->params, "*", QUANT_INT4, &e);
 *     ModelAdapter *a = model_adapter_new(&gpt->params, &lora, &rng, &e);
 *     ... training ...
 *     model_adapter_free(a), model_quantised_free(q);
 *
 * A product turns some rows of the weight into floats at a time, forward and again backward (nn_affine_quant), so that
 * the whole weight is never there in float. */
#ifndef MODEL_QUANTISED_H
#define MODEL_QUANTISED_H

#include "common/nn/layers.h"
#include "common/tensor/quant.h"

#include "common/base/error.h"

typedef struct ModelQuantised ModelQuantised;

/* Rounds the weights of the layers that the pattern names (nn_linear_next) and gives their floats back to the system:
 * until model_quantised_free their tensors hold no data, and the model can be run and trained through its graph, not
 * saved, merged or copied. Freezes them. NULL and *e if no layer has such a name. The model must outlive it. */
ModelQuantised *model_quantise(Params *model, const char *layers, QuantKind kind, Error *e);

/* The layers hold floats again, as rounded. q may be NULL. */
void model_quantised_free(ModelQuantised *q);

/* Bytes of the weights as kept, and as they were in float. */
size_t model_quantised_bytes(const ModelQuantised *q);
size_t model_quantised_float_bytes(const ModelQuantised *q);

#endif
