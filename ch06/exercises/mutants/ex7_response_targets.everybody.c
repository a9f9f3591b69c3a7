/* ex7_response_targets.c -- exercise 7 of chapter 6, section 6.4.3.
 *
 * The targets of an instruction-tuned model. ids (n) is a conversation in ChatML. Each message is
 *     start  role  line-break  content ...  end  line-break
 * where `start` and `end` are special tokens that stand nowhere else, role and line break are one token each, and the
 * content has any number of tokens, among them perhaps the one that is also a role, or a line break. The last message
 * may be cut off anywhere.
 * Write targets[t], what position t must say: ids[t + 1] where that token belongs to an answer of the assistant (role
 * `assistant`), which is its content and the `end` after it; else -1. Nothing follows the last token: -1.
 *
 * 指令微调的目标。ids（n）是一段 ChatML 格式的对话，每条消息是
 *     start  角色  换行  内容……  end  换行
 * start 和 end 是特殊词元，不会在别处出现；角色和换行各占一个词元；内容有任意多个词元，其中可能有与角色相同的词元，也可能有换行。最后
 * 一条消息可能在任何地方被截断。
 * 写出 targets[t]，即位置 t 要说的词元：如果 ids[t + 1] 属于助手（角色 assistant）的回答，就是 ids[t + 1]；回答指内容以及之后的 end。
 * 其他位置写 -1；最后一个词元之后没有内容，也写 -1。
 *
 * Allowed: C's mathematics, memory, strings, printing; nothing of common.
 * 可用：C 标准库的数学、内存、字符串、打印函数；不用 common。
 *
 * Check it with: make ex EX=ch06/ex7      A hint: make hint EX=ch06/ex7 */
#include "ch06/exercises/exercises.h"

void response_targets(const int *ids /* (n) */, int n, int start, int end, int assistant,
                      int *targets /* (n) */)
{
    /* BEGIN SOLUTION */
    int begin =
        n; /* where the content of the assistant's message begins; n: this message is somebody else's */
    for (int t = 0; t < n; t++)
        targets[t] = -1;
    for (int t = 0; t < n; t++) {
        if (ids[t] == start)
            begin = t + 3;
        if (t >= begin)
            targets[t - 1] = ids[t];
        if (ids[t] == end)
            begin = n;
    }
    /* END SOLUTION */
}
