/* small_data.h -- three small tasks for the small networks of section 2.1. */
#ifndef CH02_SMALL_DATA_H
#define CH02_SMALL_DATA_H

#include "common/base/rng.h"

/* Examples of a task: x (count,width), label (count) in 0 .. classes-1. small_free frees what it holds. */
typedef struct SmallData {
    int count, width, classes;
    float *x;
    int *label;
} SmallData;
SmallData small_data_new(int count, int width, int classes); /* contents undefined */
void small_free(SmallData *d);

/* Points on three arms of a spiral that wind around each other by `turns`, with noise of that standard deviation;
 * x (count,2) lies within about -1 .. 1. */
SmallData small_spirals(int count, float turns, float noise, Rng *rng);

/* The little world's 12 figures (circle, fish, house ...), each of a random colour and size in front of a random
 * background, as 16 x 16 shades of grey, shifted by up to two pixels, with noise of that standard deviation:
 * x (count,256), of mean 0 and standard deviation 1 over the set. */
SmallData small_figures(int count, float noise, Rng *rng);

/* Points around the centres of `classes` clusters in 16 dimensions, N(0, noise^2) from them; the centres, N(0, 1), are
 * those of the seed `centres`: x (count,16). */
SmallData small_clusters(int classes, int count, float noise, uint64_t centres, Rng *rng);

/* Copies `batch` examples drawn with replacement: x (batch,width), label (batch). */
void small_batch(const SmallData *d, int batch, Rng *rng, float *x, int *label);

#endif
