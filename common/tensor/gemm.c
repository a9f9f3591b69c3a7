/* gemm.c -- a product is cut so that each level of memory holds what is used again from it.
 *
 * A panel of b, DEPTH words deep, stays in the first cache while one tile of a
 * after another meets it; a block of a in the second, while one panel after
 * another meets it (Goto and van de Geijn, 2008). Both are copied first, so
 * that the inner loop reads in order. What a word is and how a tile is
 * multiplied depends on the precision: gemm_f32.c, gemm_bf16.c. */
#include "common/tensor/gemm_parts.h"

#include <omp.h>

/* c = alpha a b + beta c + bias, shapes (m,k) (k,n) (m,n). */
typedef struct Product {
    const GemmForm *form;
    int m, n, k;
    float alpha;
    Matrix a, b;
    float beta;
    const float *bias;
    float *c;
    int c_stride;
} Product;

/* ---- what the forms share --------------------------------------------------------------------------- */

__attribute__((noinline)) void gemm_store_part(const float *sum, int cols, const GemmStore *s)
{
    for (int i = 0; i < s->rows; i++) {
        float *out = s->c + (size_t)i * (size_t)s->stride;
        const float *row = sum + (size_t)i * (size_t)cols;
        for (int j = 0; j < s->cols; j++)
            out[j] = s->alpha * row[j] + (s->beta != 0 ? s->beta * out[j] : 0) + (s->bias ? s->bias[j] : 0);
    }
}

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

/* Shuffling the upper
 * half of the rows into the lower one, as a deck of cards, log2(LANES) times transposes. */
void gemm_transpose(const float *from, size_t stride, float *to, int cols)
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
        *(Vector *)(to + (size_t)i * (size_t)cols) = deck[i];
}

/* ---- the product --------------------------------------------------------------------------------- */

/* Rows row .. row_end of c (at most BLOCK), columns of the part of b. */
static void multiply_block(const Product *p, const GemmPart *h, int row, int row_end, const float *packed)
{
    _Alignas(64) float block[BLOCK * DEPTH];
    int rows = p->form->rows, cols = p->form->cols, words = ceil_div(h->depth, p->form->per_word);
    size_t step = p->a.transposed ? (size_t)rows : 1, next = p->a.transposed ? 1 : (size_t)words;
    const float *bias = h->first + h->depth == p->k ? p->bias : NULL;
    p->form->pack_a(p->a, &(GemmPart){row, row_end - row, h->first, h->depth}, block);
    for (int from = 0; from < h->lines; from += cols) {
        int col = h->line + from;
        for (int r = row; r < row_end; r += rows) {
            const float *a[MAX_ROWS];
            for (int i = 0; i < rows; i++)
                a[i] = block + (r - row) * words + (size_t)i * next;
            GemmStore s = {p->alpha,
                           h->first ? 1 : p->beta,
                           bias ? bias + col : NULL,
                           p->c + (size_t)r * (size_t)p->c_stride + col,
                           p->c_stride,
                           smaller(rows, row_end - r),
                           smaller(cols, h->lines - from)};
            p->form->tile(a, step, packed + (size_t)from * (size_t)words, words, &s);
        }
    }
}

/* The part of k that pass i of `passes` makes: whole words, but for the last. */
static GemmPart pass_of(const Product *p, int i, int passes)
{
    int per = p->form->per_word;
    long words = ceil_div(p->k, per);
    int first = (int)(words * i / passes) * per, last = (int)(words * (i + 1) / passes) * per;
    return (GemmPart){.first = first, .depth = smaller(last, p->k) - first};
}

/* Rows row .. row_end and columns col .. col_end of c. */
static void multiply_part(const Product *p, int row, int row_end, int col, int col_end)
{
    _Alignas(64) float packed[WIDE * MAX_COLS * DEPTH];
    int passes = ceil_div(p->k, DEPTH * p->form->per_word), blocks = ceil_div(row_end - row, BLOCK);
    int rows = ceil_div(ceil_div(row_end - row, p->form->rows), blocks) * p->form->rows;
    for (; col < col_end; col += WIDE * p->form->cols) {
        for (int i = 0; i < passes; i++) {
            GemmPart part = pass_of(p, i, passes);
            part.line = col;
            part.lines = smaller(WIDE * p->form->cols, col_end - col);
            p->form->pack_b(p->b, &part, packed);
            for (int r = row; r < row_end; r += rows)
                multiply_block(p, &part, r, smaller(r + rows, row_end), packed);
        }
    }
}

/* c is cut into `down` times `across` parts. A thread copies what its part needs of a and b for itself. */
typedef struct Grid {
    int down, across;
} Grid;

/* The grid of `parts` parts that cost least: a product of rows x cols, and copies of rows and of cols. */
static Grid grid_of(const Product *p, int parts)
{
    enum { COPY = 8 }; /* what copying a number costs, in products */
    int tiles = ceil_div(p->m, p->form->rows), panels = ceil_div(p->n, p->form->cols);
    Grid best = {parts, 1};
    long min = 0;
    for (int down = 1; down <= parts; down++) {
        int across = parts / down;
        long rows = (long)ceil_div(tiles, down) * p->form->rows,
             cols = (long)ceil_div(panels, across) * p->form->cols;
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
    int i = cell / g->across, j = cell % g->across, rows = p->form->rows, cols = p->form->cols;
    int tiles = ceil_div(p->m, rows), panels = ceil_div(p->n, cols);
    multiply_part(p, tiles * i / g->down * rows, smaller(p->m, tiles * (i + 1) / g->down * rows),
                  panels * j / g->across * cols, smaller(p->n, panels * (j + 1) / g->across * cols));
}

/* A small product gives each thread one part, always the same, so that it finds
 * in its cache what it wrote there. A large one has more parts than threads:
 * who is done takes another, and a slow core does not keep a fast one waiting. */
static int parts_of(const Product *p, int threads)
{
    enum { LARGE = 512 };
    return p->m > LARGE && p->n > LARGE && p->k > LARGE / 2 ? 4 * threads : threads;
}

static const GemmForm *form_of(TensorPrecision precision)
{
    return precision == TENSOR_BF16 ? gemm_bf16() : &gemm_f32;
}

bool gemm_suits(int m, int n, int k)
{
    return m >= gemm_f32.rows && n >= LANES && k >= LANES;
}

void gemm_serial(TensorPrecision precision, int m, int n, int k, float alpha, Matrix a, Matrix b,
                 float beta, float *c, int c_stride)
{
    Product p = {form_of(precision), m, n, k, alpha, a, b, beta, NULL, c, c_stride};
    multiply_part(&p, 0, m, 0, n);
}

void gemm_in(const GemmForm *form, int m, int n, int k, float alpha, Matrix a, Matrix b, float beta,
             const float *bias, float *c, int c_stride)
{
    Product p = {form, m, n, k, alpha, a, b, beta, bias, c, c_stride};
    int parts = parts_of(&p, omp_get_max_threads()), taken = 0;
    Grid grid = grid_of(&p, parts);
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

void gemm(TensorPrecision precision, int m, int n, int k, float alpha, Matrix a, Matrix b, float beta,
          const float *bias, float *c, int c_stride)
{
    gemm_in(form_of(precision), m, n, k, alpha, a, b, beta, bias, c, c_stride);
}
