/* cells.h -- the three recurrent cells, from operations of nn; for rnn_demo and seq2seq_attention_demo.
 *
 *     Cell cell = cell_new(&params, "encoder", CELL_GRU, channels, hidden, 0, &rng);
 *     CellState states[TIME + 1];
 *     cell_read(g, &cell, nn_embedding(g, table, ids, batch, TIME), states);     states[TIME].h: all that it knows
 *
 * Shapes: B batch, T time, C channels of the input, H hidden units, G gates (1 RNN, 3 GRU, 4 LSTM). */
#ifndef CH01_CELLS_H
#define CH01_CELLS_H

#include "common/nn/nn.h"

typedef enum CellKind { CELL_RNN, CELL_LSTM, CELL_GRU } CellKind;

typedef struct Cell {
    CellKind kind;
    int hidden;
    Linear input; /* (GH,C), with the bias of every gate */
    Linear state; /* (GH,H); of the GRU with a bias, which its reset gate multiplies too */
} Cell;

/* Weights from uniform(-1/sqrt(H), 1/sqrt(H)), as the common libraries begin; biases from 0, but the LSTM's
 * forget gates from forget_bias. */
Cell cell_new(Params *p, const char *name, CellKind kind, int channels, int hidden, float forget_bias,
              Rng *rng);

/* Makes the rows of the (GH,H) matrix that acts on the state orthogonal and of length 1, gate by gate. */
void cell_make_orthogonal(const Cell *c);

/* The numbers of parameters of a cell. */
int cell_parameters(CellKind kind, int channels, int hidden);

/* What the cell remembers: h (B,H), and c (B,H) of the LSTM alone, else NULL. */
typedef struct CellState {
    Tensor *h, *c;
} CellState;

/* One step: input (B,GH), which is W_x x + b, and the state before -> the state after.
 *     RNN   h' = tanh(x + W h)                                                    Elman, 1990
 *     LSTM  i, f, o = sigmoid(...), u = tanh(...);  c' = f c + i u;  h' = o tanh(c')     Hochreiter and
 *           Schmidhuber, 1997; the forget gate: Gers et al., 2000
 *     GRU   r, z = sigmoid(...), u = tanh(x_u + r (W_u h + b_u));  h' = z h + (1 - z) u   Cho et al., 2014 */
CellState cell_step(Graph *g, const Cell *c, Tensor *input, CellState before);

/* All steps: x (B,T,C); states[0] is zeros, states[t] the state after t inputs, t <= T. */
void cell_read(Graph *g, const Cell *c, Tensor *x, CellState *states);

/* h of n states, joined: (n B,H), step by step. */
Tensor *cell_join(Graph *g, const CellState *states, int n);

#endif
