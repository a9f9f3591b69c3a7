/* pairs.c -- pairs of sentences into examples, and examples into batches. */
#include "ch03/pairs.h"

#include "common/base/arena.h"
#include "common/world/world.h"

#include <stdio.h>
#include <stdlib.h>

Example example_new(const TextWords *w, const char *source, const char *target)
{
    Example x = {.target = {TEXT_BEGIN}};
    x.source_count = text_words_encode(w, source, x.source, PAIRS_MAX - 1);
    x.target_count = 1 + text_words_encode(w, target, x.target + 1, PAIRS_MAX - 2);
    x.target[x.target_count++] = TEXT_END;
    return x;
}

static const char *const tags[WORLD_LANGUAGES] = {"zh", "en"};

static Example tagged_example(const TextWords *w, const WorldPair *pair, WorldLanguage into)
{
    char source[512];
    snprintf(source, sizeof source, "%s %s", tags[into], pair->text[1 - into]);
    Example x = example_new(w, source, pair->text[into]);
    x.source[x.source_count++] = TEXT_END;
    return x;
}

static Example *examples_of(const TextWords *w, const WorldPairs *pairs, bool both_ways, int *count)
{
    *count = both_ways ? 2 * pairs->count : pairs->count;
    Example *x = memory_new(sizeof *x * (size_t)*count);
    for (int i = 0; i < *count; i++) {
        const WorldPair *pair = &pairs->items[i % pairs->count];
        x[i] = both_ways ? tagged_example(w, pair, i < pairs->count ? WORLD_ZH : WORLD_EN)
                         : example_new(w, pair->text[WORLD_ZH], pair->text[WORLD_EN]);
    }
    return x;
}

Pairs pairs_new(int train, int test, bool both_ways, Rng *rng)
{
    Pairs p = {.words = text_words_new()};
    WorldPairs learned = world_pairs(WORLD_TRAIN, train, rng), unseen = world_pairs(WORLD_TEST, test, rng);
    for (int l = 0; l < WORLD_LANGUAGES && both_ways; l++)
        text_words_add(p.words, tags[l]);
    for (int i = 0; i < 2 * learned.count; i++)
        text_words_add(p.words, learned.items[i / 2].text[i % 2]);
    p.train = examples_of(p.words, &learned, both_ways, &p.train_count);
    p.test = examples_of(p.words, &unseen, both_ways, &p.test_count);
    world_pairs_free(&learned);
    world_pairs_free(&unseen);
    return p;
}

void pairs_free(Pairs *p)
{
    text_words_free(p->words);
    free(p->train);
    free(p->test);
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

void batch_take(Batch *b, const Example *x, int size)
{
    const Example **each = memory_new(sizeof *each * (size_t)size);
    for (int i = 0; i < size; i++)
        each[i] = &x[i];
    batch_fill(b, each, size);
    free(each);
}

void batch_draw(Batch *b, const Example *x, int count, int size, Rng *rng)
{
    const Example **drawn = memory_new(sizeof *drawn * (size_t)size);
    for (int i = 0; i < size; i++)
        drawn[i] = &x[rng_below(rng, count)];
    batch_fill(b, drawn, size);
    free(drawn);
}
