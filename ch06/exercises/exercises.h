/* exercises.h -- the functions that the exercises of chapter 6 ask for. */
#ifndef CH06_EXERCISES_H
#define CH06_EXERCISES_H

/* ex5: causal attention of one head with a prefix in front, and the share of the weight that each query gives to it. */
void prefix_attention(const float *q /* (T,D) */, const float *k /* (T,D) */, const float *v /* (T,D) */,
                      const float *pk /* (S,D) */, const float *pv /* (S,D) */, int T, int S, int D,
                      float *out /* (T,D) */, float *share /* (T) */);

/* ex6: embeddings of real and virtual tokens, and the gradient with respect to the virtual ones. */
void soft_embed(const float *tokens /* (V,C) */, const float *vectors /* (S,C) */, const int *ids /* (n) */,
                const float *d_x /* (n,C) */, int V, int S, int C, int n, float *x /* (n,C) */,
                float *d_vectors /* (S,C) */);

#endif
