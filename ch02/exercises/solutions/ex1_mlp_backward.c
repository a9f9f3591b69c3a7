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
    /* BEGIN SOLUTION */
    int I = m->inputs, H = m->hidden, O = m->outputs;
    float *h = malloc((size_t)H * sizeof *h);
    memset(d->w1, 0, (size_t)(H * I) * sizeof *d->w1);
    memset(d->b1, 0, (size_t)H * sizeof *d->b1);
    memset(d->w2, 0, (size_t)(O * H) * sizeof *d->w2);
    memset(d->b2, 0, (size_t)O * sizeof *d->b2);
    memset(d->x, 0, (size_t)(N * I) * sizeof *d->x);
    for (int n = 0; n < N; n++) {
        const float *in = x + n * I, *dy = d_y + n * O;
        for (int j = 0; j < H; j++) {
            h[j] = m->b1[j];
            for (int i = 0; i < I; i++)
                h[j] += m->w1[j * I + i] * in[i];
            h[j] = tanhf(h[j]);
        }
        for (int o = 0; o < O; o++) {
            d->b2[o] += dy[o];
            for (int j = 0; j < H; j++)
                d->w2[o * H + j] += dy[o] * h[j];
        }
        for (int j = 0; j < H; j++) {
            float dz = 0;
            for (int o = 0; o < O; o++)
                dz += m->w2[o * H + j] * dy[o];
            dz *= 1 - h[j] * h[j];
            d->b1[j] += dz;
            for (int i = 0; i < I; i++) {
                d->w1[j * I + i] += dz * in[i];
                d->x[n * I + i] += dz * m->w1[j * I + i];
            }
        }
    }
    free(h);
    /* END SOLUTION */
}
