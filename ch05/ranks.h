/* ranks.h -- a training step on several ranks: who they are, and what each of them keeps. */
#ifndef CH05_RANKS_H
#define CH05_RANKS_H

#include "common/dist/ddp.h"
#include "common/dist/zero.h"
#include "common/model/resume.h"
#include "common/nn/train.h"

typedef struct Ranks {
    Dist *dist;
    const NnTraining *training;
    DistDdp *ddp;   /* several ranks, each with everything; or */
    DistZero *zero; /* with a share; or neither: one rank */
    Optimizer *own; /* that of the share, while ranks_hold shows another */
} Ranks;

/* dist_start; from now on what a rank says on standard error begins with its number and its host. */
Ranks ranks_start(int argc, char **argv, int ranks, const NnTraining *training);

/* Lets rank 0 do first what all do, such as read a file that may be bad: what is wrong for all is then said once, and
 * what is wrong on one host by the rank there. Between the two calls a rank may end the program. */
void ranks_after_first_begin(Ranks *r);
void ranks_after_first_end(Ranks *r);

/* Prints "; 4 ranks", and of more than one host "; 4 ranks: 2 on node1, 1 on node2, 1 on node3". */
void ranks_print(Ranks *r);

/* From now on the ranks train together, with ZeRO of that stage: t.optimizer then holds the moments of the own share
 * alone. Until ranks_end, which leaves the model whole on all and frees t.optimizer. */
void ranks_share(Ranks *r, int stage, Graph *g, ModelResume *t);
void ranks_end(Ranks *r, ModelResume *t);

/* The backward pass; after the last one of a step the gradients are the means over the ranks. */
void ranks_backward(Ranks *r, Graph *g, Tensor *loss, bool last);

/* The gradient norm, and the gradients clipped to max; then the update. ZeRO does both in the first: a share alone
 * does not know the norm. */
float ranks_clip(Ranks *r, ModelResume *t, float rate, float max);
void ranks_update(Ranks *r, ModelResume *t, float rate);

/* Between these two the model is whole, on every rank; with moments also what t.optimizer holds, to be saved. */
void ranks_hold(Ranks *r, ModelResume *t, bool moments);
void ranks_release(Ranks *r, ModelResume *t);

#endif
