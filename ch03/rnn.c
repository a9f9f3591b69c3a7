/* rnn.c -- h_t = tanh(U x_t + W h_{t-1} + b), step after step. */
#include "ch03/rnn.h"

#include <math.h>

Rnn rnn_new(Params *p, int channels, float gain, Rng *rng)
{
    return (Rnn){nn_linear_new(p, "input", channels, channels, true, 0, rng),
                 nn_linear_new(p, "state", channels, channels, false, gain / sqrtf((float)channels), rng)};
}

//> rnn
/* h_t = tanh(U x_t + W h_{t-1} + b): x[t] (B,C) -> h[t] (B,C), t < time. */
void rnn(Graph *g, const Rnn *r, Tensor *const *x, int time, Tensor **h)
{
    h[0] = nn_tanh(g, nn_linear(g, &r->input, x[0]));
    for (int t = 1; t < time; t++)
        h[t] = nn_tanh(g, nn_add(g, nn_linear(g, &r->input, x[t]), nn_linear(g, &r->state, h[t - 1])));
}
//< rnn
