/* gemm.c -- a tile of c stays in registers while a and b stream past it.
 *
 * The product is cut so that each level of memory holds what is used again
 * from it (Goto and van de Geijn, 2008): a panel of b, DEPTH x PANEL, in the
 * first cache, while one tile of a after another meets it; a block of a,
 * BLOCK x DEPTH, in the second, while one panel after another meets it. Both
 * are copied first, so that the inner loop reads in order.
 *
 * Vectors are those of the compiler (GCC and clang), which makes of them
 * whatever the processor has. */
#include "common/tensor/gemm.h"

#include <omp.h>
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
enum { PANEL = 2 * LANES, WIDE = 12 * PANEL, DEPTH = 384, TILES = 132 / ROWS, BLOCK = TILES * ROWS };

typedef float Vector __attribute__((vector_size(LANES * sizeof(float)), may_alias));

/* The same for any place in memory. */
typedef float Loose __attribute__((vector_size(LANES * sizeof(float)), aligned(4), may_alias));

/* c = alpha a b + beta c + bias, shapes (m,k) (k,n) (m,n). */
typedef struct Product {
    int m, n, k;
    float alpha;
    Matrix a, b;
    float beta;
    const float *bias;
    float *c;
    int c_stride;
} Product;

/* The part of b that is copied at a time: rows first .. first+depth, columns col .. col+cols. */
typedef struct Chunk {
    int first, depth, col, cols;
} Chunk;

static int smaller(int a, int b)
{
    return a < b ? a : b;
}

static int ceil_div(int a, int b)
{
    return (a + b - 1) / b;
}

/* ---- one tile --------------------------------------------------------------------------------------- */

/* How the tile's sums go into c. */
typedef struct Store {
    float alpha, beta;
    const float *bias; /* of the tile's first column, or NULL */
    float *c;
    int stride, rows, cols; /* rows and columns of the tile that exist */
} Store;

/* A tile that hangs over the edge of c. */
__attribute__((noinline)) static void store_part(const Vector (*sum)[2], const Store *s)
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

/* a[i][k] is row[i][k * step]; panel (depth,2). Not inlined: what the caller
 * holds would push the sums out of the registers. */
