/* exercises.h -- the functions that the exercises of chapter 2 ask for. */
#ifndef CH02_EXERCISES_H
#define CH02_EXERCISES_H

#include "common/nn/layers.h"

/* ex1: the gradients of y = W2 tanh(W1 x + b1) + b2 for N examples, given d_y, those of the outputs. */
typedef struct Mlp {
    int inputs, hidden, outputs; /* I, H, O */
    const float *w1 /* (H,I) */, *b1 /* (H) */, *w2 /* (O,H) */, *b2 /* (O) */;
} Mlp;
typedef struct MlpGradients {
    float *w1, *b1, *w2, *b2; /* as in Mlp */
    float *x;                 /* (N,I) */
} MlpGradients;
void mlp_backward(const Mlp *m, const float *x /* (N,I) */, const float *d_y /* (N,O) */, int N,
                  const MlpGradients *d);

#endif
