/* ex1_mask_tokens.c -- exercise 1 of chapter 5, section 5.2.1.
 *
 * BERT's masking. From ids make what the model reads, input, and what it must say, label.
 * Position i has three numbers of its own, u[3i], u[3i+1], u[3i+2], each in [0, 1):
 *
 *     u[3i]    the position is chosen if it is below m->chosen; ids below m->first are special tokens
 *              ([CLS], [SEP], padding), which are never chosen
 *     u[3i+1]  what becomes of a chosen position: below m->hidden it is m->mask; else, below
 *              m->hidden + m->random, a random word; else it is kept as it is
 *     u[3i+2]  the random word: m->first + (int)(u[3i+2] * (m->vocab - m->first))
 *
 * label is the original id of a chosen position, also where it was kept; elsewhere IGNORE, -1.
 * The chapter's programs do this with ch05/masking.c, which draws its own numbers.
 *
 * BERT 的掩码。由 ids 得到模型读到的 input 和要它说出的 label。位置 i 有三个自己的数，都在 [0, 1) 里：
 * u[3i] 小于 m->chosen 时选中这个位置，但小于 m->first 的编号是标记（[CLS]、[SEP]、填充），从不选中；
 * u[3i+1] 决定选中的位置变成什么：小于 m->hidden 变成 m->mask，否则小于 m->hidden + m->random 换成随机词，
 * 否则原样保留；u[3i+2] 决定是哪个随机词，公式如上。选中的位置（包括原样保留的）label 是原来的编号，
 * 其余是 IGNORE，即 -1。本章程序用 ch05/masking.c 做这件事，随机数由它自己抽。
 *
 * Allowed: C's mathematics, memory, strings, printing; nothing of common.
 * 可用：C 标准库的数学、内存、字符串、打印函数；不用 common。
 *
 * Check it with: make ex EX=ch05/ex1      A hint: make hint EX=ch05/ex1 */
#include "ch05/exercises/exercises.h"

void mask_tokens(const Masking *m, const int *ids /* (n) */, const float *u /* (n,3) */, int n,
                 int *input /* (n) */, int *label /* (n) */)
{
    /* BEGIN SOLUTION */
    for (int i = 0; i < n; i++) {
        float choice = u[3 * i], fate = u[3 * i + 1], word = u[3 * i + 2];
        bool chosen = ids[i] >= m->first && choice < m->chosen;
        input[i] = ids[i];
        label[i] = chosen ? ids[i] : IGNORE;
        if (chosen && fate < m->hidden)
            input[i] = m->mask;
        else if (chosen && fate < m->hidden + m->random)
            input[i] = m->first + (int)(word * (float)(m->vocab - m->first));
    }
    /* END SOLUTION */
}
