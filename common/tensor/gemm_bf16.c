/* gemm_bf16.c -- the tiles of a product in bf16: numbers of 16 bits, sums of 32.
 *
 * A bf16 is the upper half of a float: its sign, its 8 bits of exponent, and 7 bits of the fraction. The copies
 * that a product makes of a and b anyway round to it, to the nearest and, between two, to the even one; a and b
 * themselves stay float32. The product of two bf16 has 16 bits and is exact in float32; only the sums round.
 *
 * Processors with AVX512-BF16 multiply two pairs and add them up in one instruction (vdpbf16ps), for 16 columns at
 * a time: twice as many products as in float32. The portable tile adds in the same order and gives the same bits.
 * Numbers too small for a normal float count as zero, as for that instruction. */
#include "common/tensor/gemm_parts.h"

#include <string.h>
#if defined __x86_64__
#include <immintrin.h>
#endif

enum { ROWS = MAX_ROWS, PANEL = MAX_COLS };

typedef uint32_t Word __attribute__((may_alias));

/* ---- rounding ------------------------------------------------------------------------------------------ */

/* The nearest bf16, in the upper half of a word. The lower half is anything. */
static inline Words rounded(Vector x)
{
    Words bits = (Words)x, is_nan = (Words)(x != x), is_tiny = (Words)((bits & 0x7f800000u) == 0);
    Words near = bits + 0x7fffu + ((bits >> 16) & 1u);
    near = (near & ~is_tiny) | (bits & is_tiny & 0x80000000u);
    return (near & ~is_nan) | ((bits | 0x400000u) & is_nan);
}

/* Two numbers that follow each other along k, the first in the lower half. */
static inline Words paired(Vector first, Vector second)
{
    return (rounded(first) >> 16) | (rounded(second) & 0xffff0000u);
}

static inline Word paired_word(float first, float second)
{
    Vector x = {first}, y = {second};
    return paired(x, y)[0];
}

#if defined __AVX512F__
#define EVEN 0, 2, 4, 6, 8, 10, 12, 14, 16, 18, 20, 22, 24, 26, 28, 30
#define ODD 1, 3, 5, 7, 9, 11, 13, 15, 17, 19, 21, 23, 25, 27, 29, 31
#elif defined __AVX2__ || defined __AVX__
#define EVEN 0, 2, 4, 6, 8, 10, 12, 14
#define ODD 1, 3, 5, 7, 9, 11, 13, 15
#else
#define EVEN 0, 2, 4, 6
#define ODD 1, 3, 5, 7
#endif

/* words[i] = x[2i], x[2i+1], for `count` numbers; 0 after the last. */
static inline void pack_line(const float *x, int count, Word *words)
{
    int i = 0;
    for (; i + 2 * LANES <= count; i += 2 * LANES) {
        Vector low = *(const Loose *)(x + i), high = *(const Loose *)(x + i + LANES);
        Words both =
            paired(__builtin_shufflevector(low, high, EVEN), __builtin_shufflevector(low, high, ODD));
        memcpy(words + i / 2, &both, sizeof both);
    }
    for (; i < count; i += 2)
        words[i / 2] = paired_word(x[i], i + 1 < count ? x[i + 1] : 0);
}

/* words[i] = x[i], y[i], for `count` numbers. y may be NULL: zeros. */
static inline void pack_two_lines(const float *x, const float *y, int count, Word *words)
{
    int i = 0;
    for (; i + LANES <= count; i += LANES) {
        Vector first = *(const Loose *)(x + i), second = {0};
        if (y)
            second = *(const Loose *)(y + i);
        Words both = paired(first, second);
        memcpy(words + i, &both, sizeof both);
    }
    for (; i < count; i++)
        words[i] = paired_word(x[i], y ? y[i] : 0);
}

/* ---- the copy of b -------------------------------------------------------------------------------- */

