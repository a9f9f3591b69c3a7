/* exercises.h -- the functions that the exercises of chapter 3 ask for. */
#ifndef CH03_EXERCISES_H
#define CH03_EXERCISES_H

#include "common/nn/layers.h"

/* ex1: weight = softmax over each row of score / sqrt(head_dim). */
void scaled_softmax(const float *score /* (rows,cols) */, int rows, int cols, int head_dim,
                    float *weight /* (rows,cols) */);

/* ex2: out = softmax(q k^T / sqrt(D)) v. */
void attention(const float *q /* (T,D) */, const float *k /* (S,D) */, const float *v /* (S,E) */, int T,
               int S, int D, int E, float *out /* (T,E) */);

/* ex3: the gradients of q, k and v, given d_out, that of out = softmax(q k^T / sqrt(D)) v. */
void attention_backward(const float *q /* (T,D) */, const float *k /* (S,D) */, const float *v /* (S,E) */,
                        const float *d_out /* (T,E) */, int T, int S, int D, int E, float *dq /* (T,D) */,
                        float *dk /* (S,D) */, float *dv /* (S,E) */);

/* ex4: multi-head attention of x (B,T,C) to itself -> (B,T,C). */
Tensor *multi_head_attention(Graph *g, const Mha *m, Tensor *x, int heads, bool causal);

/* ex5: table[t][2i] = sin(w_i t), table[t][2i+1] = cos(w_i t), w_i = 10000^(-2i/C); C is even. */
void sinusoids(int T, int C, float *table /* (T,C) */);

/* ex6: rotary positions, in place. Row t is at position first + t; channels 2i and 2i+1 are rotated as a pair by
 * the angle (first + t) 10000^(-2i/D); D is even. */
void rope(float *x /* (T,D) */, int T, int D, int first);

/* ex7: the pre-norm encoder block, x (B,T,C) -> (B,T,C). */
typedef struct EncoderBlock {
    Norm norm1, norm2; /* before the attention, before the feed-forward network */
    Mha attention;
    Linear up, down; /* the feed-forward network: (4C,C), (C,4C) */
} EncoderBlock;
Tensor *encoder_block(Graph *g, const EncoderBlock *b, Tensor *x, int heads);

/* ex8: the pre-norm decoder block, x (B,T,C), memory (B,S,C) -> (B,T,C). */
typedef struct DecoderBlock {
    Norm norm_self, norm_cross, norm_feed; /* before each of the three layers */
    Mha self, cross;
    Linear up, down; /* the feed-forward network: (4C,C), (C,4C) */
} DecoderBlock;
Tensor *decoder_block(Graph *g, const DecoderBlock *b, Tensor *x, Tensor *memory, int heads);

/* ex9: allowed[b][t][s] = 1 where word t of sentence b may look at word s, else 0. */
void combined_mask(const int *lengths /* (B) */, int B, int T, float *allowed /* (B,T,T) */);

/* ex10: the mean cross-entropy against targets smoothed by epsilon, over the rows whose target is not -1, and its
 * gradient with respect to the logits. */
float smoothed_loss(const float *logits /* (N,V) */, const int *targets /* (N) */, int N, int V,
                    float epsilon, float *d_logits /* (N,V) */);

/* ex11: softmax in blocks: takes n more scores and values into the running maximum, sum and output. */
void read_block(const float *score /* (n) */, const float *value /* (n,E) */, int n, int E, float *max,
                float *sum, float *out /* (E) */);

#endif
