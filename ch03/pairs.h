/* pairs.h -- sentence pairs as numbers, in padded batches; for the programs of this chapter that translate. */
#ifndef CH03_PAIRS_H
#define CH03_PAIRS_H

#include "common/base/rng.h"
#include "common/text/batch.h"
#include "common/text/words.h"

#include <stdbool.h>

enum { PAIRS_MAX = 48 }; /* tokens of a sentence, the special ones included */

/* The target stands between TEXT_BEGIN and TEXT_END. */
typedef struct Example {
    int source[PAIRS_MAX], source_count;
    int target[PAIRS_MAX], target_count;
} Example;

/* The tokens of both texts; what is too long is cut, and the source keeps room for a special token. */
Example example_new(const TextWords *w, const char *source, const char *target);

/* Sentence pairs of the little world with one vocabulary for both languages. */
typedef struct Pairs {
    TextWords *words;
    Example *train, *test;
    int train_count, test_count;
} Pairs;

/* Draws `train` and `test` pairs, as examples from Chinese into English. With both_ways these are twice as many,
 * first all into Chinese, then all into English, and every source begins with the tag of the wanted language, zh or
 * en, and ends with TEXT_END. pairs_free frees them. */
Pairs pairs_new(int train, int test, bool both_ways, Rng *rng);
void pairs_free(Pairs *p);

/* Some examples side by side: sources, and targets whose labels are what the decoder must predict next, or TEXT_PAD. */
typedef struct Batch {
    TextBatch source, target;
} Batch;

/* Room for `max` examples. batch_free frees it. */
Batch batch_new(int max);
void batch_free(Batch *b);

/* Fills the batch with x[0 .. size-1]; size is at most that of batch_new. */
void batch_fill(Batch *b, const Example *const *x, int size);

/* The same with the examples x[0 .. size-1] themselves, and with `size` of x[0 .. count-1] drawn at random. */
void batch_take(Batch *b, const Example *x, int size);
void batch_draw(Batch *b, const Example *x, int count, int size, Rng *rng);

#endif
