/* ex3_pack_rows.c -- exercise 3 of chapter 5, section 5.2.2.
 *
 * Put documents into R rows of T tokens. tokens holds the documents one after another; document d has
 * lengths[d] of them, 1 .. T. Keep their order, and do not cut any: a row takes documents as long as
 * they fit, and the first that does not fit begins the next row. Return how many documents found room.
 *
 *     ids       the token; PAD where there is none
 *     position     counted from 0 in each document; 0 where there is none
 *     document  1, 2, ... from the beginning of each row; 0 where there is none
 *     label     the next token of the same document; IGNORE for its last one, and for padding
 *     allowed   allowed[r][t][s] = 1 where s <= t and document[r][s] is document[r][t], else 0;
 *               padding counts as a document of number 0
 *
 * Element (r,t) is [r * T + t], and (r,t,s) is [(r * T + t) * T + s]. clm_loss_demo does this with
 * ch05/packing.c and prints the table.
 *
 * 把文档装进 R 行，每行 T 个词元。tokens 里文档一篇接一篇，第 d 篇有 lengths[d] 个词元（1 到 T）。
 * 顺序不变，也不切断：一行里放得下就接着放，第一篇放不下的另起一行。返回装进去的文档数。
 * ids 是词元，空位填 PAD；position 在每篇文档里从 0 数起；document 在每一行里从 1 数起；空位上两者都填 0。
 * label 是同一篇文档的下一个词元，每篇的最后一个词元和空位填 IGNORE。allowed[r][t][s] 在 s <= t 且两处
 * document 相同时为 1，否则为 0；空位当作编号为 0 的一篇。clm_loss_demo 用 ch05/packing.c 做这件事，
 * 并把表打印出来。
 *
 * Allowed: C's mathematics, memory, strings, printing; nothing of common.
 * 可用：C 标准库的数学、内存、字符串、打印函数；不用 common。
 *
 * Check it with: make ex EX=ch05/ex3      A hint: make hint EX=ch05/ex3 */
#include "ch05/exercises/exercises.h"

int pack_rows(const int *tokens, const int *lengths /* (documents) */, int documents, int R, int T,
              const Rows *rows)
{
    int packed = 0;
    /* TODO */
    return packed;
}
