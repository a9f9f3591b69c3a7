/* gemv.h -- the product of a few rows with a large matrix, as a model that writes one token needs it.
 *
 * Such a product is bound by memory: each weight is read once and used for all
 * rows at that moment. Threads share the rows of w in fixed ranges. */
#ifndef TENSOR_GEMV_H
#define TENSOR_GEMV_H

#include <stddef.h>

enum { GEMV_MAX = 8 }; /* with more rows, kernel_matmul is faster */

/* y (n,rows) = x (n,cols) w^T + bias: w (rows,cols), bias (rows) or NULL, n at most GEMV_MAX. */
void gemv_product(const float *x, int n, const float *w, int rows, int cols, const float *bias, float *y);

/* The sum of a[i] b[i], in one fixed order. */
float gemv_dot(const float *a, const float *b, int n);

#endif
