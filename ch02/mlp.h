/* mlp.h -- a network of fully connected layers, for the programs of section 2.1. */
#ifndef CH02_MLP_H
#define CH02_MLP_H

#include "ch02/small_data.h"
#include "common/nn/nn.h"

enum { MLP_LAYERS = 8 };

typedef struct Mlp {
    Params params;
    Linear layer[MLP_LAYERS];
    int layers;
} Mlp;

/* widths (layers + 1): inputs, hidden widths, outputs. Weights start from N(0, gain^2 / in), biases from 0.
 * nn_params_free(&m.params) frees it. */
Mlp mlp_new(const int *widths, int layers, float gain, Rng *rng);

/* x (B,in) -> logits (B,out), with the activation after every layer but the last. */
typedef Tensor *MlpActivation(Graph *g, Tensor *x);
Tensor *mlp_forward(Graph *g, const Mlp *m, Tensor *x, MlpActivation *activate);

/* A forward pass of any kind, x (B,in) -> logits (B,out), and a loss: nn_cross_entropy if it is NULL. */
typedef Tensor *MlpForward(Graph *g, const void *context, Tensor *x);
typedef Tensor *MlpLoss(Graph *g, Tensor *logits, const int *label);

/* Trains on batches drawn from d with the optimizer, at a constant learning rate. A loss that is not finite ends it. */
typedef struct MlpTraining {
    int steps, batch;
    float rate;
    MlpLoss *loss;
} MlpTraining;
void mlp_train(Graph *g, Optimizer *o, MlpForward *forward, const void *context, const SmallData *d,
               const MlpTraining *t, Rng *rng);

/* How a forward pass does on all examples of d, without recording. */
typedef struct MlpScore {
    double loss, accuracy; /* mean cross-entropy in nats; share of right answers */
} MlpScore;
MlpScore mlp_score(Graph *g, MlpForward *forward, const void *context, const SmallData *d);

#endif
