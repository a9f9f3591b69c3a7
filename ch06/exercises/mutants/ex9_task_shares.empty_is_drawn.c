/* ex9_task_shares.c -- exercise 9 of chapter 6, section 6.5.
 *
 * M tasks have size[m] labelled texts each, some millions, some a few dozen. Write the probability with which the next
 * text of a training run is drawn from each of them, as T5 does (Raffel et al., 2020):
 *     r_m = min(size[m], cap), or size[m] where cap is 0        share[m] = r_m^(1/T) / sum over all tasks
 * The temperature T is 1 or more; INFINITY makes all tasks alike. A task without texts is never drawn: its share is 0,
 * whatever T is. If no task has texts, all shares are 0.
 *
 * M 个任务各有 size[m] 条带标签的文本，多的上百万条，少的只有几十条。求训练时下一条文本从各任务抽取的概率，
 * 方法同 T5（Raffel 等，2020），公式如上；cap 为 0 表示没有上限。温度 T 不小于 1，T 为 INFINITY 时各任务相同。
 * 没有文本的任务永远抽不到：不论 T 是多少，它的份额都是 0。所有任务都没有文本时，份额全为 0。
 *
 * Allowed: C's mathematics, memory, strings, printing; nothing of common.
 * 可用：C 标准库的数学、内存、字符串、打印函数；不用 common。
 *
 * Check it with: make ex EX=ch06/ex9      A hint: make hint EX=ch06/ex9 */
#include "ch06/exercises/exercises.h"

#include <math.h>

void task_shares(const int *size /* (M) */, int M, int cap, float T, float *share /* (M) */)
{
    /* BEGIN SOLUTION */
    double sum = 0;
    for (int m = 0; m < M; m++) {
        int room = cap > 0 && size[m] > cap ? cap : size[m];
        share[m] = (float)pow(room, 1 / (double)T);
        sum += (double)share[m];
    }
    for (int m = 0; m < M; m++)
        share[m] = sum > 0 ? (float)((double)share[m] / sum) : 0;
    /* END SOLUTION */
}
