/* gemm.c -- a tile of c stays in registers while a and b stream past it.
 *
 * b is copied into panels of PANEL columns, so that the inner loop reads it in
 * order; a tile of ROWS x PANEL sums then takes, for each k, two vectors of b and
 * ROWS numbers of a. Vectors are those of the compiler (GCC and clang), which
 * makes of them whatever the processor has. */
#include "common/tensor/gemm.h"

#include <string.h>

#if defined __AVX512F__
enum { LANES = 16, ROWS = 12 }; /* 24 of 32 registers are sums */
#elif defined __AVX2__ || defined __AVX__
enum { LANES = 8, ROWS = 6 }; /* 12 of 16 */
#elif defined __aarch64__
enum { LANES = 4, ROWS = 12 }; /* 24 of 32 */
#else
enum { LANES = 4, ROWS = 6 };
#endif
enum { PANEL = 2 * LANES, WIDE = 512, DEPTH = 384 };

typedef float Vector __attribute__((vector_size(LANES * sizeof(float)), may_alias));

/* How the tile's sums go into c. */
typedef struct Store {
    float alpha, beta;
    const float *bias; /* of the tile's first column, or NULL */
    float *c;
    int stride, rows, cols; /* rows and columns of the tile that exist */
} Store;

/* The same for any place in memory. */
typedef float Loose __attribute__((vector_size(LANES * sizeof(float)), aligned(4), may_alias));

/* A tile that hangs over the edge of c. */
static void store_part(const Vector (*sum)[2], const Store *s)
{
    for (int i = 0; i < s->rows; i++) {
        float *out = s->c + (size_t)i * (size_t)s->stride;
        const float *row = (const float *)sum[i];
        for (int j = 0; j < s->cols; j++)
            out[j] = s->alpha * row[j] + (s->beta != 0 ? s->beta * out[j] : 0) + (s->bias ? s->bias[j] : 0);
    }
}

static inline void store_vector(float *out, const float *bias, Vector sum, const Store *s)
{
    Vector v = s->alpha * sum;
    if (s->beta != 0)
        v += s->beta * *(const Loose *)out;
    if (bias)
        v += *(const Loose *)bias;
    *(Loose *)out = v;
}

/* One tile: a[i][k] is row[i][k * step]; panel (depth,2). Not inlined: what the
 * caller holds would push the sums out of the registers. */
__attribute__((noinline)) static void multiply_tile(const float *const *row, size_t step,
                                                    const Vector *panel, int depth, const Store *s)
{
    Vector sum[ROWS][2];
    for (int i = 0; i < ROWS; i++)
        sum[i][0] = sum[i][1] = (Vector){0};
    for (size_t k = 0, at = 0; k < (size_t)depth; k++, at += step) {
        Vector left = panel[2 * k], right = panel[2 * k + 1];
#pragma GCC unroll 12
        for (int i = 0; i < ROWS; i++) {
            sum[i][0] += row[i][at] * left;
            sum[i][1] += row[i][at] * right;
        }
    }
    if (s->cols < PANEL) {
        Vector part[ROWS][2]; /* a copy, so that the sums have no address and stay registers */
        for (int i = 0; i < ROWS; i++)
            part[i][0] = sum[i][0], part[i][1] = sum[i][1];
        store_part(part, s);
        return;
    }
#pragma GCC unroll 12
    for (int i = 0; i < ROWS; i++) {
        float *out = s->c + (size_t)i * (size_t)s->stride;
        if (i < s->rows) {
            store_vector(out, s->bias, sum[i][0], s);
            store_vector(out + LANES, s->bias ? s->bias + LANES : NULL, sum[i][1], s);
        }
    }
}

