/* ex8_training_cost.c -- exercise 8 of chapter 5, section 5.5.
 *
 * Count what a decoder-only model is and what a step of its training takes. The model is common's GPT-2,
 * of which c gives vocab V, context, layers, heads, channels C; a step reads batch rows of `time` tokens.
 *
 *     parameters  tables of V tokens and of `context` positions, C numbers each; in each layer two norms
 *                 (gain and bias, C each) and four linear layers with bias: C -> 3C, C -> C, C -> 4C, 4C -> C;
 *                 one more norm at the end. The logits use the table of tokens and have nothing of their own.
 *     flops       forward, for a token: 2 for each number of the four matrices of each layer, 2 C V for the
 *                 logits, and for attention, which looks at (time + 1) / 2 tokens on average, 2 C for
 *                 the score and 2 C for the average with each of these, in each layer. Forward and backward are 3 times
 *                 that. All else (norms, biases, GELU, softmax, looking up tokens) is too little to count.
 *     bytes       float32: 4 for a weight, 4 for its gradient, 8 for AdamW's two moments. Mixed precision: 2 for a weight,
 *                 2 for its gradient, 12 for the optimizer: a copy of the weight and two moments in float32.
 *
 * Both precisions take 16 bytes for each parameter; what mixed precision saves is elsewhere. cost_demo counts likewise.
 * Numbers are beyond int: GPT-3 has 1.75e11 parameters.
 *
 * 数一数一个只有解码器的模型有多大，训练一步要花多少。模型是 common 里的 GPT-2，c 给出词表 V、context、层数、头数、
 * 通道数 C；一步读 batch 行，每行 time 个词元。
 * parameters：V 个词元和 context 个位置的两张表，每项 C 个数；每层两个归一化（增益和偏置各 C），四个带偏置的线性层
 * C -> 3C、C -> C、C -> 4C、4C -> C；最后还有一个归一化。logits 用词元的表，没有自己的参数。
 * flops：前向每个词元，每层四个矩阵的每个数算 2 次，logits 算 2 C V 次；注意力平均看 (time + 1) / 2 个词元，
 * 每层对其中每一个，分数 2 C 次，加权平均 2 C 次。前向加反向是它的 3 倍。其余的（归一化、偏置、GELU、softmax、查表）太少，不计。
 * 字节：float32 时权重 4，梯度 4，AdamW 的两个矩 8；混合精度时权重 2，梯度 2，优化器 12，即 float32 的一份权重和两个矩。
 * 两种精度都是每个参数 16 字节，混合精度省的是别处。cost_demo 也这样数。数会超出 int：GPT-3 有 1.75e11 个参数。
 *
 * Check it with: make ex EX=ch05/ex8      A hint: make hint EX=ch05/ex8 */
#include "ch05/exercises/exercises.h"

Cost training_cost(const GptConfig *c, int batch, int time, bool mixed)
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
