/* ex4_order_mask.c -- exercise 4 of chapter 5, section 5.2.3.
 *
 * XLNet predicts the T positions of a sentence in an order of its own: first position order[0], then position
 * order[1], and so on; order is a permutation of 0 .. T-1. Write its two masks, 1 where position t may
 * see position s, else 0:
 *
 *     content[t][s]   s is predicted before t, or is t itself
 *     query[t][s]     s is predicted before t
 *
 * Rows and columns are positions, as they stand in the sentence. Element (t,s) is [t * T + s].
 * plm_demo prints both in one table; there rank[t] says when position t is predicted.
 *
 * XLNet 按自己的次序说一句话的 T 个位置：先说位置 order[0]，再说 order[1]，依此类推；order 是 0 到 T-1 的
 * 一个排列。写出两个掩码，位置 t 能看位置 s 处为 1，否则为 0：content 里，s 比 t 先说，或者 s 就是 t；
 * query 里，s 比 t 先说。行和列都是句子里的位置，(t,s) 处的元素是 [t * T + s]。
 * plm_demo 把两个掩码画在一张表里，那里的 rank[t] 是位置 t 第几个说。
 *
 * Allowed: C's mathematics, memory, strings, printing; nothing of common.
 * 可用：C 标准库的数学、内存、字符串、打印函数；不用 common。
 *
 * Check it with: make ex EX=ch05/ex4      A hint: make hint EX=ch05/ex4 */
#include "ch05/exercises/exercises.h"

void order_mask(const int *order /* (T) */, int T, float *content /* (T,T) */, float *query /* (T,T) */)
{
    /* TODO */
}
