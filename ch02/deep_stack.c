/* deep_stack.c -- blocks of two layers, with norms or without. */
#include "ch02/deep_stack.h"

#include <math.h>
#include <stdio.h>

const StackKind deep_stacks[STACKS] = {
    {"no residual, no norm", "无残差、无归一化", false, false, false, 0},
    {"residual, no norm", "残差、无归一化", true, false, false, 0},
    {"pre-norm, layer norm", "前归一化，层归一化", true, true, false, NN_LAYER_NORM},
    {"pre-norm, RMS norm", "前归一化，RMSNorm", true, true, false, NN_RMS_NORM},
    {"post-norm, layer norm", "后归一化，层归一化", true, false, true, NN_LAYER_NORM}};

//> block
/* One block: x + f(x), f(x) = W2 relu(W1 x), with its norm before f or after the sum. */
Tensor *deep_stack_block(Graph *g, const DeepStack *s, int i, Tensor *x)
{
    Tensor *h = deep_stacks[s->kind].pre ? nn_norm(g, &s->norm[i], x) : x;
    h = nn_linear(g, &s->down[i], nn_relu(g, nn_linear(g, &s->up[i], h)));
    x = deep_stacks[s->kind].residual ? nn_add(g, x, h) : h;
    return deep_stacks[s->kind].post ? nn_norm(g, &s->norm[i], x) : x;
}
//< block

Tensor *deep_stack_run(Graph *g, const void *stack, Tensor *x)
{
    const DeepStack *s = stack;
    x = nn_linear(g, &s->in, x);
    for (int i = 0; i < s->depth; i++)
        x = deep_stack_block(g, s, i, x);
    return nn_linear(g, &s->out, deep_stacks[s->kind].pre ? nn_norm(g, &s->norm[s->depth], x) : x);
}

void deep_stack_init(DeepStack *s, int kind, int depth, int inputs, int width, int outputs, Rng *rng)
{
    *s = (DeepStack){.kind = kind, .depth = depth};
    s->in = nn_linear_new(&s->params, "in", inputs, width, true, 0, rng);
    for (int i = 0; i <= depth; i++) {
        char name[3][16];
        snprintf(name[0], sizeof name[0], "norm%d", i);
        snprintf(name[1], sizeof name[1], "up%d", i);
        snprintf(name[2], sizeof name[2], "down%d", i);
        s->norm[i] = nn_norm_of_kind(&s->params, name[0], width, deep_stacks[kind].norm, 0);
        if (i == depth)
            break;
        s->up[i] = nn_linear_new(&s->params, name[1], width, width, true, sqrtf(2.0f / (float)width), rng);
        s->down[i] = nn_linear_new(&s->params, name[2], width, width, true, 1 / sqrtf((float)width), rng);
    }
    s->out = nn_linear_new(&s->params, "out", width, outputs, true, 0, rng);
}
