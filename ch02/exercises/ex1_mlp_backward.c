/* ex1_mlp_backward.c -- exercise 1 of chapter 2, section 2.1.1.
 *
 * Backpropagation through a network of two layers, by hand. The forward pass of one example x is
 *
 *     h = tanh(W1 x + b1)   (H)          y = W2 h + b2   (O)
 *
 * Given d_y, the gradient of the loss with respect to y, compute those of all parameters, summed over the N
 * examples, and that of each x:
 *
 *     dW2[o][j] = d_y[o] h[j]        db2 = d_y        dh = W2^T d_y
 *     dz = dh (1 - h^2), for each j  (z = W1 x + b1)
 *     dW1[j][i] = dz[j] x[i]         db1 = dz         dx = W1^T dz
 *
 * h is not given: compute it again. The gradients hold arbitrary values before you write to them.
 *
 * 手写两层网络的反向传播。前向计算和各个梯度的公式如上。参数的梯度要对 N 个样本求和，x 的梯度每个样本各有一份。
 * h 没有给出，要重新算。各个梯度里原来是无意义的值。
 *
 * Allowed: C's mathematics, memory, strings, printing; nothing of common.
 * 可用：C 标准库的数学、内存、字符串、打印函数；不用 common。
 *
 * Check it with: make ex EX=ch02/ex1      A hint: make hint EX=ch02/ex1 */
#include "ch02/exercises/exercises.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

void mlp_backward(const Mlp *m, const float *x /* (N,I) */, const float *d_y /* (N,O) */, int N,
                  const MlpGradients *d)
{
    /* TODO */
}
