/* optimizers.h -- seven optimizers, each as the formula reads, section 2.1.2.
 *
 * An optimizer is one function: from the gradient of a parameter and what it remembers of it, the direction of the
 * step. common/nn/optim.h has the fast forms. */
#ifndef CH02_OPTIMIZERS_H
#define CH02_OPTIMIZERS_H

#include "common/nn/nn.h"

/* A parameter of rank 1 or 2 and what its optimizer remembers of it. */
typedef struct Slot {
    Tensor *w;
    float *m, *v; /* like w: first and second moment, 0 at first */
    int t;        /* steps, the present one included */
} Slot;
Slot slot_new(Tensor *w);
void slot_free(Slot *s);

/* Fills d, like the gradient g, with what is subtracted from the weights, times the learning rate. Tensors that it
 * needs on the way are made in scratch. */
typedef void Direction(Slot *s, const float *g, float *d, Graph *scratch);
Direction sgd, momentum, nesterov, rmsprop, adam, adamw, adam_l2;
Direction muon; /* for matrices */

/* One step: w -= rate d. Resets scratch. */
void slot_step(Slot *s, Direction *direction, const float *g, float rate, Graph *scratch);

/* x (R,C) with all its singular values brought close to 1. */
Tensor *orthogonalise(Graph *g, Tensor *x);

#endif
