/* ex10_ewc_penalty.c -- exercise 10 of chapter 6, section 6.5.
 *
 * A model with N weights theta has learnt K tasks, one after another. After task k its weights were row k of theta_k,
 * and row k of fisher says how much the predictions on that task depend on each weight. While the next task is trained,
 * elastic weight consolidation (Kirkpatrick et al., 2017) adds to its loss
 *     penalty = lambda/2 sum over k and i of fisher[k][i] (theta[i] - theta_k[k][i])^2
 * Add the gradient of the penalty with respect to theta to d_theta, where that of the loss is already, and return the
 * penalty. With K = 0 it is 0.
 *
 * 一个有 N 个权重 theta 的模型先后学了 K 个任务。学完任务 k 时，权重是 theta_k 的第 k 行；fisher 的第 k 行说明该任务的
 * 预测对各个权重有多敏感。训练下一个任务时，弹性权重巩固（EWC）把上面的惩罚项加进损失。d_theta 里已有损失的梯度，
 * 请把惩罚项对 theta 的梯度加上去，并返回惩罚项的值。K = 0 时它是 0。
 *
 * Allowed: C's mathematics, memory, strings, printing; nothing of common.
 * 可用：C 标准库的数学、内存、字符串、打印函数；不用 common。
 *
 * Check it with: make ex EX=ch06/ex10      A hint: make hint EX=ch06/ex10 */
#include "ch06/exercises/exercises.h"

float ewc_penalty(const float *theta /* (N) */, const float *theta_k /* (K,N) */,
                  const float *fisher /* (K,N) */, float lambda, int K, int N, float *d_theta /* (N) */)
{
    double penalty = 0;
    /* BEGIN SOLUTION */
    for (int k = 0; k < K; k++) {
        for (int i = 0; i < N; i++) {
            float moved = theta[i] - theta_k[k * N + i], f = fisher[k * N + i];
            penalty += (double)lambda / 2 * (double)f * (double)moved * (double)moved;
            d_theta[i] += lambda / 2 * f * moved;
        }
    }
    /* END SOLUTION */
    return (float)penalty;
}