__attribute__((noinline)) static void multiply_tile(const float *const *row, size_t step,
                                                    const Vector *panel, int depth, const Store *s)
{
    Vector sum[ROWS][2];
#pragma GCC unroll 12
    for (int i = 0; i < ROWS; i++)
        sum[i][0] = sum[i][1] = (Vector){0};
    for (int i = 0; i < s->rows; i++) { /* asks for c, which arrives while the sums are made */
        __builtin_prefetch(s->c + (size_t)i * (size_t)s->stride, 1);
        __builtin_prefetch(s->c + (size_t)i * (size_t)s->stride + LANES, 1);
    }
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
#pragma GCC unroll 12
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

/* ---- the copy of b: panel after panel, (depth,PANEL), zeros beyond the last column ----------------- */

#if defined __AVX512F__
#define LOW_HALVES 0, 16, 1, 17, 2, 18, 3, 19, 4, 20, 5, 21, 6, 22, 7, 23
#define HIGH_HALVES 8, 24, 9, 25, 10, 26, 11, 27, 12, 28, 13, 29, 14, 30, 15, 31
#elif defined __AVX2__ || defined __AVX__
#define LOW_HALVES 0, 8, 1, 9, 2, 10, 3, 11
#define HIGH_HALVES 4, 12, 5, 13, 6, 14, 7, 15
#else
#define LOW_HALVES 0, 4, 1, 5
#define HIGH_HALVES 2, 6, 3, 7
#endif

/* LANES numbers of LANES rows become LANES rows of a panel: shuffling the upper
 * half of the rows into the lower one, as a deck of cards, log2(LANES) times transposes. */
static inline void transpose_square(const float *from, size_t stride, float *to)
{
    Vector deck[LANES], next[LANES];
#pragma GCC unroll 16
    for (int i = 0; i < LANES; i++)
        deck[i] = *(const Loose *)(from + (size_t)i * stride);
#pragma GCC unroll 4
    for (int round = 1; round < LANES; round *= 2) {
#pragma GCC unroll 8
        for (int i = 0; i < LANES / 2; i++) {
            next[2 * i] = __builtin_shufflevector(deck[i], deck[i + LANES / 2], LOW_HALVES);
            next[2 * i + 1] = __builtin_shufflevector(deck[i], deck[i + LANES / 2], HIGH_HALVES);
        }
#pragma GCC unroll 16
        for (int i = 0; i < LANES; i++)
            deck[i] = next[i];
    }
#pragma GCC unroll 16
    for (int i = 0; i < LANES; i++)
        *(Vector *)(to + (size_t)i * PANEL) = deck[i];
}

/* panel[k][j] = from[j][k], for cols columns and depth rows of the panel. */
static void pack_transposed(const float *from, size_t stride, int depth, int cols, float *panel)
{
    int squares = depth / LANES * LANES;
    if (cols < PANEL)
        memset(panel, 0, sizeof *panel * (size_t)depth * PANEL);
    for (int j = 0; j < cols; j += LANES) {
        int whole = j + LANES <= cols ? squares : 0, lanes = smaller(LANES, cols - j);
        for (int k = 0; k < whole; k += LANES)
            transpose_square(from + (size_t)j * stride + k, stride, panel + k * PANEL + j);
        for (int k = whole; k < depth; k++) {
            for (int i = j; i < j + lanes; i++)
                panel[k * PANEL + i] = from[(size_t)i * stride + (size_t)k];
        }
    }
}

/* Row k of b, cols columns of it, into its place in every panel. */
static void pack_row(const float *from, int cols, int k, int depth, float *packed)
{
    float *to = packed + k * PANEL;
    int col = 0;
    for (; col + PANEL <= cols; col += PANEL, to += (size_t)depth * PANEL) {
        *(Vector *)to = *(const Loose *)(from + col);
        *(Vector *)(to + LANES) = *(const Loose *)(from + col + LANES);
    }
    for (int j = 0; col < cols && j < PANEL; j++)
        to[j] = col + j < cols ? from[col + j] : 0;
}

static void pack_chunk(Matrix b, const Chunk *h, float *packed)
{
    size_t stride = (size_t)b.stride;
    for (int col = 0; b.transposed && col < h->cols; col += PANEL)
        pack_transposed(b.data + (size_t)(h->col + col) * stride + h->first, stride, h->depth,
                        smaller(PANEL, h->cols - col), packed + (size_t)col * (size_t)h->depth);
    for (int k = 0; !b.transposed && k < h->depth; k++)
        pack_row(b.data + (size_t)(h->first + k) * stride + h->col, h->cols, k, h->depth, packed);
}

/* ---- the copy of a: tile after tile; a row that does not exist repeats the last one ------------------ */

/* Each tile (ROWS,depth). */
static void pack_rows(Matrix a, int row, int row_end, int first, int depth, float *block)
{
    for (int i = 0; row + i / ROWS * ROWS < row_end; i++)
        memcpy(block + (size_t)i * (size_t)depth,
               a.data + (size_t)smaller(row + i, row_end - 1) * (size_t)a.stride + first,
               sizeof *block * (size_t)depth);
}

/* Each tile (depth,ROWS): a is transposed, and its numbers lie in that order. */
static void pack_columns(Matrix a, int row, int row_end, int first, int depth, float *block)
{
    for (int k = 0; k < depth; k++) {
        const float *from = a.data + (size_t)(first + k) * (size_t)a.stride;
        float *to = block + k * ROWS;
        int r = row;
        for (; r + ROWS <= row_end; r += ROWS, to += depth * ROWS)
            memcpy(to, from + r, sizeof *to * ROWS);
        for (int i = 0; r < row_end && i < ROWS; i++)
            to[i] = from[smaller(r + i, row_end - 1)];
    }
}

/* ---- the product --------------------------------------------------------------------------------- */

/* Rows row .. row_end of c (at most BLOCK), columns of the chunk. */
static void multiply_block(const Product *p, const Chunk *h, int row, int row_end, const float *packed)
{
    _Alignas(64) float block[BLOCK * DEPTH];
    size_t step = p->a.transposed ? ROWS : 1, next = p->a.transposed ? 1 : (size_t)h->depth;
    const float *bias = h->first + h->depth == p->k ? p->bias : NULL;
    (p->a.transposed ? pack_columns : pack_rows)(p->a, row, row_end, h->first, h->depth, block);
    for (int from = 0; from < h->cols; from += PANEL) {
        const Vector *panel = (const Vector *)(packed + (size_t)from * (size_t)h->depth);
        int col = h->col + from;
        for (int r = row; r < row_end; r += ROWS) {
            const float *a[ROWS];
            for (int i = 0; i < ROWS; i++)
                a[i] = block + (r - row) * h->depth + (size_t)i * next;
            Store s = {p->alpha,
                       h->first ? 1 : p->beta,
                       bias ? bias + col : NULL,
                       p->c + (size_t)r * (size_t)p->c_stride + col,
                       p->c_stride,
                       smaller(ROWS, row_end - r),
                       smaller(PANEL, h->cols - from)};
            multiply_tile(a, step, panel, h->depth, &s);
        }
    }
}

/* Rows row .. row_end and columns col .. col_end of c. */
static void multiply_part(const Product *p, int row, int row_end, int col, int col_end)
{
    _Alignas(64) float packed[WIDE * DEPTH];
    int passes = ceil_div(p->k, DEPTH), blocks = ceil_div(row_end - row, BLOCK);
    int rows = ceil_div(ceil_div(row_end - row, ROWS), blocks) * ROWS;
    for (; col < col_end; col += WIDE) {
        for (int i = 0; i < passes; i++) {
            int first = (int)((long)p->k * i / passes), last = (int)((long)p->k * (i + 1) / passes);
            Chunk chunk = {first, last - first, col, smaller(WIDE, col_end - col)};
            pack_chunk(p->b, &chunk, packed);
            for (int r = row; r < row_end; r += rows)
                multiply_block(p, &chunk, r, smaller(r + rows, row_end), packed);
        }
    }
}

/* c is cut into `down` times `across` parts. A thread copies what its part needs of a and b for itself. */
typedef struct Grid {
    int down, across;
} Grid;

/* The grid of `parts` parts that cost least: a product of rows x cols, and copies of rows and of cols. */
static Grid grid_of(int tiles, int panels, int parts)
{
    enum { COPY = 8 }; /* what copying a number costs, in products */
    Grid best = {parts, 1};
    long min = 0;
    for (int down = 1; down <= parts; down++) {
        int across = parts / down;
        long rows = (long)ceil_div(tiles, down) * ROWS, cols = (long)ceil_div(panels, across) * PANEL;
        long cost = rows * cols + COPY * (rows + cols);
        if (down == 1 || cost < min) {
            min = cost;
            best = (Grid){down, across};
        }
    }
    return best;
}

static void multiply_cell(const Product *p, const Grid *g, int cell)
{
    int i = cell / g->across, j = cell % g->across, tiles = ceil_div(p->m, ROWS),
        panels = ceil_div(p->n, PANEL);
    multiply_part(p, tiles * i / g->down * ROWS, smaller(p->m, tiles * (i + 1) / g->down * ROWS),
                  panels * j / g->across * PANEL, smaller(p->n, panels * (j + 1) / g->across * PANEL));
}

/* A small product gives each thread one part, always the same, so that it finds
 * in its cache what it wrote there. A large one has more parts than threads:
 * who is done takes another, and a slow core does not keep a fast one waiting. */
static int parts_of(const Product *p, int threads)
{
    enum { LARGE = 512 };
    return p->m > LARGE && p->n > LARGE && p->k > LARGE / 2 ? 4 * threads : threads;
}

bool gemm_suits(int m, int n, int k)
{
    return m >= ROWS && n >= LANES && k >= LANES;
}

void gemm_serial(int m, int n, int k, float alpha, Matrix a, Matrix b, float beta, float *c, int c_stride)
{
    Product p = {m, n, k, alpha, a, b, beta, NULL, c, c_stride};
    multiply_part(&p, 0, m, 0, n);
}

void gemm(int m, int n, int k, float alpha, Matrix a, Matrix b, float beta, const float *bias, float *c,
          int c_stride)
{
    Product p = {m, n, k, alpha, a, b, beta, bias, c, c_stride};
    int parts = parts_of(&p, omp_get_max_threads()), taken = 0;
    Grid grid = grid_of(ceil_div(m, ROWS), ceil_div(n, PANEL), parts);
    int cells = grid.down * grid.across;
#pragma omp parallel
    {
        int cell = omp_get_thread_num(), threads = omp_get_num_threads();
        while (cell < cells) {
            multiply_cell(&p, &grid, cell);
#pragma omp atomic capture
            cell = taken++;
            cell += threads;
        }
    }
}
