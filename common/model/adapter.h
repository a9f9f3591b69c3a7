/* adapter.h -- fine-tuning by low-rank matrices, LoRA (Hu et al., 2021), section 6.3.
 *
 * A linear layer y = W x keeps its W and gains two small matrices, of which alone is trained:
 *     y = W x + (alpha / r) B A x,    A (r,in) random, B (out,r) zero, r much smaller than in and out
 *
 *     ModelAdapter *a = model_adapter_new(&gpt->params, &(ModelLora){"*attn*", .rank = 8, .alpha = 16}, &rng, &e);
 *     nn_train(g, model_adapter_params(a), &training, loss_of, &data, NULL);       gpt itself is frozen
 *     model_adapter_save(a, "ch06/out/lora", &e);                                  adapter_model.safetensors
 *     model_adapter_merge(a);                                                      W = W + (alpha / r) B A
 *
 * Files are those of the Python library PEFT, which reads and writes them: adapter_config.json and
 * adapter_model.safetensors. */
#ifndef MODEL_ADAPTER_H
#define MODEL_ADAPTER_H

#include "common/nn/layers.h"

#include "common/base/error.h"

typedef struct ModelLora {
    const char *layers; /* patterns for the names of linear layers, without .weight (nn_linear_next): "*",
                           * "*.q_proj,*.v_proj" */
    int rank;
    float alpha;          /* what is added is scaled by alpha / rank */
    float dropout;        /* of what goes into A, while training */
    bool rank_stabilised; /* scaled by alpha / sqrt(rank) instead: rsLoRA (Kalajdzievski, 2023) */
} ModelLora;

typedef struct ModelAdapter ModelAdapter;

/* Attaches matrices to the layers that the pattern names, and freezes the model; A starts from U(-1/sqrt(in),
 * 1/sqrt(in)), B from 0, so that nothing changes at first. NULL and *e: no layer has such a name, or the rank is
 * not in 1 .. the smaller side of a layer, or something else than LoRA is attached to one of them. A layer may have
 * several: their products add up. The model must outlive it. */
ModelAdapter *model_adapter_new(Params *model, const ModelLora *c, Rng *rng, Error *e);

/* Detaches them, unless they are merged, and thaws the model if no other adapter is attached to it. a may be NULL. */
void model_adapter_free(ModelAdapter *a);

/* How much of it counts, 1 at first: 0 switches it off, and several on one model are mixed by other numbers:
 *     y = W x + sum of weight_i (alpha_i / r_i) B_i A_i x
 * A merged adapter keeps the weight that it was merged with until it is unmerged. */
void model_adapter_weigh(ModelAdapter *a, float weight);

/* The matrices, for an optimizer: LAYER.lora_A.weight (r,in) and LAYER.lora_B.weight (out,r) for each layer. */
Params *model_adapter_params(ModelAdapter *a);

/* Adds the product of the matrices to the weights: the model runs at its old cost, and can be saved as a folder of
 * its own. Unmerging takes it away again, to rounding. Either does nothing when that is done already. */
void model_adapter_merge(ModelAdapter *a);
void model_adapter_unmerge(ModelAdapter *a);

/* folder/adapter_config.json and folder/adapter_model.safetensors; makes the folder. What else of the model is not
 * frozen, such as the head of a classifier that was trained with it, is saved whole beside the matrices
 * ("modules_to_save"). */
bool model_adapter_save(const ModelAdapter *a, const char *folder, Error *e);

/* Reads them back and attaches them; what was saved whole replaces what the model has, and is thawed. NULL and *e,
 * which names the file and what was expected, if they are not LoRA of this model: another method, another shape, a
 * layer that the model does not have. */
ModelAdapter *model_adapter_load(Params *model, const char *folder, Error *e);

#endif
