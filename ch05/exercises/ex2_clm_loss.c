/* ex2_clm_loss.c -- exercise 2 of chapter 5, section 5.2.2.
 *
 * The loss of a causal language model, and its gradient. Position t of a row predicts the token
 * after it, ids[b][t+1]; the last position of a row predicts nothing. Token t+1 is not predicted
 * where ignore[b][t+1] is 1 (padding, or the beginning of another document). Over the positions
 * that count, N of them,
 *
 *     loss = -(1/N) sum of log p[b][t][ids[b][t+1]],     p[b][t] = softmax of logits[b][t]
 *     d_logits[b][t][v] = (p[b][t][v] - (1 if v is ids[b][t+1], else 0)) / N
 *
 * d_logits is 0 where nothing counts; if nothing counts anywhere, the loss is 0 as well. Logits
 * may be as large as 10000: use log p[v] = x[v] - m - log(sum of e^(x - m)), m the largest x.
 * This is nn_cross_entropy with the labels of clm_loss_demo; here the shift is yours.
 *
 * 因果语言模型的损失和梯度。一行里位置 t 要说出它后面的词元 ids[b][t+1]；一行的最后一个位置不用说。
 * ignore[b][t+1] 为 1 的词元（填充，或另一篇文档的开头）不用说。设算数的位置有 N 个，损失和梯度如上式。
 * 不算数的位置 d_logits 为 0；一个算数的位置都没有时，损失也是 0。logits 可能大到 10000，
 * 要用 log p[v] = x[v] - m - log(对 e^(x-m) 求和)，m 是最大的 x。
 * 这就是 clm_loss_demo 用的 nn_cross_entropy，只是那里标签已经错开一位，这里由你来错开。
 *
 * Allowed: C's mathematics, memory, strings, printing; nothing of common.
 * 可用：C 标准库的数学、内存、字符串、打印函数；不用 common。
 *
 * Check it with: make ex EX=ch05/ex2      A hint: make hint EX=ch05/ex2 */
#include "ch05/exercises/exercises.h"

#include <math.h>
#include <string.h>

float clm_loss(const float *logits /* (B,T,V) */, const int *ids /* (B,T) */, const int *ignore /* (B,T) */,
               int B, int T, int V, float *d_logits /* (B,T,V) */)
{
    double loss = 0;
    /* TODO */
    return (float)loss;
}
