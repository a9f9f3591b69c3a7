/* quant.c -- products of whole numbers, 16 rows of the matrix at a time.
 *
 * A block is one group of 16 rows: 32 numbers of each, in 8 steps of 4 numbers of
 * each row. A processor with AVX-512 VNNI multiplies a step with 4 numbers of the
 * input and adds up the 4 products of each row in one instruction; with AVX2 it takes
 * six for half of the rows. These are the places with instructions of their own; the
 * plain form beside them does the same sums. */
#include "common/tensor/quant.h"

#include <math.h>
#include <string.h>

#if defined __x86_64__
#include <immintrin.h>
#endif

enum {
    STEP = 4,
    STEPS = QUANT_GROUP / STEP,
    STEP_BYTES = QUANT_ROWS * STEP,
    TOGETHER = 4,
    SMALL = 1 << 18
};

/* ---- bfloat16 -------------------------------------------------------------------------------------- */

static float from_bf16(uint16_t half)
{
    uint32_t bits = (uint32_t)half << 16;
    float value;
    memcpy(&value, &bits, sizeof value);
    return value;
}

/* Away from zero to the next bfloat16, so that a scale never becomes too small. */
static uint16_t to_bf16(float value)
{
    uint32_t bits;
    memcpy(&bits, &value, sizeof bits);
    return (uint16_t)((bits + 0xffff) >> 16);
}

/* The next bfloat16 that is not larger. */
static uint16_t below_bf16(float value)
{
    uint32_t bits;
    memcpy(&bits, &value, sizeof bits);
    return value < 0 ? to_bf16(value) : (uint16_t)(bits >> 16);
}

/* The largest magnitude: that of floats without sign is the order of their bits. */
static float largest_magnitude(const float *x)
{
    uint32_t max = 0, bits[QUANT_GROUP];
    float value;
    memcpy(bits, x, sizeof bits);
    for (int i = 0; i < QUANT_GROUP; i++)
        max = (bits[i] & 0x7fffffff) > max ? bits[i] & 0x7fffffff : max;
    memcpy(&value, &max, sizeof value);
    return value;
}

/* ---- the matrix ------------------------------------------------------------------------------------ */

static size_t block_bytes(const Quant *q)
{
    return (size_t)QUANT_ROWS * QUANT_GROUP / (q->kind == QUANT_INT4 ? 2 : 1);
}

static size_t block_scales(const Quant *q)
{
    return QUANT_ROWS * (q->kind == QUANT_INT4 ? 2 : 1);
}

static size_t blocks_of(const Quant *q)
{
    return (size_t)((q->rows + QUANT_ROWS - 1) / QUANT_ROWS) * (size_t)q->groups;
}

size_t quant_bytes(const Quant *q)
{
    return blocks_of(q) * (block_bytes(q) + block_scales(q) * sizeof *q->scales);
}

Quant *quant_new(Arena *arena, QuantKind kind, int rows, int cols)
{
    Quant *q = arena_alloc(arena, sizeof *q);
    *q =
        (Quant){.kind = kind, .rows = rows, .cols = cols, .groups = (cols + QUANT_GROUP - 1) / QUANT_GROUP};
    size_t codes = blocks_of(q) * block_bytes(q),
           scales = blocks_of(q) * block_scales(q) * sizeof *q->scales;
    q->codes = arena_alloc(arena, codes);
    q->scales = arena_alloc(arena, scales);
    memset(q->codes, 0, codes); /* rows that do not exist count nothing */
    memset(q->scales, 0, scales);
    return q;
}

/* A whole number from least to most; a NaN becomes least. */
static int to_code(float x, int min, int max)
{
    float whole = rintf(x);
    return !(whole > (float)min) ? min : whole < (float)max ? (int)whole : max;
}

/* Where number i of a row lies within a block: in step i/4, beside the other rows. */
static size_t place_of(int row, int i)
{
    return (size_t)(i / STEP * STEP_BYTES + row * STEP + i % STEP);
}

static void set_group8(uint8_t *codes, uint16_t *scales, int row, const float *x)
{
    scales[row] = to_bf16(largest_magnitude(x) / 127);
    float scale = from_bf16(scales[row]), inverse = scale > 0 ? 1 / scale : 0;
    for (int i = 0; i < QUANT_GROUP; i++)
        codes[place_of(row, i)] = (uint8_t)(to_code(x[i] * inverse, -127, 127) + 128);
}

