/* ex14_repeated_share.c -- exercise 14 of chapter 4, section 4.1.2.
 *
 * Gopher's rule against repetition. A text is n words: unit[i] is a number that stands for word i, equal words
 * having the same, and chars[i] is how many characters it has. Go over the text from left to right, beginning at i =
 * 0. Where the N words from i on are the same as N words at which you stopped before, all of their characters are
 * repeated: count them and go on N words further. Where they are not, remember them and go on one word. Stop where
 * fewer than N words are left. Return the share of the text's characters that is repeated; 0 for a text without
 * characters.
 *
 * Gopher 的重复规则。文本有 n 个词：unit[i] 是代表第 i 个词的整数，相同的词整数相同；chars[i] 是它的字符数。从 i = 0 开始由左向右走。
 * 如果从 i 起的 N 个词与之前某次停留处的 N 个词相同，它们的字符全部算重复：计数，然后前进 N 个词；否则记住它们，前进一个词。剩下不足
 * N 个词时停止。返回重复的字符占全文字符的比例；没有字符的文本返回 0。
 *
 * Allowed: C's mathematics, memory, strings, printing; nothing of common.
 * 可用：C 标准库的数学、内存、字符串、打印函数；不用 common。
 *
 * Check it with: make ex EX=ch04/ex14      A hint: make hint EX=ch04/ex14 */
#include "ch04/exercises/exercises.h"

#include <stdlib.h>
#include <string.h>

float repeated_share(const int *unit /* (n) */, const int *chars /* (n) */, int n, int N)
{
    float share = 0;
    /* BEGIN SOLUTION */
    int *stops = malloc(((size_t)n + 1) * sizeof *stops), count = 0, repeated = 0, all = 0;
    for (int i = 0; i < n; i++)
        all += chars[i];
    for (int i = 0; i + N <= n;) {
        int again = 0;
        for (int s = count - 1; s >= 0 && s >= count - 1; s--)
            again = again || memcmp(unit + stops[s], unit + i, (size_t)N * sizeof *unit) == 0;
        if (!again)
            stops[count++] = i;
        for (int k = i; again && k < i + N; k++)
            repeated += chars[k];
        i += again ? N : 1;
    }
    share = all > 0 ? (float)repeated / (float)all : 0;
    free(stops);
    /* END SOLUTION */
    return share;
}
