/* exercises.h -- the functions that the exercises of chapter 2 ask for. */
#ifndef CH02_EXERCISES_H
#define CH02_EXERCISES_H

#include "common/nn/layers.h"

/* ex1: the gradients of y = W2 tanh(W1 x + b1) + b2 for N examples, given d_y, those of the outputs. */
typedef struct Mlp {
    int inputs, hidden, outputs; /* I, H, O */
    const float *w1 /* (H,I) */, *b1 /* (H) */, *w2 /* (O,H) */, *b2 /* (O) */;
} Mlp;
typedef struct MlpGradients {
    float *w1, *b1, *w2, *b2; /* as in Mlp */
    float *x;                 /* (N,I) */
} MlpGradients;
void mlp_backward(const Mlp *m, const float *x /* (N,I) */, const float *d_y /* (N,O) */, int N,
                  const MlpGradients *d);

/* ex2: the mean of -log softmax(logits)[target] over N examples, and its gradient. */
float cross_entropy(const float *logits /* (N,V) */, const int *targets /* (N) */, int N, int V,
                    float *d_logits /* (N,V) */);

/* ex3: one step of AdamW, the t-th (t = 1, 2, ...), in place; g is the gradient. */
typedef struct AdamW {
    float rate, beta1, beta2, epsilon, decay;
} AdamW;
void adamw_step(const AdamW *o, int t, const float *g /* (n) */, int n, float *w /* (n) */,
                float *m /* (n) */, float *v /* (n) */);

/* ex4: layer normalization of N vectors, forward, and backward given d_y. */
typedef struct LayerNorm {
    float *y, *d_x;         /* (N,C) */
    float *d_gain, *d_bias; /* (C) */
} LayerNorm;
void layer_norm(const float *x /* (N,C) */, const float *gain /* (C) */, const float *bias /* (C) */,
                const float *d_y /* (N,C) */, int N, int C, const LayerNorm *out);

/* ex5: byte pair encoding of a word; merges are (left, right, to), the first goes first. Returns how many remain. */
int bpe_encode(const int *symbols, int n, const int *merges /* (M,3) */, int M, int *tokens /* (n) */);

/* ex6: the cut with the largest sum of scores; score[i][l-1] is that of the piece of l characters at i. */
float best_cut(const float *score /* (n,L) */, int n, int L, int *length /* (n) */);

#endif
