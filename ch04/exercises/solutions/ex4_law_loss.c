/* ex4_law_loss.c -- exercise 4 of chapter 4, section 4.2.2.
 *
 * The loss that a scaling law is fitted by, and its gradient. p = (ln A, ln B, ln E, alpha, beta) stands for the law
 * A / N^alpha + B / D^beta + E; run i had N[i] parameters and D[i] tokens and ended at the loss L[i]. With the residual
 * r = ln(law at N[i], D[i]) - ln L[i] it is the sum over all runs of
 *
 *     huber(r) = r^2 / 2                       where |r| <= delta
 *                delta (|r| - delta / 2)       elsewhere
 *
 * Return the sum, and put its derivatives with respect to the five numbers of p into gradient. Compute in double.
 *
 * 拟合缩放律所用的损失及其梯度。p = (ln A, ln B, ln E, alpha, beta) 表示 A / N^alpha + B / D^beta + E；第 i 次训练有
 * N[i] 个参数、D[i] 个词元，最后的损失为 L[i]。残差 r = ln(在 N[i]、D[i] 处的预测) - ln L[i]。所求的是所有训练的
 * huber(r) 之和：|r| <= delta 时为 r^2 / 2，否则为 delta (|r| - delta / 2)。返回这个和，并把它对 p 的五个数的导数
 * 写入 gradient。请用 double 计算。
 *
 * Allowed: C's mathematics, memory, strings, printing; nothing of common.
 * 可用：C 标准库的数学、内存、字符串、打印函数；不用 common。
 *
 * Check it with: make ex EX=ch04/ex4      A hint: make hint EX=ch04/ex4 */
#include "ch04/exercises/exercises.h"

#include <math.h>
#include <stdbool.h>

float law_loss(const float *p /* (5) */, const float *N /* (n) */, const float *D /* (n) */,
               const float *L /* (n) */, int n, float delta, float *gradient /* (5) */)
{
    double sum = 0;
    /* BEGIN SOLUTION */
    double slopes[5] = {0};
    for (int i = 0; i < n; i++) {
        double ln_n = log((double)N[i]), ln_d = log((double)D[i]);
        double a = exp((double)p[0] - (double)p[3] * ln_n), b = exp((double)p[1] - (double)p[4] * ln_d);
        double law = a + b + exp((double)p[2]), r = log(law) - log((double)L[i]);
        bool inside = fabs(r) <= (double)delta;
        double slope = inside ? r : copysign((double)delta, r);
        sum += inside ? r * r / 2 : (double)delta * (fabs(r) - (double)delta / 2);
        slopes[0] += slope * a / law;
        slopes[1] += slope * b / law;
        slopes[2] += slope * (law - a - b) / law;
        slopes[3] -= slope * ln_n * a / law;
        slopes[4] -= slope * ln_d * b / law;
    }
    for (int j = 0; j < 5; j++)
        gradient[j] = (float)slopes[j];
    /* END SOLUTION */
    return (float)sum;
}
