/* check_ch05.h -- what the files of chapter 5's tests share. */
#ifndef CH05_CHECK_CH05_H
#define CH05_CHECK_CH05_H

#include "ch05/exercises/exercises.h"
#include "common/grade/judge.h"

void grade_tests_of_masks(GradeSuite *s);    /* ex1, ex4: check_ch05_masks.c */
void grade_tests_of_losses(GradeSuite *s);   /* ex2, ex7: check_ch05_losses.c */
void grade_tests_of_texts(GradeSuite *s);    /* ex3, ex5: check_ch05_texts.c */
void grade_tests_of_formulas(GradeSuite *s); /* ex6, ex8: check_ch05_formulas.c */

/* What goes into exercise 5. */
typedef struct Corruption {
    const int *text;
    int count;
    Spans spans;
    int sentinel, end, room;
} Corruption;

/* Has the worker run a function; its outputs are those of the driver. */
void call_mask_tokens(const Masking *m, const int *ids /* (n) */, const Tensor *u /* (n,3) */);
void call_clm_loss(const Tensor *logits /* (B,T,V) */, const int *ids, const int *ignore /* (B,T) */);
void call_pack_rows(const int *tokens, const int *lengths, int documents, int rows, int time);
void call_order_mask(const int *order, int time);
void call_corrupt_spans(const Corruption *c);
const Tensor *call_learning_rate(Schedule schedule, int count, int warmup, int steps, float max, float min);
void call_accumulate_gradients(const Tensor *gradients, const int *counted, float max);
void call_training_cost(const ModelConfig *c, int batch, int time, bool mixed);

/* `count` whole numbers from min .. max. */
int *draw_ints(int count, int min, int max);

/* A permutation of 0 .. count-1. */
int *draw_order(int count);

/* A text of `count` words and spans in it that neither overlap nor touch. */
Corruption draw_corruption(int count);

/* Numbers in [0, 1) of 13 bits, whose products with small whole numbers are exact, and which equal no
 * round share: float and double decide alike. */
Tensor *draw_uniform(int rows, int cols);

#endif
