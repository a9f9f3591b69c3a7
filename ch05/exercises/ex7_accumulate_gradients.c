/* ex7_accumulate_gradients.c -- exercise 7 of chapter 5, section 5.3.4.
 *
 * A batch that does not fit into memory is computed in M micro-batches. gradients[k] is the gradient of
 * the mean loss over the counted[k] tokens that count in micro-batch k; all parameters together are N
 * numbers. Write into `gradient` the gradient of the mean over the counted tokens of all of them,
 *
 *     gradient = sum over k of counted[k] gradients[k] / sum over k of counted[k]
 *
 * and clip it: with norm = sqrt(sum of its squares), multiply it by max / norm where norm is
 * greater than max. Return the norm before clipping. Moreover
 *
 *     a micro-batch that counts nothing is left out, whatever its gradient holds (it may be NaN);
 *     if nothing counts anywhere, gradient and norm are 0;
 *     max 0 does not clip;
 *     if the norm is NaN or infinite, the whole gradient is 0, so that the step changes nothing, and
 *     the norm is returned as it is, so that the caller sees it;
 *     numbers may be as large as 1e30: their squares need a double.
 *
 * pretrain_gpt can divide by the number of batches, because every one of them counts as many tokens;
 * its clipping is nn_clip_gradients.
 *
 * 一个放不进内存的批次分成 M 个小批来算。gradients[k] 是第 k 个小批里 counted[k] 个算数的词元的平均损失的梯度，
 * 所有参数合起来是 N 个数。把全部算数词元的平均损失的梯度写进 gradient，公式如上，再裁剪：
 * norm = 各数平方和的平方根，norm 大于 max 时整个乘以 max / norm。返回裁剪之前的 norm。
 * 另外：counted 为 0 的小批不管梯度里是什么（可能是 NaN）都略过；全都不算数时 gradient 和 norm 都是 0；
 * max 为 0 表示不裁剪；norm 是 NaN 或无穷大时，整个 gradient 置 0，这一步什么也不改，norm 照原样返回，
 * 让调用者看见；数可能大到 1e30，平方要用 double。pretrain_gpt 可以直接除以批数，因为它每批算数的词元一样多；
 * 它的裁剪是 nn_clip_gradients。
 *
 * Allowed: C's mathematics, memory, strings, printing; nothing of common.
 * 可用：C 标准库的数学、内存、字符串、打印函数；不用 common。
 *
 * Check it with: make ex EX=ch05/ex7      A hint: make hint EX=ch05/ex7 */
#include "ch05/exercises/exercises.h"

#include <math.h>

float accumulate_gradients(const float *gradients /* (M,N) */, const int *counted /* (M) */, int M, int N,
                           float max, float *gradient /* (N) */)
{
    double norm = 0;
    /* TODO */
    return (float)norm;
}
