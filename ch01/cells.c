/* cells.c -- the recurrent cells: what one step makes of an input and of the state before it. */
#include "ch01/cells.h"

#include "common/tensor/kernels.h"

#include <math.h>
#include <stdio.h>

static int gate_count(CellKind kind)
{
    return kind == CELL_RNN ? 1 : kind == CELL_GRU ? 3 : 4;
}

int cell_parameters(CellKind kind, int channels, int hidden)
{
    int gates = gate_count(kind), biases = kind == CELL_GRU ? 2 : 1;
    return gates * hidden * (channels + hidden + biases);
}

Cell cell_new(Params *p, const char *name, CellKind kind, int channels, int hidden, float forget_bias,
              Rng *rng)
{
    Cell c = {.kind = kind, .hidden = hidden};
    char part[PARAM_NAME];
    int rows = gate_count(kind) * hidden;
    float limit = 1 / sqrtf((float)hidden);
    snprintf(part, sizeof part, "%s.input", name);
    c.input = nn_linear_new(p, part, channels, rows, true, 0, rng);
    snprintf(part, sizeof part, "%s.state", name);
    c.state = nn_linear_new(p, part, hidden, rows, kind == CELL_GRU, 0, rng);
    tensor_uniform(c.input.weight, -limit, limit, rng);
    tensor_uniform(c.state.weight, -limit, limit, rng);
    if (kind == CELL_LSTM)
        for (int i = hidden; i < 2 * hidden; i++) /* i, f, o, u */
            c.input.bias->data[i] = forget_bias;
    return c;
}

//> orthogonal
/* Gram-Schmidt: each row of w (n,n) loses its components along the rows before it, and then gets length 1. */
static void orthogonalize(float *w, int n)
{
    for (int i = 0; i < n; i++) {
        float *row = w + i * n;
        for (int j = 0; j < i; j++) {
            const float *other = w + j * n;
            float overlap = 0;
            for (int k = 0; k < n; k++)
                overlap += row[k] * other[k];
            for (int k = 0; k < n; k++)
                row[k] -= overlap * other[k];
        }
        float norm = sqrtf((float)kernel_sum_squares(row, (size_t)n));
        for (int k = 0; k < n; k++)
            row[k] /= norm;
    }
}
//< orthogonal

void cell_make_orthogonal(const Cell *c)
{
    for (int gate = 0; gate < gate_count(c->kind); gate++)
        orthogonalize(c->state.weight->data + gate * c->hidden * c->hidden, c->hidden);
}

/* Zeros. */
static CellState cell_start(Graph *g, const Cell *c, int batch)
{
    CellState s = {nn_input(g, batch, c->hidden), NULL};
    tensor_fill(s.h, 0);
    if (c->kind == CELL_LSTM) {
        s.c = nn_input(g, batch, c->hidden);
        tensor_fill(s.c, 0);
    }
    return s;
}

/* W_x x + b at all positions: x (B,T,C) -> (T,B,GH), so that each step is a slice. */
static Tensor *cell_inputs(Graph *g, const Cell *c, Tensor *x)
{
    return nn_linear(g, &c->input, nn_transpose(g, x, 0, 1));
}

/* That slice (B,GH). */
static Tensor *cell_input_at(Graph *g, Tensor *inputs, int t)
{
    return nn_reshape(g, nn_slice(g, inputs, 0, t, 1), inputs->shape[1], inputs->shape[2]);
}

/* The part of one gate: x (B,GH) -> (B,H). */
static Tensor *gate(Graph *g, const Cell *c, Tensor *x, int i)
{
    return nn_slice(g, x, 1, i * c->hidden, c->hidden);
}

//> cells
static CellState rnn_step(Graph *g, const Cell *c, Tensor *x, CellState s)
{
    return (CellState){nn_tanh(g, nn_add(g, x, nn_linear(g, &c->state, s.h))), NULL};
}

static CellState lstm_step(Graph *g, const Cell *c, Tensor *x, CellState s)
{
    Tensor *sum = nn_add(g, x, nn_linear(g, &c->state, s.h)); /* (B,4H) */
    Tensor *in = nn_sigmoid(g, gate(g, c, sum, 0)), *forget = nn_sigmoid(g, gate(g, c, sum, 1));
    Tensor *out = nn_sigmoid(g, gate(g, c, sum, 2)), *update = nn_tanh(g, gate(g, c, sum, 3));
    Tensor *cell = nn_add(g, nn_mul(g, forget, s.c), nn_mul(g, in, update));
    return (CellState){nn_mul(g, out, nn_tanh(g, cell)), cell};
}

static CellState gru_step(Graph *g, const Cell *c, Tensor *x, CellState s)
{
    Tensor *w = nn_linear(g, &c->state, s.h); /* (B,3H) */
    Tensor *reset = nn_sigmoid(g, nn_add(g, gate(g, c, x, 0), gate(g, c, w, 0)));
    Tensor *keep = nn_sigmoid(g, nn_add(g, gate(g, c, x, 1), gate(g, c, w, 1)));
    Tensor *update = nn_tanh(g, nn_add(g, gate(g, c, x, 2), nn_mul(g, reset, gate(g, c, w, 2))));
    return (CellState){nn_add(g, update, nn_mul(g, keep, nn_sub(g, s.h, update))), NULL};
}
//< cells

CellState cell_step(Graph *g, const Cell *c, Tensor *input, CellState before)
{
    switch (c->kind) {
    case CELL_LSTM:
        return lstm_step(g, c, input, before);
    case CELL_GRU:
        return gru_step(g, c, input, before);
    default:
        return rnn_step(g, c, input, before);
    }
}

//> read
void cell_read(Graph *g, const Cell *c, Tensor *x, CellState *states)
{
    Tensor *inputs = cell_inputs(g, c, x);
    states[0] = cell_start(g, c, x->shape[0]);
    for (int t = 0; t < x->shape[1]; t++)
        states[t + 1] = cell_step(g, c, cell_input_at(g, inputs, t), states[t]);
}
//< read

/* Halves joined to halves: one after the other would copy the first ones n times. */
Tensor *cell_join(Graph *g, const CellState *states, int n)
{
    if (n == 1)
        return states[0].h;
    return nn_concat(g, cell_join(g, states, n / 2), cell_join(g, states + n / 2, n - n / 2), 0);
}
