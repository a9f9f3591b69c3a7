/* ex5_corrupt_spans.c -- exercise 5 of chapter 5, section 5.2.3.
 *
 * T5's span corruption. From a text of `count` tokens, span i is cut out: length[i] tokens from
 * start[i] on. Spans come in the order of the text and neither overlap nor touch; the first may begin
 * at 0, the last may end with the text, and there may be none. Write two rows of `room` tokens:
 *
 *     input    the text with sentinel + i in place of span i, then end
 *     target   for each span sentinel + i and the tokens that were cut out, then end
 *
 * What is left of either row is PAD. room is large enough. span_corruption_demo does the same, without
 * padding, with spans that it draws, and puts the text back together.
 *
 * T5 的片段损坏。从 count 个词元的文本里挖走每个片段 i：自 start[i] 起的 length[i] 个词元。片段按文本的顺序
 * 给出，不重叠也不相邻；第一个可以从 0 开始，最后一个可以到文本末尾，也可以一个都没有。写出两行，
 * 每行 room 个词元。input：文本，片段 i 换成 sentinel + i，最后是 end；target：每个片段先写 sentinel + i，
 * 再写挖走的词元，最后是 end。两行剩下的位置都填 PAD，room 一定够用。span_corruption_demo 做的是同一件事，
 * 不填充，片段由它自己抽，还把文本拼了回去。
 *
 * Allowed: C's mathematics, memory, strings, printing; nothing of common.
 * 可用：C 标准库的数学、内存、字符串、打印函数；不用 common。
 *
 * Check it with: make ex EX=ch05/ex5      A hint: make hint EX=ch05/ex5 */
#include "ch05/exercises/exercises.h"

void corrupt_spans(const int *text, int count, const Spans *spans, int sentinel, int end, int room,
                   int *input /* (room) */, int *target /* (room) */)
{
    /* TODO */
}
