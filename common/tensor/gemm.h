/* gemm.h -- a matrix product of our own, for the shapes of language models.
 *
 * On one thread it is about as fast as OpenBLAS. On two, a product of a few
 * hundred rows and columns lasts some tenths of a millisecond, and OpenBLAS
 * loses a third of it where its threads meet (260 against 390 GFLOP/s); here
 * each thread multiplies its own part of c and waits for nobody. Each number of c is summed by one thread in
 * the order of k: the number of threads does not show. */
#ifndef TENSOR_GEMM_H
#define TENSOR_GEMM_H

#include "common/tensor/kernels.h"

/* Whether an (m,k) (k,n) product fills its tiles; a thin one is left to OpenBLAS. */
bool gemm_suits(int m, int n, int k);

/* c = alpha a b + beta c + bias, as kernel_matmul_in; bias (n) or NULL. */
void gemm(TensorPrecision precision, int m, int n, int k, float alpha, Matrix a, Matrix b, float beta,
          const float *bias, float *c, int c_stride);

/* The same, without a bias, by the calling thread alone. */
void gemm_serial(TensorPrecision precision, int m, int n, int k, float alpha, Matrix a, Matrix b,
                 float beta, float *c, int c_stride);

#endif
