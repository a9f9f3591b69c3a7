/* ex5_mxfp4.c -- exercise 5 of chapter 4, section 4.3.1.
 *
 * Round rows of 32 numbers to MXFP4. The numbers of a row share a scale 2^k, where k = exponent[r] is floor(log2 of the
 * largest size in the row) - 2, or -127 for a row of zeros. Each number is stored in 4 bits, sign, two of exponent, one
 * of mantissa; the codes 0 .. 7 stand for
 *
 *     0   0.5   1   1.5   2   3   4   6          and 8 more for their negatives
 *
 * code[r,i] is that of the element nearest to x[r,i] / 2^k; halfway between two it is the even code, and what is larger
 * than 6 becomes 6. A negative number that becomes 0 has code 8. y[r,i] is what the code stands for, times 2^k. ilogb
 * gives floor(log2) exactly, ldexp multiplies by a power of two.
 *
 * 把每行 32 个数舍入为 MXFP4。一行的数共用一个缩放因子 2^k，k = exponent[r] 等于 floor(log2(这一行绝对值的最大值)) - 2，
 * 全为零的行取 -127。每个数用 4 位存储：符号一位，指数两位，尾数一位；编码 0 到 7 依次表示 0、0.5、1、1.5、2、3、4、6，
 * 负数的编码再加 8。code[r,i] 是最接近 x[r,i] / 2^k 的那个数的编码；正好在两个数中间时取偶数编码，大于 6 的取 6；
 * 变成 0 的负数编码为 8。y[r,i] 是编码所表示的数乘以 2^k。ilogb 精确地给出 floor(log2)，ldexp 乘以 2 的幂。
 *
 * Allowed: C's mathematics, memory, strings, printing; nothing of common.
 * 可用：C 标准库的数学、内存、字符串、打印函数；不用 common。
 *
 * Check it with: make ex EX=ch04/ex5      A hint: make hint EX=ch04/ex5 */
#include "ch04/exercises/exercises.h"

#include <math.h>

void mxfp4(const float *x /* (R,32) */, int R, int *exponent /* (R) */, int *code /* (R,32) */,
           float *y /* (R,32) */)
{
    /* TODO */
}
