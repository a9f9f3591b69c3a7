/* gemm_f32.c -- the tiles of a float32 product: sums stay in registers while a and b stream past them.
 *
 * Vectors are those of the compiler (GCC and clang), which makes of them
 * whatever the processor has. */
#include "common/tensor/gemm_parts.h"

#include <string.h>

#if defined __AVX512F__ || defined __aarch64__
enum { ROWS = 12 }; /* 24 of 32 registers are sums */
#else
enum { ROWS = 6 }; /* 12 of 16 */
#endif
enum { PANEL = 2 * LANES };

/* ---- one tile --------------------------------------------------------------------------------------- */

/* a[i][k] is row[i][k * step]; panel (depth,2). Not inlined: what the caller
 * holds would push the sums out of the registers. */
__attribute__((noinline)) static void multiply_tile(const float *const *row, size_t step,
                                                    const float *words, int depth, const GemmStore *s)
{
    const Vector *panel = (const Vector *)words;
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
        gemm_store_part((const float *)part, PANEL, s);
        return;
    }
#pragma GCC unroll 12
    for (int i = 0; i < ROWS; i++) {
        float *out = s->c + (size_t)i * (size_t)s->stride;
        if (i < s->rows) {
            gemm_store(out, s->bias, sum[i][0], s);
            gemm_store(out + LANES, s->bias ? s->bias + LANES : NULL, sum[i][1], s);
        }
    }
}

/* ---- the copy of b -------------------------------------------------------------------------------- */

/* panel[k][j] = from[j][k], for cols columns and depth rows of the panel. */
static void pack_transposed(const float *from, size_t stride, int depth, int cols, float *panel)
{
    int squares = depth / LANES * LANES;
    if (cols < PANEL)
        memset(panel, 0, sizeof *panel * (size_t)depth * PANEL);
    for (int j = 0; j < cols; j += LANES) {
        int whole = j + LANES <= cols ? squares : 0, lanes = smaller(LANES, cols - j);
        for (int k = 0; k < whole; k += LANES)
            gemm_transpose(from + (size_t)j * stride + k, stride, panel + k * PANEL + j, PANEL);
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

static void pack_b(Matrix b, const GemmPart *p, float *packed)
{
    size_t stride = (size_t)b.stride;
    for (int col = 0; b.transposed && col < p->lines; col += PANEL)
        pack_transposed(b.data + (size_t)(p->line + col) * stride + p->first, stride, p->depth,
                        smaller(PANEL, p->lines - col), packed + (size_t)col * (size_t)p->depth);
    for (int k = 0; !b.transposed && k < p->depth; k++)
        pack_row(b.data + (size_t)(p->first + k) * stride + p->line, p->lines, k, p->depth, packed);
}

/* ---- the copy of a -------------------------------------------------------------------------------- */

/* Each tile (ROWS,depth). */
static void pack_rows(Matrix a, const GemmPart *p, float *block)
{
    for (int i = 0; i / ROWS * ROWS < p->lines; i++)
        memcpy(block + (size_t)i * (size_t)p->depth,
               a.data + (size_t)(p->line + smaller(i, p->lines - 1)) * (size_t)a.stride + p->first,
               sizeof *block * (size_t)p->depth);
}

/* Each tile (depth,ROWS): a is transposed, and its numbers lie in that order. */
static void pack_columns(Matrix a, const GemmPart *p, float *block)
{
    for (int k = 0; k < p->depth; k++) {
        const float *from = a.data + (size_t)(p->first + k) * (size_t)a.stride + p->line;
        float *to = block + k * ROWS;
        int r = 0;
        for (; r + ROWS <= p->lines; r += ROWS, to += p->depth * ROWS)
            memcpy(to, from + r, sizeof *to * ROWS);
        for (int i = 0; r < p->lines && i < ROWS; i++)
            to[i] = from[smaller(r + i, p->lines - 1)];
    }
}

static void pack_a(Matrix a, const GemmPart *p, float *block)
{
    (a.transposed ? pack_columns : pack_rows)(a, p, block);
}

const GemmForm gemm_f32 = {ROWS, PANEL, 1, pack_b, pack_a, multiply_tile};
