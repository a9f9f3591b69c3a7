/* data_stories.h -- the stories of the little world as one row of numbers, a word each; for the small
 * experiments of this chapter. */
#ifndef CH05_STORIES_H
#define CH05_STORIES_H

#include "common/model/decoder.h"
#include "common/nn/nn.h"

#include <stddef.h>

/* The held-out stories come after the others, and tell no event that those tell. */
typedef struct Stories {
    int vocab;
    int *ids; /* (count) */
    size_t count, train;
} Stories;

Stories stories_new(uint64_t seed);
void stories_free(Stories *s);

/* Draws a batch of training windows: x (B,T), and y (B,T), each one word later. */
void stories_batch(const Stories *s, int batch, int time, Rng *rng, int *x, int *y);

/* The mean loss of a model on `batches` batches of held-out windows, always the same ones, in nats. */
double stories_test(Graph *g, const ModelDecoder *m, const Stories *s, int batches, int batch, int time);

#endif