/* Columns col .. col+PANEL of b, rows first .. first+depth, one row after another; zeros beyond the last column. */
static void pack_panel(Matrix b, int first, int depth, int col, int n, float *panel)
{
    int cols = n - col < PANEL ? n - col : PANEL;
    if (cols < PANEL) {
        for (int i = 0; i < depth * PANEL; i++)
            panel[i] = 0;
    }
    enum { LINE = 16 }; /* a cache line of b at a time, so that what is written stays near */
    for (int k0 = 0; b.transposed && k0 < depth; k0 += LINE) {
        for (int j = 0; j < cols; j++) {
            const float *from = b.data + (size_t)(col + j) * (size_t)b.stride + first;
            for (int k = k0; k < k0 + LINE && k < depth; k++)
                panel[k * PANEL + j] = from[k];
        }
    }
    if (b.transposed)
        return;
    for (int k = 0; k < depth; k++) {
        const float *from = b.data + (size_t)(first + k) * (size_t)b.stride + col;
#pragma omp simd
        for (int j = 0; j < cols; j++)
            panel[k * PANEL + j] = from[j];
    }
}

/* The rows of one tile of a. A row that does not exist repeats the last one, and
 * is not stored. A transposed a jumps a whole row for every k, so its tile is
 * copied, (depth,ROWS), and serves all panels. */
typedef struct Tile {
    int index;
    const float *row[ROWS];
    _Alignas(64) float copy[DEPTH * ROWS];
} Tile;

static void take_tile(Tile *t, int index, Matrix a, int first, int depth, int m)
{
    int from = index * ROWS, rows = m - from < ROWS ? m - from : ROWS;
    t->index = index;
    for (int i = 0; i < ROWS; i++)
        t->row[i] = a.transposed
                        ? t->copy + i
                        : a.data + (size_t)(from + (i < rows ? i : rows - 1)) * (size_t)a.stride + first;
    for (int k = 0; a.transposed && k < depth; k++) {
        const float *line = a.data + (size_t)(first + k) * (size_t)a.stride + from;
        if (rows == ROWS)
            memcpy(t->copy + k * ROWS, line, sizeof *line * ROWS);
        for (int i = 0; rows < ROWS && i < ROWS; i++)
            t->copy[k * ROWS + i] = i < rows ? line[i] : 0;
    }
}

/* Columns of c that exist in one strip: all of b that is packed at a time. */
static void multiply_strip(int m, int n, int k, float alpha, Matrix a, Matrix b, float beta,
                           const float *bias, float *c, int c_stride)
{
    _Alignas(64) float packed[WIDE * DEPTH];
    int panels = (n + PANEL - 1) / PANEL, tiles = (m + ROWS - 1) / ROWS;
    int passes = (k + DEPTH - 1) / DEPTH, most = (k + passes - 1) / passes;
#pragma omp parallel
    for (int first = 0; first < k; first += most) {
        int depth = k - first < most ? k - first : most;
        bool last = first + depth == k;
#pragma omp for schedule(static)
        for (int p = 0; p < panels; p++)
            pack_panel(b, first, depth, p * PANEL, n, packed + (size_t)p * PANEL * (size_t)depth);
        Tile tile;
        tile.index = -1;
#pragma omp for schedule(static)
        for (int i = 0; i < tiles * panels; i++) {
            int t = i / panels, col = i % panels * PANEL;
            if (t != tile.index)
                take_tile(&tile, t, a, first, depth, m);
            Store s = {alpha,
                       first ? 1 : beta,
                       bias && last ? bias + col : NULL,
                       c + (size_t)t * ROWS * (size_t)c_stride + col,
                       c_stride,
                       m - t * ROWS < ROWS ? m - t * ROWS : ROWS,
                       n - col < PANEL ? n - col : PANEL};
            const Vector *panel = (const Vector *)(packed + (size_t)col * (size_t)depth);
            multiply_tile(tile.row, a.transposed ? ROWS : 1, panel, depth, &s);
        }
    }
}

bool gemm_suits(int m, int n, int k)
{
    return m >= ROWS && n >= LANES && k >= LANES;
}

void gemm(int m, int n, int k, float alpha, Matrix a, Matrix b, float beta, const float *bias, float *c,
          int c_stride)
{
    for (int col = 0; col < n; col += WIDE) {
        Matrix right = {b.transposed ? b.data + (size_t)col * (size_t)b.stride : b.data + col, b.stride,
                        b.transposed};
        multiply_strip(m, n - col < WIDE ? n - col : WIDE, k, alpha, a, right, beta,
                       bias ? bias + col : NULL, c + col, c_stride);
    }
}
