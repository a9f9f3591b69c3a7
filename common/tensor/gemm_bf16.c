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

/* How lines of numbers become words. */
typedef struct Rounding {
    /* words[i] = x[2i], x[2i+1], for `count` numbers; 0 after the last. */
    void (*line)(const float *x, int count, Word *words);
    /* words[i] = x[i], y[i], for `count` numbers; y may be NULL: zeros. */
    void (*two_lines)(const float *x, const float *y, int count, Word *words);
} Rounding;

static void line_plain(const float *x, int count, Word *words)
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

static void two_lines_plain(const float *x, const float *y, int count, Word *words)
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

static const Rounding plain = {line_plain, two_lines_plain};

#if defined __x86_64__
#define BF16 __attribute__((target("avx512f,avx512bw,avx512vl,avx512bf16")))

BF16 static void line_avx512(const float *x, int count, Word *words)
{
    int i = 0;
    for (; i + 32 <= count; i += 32)
        _mm512_storeu_si512(words + i / 2, (__m512i)_mm512_cvtne2ps_pbh(_mm512_loadu_ps(x + i + 16),
                                                                        _mm512_loadu_ps(x + i)));
    line_plain(x + i, count - i, words + i / 2);
}

BF16 static void two_lines_avx512(const float *x, const float *y, int count, Word *words)
{
    const __m512i halves = _mm512_set_epi16(31, 15, 30, 14, 29, 13, 28, 12, 27, 11, 26, 10, 25, 9, 24, 8,
                                            23, 7, 22, 6, 21, 5, 20, 4, 19, 3, 18, 2, 17, 1, 16, 0);
    int i = 0;
    for (; i + 16 <= count; i += 16) {
        __m512 second = y ? _mm512_loadu_ps(y + i) : _mm512_setzero_ps();
        __m512i both = (__m512i)_mm512_cvtne2ps_pbh(second, _mm512_loadu_ps(x + i));
        _mm512_storeu_si512(words + i, _mm512_permutexvar_epi16(halves, both));
    }
    two_lines_plain(x + i, y ? y + i : NULL, count - i, words + i);
}

static const Rounding avx512 = {line_avx512, two_lines_avx512};
#endif

/* ---- the copy of b -------------------------------------------------------------------------------- */

/* panel[w][j] = from[j][2w], from[j][2w+1], for cols columns and depth numbers along k. */
static void pack_transposed(const Rounding *how, const float *from, size_t stride, int depth, int cols,
                            float *panel)
{
    _Alignas(64) float lines[LANES * DEPTH];
    int words = ceil_div(depth, 2), squares = words / LANES * LANES;
    if (cols < PANEL)
        memset(panel, 0, sizeof *panel * (size_t)words * PANEL);
    for (int j = 0; j < cols; j += LANES) {
        int lanes = smaller(LANES, cols - j), whole = lanes == LANES ? squares : 0;
        for (int i = 0; i < lanes; i++)
            how->line(from + (size_t)(j + i) * stride, depth, (Word *)lines + i * DEPTH);
        for (int w = 0; w < whole; w += LANES)
            gemm_transpose(lines + w, DEPTH, panel + w * PANEL + j, PANEL);
        for (int w = whole; w < words; w++) {
            for (int i = 0; i < lanes; i++)
                memcpy(panel + w * PANEL + j + i, lines + i * DEPTH + w, sizeof *panel);
        }
    }
}

/* Rows x and y of b, cols columns of them, into word w of every panel. */
static void pack_two_rows(const Rounding *how, const float *x, const float *y, int cols, int w, int words,
                          float *packed)
{
    Word line[WIDE * PANEL];
    float *to = packed + w * PANEL;
    how->two_lines(x, y, cols, line);
    memset(line + cols, 0, sizeof *line * (size_t)(ceil_div(cols, PANEL) * PANEL - cols));
    for (int col = 0; col < cols; col += PANEL, to += (size_t)words * PANEL)
        memcpy(to, line + col, sizeof *to * PANEL);
}

static void pack_b(const Rounding *how, Matrix b, const GemmPart *p, float *packed)
{
    size_t stride = (size_t)b.stride;
    int words = ceil_div(p->depth, 2);
    for (int col = 0; b.transposed && col < p->lines; col += PANEL)
        pack_transposed(how, b.data + (size_t)(p->line + col) * stride + p->first, stride, p->depth,
                        smaller(PANEL, p->lines - col), packed + (size_t)col * (size_t)words);
    for (int w = 0; !b.transposed && w < words; w++) {
        const float *x = b.data + (size_t)(p->first + 2 * w) * stride + p->line;
        pack_two_rows(how, x, 2 * w + 1 < p->depth ? x + stride : NULL, p->lines, w, words, packed);
    }
}