/* The sum of squared errors when x is rounded to scale q + least. */
static float error4(const float *x, float scale, float min)
{
    float sum = 0, inverse = scale > 0 ? 1 / scale : 0;
    for (int i = 0; i < QUANT_GROUP; i++) {
        float code = fminf(fmaxf(rintf((x[i] - min) * inverse), 0), 15);
        sum += (x[i] - min - scale * code) * (x[i] - min - scale * code);
    }
    return sum;
}

/* The range from the smallest to the largest number, or a narrower one if its
 * finer steps are worth more than the ends that are cut off. */
static void choose_range(const float *x, uint16_t *scale, uint16_t *min)
{
    float low = x[0], high = x[0], best = INFINITY;
    for (int i = 1; i < QUANT_GROUP; i++) {
        low = fminf(low, x[i]);
        high = fmaxf(high, x[i]);
    }
    for (int cut = 0; cut < 6; cut++) {
        float margin = 0.02f * (float)cut * (high - low);
        uint16_t from = below_bf16(low + margin);
        uint16_t step = to_bf16(fmaxf(high - margin - from_bf16(from), 0) / 15);
        float error = error4(x, from_bf16(step), from_bf16(from));
        if (cut == 0 || error < best) {
            best = error;
            *scale = step;
            *min = from;
        }
    }
}

/* Two codes share a byte: those of steps j and j + 4. */
static void set_group4(uint8_t *codes, uint16_t *scales, int row, const float *x)
{
    choose_range(x, &scales[row], &scales[QUANT_ROWS + row]);
    float scale = from_bf16(scales[row]), min = from_bf16(scales[QUANT_ROWS + row]);
    float inverse = scale > 0 ? 1 / scale : 0;
    for (int i = 0; i < QUANT_GROUP / 2; i++) {
        int low = to_code((x[i] - min) * inverse, 0, 15);
        int high = to_code((x[i + QUANT_GROUP / 2] - min) * inverse, 0, 15);
        codes[place_of(row, i)] = (uint8_t)(low | high << 4);
    }
}

void quant_set_row(Quant *q, int row, const float *values)
{
    size_t first = (size_t)(row / QUANT_ROWS) * (size_t)q->groups;
    for (int g = 0; g < q->groups; g++) {
        float x[QUANT_GROUP] = {0};
        int left = q->cols - g * QUANT_GROUP;
        uint8_t *codes = q->codes + (first + (size_t)g) * block_bytes(q);
        uint16_t *scales = q->scales + (first + (size_t)g) * block_scales(q);
        memcpy(x, values + (size_t)g * QUANT_GROUP,
               sizeof *x * (size_t)(left < QUANT_GROUP ? left : QUANT_GROUP));
        if (q->kind == QUANT_INT8)
            set_group8(codes, scales, row % QUANT_ROWS, x);
        else
            set_group4(codes, scales, row % QUANT_ROWS, x);
    }
}

static float number_of(const Quant *q, const uint8_t *codes, const uint16_t *scales, int row, int i)
{
    float scale = from_bf16(scales[row]);
    if (q->kind == QUANT_INT8)
        return scale * (float)(codes[place_of(row, i)] - 128);
    int half = QUANT_GROUP / 2, both = codes[place_of(row, i % half)];
    return scale * (float)(i < half ? both & 15 : both >> 4) + from_bf16(scales[QUANT_ROWS + row]);
}

void quant_row(const Quant *q, int row, float *out)
{
    size_t first = (size_t)(row / QUANT_ROWS) * (size_t)q->groups;
    for (int i = 0; i < q->cols; i++) {
        size_t block = first + (size_t)(i / QUANT_GROUP);
        out[i] = number_of(q, q->codes + block * block_bytes(q), q->scales + block * block_scales(q),
                           row % QUANT_ROWS, i % QUANT_GROUP);
    }
}

/* ---- the input ------------------------------------------------------------------------------------- */

QuantInput quant_input_new(Arena *arena, int max_rows, int max_cols)
{
    size_t groups = (size_t)((max_cols + QUANT_GROUP - 1) / QUANT_GROUP), rows = (size_t)max_rows;
    return (QuantInput){.codes = arena_alloc(arena, rows * groups * QUANT_GROUP),
                        .scales = arena_alloc(arena, rows * groups * sizeof(float)),
                        .sums = arena_alloc(arena, rows * groups * sizeof(int32_t))};
}

