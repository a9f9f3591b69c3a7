/* trunk.h -- what the pretraining tasks of section 5.2 have in common: embeddings, two blocks and a norm.
 *
 * What tells the tasks apart is who may see whom; each of them says it to nn_block. */
#ifndef CH05_TRUNK_H
#define CH05_TRUNK_H

#include "common/nn/nn.h"

enum { TRUNK_LAYERS = 2, TRUNK_HEADS = 4, TRUNK_CHANNELS = 48 };

typedef struct Trunk {
    Params params;
    Tensor *tokens;        /* (V,C), also the weight of the logits */
    NnPositions positions; /* learned */
    NnBlock blocks[TRUNK_LAYERS];
    Norm norm;
} Trunk;

/* nn_params_free(&m.params) frees it. */
Trunk trunk_new(int vocab, int context, Rng *rng);

/* The vector of each token plus that of its position: ids, positions (B,T) -> (B,T,C). */
Tensor *trunk_embed(Graph *g, const Trunk *m, const int *ids, const int *positions, int batch, int time);

/* All blocks and the last norm: ids (B,T), positions (B,T) or NULL for 0, 1, ...; who sees whom is in call. ->
 * (B,T,C). */
Tensor *trunk_hidden(Graph *g, const Trunk *m, const int *ids, const int *positions, int batch, int time,
                     const NnBlockCall *call);

/* Mean cross-entropy in nats of the labels: hidden (B,T,C), labels (B,T); -1 is not counted. */
Tensor *trunk_loss(Graph *g, const Trunk *m, Tensor *hidden, const int *labels);

/* Trains as all these programs do: AdamW, clipped to 1, 4e-3 after a tenth of the steps and then a cosine to 0.
 * losses (steps): of each step, or NULL. */
void trunk_train(Graph *g, const Trunk *m, int steps, NnLoss *loss, void *context, float *losses);

#endif
