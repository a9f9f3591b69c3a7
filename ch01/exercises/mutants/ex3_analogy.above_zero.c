/* ex3_analogy.c -- exercise 3 of chapter 1, section 1.2.2.
 *
 * "a is to b as c is to ...": 3CosAdd. Scale the vectors of a, b and c to length 1 and form
 *
 *     target = b - a + c
 *
 * The answer is the word whose vector has the largest cosine with it; a, b and c themselves are left out. Of several
 * words with the same cosine the first (smallest index) counts. A vector may be all 0: its cosine is 0, and as a, b
 * or c it adds nothing. All cosines may be negative. Word w, channel i is vector[w * C + i].
 *
 * 用 3CosAdd 回答“a 之于 b，相当于 c 之于……”：先把 a、b、c 的向量缩放到长度 1，再算 target = b - a + c；
 * 答案是与它余弦最大的词，a、b、c 本身除外。余弦相同时取下标最小的词。向量可能全为 0：它与任何向量的余弦算 0，
 * 作为 a、b、c 时不产生贡献。所有余弦都可能是负数。第 w 个词的第 i 个通道是 vector[w * C + i]。
 *
 * Allowed: C's mathematics, memory, strings, printing; nothing of common.
 * 可用：C 标准库的数学、内存、字符串、打印函数；不用 common。
 *
 * Check it with: make ex EX=ch01/ex3      A hint: make hint EX=ch01/ex3 */
#include "ch01/exercises/exercises.h"

#include <math.h>
#include <stdlib.h>

int analogy(const float *vector /* (V,C) */, int V, int C, int a, int b, int c)
{
    int best = -1;
    /* BEGIN SOLUTION */
    float *length = malloc((size_t)V * sizeof *length), best_cosine = 0;
    for (int w = 0; w < V; w++) {
        float squares = 0;
        for (int i = 0; i < C; i++)
            squares += vector[w * C + i] * vector[w * C + i];
        length[w] = squares > 0 ? sqrtf(squares) : 1;
    }
    for (int w = 0; w < V; w++) {
        float cosine = 0; /* but for the length of the target, which is the same for all */
        if (w == a || w == b || w == c)
            continue;
        for (int i = 0; i < C; i++) {
            float target = vector[b * C + i] / length[b] - vector[a * C + i] / length[a] +
                           vector[c * C + i] / length[c];
            cosine += target * vector[w * C + i] / length[w];
        }
        if (cosine > best_cosine) {
            best = w;
            best_cosine = cosine;
        }
    }
    free(length);
    /* END SOLUTION */
    return best;
}
