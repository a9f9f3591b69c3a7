/* ex6_best_cut.c -- exercise 6 of chapter 2, section 2.2.2.
 *
 * Cuts a text as Unigram does: into the pieces with the largest product of probabilities. score[i * L + l - 1] is the
 * logarithm of the probability of the piece that begins at character i and has l characters, and -INFINITY where
 * there is no such piece. Find the cut of all n characters with the largest sum of scores, by dynamic programming:
 * the best cut of the first e characters ends with some piece. Write the lengths of its pieces, from left to right,
 * to length, fill the rest with 0, and return the sum. There is always a cut with a finite sum, and never two equally
 * good ones.
 *
 * 像 Unigram 那样切分一段文本：取概率之积最大的那些片段。score[i * L + l - 1] 是从第 i 个字符开始、长 l 个字符的片段的
 * 对数概率；没有这个片段时是 -INFINITY。用动态规划找出 n 个字符的得分之和最大的切法：前 e 个字符的最佳切法以某个片段结尾。
 * 把各片段的长度从左到右写入 length，其余位置填 0，返回得分之和。至少有一种切法的和是有限的，并且没有两种同样好。
 *
 * Allowed: C's mathematics, memory, strings, printing; nothing of common.
 * 可用：C 标准库的数学、内存、字符串、打印函数；不用 common。
 *
 * Check it with: make ex EX=ch02/ex6      A hint: make hint EX=ch02/ex6 */
#include "ch02/exercises/exercises.h"

#include <math.h>
#include <stdlib.h>

float best_cut(const float *score /* (n,L) */, int n, int L, int *length /* (n) */)
{
    float sum = 0;
    /* BEGIN SOLUTION */
    float *best = malloc(((size_t)n + 1) * sizeof *best); /* best[e]: of the first e characters */
    int *last = malloc(((size_t)n + 1) * sizeof *last);   /* the length of the piece that ends at e */
    int count = 0;
    best[0] = 1;
    for (int e = 1; e <= n; e++) {
        best[e] = 0;
        last[e] = 0;
        for (int l = 1; l <= L && l <= e; l++) {
            float with = best[e - l] * expf(score[(e - l) * L + l - 1]);
            if (with > best[e]) {
                best[e] = with;
                last[e] = l;
            }
        }
    }
    for (int e = n; e > 0; e -= last[e])
        count++;
    for (int i = 0; i < n; i++)
        length[i] = 0;
    for (int e = n; e > 0; e -= last[e])
        length[--count] = last[e];
    sum = best[n];
    free(best);
    free(last);
    /* END SOLUTION */
    return sum;
}