/* ---- the copy of a -------------------------------------------------------------------------------- */

/* Each tile (ROWS,words). */
static void pack_rows(const Rounding *how, Matrix a, const GemmPart *p, Word *block)
{
    size_t words = (size_t)ceil_div(p->depth, 2);
    for (int i = 0; i / ROWS * ROWS < p->lines; i++)
        how->line(a.data + (size_t)(p->line + smaller(i, p->lines - 1)) * (size_t)a.stride + p->first,
                  p->depth, block + (size_t)i * words);
}

/* Each tile (words,ROWS): a is transposed, and its numbers lie in that order. */
static void pack_columns(const Rounding *how, Matrix a, const GemmPart *p, Word *block)
{
    Word line[BLOCK];
    int words = ceil_div(p->depth, 2);
    for (int w = 0; w < words; w++) {
        const float *x = a.data + (size_t)(p->first + 2 * w) * (size_t)a.stride + p->line;
        how->two_lines(x, 2 * w + 1 < p->depth ? x + a.stride : NULL, p->lines, line);
        for (int i = p->lines; i % ROWS; i++)
            line[i] = line[p->lines - 1];
        for (int r = 0; r < p->lines; r += ROWS)
            memcpy(block + (size_t)r * (size_t)words + (size_t)w * ROWS, line + r, sizeof *line * ROWS);
    }
}

static void pack_a(const Rounding *how, Matrix a, const GemmPart *p, float *block)
{
    (a.transposed ? pack_columns : pack_rows)(how, a, p, (Word *)block);
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

static void store_plain(const float *sum, const GemmStore *s)
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
    store_plain(sum, s);
}

static void pack_a_plain(Matrix a, const GemmPart *p, float *block)
{
    pack_a(&plain, a, p, block);
}

static void pack_b_plain(Matrix b, const GemmPart *p, float *packed)
{
    pack_b(&plain, b, p, packed);
}

const GemmForm gemm_bf16_plain = {ROWS, PANEL, 2, pack_b_plain, pack_a_plain, tile_plain};

#if defined __x86_64__
BF16 static inline void store_avx512(float *out, const float *bias, __m512 sum, const GemmStore *s)
{
    __m512 v = _mm512_mul_ps(_mm512_set1_ps(s->alpha), sum);
    if (s->beta != 0)
        v = _mm512_fmadd_ps(_mm512_set1_ps(s->beta), _mm512_loadu_ps(out), v);
    if (bias)
        v = _mm512_add_ps(v, _mm512_loadu_ps(bias));
    _mm512_storeu_ps(out, v);
}

/* Not inlined: what the caller holds would push the sums out of the registers. */
BF16 __attribute__((noinline)) static void tile_avx512(const float *const *row, size_t step,
                                                       const float *panel, int words, const GemmStore *s)
{
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
    if (s->cols < PANEL) {
        _Alignas(64) float sum[ROWS * PANEL];
#pragma GCC unroll 12
        for (int i = 0; i < ROWS; i++) {
            _mm512_store_ps(sum + i * PANEL, total[i][0]);
            _mm512_store_ps(sum + i * PANEL + PANEL / 2, total[i][1]);
        }
        gemm_store_part(sum, PANEL, s);
        return;
    }
#pragma GCC unroll 12
    for (int i = 0; i < ROWS; i++) {
        float *out = s->c + (size_t)i * (size_t)s->stride;
        if (i < s->rows) {
            store_avx512(out, s->bias, total[i][0], s);
            store_avx512(out + PANEL / 2, s->bias ? s->bias + PANEL / 2 : NULL, total[i][1], s);
        }
    }
}

static void pack_a_avx512(Matrix a, const GemmPart *p, float *block)
{
    pack_a(&avx512, a, p, block);
}

static void pack_b_avx512(Matrix b, const GemmPart *p, float *packed)
{
    pack_b(&avx512, b, p, packed);
}

static const GemmForm gemm_bf16_avx512 = {ROWS, PANEL, 2, pack_b_avx512, pack_a_avx512, tile_avx512};

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
