/* letters.h -- what sections 4.4.1 and 4.4.5 train: a small GPT that reads Shakespeare letter by letter. */
#ifndef CH04_LETTERS_H
#define CH04_LETTERS_H

#include "common/dist/dist.h"
#include "common/model/decoder.h"
#include "common/nn/nn.h"

enum { LETTERS_BATCH = 24, LETTERS_TIME = 64, LETTERS_MAX_STEPS = 1000 };

/* The text, and the batch of a step: every rank draws the whole batch, the same, and reads its own rows of it. */
typedef struct Letters {
    int vocab, *ids;
    size_t count;
    Rng rng;
    int x[LETTERS_BATCH * LETTERS_TIME], y[LETTERS_BATCH * LETTERS_TIME]; /* (B,T) */
} Letters;

/* Ends the program, with one line and status 2, if the text cannot be read or the batch cannot be cut for the ranks. */
Letters *letters_new(int ranks);
void letters_free(Letters *l);

/* 4 layers of 96 channels; a head of its own, so that the first parameters are used only at the beginning. */
ModelDecoder *letters_model(const Letters *l, uint64_t seed);
Optimizer *letters_optimizer(const Params *p);

/* Begins the batches of a seed anew; draws the next. */
void letters_begin(Letters *l, uint64_t seed);
void letters_draw(Letters *l);

/* The mean loss over the rows of rank r of n: r 0 of 1 is the whole batch. */
Tensor *letters_loss(Graph *g, const ModelDecoder *m, const Letters *l, int rank, int ranks);

/* Trains alone: what several ranks are held against. losses (steps); learning rate LETTERS_RATE, clipped to 1. */
void letters_train(Letters *l, int steps, uint64_t seed, float *losses);
#define LETTERS_RATE 3e-3f

/* The mean of a number over the ranks. */
float letters_mean(Dist *d, float x);

#endif
