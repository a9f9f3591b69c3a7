/* exercises.h -- the functions that the exercises of chapter 5 ask for. */
#ifndef CH05_EXERCISES_H
#define CH05_EXERCISES_H

#include "common/model/config.h"
#include "common/nn/layers.h"

enum {
    IGNORE = -1, /* the label of a position that the loss does not count */
    PAD = 0      /* the id of padding */
};

/* ex1: BERT's masking, decided by the numbers u in [0, 1): three for each position. */
typedef struct Masking {
    float chosen;         /* the share of positions that are chosen */
    float hidden, random; /* of these, what share becomes [MASK], what share any word; the rest is kept */
    int first, vocab;     /* words are the ids first .. vocab-1; ids below first are special tokens */
    int mask;             /* the id of [MASK] */
} Masking;
void mask_tokens(const Masking *m, const int *ids /* (n) */, const float *u /* (n,3) */, int n,
                 int *input /* (n) */, int *label /* (n) */);

/* ex2: the mean of -log p(next token) over the positions that count, and its gradient. */
float clm_loss(const float *logits /* (B,T,V) */, const int *ids /* (B,T) */, const int *ignore /* (B,T) */,
               int B, int T, int V, float *d_logits /* (B,T,V) */);

/* ex3: documents in R rows of T tokens, kept apart. */
typedef struct Rows {
    int *ids;       /* (R,T), PAD where no document is */
    int *position;  /* (R,T), counted from the beginning of the document */
    int *document;  /* (R,T): 1, 2, ... in each row, 0 for padding */
    int *label;     /* (R,T): the next token, or IGNORE */
    float *allowed; /* (R,T,T): 1 where the first position may see the second, else 0 */
} Rows;
int pack_rows(const int *tokens, const int *lengths /* (documents) */, int documents, int R, int T,
              const Rows *rows);

/* ex4: who sees whom when the positions are said in that order; the query stream does not see itself. */
void order_mask(const int *order /* (T) */, int T, float *content /* (T,T) */, float *query /* (T,T) */);

/* ex5: T5's span corruption, in rows of `room` tokens; sentinels are sentinel, sentinel + 1, ... */
typedef struct Spans {
    int count;
    const int *start, *length; /* (count): where each begins, and how many tokens it takes */
} Spans;
void corrupt_spans(const int *text, int count, const Spans *spans, int sentinel, int end, int room,
                   int *input /* (room) */, int *target /* (room) */);

/* ex6: the learning rate at a step, from 0; linear and cosine fall from max to min. */
typedef enum Schedule { CONSTANT, INVERSE_ROOT, LINEAR, COSINE } Schedule;
float learning_rate(Schedule schedule, int step, int warmup, int steps, float max, float min);

/* ex7: the clipped gradient of the mean over all counted tokens; returns its norm before clipping. */
float accumulate_gradients(const float *gradients /* (M,N) */, const int *counted /* (M) */, int M, int N,
                           float max, float *gradient /* (N) */);

/* ex8: what a decoder-only model is and what a step of its training takes. */
typedef struct Cost {
    double parameters, flops;             /* flops: of a step, forward and backward */
    double weights, gradients, optimizer; /* bytes */
} Cost;
Cost training_cost(const ModelConfig *c, int batch, int time, bool mixed);

#endif
