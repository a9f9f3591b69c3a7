/* exercises.h -- the functions that the exercises of chapter 3 ask for. */
#ifndef CH03_EXERCISES_H
#define CH03_EXERCISES_H

/* ex1: weight = softmax over each row of score / sqrt(head_dim). */
void scaled_softmax(const float *score /* (rows,cols) */, int rows, int cols, int head_dim,
                    float *weight /* (rows,cols) */);

/* ex2: out = softmax(q k^T / sqrt(D)) v. */
void attention(const float *q /* (T,D) */, const float *k /* (S,D) */, const float *v /* (S,E) */, int T,
               int S, int D, int E, float *out /* (T,E) */);

#endif
