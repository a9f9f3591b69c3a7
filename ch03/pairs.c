/* pairs.c -- pairs of sentences into examples, and examples into batches. */
#include "ch03/pairs.h"

#include "common/base/arena.h"

#include <stdlib.h>

Example example_new(const TextWords *w, const char *source, const char *target)
{
    Example x = {.target = {TEXT_BEGIN}};
    x.source_count = text_words_encode(w, source, x.source, PAIRS_MAX - 1);
    x.target_count = 1 + text_words_encode(w, target, x.target + 1, PAIRS_MAX - 2);
    x.target[x.target_count++] = TEXT_END;
    return x;
}

Batch batch_new(int max)
{
    return (Batch){text_batch_new(max, PAIRS_MAX), text_batch_new(max, PAIRS_MAX)};
}

void batch_free(Batch *b)
{
    text_batch_free(&b->source);
    text_batch_free(&b->target);
}

void batch_fill(Batch *b, const Example *const *x, int size)
{
    const int **texts = memory_new(2 * sizeof *texts * (size_t)size), **targets = texts + size;
    int *counts = memory_new(2 * sizeof *counts * (size_t)size), *target_counts = counts + size;
    for (int i = 0; i < size; i++) {
        texts[i] = x[i]->source;
        counts[i] = x[i]->source_count;
        targets[i] = x[i]->target;
        target_counts[i] = x[i]->target_count;
    }
    text_batch_fill(&b->source, texts, counts, size, TEXT_PAD);
    text_batch_fill(&b->target, targets, target_counts, size, TEXT_PAD);
    text_batch_predict_next(&b->target, NULL, TEXT_PAD);
    free(texts);
    free(counts);
}
