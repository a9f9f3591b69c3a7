/* muon.h -- the steps of Muon, section 5.3.3: a matrix moves in all its directions alike.
 *
 * The gradient of a matrix, and so its momentum, is mostly a few directions: its singular values fall fast. Muon
 * (Jordan et al., 2024) replaces them all by about 1: of the momentum U S V^T it takes U V^T. No decomposition is
 * needed: an odd polynomial of a matrix acts on its singular values alone, and
 *     X <- a X + (b A + c A A) X,  A = X X^T,  (a, b, c) = (3.4445, -4.7750, 2.0315)
 * takes everything from 0.002 to 1 into 0.68 .. 1.21 when it is repeated (the iteration of Newton and Schulz, with
 * Jordan's coefficients, which give up the exact 1 for speed). */
#ifndef NN_MUON_H
#define NN_MUON_H

#include "common/nn/layers.h"
#include "common/tensor/kernels.h"

enum { NN_MUON_ITERATIONS = 5 };

/* Floats of room that nn_orthogonalise needs. */
size_t nn_orthogonalise_room(int rows, int cols);

/* x (rows,cols) = U S V^T becomes nearly U V^T: after scaling x to length 1, singular values from 0.002 up end in
 * 0.68 .. 1.21, and smaller ones grow up to 485 times. In bfloat16 they end in 0.6 .. 1.3, which is near enough. By the
 * calling thread alone. */
void nn_orthogonalise(TensorPrecision precision, float *x, int rows, int cols, float *room);

/* What optim.c does with the weights of linear layers; p->parts equal bands of rows are matrices of their own. */
typedef struct Muon Muon;
Muon *nn_muon_matrices(const Params *p); /* the caller frees it */
void nn_muon_matrices_free(Muon *m);     /* m may be NULL */

/* Whether Muon moves a parameter: the weights of linear layers; embeddings, heads, norms and biases are not. */
bool nn_muon_moves(const Param *p);

/* m = momentum m + scale g;  W = (1 - rate decay) W - 0.2 sqrt(max(rows, cols)) rate orthogonal(scale g + momentum m)
 * for all of them; moment[i]: m of parameter i. Those without a gradient stay. */
typedef struct MuonStep {
    float rate, decay, momentum, scale;
    TensorPrecision precision; /* of the products of nn_orthogonalise */
} MuonStep;
void nn_muon_step(Muon *m, const Params *p, float *const *moment, const MuonStep *how);

#endif
