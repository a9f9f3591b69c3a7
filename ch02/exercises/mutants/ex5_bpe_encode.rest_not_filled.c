/* ex5_bpe_encode.c -- exercise 5 of chapter 2, section 2.2.2.
 *
 * Encodes a word with the merges of a byte pair encoding. Row m of merges is (left, right, to): where symbol `left`
 * is followed by symbol `right`, both may become the one symbol `to`. A merge with a smaller m was learned earlier
 * and goes first; where a pair occurs several times, the leftmost goes first. Repeat until no pair of neighbours has
 * a merge. Write the symbols that remain to tokens, fill the rest of tokens with -1, and return how many remain. The
 * word has at least one symbol; there may be no merges.
 *
 * 用字节对编码的合并表给一个词编码。merges 的第 m 行是 (left, right, to)：left 后面紧跟 right 时，两者可以合成一个符号 to。
 * m 小的合并先学到，先应用；同一对出现多次时，最左边的先合并。重复到没有可以合并的相邻两个符号为止。
 * 把剩下的符号写入 tokens，其余位置填 -1，返回剩下的个数。词至少有一个符号；合并表可以是空的。
 *
 * Allowed: C's mathematics, memory, strings, printing; nothing of common.
 * 可用：C 标准库的数学、内存、字符串、打印函数；不用 common。
 *
 * Check it with: make ex EX=ch02/ex5      A hint: make hint EX=ch02/ex5 */
#include "ch02/exercises/exercises.h"

#include <stdbool.h>

int bpe_encode(const int *symbols, int n, const int *merges /* (M,3) */, int M, int *tokens /* (n) */)
{
    int count = n;
    /* BEGIN SOLUTION */
    for (int i = 0; i < n; i++)
        tokens[i] = symbols[i];
    for (int m = 0; m < M; m++) {
        const int *merge = merges + 3 * m;
        int kept = 0;
        for (int i = 0; i < count; i++, kept++) {
            bool both = i + 1 < count && tokens[i] == merge[0] && tokens[i + 1] == merge[1];
            tokens[kept] = both ? merge[2] : tokens[i];
            i += both;
        }
        count = kept;
    }
    for (int i = count; i < n; i++)
        tokens[i] = 0;
    /* END SOLUTION */
    return count;
}
