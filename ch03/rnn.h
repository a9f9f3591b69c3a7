/* rnn.h -- a recurrent layer, for the programs that set attention against it. */
#ifndef CH03_RNN_H
#define CH03_RNN_H

#include "common/nn/nn.h"

typedef struct Rnn {
    Linear input, state; /* U and W of the formula, (C,C) */
} Rnn;

/* gain: the mean factor by which the state's matrix W stretches a vector. */
Rnn rnn_new(Params *p, int channels, float gain, Rng *rng);

/* x[t] (B,C) -> h[t] (B,C), t < time. */
void rnn(Graph *g, const Rnn *r, Tensor *const *x, int time, Tensor **h);

#endif
