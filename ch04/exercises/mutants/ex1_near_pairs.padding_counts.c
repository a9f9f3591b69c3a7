/* ex1_near_pairs.c -- exercise 1 of chapter 4, section 4.1.2.
 *
 * Finds pairs of documents that may be near copies, by MinHash and locality-sensitive hashing. A document is a set of
 * shingles, numbers from 0 to U - 1: row i of x, filled up with -1 where it has fewer than S. Hash function k gives
 * shingle u the number h[k * U + u]. First write the signatures: signature[i * b * r + k] is the minimum of hash
 * function k over the shingles of document i, for k = 0 .. b r - 1. Then the candidates: candidate[i * N + j] is 1 if i
 * and j are two documents whose signatures agree in all r rows of at least one of the b bands, else 0; band n has the
 * rows n r to n r + r - 1. Return how many pairs there are, each counted once. Every document has at least one shingle.
 *
 * 用 MinHash 和局部敏感哈希找出可能近似重复的文档对。一篇文档是 shingle（取值 0 到 U - 1）的集合：x 的第 i 行，不足 S 个的
 * 位置填 -1。第 k 个哈希函数给 shingle u 的数是 h[k * U + u]。先写签名：signature[i * b * r + k] 是第 k 个哈希函数在文档 i 的
 * 各个 shingle 上的最小值，k = 0 .. b r - 1。再写候选：candidate[i * N + j] 为 1，当且仅当 i、j 是两篇不同的文档，而且它们的
 * 签名至少在一个带（band）的全部 r 行上相同，否则为 0；第 n 个带是第 n r 行到第 n r + r - 1 行。返回候选对的个数，每对只算
 * 一次。每篇文档至少有一个 shingle。
 *
 * Allowed: C's mathematics, memory, strings, printing; nothing of common.
 * 可用：C 标准库的数学、内存、字符串、打印函数；不用 common。
 *
 * Check it with: make ex EX=ch04/ex1      A hint: make hint EX=ch04/ex1 */
#include "ch04/exercises/exercises.h"

int near_pairs(const int *x /* (N,S) */, int N, int S, const int *h /* (b r,U) */, int U, int b, int r,
               int *signature /* (N,b r) */, int *candidate /* (N,N) */)
{
    int pairs = 0;
    /* BEGIN SOLUTION */
    int K = b * r;
    for (int i = 0; i < N; i++)
        for (int k = 0; k < K; k++) {
            int min = -1;
            for (int s = 0; s < S; s++) {
                int u = x[i * S + s];
                u = u < 0 ? 0 : u;
                if ((min < 0 || h[k * U + u] < min))
                    min = h[k * U + u];
            }
            signature[i * K + k] = min;
        }
    for (int i = 0; i < N; i++)
        for (int j = 0; j < N; j++) {
            candidate[i * N + j] = 0;
            for (int band = 0; band < b && i != j; band++) {
                int same = 0;
                for (int row = 0; row < r; row++)
                    same += signature[i * K + band * r + row] == signature[j * K + band * r + row];
                if (same == r)
                    candidate[i * N + j] = 1;
            }
            pairs += i < j && candidate[i * N + j];
        }
    /* END SOLUTION */
    return pairs;
}