/* panel[w][j] = from[j][2w], from[j][2w+1], for cols columns and depth numbers along k. */
static void pack_transposed(const float *from, size_t stride, int depth, int cols, float *panel)
{
    _Alignas(64) float square[LANES * LANES];
    int words = ceil_div(depth, 2), whole = depth / (2 * LANES) * LANES;
    if (cols < PANEL)
        memset(panel, 0, sizeof *panel * (size_t)words * PANEL);
    for (int j = 0; j < cols; j += LANES) {
        int lanes = smaller(LANES, cols - j), squares = lanes == LANES ? whole : 0;
        for (int w = 0; w < squares; w += LANES) {
            for (int i = 0; i < LANES; i++)
                pack_line(from + (size_t)(j + i) * stride + 2 * w, 2 * LANES, (Word *)square + i * LANES);
            gemm_transpose(square, LANES, panel + w * PANEL + j, PANEL);
        }
        for (int w = squares; w < words; w++) {
            for (int i = j; i < j + lanes; i++)
                pack_line(from + (size_t)i * stride + 2 * w, smaller(2, depth - 2 * w),
                          (Word *)panel + w * PANEL + i);
        }
    }
}

/* Rows x and y of b, cols columns of them, into word w of every panel. */
static void pack_rows_of_b(const float *x, const float *y, int cols, int w, int words, Word *packed)
{
    Word *to = packed + w * PANEL;
    for (int col = 0; col < cols; col += PANEL, to += (size_t)words * PANEL) {
        int count = smaller(PANEL, cols - col);
        pack_two_lines(x + col, y ? y + col : NULL, count, to);
        if (count < PANEL)
            memset(to + count, 0, sizeof *to * (size_t)(PANEL - count));
    }
}

static void pack_b(Matrix b, const GemmPart *p, float *packed)
{
    size_t stride = (size_t)b.stride;
    int words = ceil_div(p->depth, 2);
    for (int col = 0; b.transposed && col < p->lines; col += PANEL)
        pack_transposed(b.data + (size_t)(p->line + col) * stride + p->first, stride, p->depth,
                        smaller(PANEL, p->lines - col), packed + (size_t)col * (size_t)words);
    for (int w = 0; !b.transposed && w < words; w++) {
        const float *x = b.data + (size_t)(p->first + 2 * w) * stride + p->line;
        pack_rows_of_b(x, 2 * w + 1 < p->depth ? x + stride : NULL, p->lines, w, words, (Word *)packed);
    }
}

/* ---- the copy of a -------------------------------------------------------------------------------- */

/* Each tile (ROWS,words). */
static void pack_rows(Matrix a, const GemmPart *p, Word *block)
{
    size_t words = (size_t)ceil_div(p->depth, 2);
    for (int i = 0; i / ROWS * ROWS < p->lines; i++)
        pack_line(a.data + (size_t)(p->line + smaller(i, p->lines - 1)) * (size_t)a.stride + p->first,
                  p->depth, block + (size_t)i * words);
}

/* Each tile (words,ROWS): a is transposed, and its numbers lie in that order. */
static void pack_columns(Matrix a, const GemmPart *p, Word *block)
{
    Word line[BLOCK];
    int words = ceil_div(p->depth, 2);
    for (int w = 0; w < words; w++) {
        const float *x = a.data + (size_t)(p->first + 2 * w) * (size_t)a.stride + p->line;
        pack_two_lines(x, 2 * w + 1 < p->depth ? x + a.stride : NULL, p->lines, line);
        for (int i = p->lines; i % ROWS; i++)
            line[i] = line[p->lines - 1];
        for (int r = 0; r < p->lines; r += ROWS)
            memcpy(block + (size_t)r * (size_t)words + (size_t)w * ROWS, line + r, sizeof *line * ROWS);
    }
}

static void pack_a(Matrix a, const GemmPart *p, float *block)
{
    (a.transposed ? pack_columns : pack_rows)(a, p, (Word *)block);
}

/* ---- one tile ---------------------------------------------------------------------------------------- */

enum { FEW = 4 }; /* rows whose sums fit into the registers of any processor */

static inline Vector upper(Words w)
{
    return (Vector)(w & 0xffff0000u);
}

static inline Vector lower(Words w)
{
    return (Vector)(w << 16);
}

static inline Words spread(const float *word)
{
    return *(const Word *)word - (Words){0};
}

