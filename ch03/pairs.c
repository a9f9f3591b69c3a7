/* pairs.c -- padding: every row of a batch is as long as the longest one. */
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

static int *room_for(int examples)
{
    return memory_new(sizeof(int) * PAIRS_MAX * (size_t)examples);
}

Batch batch_new(int max)
{
    return (Batch){.source = room_for(max),
                   .lengths = room_for(max),
                   .target = room_for(max),
                   .expected = room_for(max)};
}

void batch_free(Batch *b)
{
    free(b->source);
    free(b->lengths);
    free(b->target);
    free(b->expected);
}

/* row (time): the pieces, then padding. */
static void pad(int *row, int time, const int *pieces, int count)
{
    for (int t = 0; t < time; t++)
        row[t] = t < count ? pieces[t] : TEXT_PAD;
}

void batch_fill(Batch *b, const Example *const *x, int size)
{
    b->size = size;
    b->source_time = b->target_time = 1;
    for (int i = 0; i < size; i++) {
        b->lengths[i] = x[i]->source_count;
        if (x[i]->source_count > b->source_time)
            b->source_time = x[i]->source_count;
        if (x[i]->target_count - 1 > b->target_time)
            b->target_time = x[i]->target_count - 1;
    }
    for (int i = 0; i < size; i++) {
        int next = x[i]->target_count - 1; /* each piece but the last one has a next one */
        pad(b->source + i * b->source_time, b->source_time, x[i]->source, x[i]->source_count);
        pad(b->target + i * b->target_time, b->target_time, x[i]->target, next);
        pad(b->expected + i * b->target_time, b->target_time, x[i]->target + 1, next);
    }
}
