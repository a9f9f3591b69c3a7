/* exercises.h -- the functions that the exercises of chapter 6 ask for. */
#ifndef CH06_EXERCISES_H
#define CH06_EXERCISES_H

/* ex1: the output layer of a classifier on a decoder's hidden states. */
void last_token_logits(const float *hidden /* (B,T,C) */, const int *lengths /* (B) */,
                       const float *weight /* (K,C) */, const float *bias /* (K) */, int B, int T, int C,
                       int K, float *logits /* (B,K) */);

/* ex2: a bottleneck adapter after a part of a block: y + W_up gelu(W_down y + b_down) + b_up. */
void adapter(const float *y /* (R,C) */, const float *w_down /* (m,C) */, const float *b_down /* (m) */,
             const float *w_up /* (C,m) */, const float *b_up /* (C) */, int R, int C, int m,
             float *out /* (R,C) */);

/* ex3: the update of LoRA, forward and backward. */
void lora(const float *x /* (R,I) */, const float *a /* (r,I) */, const float *b /* (O,r) */, float alpha,
          const float *d_y /* (R,O) */, int R, int I, int O, int r, float *y /* (R,O) */,
          float *d_a /* (r,I) */, float *d_b /* (O,r) */, float *d_x /* (R,I) */);

/* ex4: several adapters of LoRA merged into one weight. */
void merge_adapters(const float *w /* (O,I) */, const float *a /* (K,r,I) */, const float *b /* (K,O,r) */,
                    const float *alpha /* (K) */, const float *weight /* (K) */, int K, int I, int O, int r,
                    float *merged /* (O,I) */);

/* ex5: causal attention of one head with a prefix in front, and the share of the weight that each query gives to it. */
void prefix_attention(const float *q /* (T,D) */, const float *k /* (T,D) */, const float *v /* (T,D) */,
                      const float *pk /* (S,D) */, const float *pv /* (S,D) */, int T, int S, int D,
                      float *out /* (T,D) */, float *share /* (T) */);

/* ex6: embeddings of real and virtual tokens, and the gradient with respect to the virtual ones. */
void soft_embed(const float *tokens /* (V,C) */, const float *vectors /* (S,C) */, const int *ids /* (n) */,
                const float *d_x /* (n,C) */, int V, int S, int C, int n, float *x /* (n,C) */,
                float *d_vectors /* (S,C) */);

/* ex7: what each position of a conversation in ChatML must say, where the loss counts the answers alone. */
void response_targets(const int *ids /* (n) */, int n, int start, int end, int assistant,
                      int *targets /* (n) */);

/* ex8: examples into windows of T tokens, best fit after sorting by length. Returns how many windows. */
int pack_best_fit(const int *length /* (n) */, int n, int T, int *row /* (n) */, int *at /* (n) */);

/* ex9: the probability of each task, from its size, a cap and a temperature. */
void task_shares(const int *size /* (M) */, int M, int cap, float T, float *share /* (M) */);

/* ex10: the penalty that holds K earlier tasks, and its gradient, added to d_theta. */
float ewc_penalty(const float *theta /* (N) */, const float *theta_k /* (K,N) */,
                  const float *fisher /* (K,N) */, float lambda, int K, int N, float *d_theta /* (N) */);

/* ex11: the mean of the classes' F1. */
float macro_f1(const int *actual /* (n) */, const int *predicted /* (n) */, int n, int K);

#endif
