/* check_ch03.h -- what the files of chapter 3's tests share. */
#ifndef CH03_CHECK_CH03_H
#define CH03_CHECK_CH03_H

#include "ch03/exercises/exercises.h"
#include "common/grade/judge.h"

void grade_tests_of_tables(GradeSuite *s); /* ex5, ex9: check_ch03_tables.c */
void grade_tests_of_blocks(GradeSuite *s); /* ex4, ex7, ex8: check_ch03_blocks.c */
void grade_tests_of_today(GradeSuite *s);  /* ex6, ex10, ex11: check_ch03_today.c */

/* ---- trials: check_ch03_trial.c ------------------------------------------------------------------ */

/* One call of a function that builds a graph: what goes into it. Every parameter is random. */
typedef struct Trial {
    const char *function;
    Tensor *x, *memory; /* (B,T,C); (B,S,C), or NULL */
    Tensor *d_out;      /* (B,T,C): what the gradients start from */
    int heads;
    bool causal;
    Mha mha;              /* ex4 */
    EncoderBlock encoder; /* ex7 */
    DecoderBlock decoder; /* ex8 */
} Trial;

typedef struct Sizes {
    int batch, time, memory, heads, head_dim;
} Sizes;

/* B, T, S, H and C/H are pairwise different, and C differs from them all. */
Sizes trial_sizes(void);

/* A trial of ex4, ex7, ex8. It lasts until the next one is made. */
Trial trial_of_attention(Sizes sizes, bool causal);
Trial trial_of_encoder(Sizes sizes);
Trial trial_of_decoder(Sizes sizes);

/* Has the worker run it; returns out (B,T,C), for another shape fails. grade_output(1 + i) is the gradient of
 * parameter i. */
Tensor *trial_call(const Trial *t);

/* The output of a function under trial, right if slip is 0, else with that mistake. */
typedef Tensor *Forward(Graph *g, const Trial *t, int slip);

/* Runs it in the worker and expects the right output; the second expects, moreover, the gradient
 * of x, of memory and of every weight that nn_backward_from yields. */
void trial_expect_output(const Trial *t, Forward *forward, const GradeSlip *slips);
void trial_expect_gradients(const Trial *t, Forward *forward, const GradeSlip *slips);

/* Makes what is added to the stream zero: a linear layer that yields nothing. */
void trial_silence(Linear *l);

#endif
