/* ex12_all_reduce_cost.c -- exercise 12 of chapter 4, section 4.3.2.
 *
 * A message of b bytes takes alpha + beta b microseconds. For each of n sizes of the array that `ranks` ranks add up,
 * compute how long an all-reduce takes, and which to choose: 0 for the ring, 1 for the tree, where that is faster.
 *
 *     ring   2 (ranks - 1) rounds, in each of which every rank sends one of `ranks` equal parts
 *     tree   up and down, as many rounds each as it takes until all ranks are joined when pairs join in every round;
 *            each sends the whole array. 5 ranks take 3 rounds up, 8 ranks too.
 *
 * One rank has nothing to send: 0 and 0, and the ring. Example: alpha 5, beta 0.00002 (50 GB/s), 8 ranks, 8000 bytes:
 * 70.28 and 30.96, the tree.
 *
 * 一条 b 字节的消息耗时 alpha + beta b 微秒。对 n 种数组大小，分别计算 ranks 个进程做一次 all-reduce 要多久，并选出较快的：
 * 0 是环，1 是树（仅当树更快时）。环：2 (ranks - 1) 轮，每轮每个进程发送 ranks 等份中的一份。树：先上后下，每个方向的轮数是
 * “每轮两两合并、直到全部合在一起”所需的轮数，每轮发送整个数组；5 个进程上行要 3 轮，8 个也是 3 轮。只有一个进程时不用发送：
 * 都是 0，选环。例如 alpha 5，beta 0.00002（50 GB/s），8 个进程，8000 字节：70.28 和 30.96，选树。
 *
 * Allowed: C's mathematics, memory, strings, printing; nothing of common.
 * 可用：C 标准库的数学、内存、字符串、打印函数；不用 common。
 *
 * Check it with: make ex EX=ch04/ex12      A hint: make hint EX=ch04/ex12 */
#include "ch04/exercises/exercises.h"

void all_reduce_cost(float alpha, float beta, int ranks, const float *bytes /* (n) */, int n,
                     float *ring /* (n) */, float *tree /* (n) */, int *choice /* (n) */)
{
    /* TODO */
}
