/* zero.h -- ZeRO: data parallelism in which each rank keeps only its share of what training needs (Rajbhandari et al.,
 * 2020; section 4.4.5).
 *
 *     stage 0   every rank has everything, as in ddp.h
 *     stage 1   the optimizer's moments are shared out: each rank updates its share of the parameters
 *     stage 2   gradients too: a rank keeps the mean of its share, the rest is freed as soon as it is sent
 *     stage 3   parameters too: those of a unit are gathered when they are used, and freed after it (FSDP)
 *
 *     DistZero *z = dist_zero_new(d, &model->params, stage);
 *     Optimizer *o = nn_adamw_new(dist_zero_pieces(z), 0.9f, 0.99f, 0.1f);       moments of the own share alone
 *     dist_zero_watch(z, g);
 *     for (...) {
 *         dist_zero_backward(z, g, model_loss(g, ...own part of the batch...), true);
 *         dist_zero_step(z, o, rate, clip);
 *         nn_graph_reset(g);
 *     }
 *     nn_optimizer_free(o);
 *     dist_zero_free(z);                                     the model is whole again, on every rank
 *
 * A unit is what is gathered and reduced together: the parameters of one block, found by the number in their names
 * (h.0. ..., h.1. ...), and what stands before, between and after blocks. Every rank owns a share of every unit. The
 * optimizer must update number by number, as SGD and AdamW do; Muon needs whole matrices. */
#ifndef DIST_ZERO_H
#define DIST_ZERO_H

#include "common/dist/dist.h"
#include "common/nn/optim.h"

typedef struct DistZero DistZero;

/* Broadcasts the parameters from rank 0 and takes over the memory of their data and gradients, until dist_zero_free,
 * which is called before p is freed. Frozen parameters end the program. */
DistZero *dist_zero_new(Dist *d, const Params *p, int stage);
void dist_zero_free(DistZero *z);

/* What this rank updates: pieces of parameters, each under the parameter's name. z owns them; the optimizer made for
 * them is freed before z. */
const Params *dist_zero_pieces(const DistZero *z);

/* To be called once for each graph that uses the parameters: stage 3 has to know when they are read. There every
 * forward pass is collective, that of an evaluation too; a pass of one rank alone needs dist_zero_hold. */
void dist_zero_watch(DistZero *z, Graph *g);

/* The backward pass, and the mean over the ranks of each unit's gradients as soon as they are complete, in the
 * background. last: no further backward pass belongs to this step. */
void dist_zero_backward(DistZero *z, Graph *g, Tensor *loss, bool last);

/* Clips to the norm of all gradients (max 0: does not), updates the own share, and in stages 1 and 2 sends it to
 * everyone. Returns the gradient norm before clipping. */
float dist_zero_step(DistZero *z, Optimizer *o, float rate, float max);

/* Between these two all parameters are here, in any stage: to save, to generate text. Collective. */
void dist_zero_hold(DistZero *z);
void dist_zero_release(DistZero *z);

/* For checkpoints: o is the optimizer of the pieces, whole one of all parameters, made by the same call with the same
 * settings; collect copies the moments and the step count of all ranks to it (on every rank; collective), spread back
 * from it to the pieces. So a run can go on with another stage or another number of ranks. */
void dist_zero_collect(DistZero *z, Optimizer *o, Optimizer *whole);
void dist_zero_spread(DistZero *z, Optimizer *o, Optimizer *whole);

/* Bytes that this rank holds, counted where memory is taken and given back: now, and the maximum so far. */
typedef struct DistZeroBytes {
    size_t params, grads;
    size_t max_params, max_grads;
} DistZeroBytes;
DistZeroBytes dist_zero_bytes(const DistZero *z);

/* Bytes of the moments that an optimizer of these parameters holds. */
size_t dist_moment_bytes(Optimizer *o, const Params *p);

/* How many units there are, and the numbers in unit i. */
int dist_zero_units(const DistZero *z);
size_t dist_zero_unit(const DistZero *z, int i);

#ifndef NN_INSIDE
#define dist_zero_backward(z, g, loss, last) dist_zero_backward(z, NN_HERE(g), loss, last)
#endif

#endif