static void set_input_group(const float *x, int8_t *codes, float *scale, int32_t *sum)
{
    float max = largest_magnitude(x), inverse = max > 0 ? 127 / max : 0;
    int32_t total = 0;
    for (int i = 0; i < QUANT_GROUP; i++) {
        float whole = rintf(x[i] * inverse);
        int code = whole >= -127 && whole <= 127 ? (int)whole : 0; /* 0 for what is not a number */
        codes[i] = (int8_t)code;
        total += code;
    }
    *scale = max / 127;
    *sum = total;
}

void quant_input_set(QuantInput *in, const float *x, int rows, int cols)
{
    int groups = (cols + QUANT_GROUP - 1) / QUANT_GROUP, whole = cols / QUANT_GROUP;
    in->rows = rows;
    in->cols = cols;
    in->groups = groups;
#pragma omp parallel for schedule(static) if (rows > 4)
    for (int r = 0; r < rows; r++) {
        const float *row = x + (size_t)r * (size_t)cols;
        size_t at = (size_t)r * (size_t)groups;
        for (int g = 0; g < groups; g++) {
            float part[QUANT_GROUP] = {0};
            const float *from = row + (size_t)g * QUANT_GROUP;
            if (g == whole)
                from = memcpy(part, from, sizeof *part * (size_t)(cols - whole * QUANT_GROUP));
            set_input_group(from, in->codes + (at + (size_t)g) * QUANT_GROUP, &in->scales[at + (size_t)g],
                            &in->sums[at + (size_t)g]);
        }
    }
}

/* ---- the product: 16 rows of the matrix with up to TOGETHER rows of the input ------------------------ */

/* total[i] (16) is the product with row first + i of the input. */
typedef void Tile(const Quant *q, int tile, const QuantInput *x, int first, int count,
                  float total[TOGETHER][QUANT_ROWS]);

/* Row by row, as the compiler can do with vectors of any kind. */
static void dot_plain(const Quant *q, const uint8_t *codes, const int8_t *x, int32_t sum[QUANT_ROWS])
{
    int halves = q->kind == QUANT_INT4 ? 2 : 1, mask = halves == 2 ? 15 : 255;
    for (int half = 0; half < halves; half++) {
        for (int step = 0; step < STEPS / halves; step++, x += STEP) {
            const uint8_t *w = codes + step * STEP_BYTES;
            int shift = 4 * half;
            for (int r = 0; r < QUANT_ROWS; r++)
                sum[r] += (w[STEP * r] >> shift & mask) * x[0] + (w[STEP * r + 1] >> shift & mask) * x[1] +
                          (w[STEP * r + 2] >> shift & mask) * x[2] +
                          (w[STEP * r + 3] >> shift & mask) * x[3];
        }
    }
}

/* Adds the products of a block with 32 numbers of the input to the sums of its rows. */
typedef void Dot(const Quant *q, const uint8_t *codes, const int8_t *x, int32_t sum[QUANT_ROWS]);

static inline __attribute__((always_inline)) void tile_by(Dot *dot_of, const Quant *q, int tile,
                                                          const QuantInput *x, int first, int count,
                                                          float total[TOGETHER][QUANT_ROWS])
{
    size_t block = (size_t)tile * (size_t)q->groups;
    memset(total, 0, sizeof(float) * TOGETHER * QUANT_ROWS);
    for (int g = 0; g < q->groups; g++, block++) {
        const uint16_t *scales = q->scales + block * block_scales(q);
        for (int i = 0; i < count; i++) {
            size_t at = (size_t)(first + i) * (size_t)x->groups + (size_t)g;
            int32_t sum[QUANT_ROWS] = {0};
            dot_of(q, q->codes + block * block_bytes(q), x->codes + at * QUANT_GROUP, sum);
            for (int r = 0; r < QUANT_ROWS; r++) {
                float scale = from_bf16(scales[r]) * x->scales[at];
                int32_t dot = sum[r] - (q->kind == QUANT_INT8 ? 128 * x->sums[at] : 0);
                total[i][r] += scale * (float)dot;
                if (q->kind == QUANT_INT4)
                    total[i][r] += from_bf16(scales[QUANT_ROWS + r]) * (x->scales[at] * (float)x->sums[at]);
            }
        }
    }
}

static void tile_plain(const Quant *q, int tile, const QuantInput *x, int first, int count,
                       float total[TOGETHER][QUANT_ROWS])
{
    tile_by(dot_plain, q, tile, x, first, count, total);
}

