/* deep_stack.h -- a stack of blocks of two layers, without residuals and norms or with them in several positions,
 * section 2.1.4. */
#ifndef CH02_DEEP_STACK_H
#define CH02_DEEP_STACK_H

#include "ch02/mlp.h"

enum { PLAIN, RESIDUAL, PRE_LAYER, PRE_RMS, POST_LAYER, STACKS, MAX_DEPTH = 64 };

/* Where a kind of stack has its norms, and which. */
typedef struct StackKind {
    const char *name, *zh;
    bool residual, pre, post;
    NnNormKind norm;
} StackKind;

extern const StackKind deep_stacks[STACKS];

typedef struct DeepStack {
    Params params;
    int kind, depth;
    Linear in, up[MAX_DEPTH], down[MAX_DEPTH], out;
    Norm norm[MAX_DEPTH + 1]; /* the last one before the output, with pre-norm */
} DeepStack;

/* f keeps the variance of what goes in: N(0, 2/n) before the ReLU and N(0, 1/n) after it. nn_params_free(&s->params)
 * frees it. */
void deep_stack_init(DeepStack *s, int kind, int depth, int inputs, int width, int outputs, Rng *rng);

/* Block i of the stack, and the whole stack between its input and output layers: x (B,in) -> (B,out). */
Tensor *deep_stack_block(Graph *g, const DeepStack *s, int i, Tensor *x);
Tensor *deep_stack_run(Graph *g, const void *stack, Tensor *x);

#endif
