/* exercises.h -- the functions that the exercises of chapter 6 ask for. */
#ifndef CH06_EXERCISES_H
#define CH06_EXERCISES_H

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

#endif
