/* ex8_pack_best_fit.c -- exercise 8 of chapter 6, section 6.4.3.
 *
 * Packs examples into windows of T tokens. Example i has length[i] >= 1 tokens. Take the examples by length, the
 * longest first, of equally long ones the one with the smaller index. Each goes whole into the fullest window where it
 * still fits, of equally full ones into the one with the smaller number, after what is there; where it fits into none,
 * it begins a new window. Examples longer than T are left out.
 * Write row[i], the number of its window, and at[i], the position where it begins in it; both -1 if it is left out.
 * Return the number of windows.
 *
 * 把样本装进长度为 T 的窗口。第 i 个样本有 length[i] >= 1 个词元。按长度从长到短取样本，一样长时先取下标小的。每个样本整个放进还放得下它的
 * 最满的窗口，同样满时放进编号小的，接在已有内容之后；没有窗口放得下，就另开一个新窗口。比 T 长的样本不放。
 * 写出 row[i]（窗口编号）和 at[i]（在窗口中的起点）；没有放的样本两者都写 -1。返回窗口个数。
 *
 * Allowed: C's mathematics, memory, strings, printing; nothing of common.
 * 可用：C 标准库的数学、内存、字符串、打印函数；不用 common。
 *
 * Check it with: make ex EX=ch06/ex8      A hint: make hint EX=ch06/ex8 */
#include "ch06/exercises/exercises.h"

#include <stdlib.h>

int pack_best_fit(const int *length /* (n) */, int n, int T, int *row /* (n) */, int *at /* (n) */)
{
    int rows = 0;
    /* BEGIN SOLUTION */
    int *used = malloc(sizeof(int) * (size_t)(n + 1));
    for (int i = 0; i < n; i++)
        row[i] = at[i] = -1;
    for (int size = 10 * T; size >= 1; size--) {
        for (int i = 0; i < n; i++) {
            if (length[i] != size)
                continue;
            int best = -1;
            for (int r = 0; r < rows; r++) {
                if (used[r] + size <= T && (best < 0 || used[r] > used[best]))
                    best = r;
            }
            if (best < 0) {
                best = rows++;
                used[best] = 0;
            }
            row[i] = best;
            at[i] = used[best];
            used[best] += size;
        }
    }
    free(used);
    /* END SOLUTION */
    return rows;
}