#if defined __x86_64__
#define AVX2 __attribute__((target("avx2")))

/* sum + the products of 8 rows' codes with 4 numbers of the input: of the 1st and 3rd (x02), the 2nd and 4th (x13).
 * Products of 8 bits times 8 have 16, and madd adds two of them in 32. */
AVX2 static inline __m256i dot_step_avx2(__m256i sum, __m256i codes, __m256i x02, __m256i x13)
{
    const __m256i low = _mm256_set1_epi16(255);
    sum = _mm256_add_epi32(sum, _mm256_madd_epi16(_mm256_and_si256(codes, low), x02));
    return _mm256_add_epi32(sum, _mm256_madd_epi16(_mm256_srli_epi16(codes, 8), x13));
}

AVX2 static void dot_avx2(const Quant *q, const uint8_t *codes, const int8_t *x, int32_t sum[QUANT_ROWS])
{
    const __m256i nibble = _mm256_set1_epi8(15);
    int halves = q->kind == QUANT_INT4 ? 2 : 1;
    __m256i total[2];
    for (int i = 0; i < 2; i++)
        total[i] = _mm256_loadu_si256((const __m256i *)sum + i);
    for (int half = 0; half < halves; half++) {
        for (int step = 0; step < STEPS / halves; step++, x += STEP) {
            __m256i x02 = _mm256_set1_epi32((int)((uint16_t)x[0] | (uint32_t)(uint16_t)x[2] << 16));
            __m256i x13 = _mm256_set1_epi32((int)((uint16_t)x[1] | (uint32_t)(uint16_t)x[3] << 16));
            for (int i = 0; i < 2; i++) {
                __m256i w = _mm256_loadu_si256((const __m256i *)(codes + step * STEP_BYTES) + i);
                w = halves == 2 ? _mm256_and_si256(half ? _mm256_srli_epi16(w, 4) : w, nibble) : w;
                total[i] = dot_step_avx2(total[i], w, x02, x13);
            }
        }
    }
    for (int i = 0; i < 2; i++)
        _mm256_storeu_si256((__m256i *)sum + i, total[i]);
}

AVX2 static void tile_avx2(const Quant *q, int tile, const QuantInput *x, int first, int count,
                           float total[TOGETHER][QUANT_ROWS])
{
    tile_by(dot_avx2, q, tile, x, first, count, total);
}

#define VNNI __attribute__((target("avx512f,avx512bw,avx512vl,avx512vnni")))
#define VNNI_INLINE VNNI __attribute__((always_inline)) static inline

VNNI_INLINE __m512 load_bf16(const uint16_t *from)
{
    __m256i half = _mm256_loadu_si256((const void *)from);
    return _mm512_castsi512_ps(_mm512_slli_epi32(_mm512_cvtepu16_epi32(half), 16));
}

/* sum + the products with 4 numbers of the input, which lie at x. */
VNNI_INLINE __m512i dot_step(__m512i sum, __m512i codes, const int8_t *x)
{
    int32_t four;
    memcpy(&four, x, sizeof four);
    return _mm512_dpbusd_epi32(sum, codes, _mm512_set1_epi32(four));
}

/* The codes of one block as 8 steps of bytes. */
VNNI_INLINE void load_block(const Quant *q, const uint8_t *codes, __m512i step[STEPS])
{
    const __m512i low = _mm512_set1_epi8(15);
    for (int j = 0; j < STEPS && q->kind == QUANT_INT8; j++)
        step[j] = _mm512_loadu_si512(codes + j * STEP_BYTES);
    for (int j = 0; j < STEPS / 2 && q->kind == QUANT_INT4; j++) {
        __m512i both = _mm512_loadu_si512(codes + j * STEP_BYTES);
        step[j] = _mm512_and_si512(both, low);
        step[j + STEPS / 2] = _mm512_and_si512(_mm512_srli_epi16(both, 4), low);
    }
}

