/* ex7_split_cross_entropy.c -- exercise 7 of chapter 4, section 4.4.2.
 *
 * The vocabulary lies on R ranks, S tokens on each: logits[(r * N + n) * S + i] is the logit of row n for token r * S +
 * i, and targets[n] is a token in 0 .. R S - 1. Return the mean over the rows of
 *     log(sum over all tokens of e^logit) - logit of the target
 * and write its gradient with respect to the logits to d_logits, in the order of logits. Logits may be as large as
 * 10^4. Real ranks would exchange a maximum, a sum and the target's logit for each row; here you see all of them.
 *
 * 词表分布在 R 个进程上，每个进程 S 个词元：logits[(r * N + n) * S + i] 是第 n 行对词元 r * S + i 的 logit，
 * targets[n] 是 0 .. R S - 1 中的一个词元。返回各行
 *     log(全部词元的 e^logit 之和) - 目标的 logit
 * 的平均值，并把它对 logits 的梯度按同样的次序写入 d_logits。logits 可能大到 10^4。
 * 真正的进程之间每行只交换一个最大值、一个和、一个目标的 logit；这里它们都在你眼前。
 *
 * Allowed: C's mathematics, memory, strings, printing; nothing of common.
 * 可用：C 标准库的数学、内存、字符串、打印函数；不用 common。
 *
 * Check it with: make ex EX=ch04/ex7      A hint: make hint EX=ch04/ex7 */
#include "ch04/exercises/exercises.h"

#include <math.h>

float split_cross_entropy(const float *logits /* (R,N,S) */, const int *targets /* (N) */, int R, int N,
                          int S, float *d_logits /* (R,N,S) */)
{
    float loss = 0;
    /* TODO */
    return loss;
}
