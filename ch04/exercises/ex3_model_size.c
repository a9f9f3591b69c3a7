/* ex3_model_size.c -- exercise 3 of chapter 4, section 4.2.1.
 *
 * Count what a decoder in the form of Llama is made of. m has L layers, C channels and V words; H heads of queries, K
 * of keys and values, of D dimensions each; feed-forward networks of hidden width F.
 *
 *     attention      queries C -> HD, keys and values C -> KD each, output HD -> C; no biases
 *     feed-forward   gate and up C -> F, down F -> C. With E = m->experts > 0 a layer has E such networks and a router
 *                    C -> E; a token uses m->used of them, and the whole router. With E = 0 it has one, and no router
 *     norms          two of C gains in each layer, one after the last
 *     embeddings     V x C, and once more for the logits unless m->tied
 *
 * parameters are all of these, active those that a token uses (count whole tables), cache the bytes of keys and values
 * that a token leaves in all layers, 2 bytes for each number. D need not be C / H. Numbers are beyond int.
 *
 * 数一数 Llama 形式的解码器由什么组成。m 有 L 层、C 个通道、V 个词；查询有 H 个头，键和值有 K 个头，每个头 D 维；
 * 前馈网络的隐藏宽度为 F。注意力：查询 C -> HD，键和值各 C -> KD，输出 HD -> C，都没有偏置。前馈网络：门控和上投影
 * C -> F，下投影 F -> C；E = m->experts > 0 时每层有 E 个这样的网络和一个路由 C -> E，一个词元使用其中 m->used 个
 * 和整个路由；E = 0 时只有一个网络，没有路由。归一化：每层两个，各 C 个增益，最后还有一个。嵌入：V x C，
 * 除非 m->tied，否则 logits 另有一个同样大小的矩阵。
 * parameters 是全部参数，active 是一个词元用到的参数（表按整张计），cache 是一个词元在所有层留下的键和值的字节数，
 * 每个数 2 字节。D 不一定等于 C / H。数会超出 int。
 *
 * Allowed: C's mathematics, memory, strings, printing; nothing of common.
 * 可用：C 标准库的数学、内存、字符串、打印函数；不用 common。
 *
 * Check it with: make ex EX=ch04/ex3      A hint: make hint EX=ch04/ex3 */
#include "ch04/exercises/exercises.h"

DecoderSize model_size(const Decoder *m)
{
    DecoderSize s = {0};
    /* TODO */
    return s;
}
