/* deferred.h -- a backward pass in two halves: the gradients of weights wait until somebody calls for them. */
#ifndef CH04_DEFERRED_H
#define CH04_DEFERRED_H

#include "common/nn/nn.h"

enum { DEFERRED_MAX = 64 };

/* The products that wait, of one microbatch: each is up^T x, to be added to the gradient of a weight. */
typedef struct Deferred {
    struct {
        Tensor *x;       /* (N,I), what went into the layer; the graph keeps it */
        const float *up; /* (N,O), the gradient of what came out; a copy, which the graph keeps */
        Tensor *weight;  /* (O,I) */
    } items[DEFERRED_MAX];
    int count;
} Deferred;

/* nn_linear, whose backward pass computes the gradients of x and of the bias, and notes the rest in d. */
Tensor *deferred_linear(Graph *g, Deferred *d, const Linear *l, Tensor *x);

/* The second half: all products that wait, before the graph is reset. */
void deferred_run(Graph *g, Deferred *d);

#endif
