/* quant.h -- matrices in 8 or 4 bits a number, multiplied in whole numbers.
 *
 * A row is cut into groups of 32 numbers, and each group has a scale s of its own:
 *
 *     int8    w = s (q - 128),   q in 1 .. 255,  8.5 bits a number
 *     int4    w = s q + min,     q in 0 .. 15,     5 bits a number
 *
 * Scales and minima are bfloat16, rounded before the q are, so that the q
 * make up for their rounding. The input is cut into the same groups and rounded
 * to int8, each row for itself; then a group is a dot product of whole numbers,
 * which is exact, and one multiplication. The sum over the groups is float, in
 * order: a row of the result does not depend on the other rows of the input or
 * on the number of threads. Grouped scales: Dettmers et al., 2022 ("LLM.int8()").
 *
 * 16 rows lie side by side, 4 numbers of each in turn, so that the weights are
 * read once, in the order in which they lie. */
#ifndef TENSOR_QUANT_H
#define TENSOR_QUANT_H

#include "common/base/arena.h"

#include <stdbool.h>
#include <stdint.h>

typedef enum QuantKind { QUANT_NONE, QUANT_INT8, QUANT_INT4 } QuantKind;

enum { QUANT_GROUP = 32, QUANT_ROWS = 16 };

typedef struct Quant {
    QuantKind kind;
    int rows, cols, groups;
    uint8_t *codes;   /* (rows/16, groups, 512) for int8, 256 for int4 */
    uint16_t *scales; /* (rows/16, groups, 16) for int8; for int4 32: 16 scales, 16 minima */
} Quant;

/* Room for a matrix of rows x cols, owned by the arena; quant_set_row fills it. */
Quant *quant_new(Arena *arena, QuantKind kind, int rows, int cols);

/* Rounds row (cols) into a row of the matrix; quant_row gives back what was kept of it. */
void quant_set_row(Quant *q, int row, const float *values);
void quant_row(const Quant *q, int row, float *out);

/* Bytes that a product reads of the matrix. */
size_t quant_bytes(const Quant *q);

/* The rounded input: n rows of cols numbers. Make room once for the largest. */
typedef struct QuantInput {
    int rows, cols, groups;
    int8_t *codes; /* (rows, 32 groups): x = scale code */
    float *scales; /* (rows, groups) */
    int32_t *sums; /* (rows, groups): sum of the codes */
} QuantInput;
QuantInput quant_input_new(Arena *arena, int max_rows, int max_cols);
void quant_input_set(QuantInput *in, const float *x, int rows, int cols);

/* y (n,rows) = x (n,cols) W^T + bias; bias (rows) or NULL. */
void quant_product(const Quant *q, const QuantInput *x, const float *bias, float *y);

/* The same by instructions of any processor, or of some; false, and nothing done, where this one lacks them. */
typedef enum QuantForm { QUANT_PLAIN, QUANT_AVX2, QUANT_VNNI, QUANT_FORMS } QuantForm;
bool quant_product_by(QuantForm form, const Quant *q, const QuantInput *x, const float *bias, float *y);

#endif
