/* ex9_merge_attention.c -- exercise 9 of chapter 4, section 4.4.2.
 *
 * One query has met its keys on P ranks. Rank p reports of the scores s that it has seen
 *     max[p] = their maximum     sum[p] = the sum of e^(s - max[p])     out[p * E + e] = the sum of e^(s - max[p])
 *     value[e]
 * Write the output of attention over the keys of all ranks to result (E). A rank may have seen no key: its max is
 * -INFINITY, its sum and out are 0. At least one rank has seen one. Scores may be as large as 10^4, of either sign.
 *
 * 一个查询在 P 个进程上分别遇到了一部分键。对看过的得分 s，进程 p 给出
 *     max[p] = 其最大值     sum[p] = e^(s - max[p]) 之和     out[p * E + e] = e^(s - max[p]) value[e] 之和
 * 把注意力在所有进程的键上的输出写入 result (E)。某个进程可能一个键也没有看到：它的 max 是 -INFINITY，sum 和 out 是 0。
 * 至少有一个进程看到过键。得分的绝对值可能大到 10^4。
 *
 * Allowed: C's mathematics, memory, strings, printing; nothing of common.
 * 可用：C 标准库的数学、内存、字符串、打印函数；不用 common。
 *
 * Check it with: make ex EX=ch04/ex9      A hint: make hint EX=ch04/ex9 */
#include "ch04/exercises/exercises.h"

#include <math.h>

void merge_attention(const float *max /* (P) */, const float *sum /* (P) */, const float *out /* (P,E) */,
                     int P, int E, float *result /* (E) */)
{
    /* BEGIN SOLUTION */
    float most = -INFINITY, total = 0;
    for (int p = 0; p < P; p++)
        most = fmaxf(most, max[p]);
    for (int e = 0; e < E; e++)
        result[e] = 0;
    for (int p = 0; p < P; p++) {
        float rescale = sum[p] > 0 ? 1 / sum[p] : 0;
        total += sum[p] > 0;
        for (int e = 0; e < E; e++)
            result[e] += rescale * out[p * E + e];
    }
    for (int e = 0; e < E; e++)
        result[e] /= total;
    /* END SOLUTION */
}
