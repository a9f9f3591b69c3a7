/* pairs.h -- sentence pairs as numbers, in padded batches; for the programs of this chapter that translate. */
#ifndef CH03_PAIRS_H
#define CH03_PAIRS_H

#include "common/text/batch.h"
#include "common/text/words.h"

enum { PAIRS_MAX = 48 }; /* pieces of a sentence and its marks */

/* The target stands between TEXT_BEGIN and TEXT_END. */
typedef struct Example {
    int source[PAIRS_MAX], source_count;
    int target[PAIRS_MAX], target_count;
} Example;

/* The pieces of both texts; what is too long is cut, and the source keeps room for a mark. */
Example example_new(const TextWords *w, const char *source, const char *target);

/* Some examples side by side: sources, and targets whose labels are what the decoder must say next, or TEXT_PAD. */
typedef struct Batch {
    TextBatch source, target;
} Batch;

/* Room for `max` examples. batch_free frees it. */
Batch batch_new(int max);
void batch_free(Batch *b);

/* Fills the batch with x[0 .. size-1]; size is at most that of batch_new. */
void batch_fill(Batch *b, const Example *const *x, int size);

#endif
