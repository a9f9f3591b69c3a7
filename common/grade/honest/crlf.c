/* crlf.c [ch03/ex9_masks] [passed] -- written on Windows */
/* ex9_masks.c -- exercise 9 of chapter 3, section 3.6.2.
 *
 * B sentences are filled up with <pad> to T words each; sentence b has lengths[b] real
 * words, 0 .. T of them. Write the table of who may look at whom in a decoder:
 *
 *     allowed[b][t][s] = 1 where word t may look at word s, else 0
 *
 * A word looks at itself and at what came before it (look-ahead mask), and nobody looks at
 * <pad> (padding mask). A <pad> that looks at others does no harm: its rows follow the same rule.
 * Element (b,t,s) is allowed[(b * T + t) * T + s].
 *
 * B 句话都用 <pad> 补到 T 个词，第 b 句有 lengths[b] 个真词（0 到 T）。写出解码器里“谁能看谁”的表：
 * 词 t 能看词 s 处为 1，否则为 0。每个词看自己和前面的词（前瞻掩码），谁都不看 <pad>（填充掩码）。
 * <pad> 去看别人没有害处，它的行照同样的规则填。(b,t,s) 处的元素是 allowed[(b * T + t) * T + s]。
 *
 * Check it with: make ex EX=ch03/ex9      A hint: make hint EX=ch03/ex9 */
#include "ch03/exercises/exercises.h"

void combined_mask(const int *lengths /* (B) */, int B, int T, float *allowed /* (B,T,T) */)
{
    /* BEGIN SOLUTION */
    for (int b = 0; b < B; b++) {
        for (int t = 0; t < T; t++) {
            for (int s = 0; s < T; s++)
                allowed[(b * T + t) * T + s] = s <= t && s < lengths[b];
        }
    }
    /* END SOLUTION */
}
