/* ex10_schedule_1f1b.c -- exercise 10 of chapter 4, section 4.4.3.
 *
 * The operations of a stage of a pipeline of p stages, 0 .. p-1, on m microbatches, in the order of 1F1B: k + 1 stands
 * for the forward pass of microbatch k, -(k + 1) for its backward pass. The stage first runs as many forward passes as
 * there are stages after it, but not more than m; then one forward and one backward pass in turn, while there are
 * forward passes; then the backward passes that are left. Write them to ops and return how many there are. Example:
 * stage 1 of 3, m = 3: 1 2 -1 3 -2 -3.
 *
 * 流水线共 p 个阶段，编号 0 .. p-1，处理 m 个微批次。按 1F1B 的次序写出一个阶段的操作：k + 1 表示微批次 k 的前向，
 * -(k + 1) 表示它的反向。这个阶段先做若干次前向，次数等于它后面的阶段数，但不超过 m；然后一次前向、一次反向交替，
 * 直到前向做完；最后做完剩下的反向。写入 ops 并返回操作的个数。例如 3 个阶段中的阶段 1，m = 3：1 2 -1 3 -2 -3。
 *
 * Allowed: C's mathematics, memory, strings, printing; nothing of common.
 * 可用：C 标准库的数学、内存、字符串、打印函数；不用 common。
 *
 * Check it with: make ex EX=ch04/ex10      A hint: make hint EX=ch04/ex10 */
#include "ch04/exercises/exercises.h"

int schedule_1f1b(int stage, int p, int m, int *ops /* (2m) */)
{
    int n = 0;
    /* BEGIN SOLUTION */
    int ahead = p - 1 - stage < m ? p - 1 - stage : m;
    for (int k = 0; k < ahead; k++)
        ops[n++] = k + 1;
    for (int k = 0; k < m; k++) {
        if (ahead > 0 && k + ahead < m) {
            ops[n++] = -(k + 1);
            ops[n++] = k + ahead + 1;
        } else if (k + ahead < m) {
            ops[n++] = k + ahead + 1;
            ops[n++] = -(k + 1);
        } else {
            ops[n++] = -(k + 1);
        }
    }
    /* END SOLUTION */
    return n;
}
