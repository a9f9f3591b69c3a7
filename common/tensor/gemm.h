/* gemm.h -- a matrix product of our own, for the shapes of language models.
 *
 * OpenBLAS copies both matrices into its own order before it multiplies, each
 * thread for itself; where a matrix has a few hundred columns that costs up to a
 * quarter of the product. This one copies only b, once for all threads, and
 * reads a where it lies (after Goto and van de Geijn, 2008). Each number of c
 * is summed by one thread in the order of k: the number of threads does not show. */
#ifndef TENSOR_GEMM_H
#define TENSOR_GEMM_H

#include "common/tensor/kernels.h"

/* Whether an (m,k) (k,n) product fills its tiles; a thin one is left to OpenBLAS. */
bool gemm_suits(int m, int n, int k);

/* c = alpha a b + beta c + bias, as kernel_matmul; bias (n) or NULL. */
void gemm(int m, int n, int k, float alpha, Matrix a, Matrix b, float beta, const float *bias, float *c,
          int c_stride);

#endif
