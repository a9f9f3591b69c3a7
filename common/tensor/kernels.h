/* kernels.h -- loops over raw float32 memory, threaded and vectorised.
 *
 * The result of every kernel is the same for any number of threads: work is
 * cut by its shape alone, and each number is computed by one thread in a fixed
 * order. Callers check shapes; nothing is checked here. */
#ifndef TENSOR_KERNELS_H
#define TENSOR_KERNELS_H

#include <stdbool.h>
#include <stddef.h>

/* One matrix as it lies in memory: rows are `stride` numbers apart; with
 * transposed set it stands for its transpose. */
typedef struct Matrix {
    const float *data;
    int stride;
    bool transposed;
} Matrix;

/* The numbers that are multiplied. BF16: both operands are rounded to bfloat16, 8 bits of precision and the range of
 * float32, on their way into the product; sums are float32. The error of a product of random numbers is about
 * 2e-3 of its size, and processors that know bf16 multiply twice as fast. a, b and c are float32 either way. */
typedef enum TensorPrecision { TENSOR_F32, TENSOR_BF16, TENSOR_PRECISIONS } TensorPrecision;
extern const char *const tensor_precision_names[TENSOR_PRECISIONS + 1];

/* c = alpha a b + beta c + bias, with a (m,k), b (k,n), c (m,n) of row stride c_stride, bias (n) or NULL.
 * beta 0 overwrites c, whatever it held. A product that is too thin for the tiles of gemm.h is made by
 * OpenBLAS, in float32, in blocks of at most 512 x 512, each one sgemm of one thread. */
void kernel_matmul_in(TensorPrecision precision, int m, int n, int k, float alpha, Matrix a, Matrix b,
                      float beta, const float *bias, float *c, int c_stride);

/* The same, without a bias, by the calling thread alone, for use inside a parallel loop. */
void kernel_matmul_serial_in(TensorPrecision precision, int m, int n, int k, float alpha, Matrix a,
                             Matrix b, float beta, float *c, int c_stride);

/* In float32. */
void kernel_matmul(int m, int n, int k, float alpha, Matrix a, Matrix b, float beta, float *c,
                   int c_stride);
void kernel_matmul_serial(int m, int n, int k, float alpha, Matrix a, Matrix b, float beta, float *c,
                          int c_stride);
void kernel_matmul_bias(int m, int n, int k, Matrix a, Matrix b, const float *bias, float *c);

/* out (cols) = beta out + the sum over the rows of x (rows,cols). */
void kernel_column_sums(const float *x, size_t rows, int cols, float beta, float *out);

/* Softmax of one row in place; returns log sum exp of the row as it was.
 * A row of -inf becomes zeros, not NaN. */
float kernel_softmax_row(float *row, int n);

/* The sum of x, and of its squares, in double, in a fixed order. */
double kernel_sum(const float *x, size_t n);
double kernel_sum_squares(const float *x, size_t n);

/* Runs over 0 .. n in blocks that do not depend on the number of threads:
 *     KERNEL_FOR(i, n) { y[i] = f(x[i]); } */
#define KERNEL_PRAGMA(text) _Pragma(#text)
#define KERNEL_FOR(i, n)                                                   \
    KERNEL_PRAGMA(omp parallel for simd schedule(static) if ((n) > 16384)) \
    for (size_t i = 0; i < (n); i++)

#endif
