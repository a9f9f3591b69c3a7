/* optim.h -- how parameters follow their gradients. */
#ifndef NN_OPTIM_H
#define NN_OPTIM_H

#include "common/nn/layers.h"

typedef struct Optimizer Optimizer;

/* SGD: m = momentum m + g; w -= rate m. */
Optimizer *nn_sgd_new(const Params *p, float momentum);

/* Adam (Kingma and Ba, 2015) with decoupled weight decay (Loshchilov and Hutter, 2019):
 *     m = b1 m + (1-b1) g;  v = b2 v + (1-b2) g^2
 *     w -= rate (m / (1-b1^t)) / (sqrt(v / (1-b2^t)) + 1e-8) + rate decay w
 * decay applies to the parameters whose `decays` is set; with decay 0 it is Adam.
 * The parameters must outlive the optimizer. */
Optimizer *nn_adamw_new(const Params *p, float beta1, float beta2, float decay);

void nn_optimizer_free(Optimizer *o);

/* The gradient norm: the length of all gradients taken as one vector. When it is above max (> 0),
 * the next step uses them scaled down to that length (Pascanu et al., 2013). */
float nn_clip_gradients(Optimizer *o, float max);

/* One update; the gradients count as used, and the next backward pass overwrites them. */
void nn_optimizer_step(Optimizer *o, float rate);

/* The number of steps done, and the moments of parameter i (which 0 or 1; NULL
 * where the method has none), for checkpoints. */
long *nn_optimizer_steps(Optimizer *o);
float *nn_optimizer_moment(Optimizer *o, int i, int which);

/* The learning rate at a step (from 0): rises linearly over `warmup` steps to
 * max, then falls along half a cosine to min at `steps`. Loshchilov and Hutter, 2017. */
float nn_cosine_rate(long step, long warmup, long steps, float max, float min);

/* The same rise, then a straight line from max to min at `steps`: Devlin et al., BERT, 2019. */
float nn_linear_rate(long step, long warmup, long steps, float max, float min);

/* The same rise, then max. */
float nn_constant_rate(long step, long warmup, float max);

/* max * min((step+1)/warmup, sqrt(warmup/(step+1))): the schedule of Vaswani et al., 2017. */
float nn_inverse_root_rate(long step, long warmup, float max);

#endif
