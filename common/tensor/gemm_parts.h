/* gemm_parts.h (inside) -- what the matrix products in float32 and in bf16 share: gemm.c cuts a product into
 * tiles, and a GemmForm copies its operands and multiplies one tile.
 *
 * Copies are made of words of 4 bytes: one float, or two bf16 that follow each other along k. */
#ifndef TENSOR_GEMM_PARTS_H
#define TENSOR_GEMM_PARTS_H

#include "common/tensor/gemm.h"

#include <stdint.h>

#if defined __AVX512F__
enum { LANES = 16 };
#elif defined __AVX2__ || defined __AVX__
enum { LANES = 8 };
#else
enum { LANES = 4 };
#endif

typedef float Vector __attribute__((vector_size(LANES * sizeof(float)), may_alias));
typedef uint32_t Words __attribute__((vector_size(LANES * sizeof(uint32_t)), may_alias));

/* The same for any place in memory. */
typedef float Loose __attribute__((vector_size(LANES * sizeof(float)), aligned(4), may_alias));

/* A tile has at most MAX_ROWS x MAX_COLS numbers. DEPTH words along k are copied at a time, of BLOCK rows of a
 * (tiles of 6 and of 12 rows divide it) and of WIDE panels of b. */
enum { MAX_ROWS = 12, MAX_COLS = 32, DEPTH = 384, BLOCK = 132, WIDE = 12 };

/* How a tile's sums go into c. */
typedef struct GemmStore {
    float alpha, beta;
    const float *bias; /* of the tile's first column, or NULL */
    float *c;
    int stride, rows, cols; /* rows and columns of the tile that exist */
} GemmStore;

/* A part of an operand: `lines` rows of a or columns of b from `line` on, numbers first .. first+depth along k. */
typedef struct GemmPart {
    int line, lines, first, depth;
} GemmPart;

typedef struct GemmForm {
    int rows, cols; /* of a tile */
    int per_word;   /* numbers in a word */
    /* The part of b: panel after panel, (words,cols), zeros beyond the last column. */
    void (*pack_b)(Matrix b, const GemmPart *part, float *packed);
    /* The part of a: tile after tile, (rows,words), or (words,rows) if a is transposed; a row that
     * does not exist repeats the last one. */
    void (*pack_a)(Matrix a, const GemmPart *part, float *block);
    /* Multiplies: word k of row i of a is row[i][k * step]. */
    void (*tile)(const float *const *row, size_t step, const float *panel, int words, const GemmStore *s);
} GemmForm;

extern const GemmForm gemm_f32;

/* The form for this processor, and that of any processor. */
const GemmForm *gemm_bf16(void);
extern const GemmForm gemm_bf16_plain;

void gemm_in(const GemmForm *form, int m, int n, int k, float alpha, Matrix a, Matrix b, float beta,
             const float *bias, float *c, int c_stride);

/* A tile that hangs over the edge of c; sum (rows,cols). */
void gemm_store_part(const float *sum, int cols, const GemmStore *s);

/* Transposes a square of LANES x LANES words; rows of `to` are `cols` apart. */
void gemm_transpose(const float *from, size_t stride, float *to, int cols);

static inline int smaller(int a, int b)
{
    return a < b ? a : b;
}

static inline int ceil_div(int a, int b)
{
    return (a + b - 1) / b;
}

static inline void gemm_store(float *out, const float *bias, Vector sum, const GemmStore *s)
{
    Vector v = s->alpha * sum;
    if (s->beta != 0)
        v += s->beta * *(const Loose *)out;
    if (bias)
        v += *(const Loose *)bias;
    *(Loose *)out = v;
}

#endif
