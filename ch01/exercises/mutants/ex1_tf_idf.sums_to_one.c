/* ex1_tf_idf.c -- exercise 1 of chapter 1, section 1.2.1.
 *
 * TF-IDF weights of D documents over V words. count[d * V + v] says how often word v occurs in document d; df[v] is
 * the number of documents in which word v occurs at all.
 *
 *     weight[d][v] = count[d][v] ln(D / df[v]),     then each row is divided by the root of its sum of squares
 *
 * so that the dot product of two rows is their cosine. A word that every document has weighs ln 1 = 0. A word that
 * no document has weighs 0 too, and a row whose weights are all 0 stays 0: there must be no NaN.
 *
 * 计算 D 篇文档、V 个词的 TF-IDF 权重。count[d * V + v] 是词 v 在文档 d 中出现的次数，df[v] 是出现过词 v 的文档数，
 * 公式如上；然后把每一行除以它的平方和的平方根，使两行的点积就是余弦。每篇文档都有的词，权重为 ln 1 = 0；
 * 任何文档都没有的词，权重也是 0；整行权重都为 0 时保持 0，结果里不许有 NaN。
 *
 * Allowed: C's mathematics, memory, strings, printing; nothing of common.
 * 可用：C 标准库的数学、内存、字符串、打印函数；不用 common。
 *
 * Check it with: make ex EX=ch01/ex1      A hint: make hint EX=ch01/ex1 */
#include "ch01/exercises/exercises.h"

#include <math.h>

void tf_idf(const int *count /* (D,V) */, int D, int V, float *weight /* (D,V) */)
{
    /* BEGIN SOLUTION */
    for (int v = 0; v < V; v++) {
        int df = 0;
        for (int d = 0; d < D; d++)
            df += count[d * V + v] > 0;
        float idf = df > 0 ? logf((float)D / (float)df) : 0;
        for (int d = 0; d < D; d++)
            weight[d * V + v] = (float)count[d * V + v] * idf;
    }
    for (int d = 0; d < D; d++) {
        float squares = 0;
        for (int v = 0; v < V; v++)
            squares += weight[d * V + v];
        for (int v = 0; v < V && squares > 0; v++)
            weight[d * V + v] /= squares;
    }
    /* END SOLUTION */
}
