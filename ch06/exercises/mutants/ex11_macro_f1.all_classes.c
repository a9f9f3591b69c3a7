/* ex11_macro_f1.c -- exercise 11 of chapter 6, section 6.2.2.
 *
 * n texts have the classes actual[i], and a classifier says predicted[i], both in 0 .. K-1. Write the macro-F1: the
 * mean over the classes of
 *     F1 = 2 hits / (said + are),
 * where `said` texts are predicted to be of the class, `are` texts are of it, and `hits` are both. A class that
 * nobody said and no text has counts for nothing, neither in the sum nor in the number of classes. With no text at all
 * the result is 0.
 *
 * n 条文本的真实类别为 actual[i]，分类器给出 predicted[i]，都在 0 到 K-1 之间。求宏平均 F1：各类 F1 的平均，公式如上，
 * 其中 said 为预测成该类的条数，are 为真属该类的条数，hits 为两者兼是的条数。既没有文本属于、也没有被预测到的类别
 * 不参加平均（分子、分母都不算）。没有文本时结果为 0。
 *
 * Allowed: C's mathematics, memory, strings, printing; nothing of common.
 * 可用：C 标准库的数学、内存、字符串、打印函数；不用 common。
 *
 * Check it with: make ex EX=ch06/ex11      A hint: make hint EX=ch06/ex11 */
#include "ch06/exercises/exercises.h"

float macro_f1(const int *actual /* (n) */, const int *predicted /* (n) */, int n, int K)
{
    float f1 = 0;
    /* BEGIN SOLUTION */
    int seen = 0;
    for (int k = 0; k < K; k++) {
        int hits = 0, said = 0, are = 0;
        for (int i = 0; i < n; i++) {
            said += predicted[i] == k;
            are += actual[i] == k;
            hits += predicted[i] == k && actual[i] == k;
        }
        if (said + are == 0)
            continue;
        f1 += 2.0f * (float)hits / (float)(said + are);
        seen++;
    }
    f1 = K > 0 ? f1 / (float)K : 0;
    /* END SOLUTION */
    return f1;
}
