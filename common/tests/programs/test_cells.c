/* test_cells.c -- the recurrent cells of chapter 1 against their formulas in double, and the orthogonal matrix. */
#include "ch01/cells.h"

#include <check.h>
#include <math.h>

enum { B = 2, T = 3, C = 4, H = 5 };

static double sigmoid(double x)
{
    return 1 / (1 + exp(-x));
}

/* Row `row` of a linear layer at x (n). */
static double row_of(const Linear *l, int row, const double *x)
{
    int n = l->weight->shape[1];
    double sum = l->bias ? (double)l->bias->data[row] : 0;
    for (int i = 0; i < n; i++)
        sum += (double)l->weight->data[row * n + i] * x[i];
    return sum;
}

/* One step of unit j: h (H) and c are the state before; *c_after the new c of an LSTM. */
static double unit(const Cell *cell, int j, const double *x, const double *h, double c, double *c_after)
{
    double in[4], state[4], both[4];
    for (int gate = 0; gate < cell->state.weight->shape[0] / H; gate++) {
        in[gate] = row_of(&cell->input, gate * H + j, x);
        state[gate] = row_of(&cell->state, gate * H + j, h);
        both[gate] = in[gate] + state[gate];
    }
    if (cell->kind == CELL_RNN)
        return tanh(both[0]);
    if (cell->kind == CELL_GRU) {
        double z = sigmoid(both[1]), u = tanh(in[2] + sigmoid(both[0]) * state[2]);
        return z * h[j] + (1 - z) * u;
    }
    *c_after = sigmoid(both[1]) * c + sigmoid(both[0]) * tanh(both[3]);
    return sigmoid(both[2]) * tanh(*c_after);
}

/* The last state of sequence b: x (B,T,C) -> h (H). */
static void read_plainly(const Cell *cell, const Tensor *x, int b, double *h)
{
    double c[H] = {0}, next[H], now[C];
    for (int j = 0; j < H; j++)
        h[j] = 0;
    for (int t = 0; t < T; t++) {
        for (int i = 0; i < C; i++)
            now[i] = (double)x->data[(b * T + t) * C + i];
        for (int j = 0; j < H; j++)
            next[j] = unit(cell, j, now, h, c[j], &c[j]);
        for (int j = 0; j < H; j++)
            h[j] = next[j];
    }
}

START_TEST(cells_follow_their_formulas)
{
    Rng rng = rng_new(1);
    Params p = {0};
    Graph *g = nn_graph_new();
    Cell cell = cell_new(&p, "cell", (CellKind)_i, C, H, 1, &rng);
    ck_assert_int_eq((int)nn_param_total(&p), cell_parameters((CellKind)_i, C, H));
    if (cell.state.bias)
        tensor_normal(cell.state.bias, 1, &rng);
    Tensor *x = nn_input(g, B, T, C);
    CellState states[T + 1];
    tensor_normal(x, 1, &rng);
    cell_read(g, &cell, x, states);
    const Tensor *joined = cell_join(g, states, T + 1);
    for (int b = 0; b < B; b++) {
        double h[H];
        read_plainly(&cell, x, b, h);
        for (int j = 0; j < H; j++) {
            ck_assert_double_eq_tol((double)states[T].h->data[b * H + j], h[j], 1e-5);
            ck_assert_double_eq_tol((double)joined->data[(T * B + b) * H + j], h[j], 1e-5);
        }
    }
    nn_params_free(&p);
    nn_graph_free(g);
}
END_TEST

START_TEST(orthogonal_matrix_keeps_lengths)
{
    Rng rng = rng_new(2);
    Params p = {0};
    Cell cell = cell_new(&p, "cell", CELL_GRU, C, H, 0, &rng);
    cell_make_orthogonal(&cell);
    for (int i = 0; i < 3 * H; i++) {
        for (int k = i / H * H; k <= i; k++) {
            double dot = 0;
            for (int j = 0; j < H; j++)
                dot +=
                    (double)cell.state.weight->data[i * H + j] * (double)cell.state.weight->data[k * H + j];
            ck_assert_double_eq_tol(dot, i == k, 1e-4);
        }
    }
    nn_params_free(&p);
}
END_TEST

int main(void)
{
    Suite *s = suite_create("cells");
    TCase *c = tcase_create("cells");
    tcase_add_loop_test(c, cells_follow_their_formulas, CELL_RNN, CELL_GRU + 1);
    tcase_add_test(c, orthogonal_matrix_keeps_lengths);
    suite_add_tcase(s, c);
    SRunner *r = srunner_create(s);
    srunner_run_all(r, CK_NORMAL);
    int failed = srunner_ntests_failed(r);
    srunner_free(r);
    return failed > 0;
}
