/* ex11_zero_pieces.c -- exercise 11 of chapter 4, section 4.4.5.
 *
 * Which numbers does a rank update in ZeRO? size (P) holds the sizes of P parameters, which lie one after the other
 * in one long array of N numbers. It is cut into n shares side by side: each has N / n numbers, and the first N % n
 * shares have one more. Rank r owns share r. For each parameter write to piece (P,2) where the rank's piece of it
 * begins and ends, counted from the beginning of the parameter, end exclusive; 0 and 0 if the rank owns nothing of
 * it. Return how many numbers the rank owns. Example: sizes 4, 3 and 5 on 3 ranks: rank 1 owns (0,0), (0,3), (0,1),
 * 4 numbers.
 *
 * ZeRO 中一个 rank 更新哪些数？size (P) 是 P 个参数的大小，这些参数首尾相接，连成一个有 N 个数的长数组。长数组切成 n 份，
 * 首尾相接，每份 N / n 个数，前 N % n 份各多一个。rank r 拥有第 r 份。对每个参数，把这个 rank 拥有的那一段的起点和终点
 * 写入 piece (P,2)，从该参数的开头数起，不含终点；一个数也不拥有时写 0 和 0。返回这个 rank 拥有多少个数。
 * 例如大小为 4、3、5 的参数分给 3 个 rank，rank 1 拥有 (0,0)、(0,3)、(0,1)，共 4 个数。
 *
 * Allowed: C's mathematics, memory, strings, printing; nothing of common.
 * 可用：C 标准库的数学、内存、字符串、打印函数；不用 common。
 *
 * Check it with: make ex EX=ch04/ex11      A hint: make hint EX=ch04/ex11 */
#include "ch04/exercises/exercises.h"

int zero_pieces(const int *size /* (P) */, int P, int n, int r, int *piece /* (P,2) */)
{
    int own = 0;
    /* TODO */
    return own;
}
