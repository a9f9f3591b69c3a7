/* ex6_ring_step.c -- exercise 6 of chapter 4, section 4.4.1.
 *
 * One step of a ring all-reduce. x (n,count): the arrays of n ranks before the step; next (n,count): after it. An
 * array is cut into n shares that lie side by side; each has count / n numbers, and the first count % n shares have
 * one more. In step s, which counts from 0, rank r sends its share (r - s) mod n to rank r + 1, and the last rank
 * sends to rank 0: all at the same time. In the first n - 1 steps the receiver adds what comes to its own share of
 * that number; in the next n - 1 steps it keeps what comes in the place of its own. All else stays. After 2(n - 1)
 * steps every rank has the sum.
 *
 * 环形 all-reduce 的一步。x (n,count) 是 n 个 rank 在这一步之前的数组，next (n,count) 是之后的。数组切成 n 份，首尾相接，
 * 每份 count / n 个数，前 count % n 份各多一个。第 s 步（从 0 数起），rank r 把自己的第 (r - s) mod n 份发给 rank r + 1，
 * 最后一个 rank 发给 rank 0，所有 rank 同时发送。前 n - 1 步，接收方把收到的加到自己的同号份上；后 n - 1 步，
 * 用收到的替换自己的同号份。其余的数不变。2(n - 1) 步之后，每个 rank 都有总和。
 *
 * Allowed: C's mathematics, memory, strings, printing; nothing of common.
 * 可用：C 标准库的数学、内存、字符串、打印函数；不用 common。
 *
 * Check it with: make ex EX=ch04/ex6      A hint: make hint EX=ch04/ex6 */
#include "ch04/exercises/exercises.h"

#include <string.h>

void ring_step(const float *x /* (n,count) */, int n, int count, int s, float *next /* (n,count) */)
{
    /* BEGIN SOLUTION */
    memcpy(next, x, (size_t)n * (size_t)count * sizeof *x);
    for (int r = 0; r < n; r++) {
        int to = (r + 1) % n, share = (r - s + 2 * n) % n, each = count / n, more = count % n;
        int first = share * each + (share < more ? share : more), size = each + (share < more);
        for (int i = first; i < first + size; i++)
            next[to * count + i] = (s < n - 1 ? x[to * count + i] : 0) + x[r * count + i];
    }
    /* END SOLUTION */
}
