/* optim.h -- how parameters follow their gradients. */
#ifndef NN_OPTIM_H
#define NN_OPTIM_H

#include "common/nn/layers.h"
#include "common/nn/schedule.h"
#include "common/tensor/kernels.h"

typedef struct Optimizer Optimizer;

/* SGD: m = momentum m + g; w -= rate m. */
Optimizer *nn_sgd_new(const Params *p, float momentum);

/* Adam (Kingma and Ba, 2015) with decoupled weight decay (Loshchilov and Hutter, 2019):
 *     m = b1 m + (1-b1) g;  v = b2 v + (1-b2) g^2
 *     w -= rate (m / (1-b1^t)) / (sqrt(v / (1-b2^t)) + 1e-8) + rate decay w
 * decay applies to the parameters whose `decays` is set; with decay 0 it is Adam.
 * The parameters must outlive the optimizer. */
Optimizer *nn_adamw_new(const Params *p, float beta1, float beta2, float decay);

/* Muon (Jordan et al., 2024) for the weights of linear layers: momentum of 0.95 after Nesterov, orthogonalised, and
 * scaled to the size of a step of Adam (Liu et al., Moonlight, 2025):
 *     m = 0.95 m + g;  w -= ratio rate 0.2 sqrt(max(rows, cols)) orthogonal(g + 0.95 m) + ratio rate decay w
 * and AdamW for the rest: embeddings, heads, norms, biases. muon.h has the details. Of its own matrices there is one
 * moment and not two. */
typedef struct NnMuon {
    float ratio, beta1, beta2, decay;
    TensorPrecision precision; /* in which it orthogonalises */
} NnMuon;
Optimizer *nn_muon_new(const Params *p, const NnMuon *how);

void nn_optimizer_free(Optimizer *o);

/* The gradient norm: the length of all gradients taken as one vector. When it is above max (> 0),
 * the next step uses them scaled down to that length (Pascanu et al., 2013). */
float nn_clip_gradients(Optimizer *o, float max);

/* The next step uses the gradients times scale: for those who know the norm of more than these gradients. */
void nn_optimizer_scale(Optimizer *o, float scale);

/* One update; the gradients count as used, and the next backward pass overwrites them. Without a gradient of
 * any parameter, for want of a backward pass, it ends the program. */
void nn_optimizer_step(Optimizer *o, float rate);

/* Both in one: clips (max 0: does not) and steps. Returns the gradient norm as it was. */
float nn_optimizer_step_clipped(Optimizer *o, float rate, float max);

/* The number of steps done, and the moments of parameter i (which 0 or 1; NULL
 * where the method has none), for checkpoints. */
long *nn_optimizer_steps(Optimizer *o);
float *nn_optimizer_moment(Optimizer *o, int i, int which);

/* Notes who calls, as NN_HERE does for operations. */
Optimizer *nn_optimizer_at(Optimizer *o, const char *file, int line);
#define NN_OPTIMIZER_HERE(o) nn_optimizer_at((o), __FILE__, __LINE__)

#ifndef NN_INSIDE
#define nn_optimizer_step(o, rate) nn_optimizer_step(NN_OPTIMIZER_HERE(o), rate)
#define nn_optimizer_step_clipped(o, rate, max) nn_optimizer_step_clipped(NN_OPTIMIZER_HERE(o), rate, max)
#endif

#endif
