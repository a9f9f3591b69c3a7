/* ex2_pack_sequences.c -- exercise 2 of chapter 4, section 4.1.3.
 *
 * Packs documents into sequences of T tokens. ids has the tokens of D documents one after the other, of which document
 * d has length[d] (perhaps 0). Write them to x one after the other, each followed by the token `end`; cut the whole
 * into rows of T and fill the last row up with `end`. Beside it write for each position of x:
 *   y         what it is to predict: the next token of its document, which for the last one is `end`, and for the last
 *             position of a row the first token of the next row; -1 where x is an `end`, since nothing follows from it
 *   position  how many tokens of the same document stand before it in the same row; its `end` still belongs to a
 *             document, and each `end` that fills up is one of its own: 0
 * Return the number of rows, S = ceil((tokens + D) / T).
 *
 * 把文档打包成长度为 T 的序列。ids 依次存放 D 篇文档的词元，第 d 篇有 length[d] 个（可能是 0）。把它们依次写入 x，每篇之后跟一个词元
 * end；整体按每行 T 个切开，最后一行用 end 填满。同时对 x 的每个位置写出：
 *   y         它要预测的词元：同一篇文档的下一个词元，最后一个词元预测 end；一行的最后一个位置预测下一行的第一个词元；x 是 end 的位置写
 *             -1，因为它之后没有可预测的内容
 *   position  同一行里、同一篇文档中，在它之前的词元数；文档之后的 end 仍属于这篇文档，填充用的每个 end 各自独立，写 0
 * 返回行数 S = ceil((词元数 + D) / T)。
 *
 * Allowed: C's mathematics, memory, strings, printing; nothing of common.
 * 可用：C 标准库的数学、内存、字符串、打印函数；不用 common。
 *
 * Check it with: make ex EX=ch04/ex2      A hint: make hint EX=ch04/ex2 */
#include "ch04/exercises/exercises.h"

int pack_sequences(const int *ids /* (n) */, const int *length /* (D) */, int D, int end, int T,
                   int *x /* (S,T) */, int *y /* (S,T) */, int *position /* (S,T) */)
{
    int rows = 0;
    /* TODO */
    return rows;
}