/* FEW rows of a tile and 2 LANES of its columns: sum (rows,PANEL). */
static inline void multiply_few(const float *const *row, size_t step, const float *panel, int words,
                                float *sum)
{
    Vector total[FEW][2];
#pragma GCC unroll 4
    for (int i = 0; i < FEW; i++)
        total[i][0] = total[i][1] = (Vector){0};
    for (size_t k = 0, at = 0; k < (size_t)words; k++, at += step) {
        const Words *b = (const Words *)(panel + k * PANEL);
#pragma GCC unroll 4
        for (int i = 0; i < FEW; i++) {
            Words a = spread(row[i] + at);
            for (int j = 0; j < 2; j++) {
                total[i][j] += upper(a) * upper(b[j]); /* the second number of a pair comes first */
                total[i][j] += lower(a) * lower(b[j]);
            }
        }
    }
#pragma GCC unroll 4
    for (int i = 0; i < FEW; i++) {
        for (int j = 0; j < 2; j++)
            *(Vector *)(sum + (size_t)i * PANEL + (size_t)j * LANES) = total[i][j];
    }
}

static void store_tile(const float *sum, const GemmStore *s)
{
    if (s->cols < PANEL) {
        gemm_store_part(sum, PANEL, s);
        return;
    }
    for (int i = 0; i < s->rows; i++) {
        for (int j = 0; j < PANEL; j += LANES)
            gemm_store(s->c + (size_t)i * (size_t)s->stride + j, s->bias ? s->bias + j : NULL,
                       *(const Vector *)(sum + i * PANEL + j), s);
    }
}

static void tile_plain(const float *const *row, size_t step, const float *panel, int words,
                       const GemmStore *s)
{
    _Alignas(64) float sum[ROWS * PANEL];
    for (int i = 0; i < s->rows; i += FEW) {
        for (int j = 0; j < PANEL; j += 2 * LANES)
            multiply_few(row + i, step, panel + j, words, sum + i * PANEL + j);
    }
    store_tile(sum, s);
}

const GemmForm gemm_bf16_plain = {ROWS, PANEL, 2, pack_b, pack_a, tile_plain};

#if defined __x86_64__
#define BF16 __attribute__((target("avx512f,avx512bf16")))

/* Not inlined: what the caller holds would push the sums out of the registers. */
BF16 __attribute__((noinline)) static void tile_avx512(const float *const *row, size_t step,
                                                       const float *panel, int words, const GemmStore *s)
{
    _Alignas(64) float sum[ROWS * PANEL];
    __m512 total[ROWS][2];
#pragma GCC unroll 12
    for (int i = 0; i < ROWS; i++)
        total[i][0] = total[i][1] = _mm512_setzero_ps();
    for (int i = 0; i < s->rows; i++) { /* asks for c, which arrives while the sums are made */
        __builtin_prefetch(s->c + (size_t)i * (size_t)s->stride, 1);
        __builtin_prefetch(s->c + (size_t)i * (size_t)s->stride + PANEL / 2, 1);
    }
    for (size_t k = 0, at = 0; k < (size_t)words; k++, at += step) {
        __m512bh left = (__m512bh)_mm512_load_ps(panel + k * PANEL);
        __m512bh right = (__m512bh)_mm512_load_ps(panel + k * PANEL + PANEL / 2);
#pragma GCC unroll 12
        for (int i = 0; i < ROWS; i++) {
            __m512bh a = (__m512bh)_mm512_set1_ps(row[i][at]);
            total[i][0] = _mm512_dpbf16_ps(total[i][0], a, left);
            total[i][1] = _mm512_dpbf16_ps(total[i][1], a, right);
        }
    }
#pragma GCC unroll 12
    for (int i = 0; i < ROWS; i++) {
        _mm512_store_ps(sum + i * PANEL, total[i][0]);
        _mm512_store_ps(sum + i * PANEL + PANEL / 2, total[i][1]);
    }
    store_tile(sum, s);
}

static const GemmForm gemm_bf16_avx512 = {ROWS, PANEL, 2, pack_b, pack_a, tile_avx512};

const GemmForm *gemm_bf16(void)
{
    return __builtin_cpu_supports("avx512bf16") ? &gemm_bf16_avx512 : &gemm_bf16_plain;
}
#else
const GemmForm *gemm_bf16(void)
{
    return &gemm_bf16_plain;
}
#endif
