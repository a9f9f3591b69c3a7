/* muon.c -- each matrix is one thread's work from its gradient to its step, so that the result does not depend on
 * how many threads there are. */
#define NN_INSIDE
#include "common/nn/muon.h"

#include "common/base/error.h"

#include <math.h>
#include <omp.h>
#include <stdlib.h>
#include <string.h>

/* ---- Newton and Schulz --------------------------------------------------------------------------- */

static size_t area(int rows, int cols)
{
    return (size_t)rows * (size_t)cols;
}

size_t nn_orthogonalise_room(int rows, int cols)
{
    int small = rows < cols ? rows : cols;
    return area(rows, cols) + 2 * area(small, small);
}

/* c (n,n) = alpha a b + beta c, which is symmetric: bands of rows up to the diagonal, and the rest mirrored. */
static void symmetric_product(TensorPrecision precision, int n, int k, float alpha, Matrix a, Matrix b,
                              float beta, float *c)
{
    enum { BAND = 96 };
    for (int first = 0; first < n; first += BAND) {
        int rows = n - first < BAND ? n - first : BAND;
        Matrix band = a;
        band.data += a.transposed ? (size_t)first : area(first, a.stride);
        kernel_matmul_serial_in(precision, rows, first + rows, k, alpha, band, b, beta, c + area(first, n),
                                n);
    }
    for (int i = 0; i < n; i++) {
        for (int j = i + 1; j < n; j++)
            c[area(i, n) + (size_t)j] = c[area(j, n) + (size_t)i];
    }
}

static void scale_to_length_one(float *x, size_t n)
{
    double squares = 0;
#pragma omp simd reduction(+ : squares)
    for (size_t i = 0; i < n; i++)
        squares += (double)x[i] * (double)x[i];
    float scale = 1 / ((float)sqrt(squares) + 1e-7f);
#pragma omp simd
    for (size_t i = 0; i < n; i++)
        x[i] *= scale;
}

//> newton-schulz
/* The polynomial's matrix, (n,n): a I + b A + c A A. */
static void polynomial(TensorPrecision precision, const float *square, int n, float *out)
{
    const float a = 3.4445f, b = -4.7750f, c = 2.0315f;
    Matrix s = {square, n, false};
    memcpy(out, square, area(n, n) * sizeof *out);
    symmetric_product(precision, n, n, c, s, s, b, out);
    for (int i = 0; i < n; i++)
        out[area(i, n) + (size_t)i] += a;
}

/* The side that is shorter makes the smaller square: X X^T, or X^T X. */
void nn_orthogonalise(TensorPrecision precision, float *x, int rows, int cols, float *room)
{
    bool wide = rows <= cols;
    int n = wide ? rows : cols, k = wide ? cols : rows;
    float *square = room, *factor = square + area(n, n), *next = factor + area(n, n), *now = x;
    scale_to_length_one(x, area(rows, cols));
    for (int i = 0; i < NN_MUON_ITERATIONS; i++) {
        Matrix left = {now, cols, !wide}, right = {now, cols, wide}, same = {now, cols, false};
        symmetric_product(precision, n, k, 1, left, right, 0, square);
        polynomial(precision, square, n, factor);
        Matrix f = {factor, n, false};
        kernel_matmul_serial_in(precision, rows, cols, n, 1, wide ? f : same, wide ? same : f, 0, next,
                                cols);
        float *before = now;
        now = next;
        next = before;
    }
    if (now != x)
        memcpy(x, now, area(rows, cols) * sizeof *x);
}
//< newton-schulz

/* ---- steps --------------------------------------------------------------------------------------- */

typedef struct MuonMatrix {
    int param, rows, cols;
    size_t first; /* where it begins in its parameter */
} MuonMatrix;

struct Muon {
    MuonMatrix *items;
    int count, threads;
    size_t room_each; /* floats for one thread */
    float *room;
};

bool nn_muon_moves(const Param *p)
{
    return p->adapter != NULL;
}

Muon *nn_muon_matrices(const Params *p)
{
    Muon *m = memory_zero(1, sizeof *m);
    for (int i = 0; i < p->count; i++)
        m->count += nn_muon_moves(&p->items[i]) ? p->items[i].parts : 0;
    m->items = memory_zero((size_t)m->count, sizeof *m->items);
    for (int i = 0, n = 0; i < p->count; i++) {
        const Param *param = &p->items[i];
        for (int part = 0; nn_muon_moves(param) && part < param->parts; part++) {
            int rows = param->tensor->shape[0] / param->parts, cols = param->tensor->shape[1];
            size_t room = area(rows, cols) + nn_orthogonalise_room(rows, cols);
            m->items[n++] = (MuonMatrix){i, rows, cols, area(part * rows, cols)};
            m->room_each = room > m->room_each ? room : m->room_each;
        }
    }
    return m;
}

void nn_muon_matrices_free(Muon *m)
{
    if (!m)
        return;
    free(m->items);
    free(m->room);
    free(m);
}

//> muon
static void move_matrix(const MuonMatrix *x, const Params *p, float *moment, const MuonStep *how,
                        float *room)
{
    const Tensor *t = p->items[x->param].tensor;
    float *w = t->data + x->first, *m = moment + x->first, *update = room;
    const float *grad = t->grad + x->first, mu = how->momentum, scale = how->scale;
    size_t size = area(x->rows, x->cols);
#pragma omp simd
    for (size_t i = 0; i < size; i++) {
        m[i] = mu * m[i] + scale * grad[i];
        update[i] = scale * grad[i] + mu * m[i]; /* Nesterov: a look one step ahead */
    }
    nn_orthogonalise(how->precision, update, x->rows, x->cols, room + size);
    float longer = (float)(x->rows > x->cols ? x->rows : x->cols);
    float step = how->rate * 0.2f * sqrtf(longer), keep = 1 - how->rate * how->decay;
#pragma omp simd
    for (size_t i = 0; i < size; i++)
        w[i] = keep * w[i] - step * update[i];
}
//< muon

void nn_muon_step(Muon *m, const Params *p, float *const *moment, const MuonStep *how)
{
    int threads = omp_get_max_threads();
    if (threads > m->threads) {
        m->room = memory_resize(m->room, sizeof *m->room * m->room_each * (size_t)threads);
        m->threads = threads;
    }
#pragma omp parallel for schedule(dynamic, 1)
    for (int i = 0; i < m->count; i++) {
        const MuonMatrix *x = &m->items[i];
        if (p->items[x->param].tensor->has_grad)
            move_matrix(x, p, moment[x->param], how, m->room + m->room_each * (size_t)omp_get_thread_num());
    }
}