VNNI_INLINE void tile_any(const Quant *q, QuantKind kind, int tile, const QuantInput *x, int first,
                          int count, float total[TOGETHER][QUANT_ROWS])
{
    size_t block = (size_t)tile * (size_t)q->groups, rows = (size_t)first * (size_t)x->groups;
    const size_t bytes = kind == QUANT_INT4 ? 256 : 512, scales = kind == QUANT_INT4 ? 32 : 16;
    const Quant known = {.kind = kind};
    __m512 sum[TOGETHER];
    for (int i = 0; i < count; i++)
        sum[i] = _mm512_setzero_ps();
    for (int g = 0; g < q->groups; g++, block++) {
        __m512i step[STEPS];
        load_block(&known, q->codes + block * bytes, step);
        __m512 scale = load_bf16(q->scales + block * scales), min = scale;
        if (kind == QUANT_INT4)
            min = load_bf16(q->scales + block * scales + QUANT_ROWS);
#pragma GCC unroll 4
        for (int i = 0; i < count; i++) {
            size_t at = rows + (size_t)i * (size_t)x->groups + (size_t)g;
            __m512i dot =
                kind == QUANT_INT8 ? _mm512_set1_epi32(-128 * x->sums[at]) : _mm512_setzero_si512();
#pragma GCC unroll 8
            for (int j = 0; j < STEPS; j++)
                dot = dot_step(dot, step[j], x->codes + at * QUANT_GROUP + j * STEP);
            __m512 both = _mm512_mul_ps(scale, _mm512_set1_ps(x->scales[at]));
            sum[i] = _mm512_fmadd_ps(both, _mm512_cvtepi32_ps(dot), sum[i]);
            if (kind == QUANT_INT4)
                sum[i] = _mm512_fmadd_ps(min, _mm512_set1_ps(x->scales[at] * (float)x->sums[at]), sum[i]);
        }
    }
    for (int i = 0; i < count; i++)
        _mm512_storeu_ps(total[i], sum[i]);
}

/* Written out for each kind and count, so that the compiler keeps the sums in registers. */
VNNI static void tile_vnni(const Quant *q, int tile, const QuantInput *x, int first, int count,
                           float total[TOGETHER][QUANT_ROWS])
{
    if (count == TOGETHER && q->kind == QUANT_INT8)
        tile_any(q, QUANT_INT8, tile, x, first, TOGETHER, total);
    else if (count == TOGETHER)
        tile_any(q, QUANT_INT4, tile, x, first, TOGETHER, total);
    else
        for (int i = 0; i < count; i++) {
            if (q->kind == QUANT_INT8)
                tile_any(q, QUANT_INT8, tile, x, first + i, 1, total + i);
            else
                tile_any(q, QUANT_INT4, tile, x, first + i, 1, total + i);
        }
}

/* NULL where the processor cannot. */
static Tile *tile_of(QuantForm form)
{
    if (form == QUANT_VNNI)
        return __builtin_cpu_supports("avx512vnni") && __builtin_cpu_supports("avx512bw") ? tile_vnni
                                                                                          : NULL;
    return form == QUANT_PLAIN ? tile_plain : __builtin_cpu_supports("avx2") ? tile_avx2 : NULL;
}
#else
static Tile *tile_of(QuantForm form)
{
    return form == QUANT_PLAIN ? tile_plain : NULL;
}
#endif

static void product(Tile *tile, const Quant *q, const QuantInput *x, const float *bias, float *y)
{
    int tiles = (q->rows + QUANT_ROWS - 1) / QUANT_ROWS;
    size_t products = (size_t)x->rows * (size_t)q->rows * (size_t)q->cols;
#pragma omp parallel for schedule(static) if (products > SMALL)
    for (int t = 0; t < tiles; t++) {
        int row = t * QUANT_ROWS, rows = q->rows - row < QUANT_ROWS ? q->rows - row : QUANT_ROWS;
        for (int first = 0; first < x->rows; first += TOGETHER) {
            float total[TOGETHER][QUANT_ROWS];
            int count = x->rows - first < TOGETHER ? x->rows - first : TOGETHER;
            tile(q, t, x, first, count, total);
            for (int i = 0; i < count; i++) {
                float *out = y + (size_t)(first + i) * (size_t)q->rows + row;
                for (int r = 0; r < rows; r++)
                    out[r] = total[i][r] + (bias ? bias[row + r] : 0);
            }
        }
    }
}

void quant_product(const Quant *q, const QuantInput *x, const float *bias, float *y)
{
    for (int form = QUANT_FORMS - 1; !quant_product_by((QuantForm)form, q, x, bias, y); form--)
        ;
}

bool quant_product_by(QuantForm form, const Quant *q, const QuantInput *x, const float *bias, float *y)
{
    Tile *tile = tile_of(form);
    if (tile)
        product(tile, q, x, bias, y);
    return tile != NULL;
}
