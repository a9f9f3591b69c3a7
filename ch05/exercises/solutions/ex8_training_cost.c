/* ex8_training_cost.c -- exercise 8 of chapter 5, section 5.5.
 *
 * Count what a decoder-only model is and what a step of its training takes. The model is common's GPT-2
 * (model_config_gpt2 in common/model/config.h): vocab V, context, layers, heads, channels C. A step reads `batch`
 * rows of `time` tokens.
 *
 *     parameters  tables of V tokens and of `context` positions, C numbers each; in each layer two norms
 *                 (gain and bias, C each) and four linear layers with bias, C -> 3C, C -> C, C -> 4C and
 *                 4C -> C; one more norm at the end. The logits use the table of tokens once more.
 *     flops       forward, for one token: 2 for each number of the matrices of the layers; in each layer
 *                 2 C for the score and 2 C for the average with each token that is looked at, which are
 *                 (time + 1) / 2 on average; 2 C V for the logits. A step, forward and backward, is 3 times
 *                 that for each of its tokens. Norms, biases, GELU and softmax are too little to count.
 *     weights, gradients, optimizer: bytes for each parameter,
 *                 float32           4, 4, and 8: AdamW's two moments
 *                 mixed precision   2, 2, and 12: a copy of the weight in float32, and the two moments
 *
 * Either way it is 16 bytes for each parameter: mixed precision saves time, and memory for activations.
 * cost_demo counts likewise. Numbers are beyond int: GPT-3 has 1.75e11 parameters.
 *
 * 数一数只有解码器的模型有多大，训练一步要花多少。模型是 common 里的 GPT-2（common/model/config.h 的 model_config_gpt2）：词表 V、
 * context、层数、头数、通道数 C。一步读 batch 行，每行 time 个词元。
 * parameters：V 个词元和 context 个位置的两张表，每项 C 个数；每层两个归一化（增益和偏置各 C）和四个带偏置的
 * 线性层 C -> 3C、C -> C、C -> 4C、4C -> C；最后还有一个归一化。logits 再用一次词元的表，没有自己的矩阵。
 * flops：前向时一个词元，各层矩阵的每个数算 2 次运算；每层对看到的每个词元，得分 2 C 次，加权平均 2 C 次，
 * 看到的词元平均有 (time + 1) / 2 个；logits 算 2 C V 次。一步包括前向和反向，每个词元是它的 3 倍。
 * 归一化、偏置、GELU、softmax 太少，不计。
 * weights、gradients、optimizer 是字节数，每个参数：float32 是 4、4 和 8（AdamW 的两个矩）；
 * 混合精度是 2、2 和 12（float32 的一份权重，加上两个矩）。两种都是每个参数 16 字节，混合精度省的是时间和
 * 激活的内存。cost_demo 也这样数。数会超出 int：GPT-3 有 1.75e11 个参数。
 *
 * Allowed: C's mathematics, memory, strings, printing; nothing of common.
 * 可用：C 标准库的数学、内存、字符串、打印函数；不用 common。
 *
 * Check it with: make ex EX=ch05/ex8      A hint: make hint EX=ch05/ex8 */
#include "ch05/exercises/exercises.h"

Cost training_cost(const ModelConfig *c, int batch, int time, bool mixed)
{
    Cost cost = {0};
    /* BEGIN SOLUTION */
    double width = c->channels, matrices = 12 * width * width; /* of a layer */
    double small = (4 + 3 + 1 + 4 + 1) * width;                /* its norms and biases */
    double attention = 2 * 2 * width * (time + 1) / 2;
    double forward = c->layers * (2 * matrices + attention) + 2 * width * c->vocab;
    cost.parameters = (c->vocab + c->context) * width + c->layers * (matrices + small) + 2 * width;
    cost.flops = 3 * forward * batch * time;
    cost.weights = (mixed ? 2 : 4) * cost.parameters;
    cost.gradients = cost.weights;
    cost.optimizer = (mixed ? 12 : 8) * cost.parameters;
    /* END SOLUTION */
    return cost;
}
