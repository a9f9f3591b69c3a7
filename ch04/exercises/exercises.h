/* exercises.h -- the functions that the exercises of chapter 4 ask for. */
#ifndef CH04_EXERCISES_H
#define CH04_EXERCISES_H

#include "common/nn/layers.h"

/* ex1: signatures of N sets of shingles, minima of b r hash functions, and which pairs share a band. Returns how many
 * pairs. */
int near_pairs(const int *x /* (N,S) */, int N, int S, const int *h /* (b r,U) */, int U, int b, int r,
               int *signature /* (N,b r) */, int *candidate /* (N,N) */);

/* ex2: documents one after the other in rows of T tokens, with targets and positions. Returns how many rows. */
int pack_sequences(const int *ids /* (n) */, const int *length /* (D) */, int D, int end, int T,
                   int *x /* (S,T) */, int *y /* (S,T) */, int *position /* (S,T) */);

/* ex3: what a decoder with grouped heads and experts is made of, and what a token uses and leaves. */
typedef struct Decoder {
    int layers, channels, vocab;   /* L, C, V */
    int heads, kv_heads, head_dim; /* H, K, D */
    int hidden;                    /* F */
    int experts, used; /* E feed-forward networks, of which a token uses some; 0: one network, no router */
    int tied;          /* the logits use the token embeddings */
} Decoder;
typedef struct DecoderSize {
    double parameters, active; /* all; those that a token uses */
    double cache;              /* bytes of keys and values that a token leaves */
} DecoderSize;
DecoderSize model_size(const Decoder *m);

/* ex4: the sum of Huber losses of ln L under the scaling law p = (ln A, ln B, ln E, alpha, beta), and its gradient. */
float law_loss(const float *p /* (5) */, const float *N /* (n) */, const float *D /* (n) */,
               const float *L /* (n) */, int n, float delta, float *gradient /* (5) */);

/* ex5: rows of 32 numbers in MXFP4: the exponent of each row's scale, the codes, and what they stand for. */
void mxfp4(const float *x /* (R,32) */, int R, int *exponent /* (R) */, int *code /* (R,32) */,
           float *y /* (R,32) */);

/* ex6: a step of a ring all-reduce: the arrays of n ranks before it and after it. */
void ring_step(const float *x /* (n,count) */, int n, int count, int s, float *next /* (n,count) */);

/* ex7: the mean cross-entropy of logits whose vocabulary lies on R ranks, and its gradient. */
float split_cross_entropy(const float *logits /* (R,N,S) */, const int *targets /* (N) */, int R, int N,
                          int S, float *d_logits /* (R,N,S) */);

/* ex8: relu(x A^T) B^T with its gradients, A cut by outputs and B by inputs over R ranks. */
void split_mlp(const float *x /* (N,C) */, const float *a /* (R,F,C) */, const float *b /* (R,C,F) */,
               const float *d_y /* (N,C) */, int R, int N, int C, int F, float *y /* (N,C) */,
               float *d_x /* (N,C) */, float *d_a /* (R,F,C) */);

/* ex9: the output of attention from what P ranks have seen of the keys. */
void merge_attention(const float *max /* (P) */, const float *sum /* (P) */, const float *out /* (P,E) */,
                     int P, int E, float *result /* (E) */);

/* ex10: the operations of a stage of a pipeline in the order of 1F1B: k + 1 forward, -(k + 1) backward. */
int schedule_1f1b(int stage, int p, int m, int *ops /* (2m) */);

/* ex11: the piece of each parameter that rank r of n updates: begin and end. Returns how many numbers it owns. */
int zero_pieces(const int *size /* (P) */, int P, int n, int r, int *piece /* (P,2) */);

/* ex12: microseconds that a ring and a tree take to add up each number of bytes, and which is faster. */
void all_reduce_cost(float alpha, float beta, int ranks, const float *bytes /* (n) */, int n,
                     float *ring /* (n) */, float *tree /* (n) */, int *choice /* (n) */);

/* ex14: a step of gradient descent of a linear classifier on hashed features. Returns p before the step. */
float quality_step(const float *w /* (V) */, float b, const int *bucket /* (n) */, int n, int V, int y,
                   float rate, float *w_next /* (V) */, float *b_next /* (1) */);

/* ex15: the share of a text's characters that lie in N-grams which came before. */
float repeated_share(const int *unit /* (n) */, const int *chars /* (n) */, int n, int N);

#endif
