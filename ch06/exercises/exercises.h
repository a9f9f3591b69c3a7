/* exercises.h -- the functions that the exercises of chapter 6 ask for. */
#ifndef CH06_EXERCISES_H
#define CH06_EXERCISES_H

/* ex9: the probability of each task, from its size, a cap and a temperature. */
void task_shares(const int *size /* (M) */, int M, int cap, float T, float *share /* (M) */);

/* ex10: the penalty that holds K earlier tasks, and its gradient, added to d_theta. */
float ewc_penalty(const float *theta /* (N) */, const float *theta_k /* (K,N) */,
                  const float *fisher /* (K,N) */, float lambda, int K, int N, float *d_theta /* (N) */);

#endif
