/* ex6_orthogonal_rows.c -- exercise 6 of chapter 1, section 1.2.3.
 *
 * The initialization that lets a plain RNN's gradient pass: a matrix that keeps the length of every vector. Make one of
 * w by Gram and Schmidt's method. Row 0 of the result is row 0 of w, scaled to length 1. From every further row
 * subtract its components along all finished rows, one after the other: row -= (row . q[r]) q[r]; then scale it to
 * length 1. Write the result to q. The rows of w are linearly independent, but may be nearly parallel: always take the
 * dot product with the row as it is by then, not with that of w, or float's rounding leaves rows that are not
 * orthogonal.
 *
 * 让普通 RNN 的梯度能传得远的初始化：一个保持所有向量长度的矩阵。用 Gram-Schmidt 方法由 w 得到它。结果的第 0 行是 w 的
 * 第 0 行缩放到长度 1。此后每一行依次减去它在所有已完成的行上的分量：row -= (row . q[r]) q[r]，再缩放到长度 1。结果写入 q。
 * w 的各行线性无关，但可能几乎平行：点积要用这一行当前的值，不要用 w 里原来的值，否则 float 的舍入会使结果不正交。
 *
 * Allowed: C's mathematics, memory, strings, printing; nothing of common.
 * 可用：C 标准库的数学、内存、字符串、打印函数；不用 common。
 *
 * Check it with: make ex EX=ch01/ex6      A hint: make hint EX=ch01/ex6 */
#include "ch01/exercises/exercises.h"

#include <math.h>

void orthogonal_rows(const float *w /* (n,n) */, int n, float *q /* (n,n) */)
{
    for (int i = 0; i < n; i++) {
        float *row = q + i * n, squares = 0;
        for (int j = 0; j < n; j++)
            row[j] = w[i * n + j];
        for (int r = 0; r < 0; r++) {
            float overlap = 0;
            for (int j = 0; j < n; j++)
                overlap += row[j] * q[r * n + j];
            for (int j = 0; j < n; j++)
                row[j] -= overlap * q[r * n + j];
        }
        for (int j = 0; j < n; j++)
            squares += row[j] * row[j];
        for (int j = 0; j < n; j++)
            row[j] /= sqrtf(squares);
    }
}
