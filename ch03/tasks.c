/* tasks.c -- sentence pairs of the little world, what is hidden in them, and who reads what. */
#include "ch03/tasks.h"

#include "common/base/base.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

Data tasks_new(uint64_t seed)
{
    static const int counts[2] = {TASKS_TRAIN, TASKS_TESTS};
    Data d = {.words = text_words_new()};
    Rng rng = rng_new(seed);
    for (int side = 0; side < 2; side++) {
        WorldPairs pairs = world_pairs((WorldSide)side, counts[side], &rng);
        d.examples[side] = memory_new(sizeof(Example) * (size_t)pairs.count);
        for (int i = 0; i < pairs.count; i++) {
            Example *x = &d.examples[side][i];
            for (int language = 0; language < WORLD_LANGUAGES && side == WORLD_TRAIN; language++)
                text_words_add(d.words, pairs.items[i].text[language]);
            x->source_count =
                text_words_encode(d.words, pairs.items[i].text[WORLD_ZH], x->source, TASKS_MAX / 2);
            x->target[0] = TEXT_BEGIN;
            x->target_count = 1 + text_words_encode(d.words, pairs.items[i].text[WORLD_EN], x->target + 1,
                                                    TASKS_MAX / 2 - 2);
            x->hidden = 1 + rng_below(&rng, x->target_count - 2); /* not the full stop */
            x->target[x->target_count++] = TEXT_END;
        }
        world_pairs_free(&pairs);
    }
    return d;
}

void tasks_free(Data *d)
{
    text_words_free(d->words);
    free(d->examples[WORLD_TRAIN]);
    free(d->examples[WORLD_TEST]);
}

/* A decoder that translates reads the source first, and then writes on. */
static int words_before(const Example *x, Task task, Wiring wiring)
{
    return task == TRANSLATE && wiring == DECODER ? x->source_count : 0;
}

/* What a wiring reads, and what it must predict at each position, into rows of `time` words. Filling in: one word is
 * hidden, and its position must predict it. Otherwise each position must predict the next word. */
static void pose(const Example *x, Task task, Wiring wiring, int time, int *text, int *expected)
{
    int before = words_before(x, task, wiring), count = x->target_count - 1;
    for (int i = 0; i < time; i++)
        text[i] = expected[i] = TEXT_PAD;
    memcpy(text, x->source, (size_t)before * sizeof *text);
    memcpy(text + before, x->target, (size_t)count * sizeof *text);
    if (task == FILL) {
        text[x->hidden] = TEXT_UNKNOWN;
        expected[x->hidden] = x->target[x->hidden];
    } else {
        memcpy(expected + before, x->target + 1, (size_t)count * sizeof *expected);
    }
}

void tasks_fill(Batch *b, const Example *x, int size, Task task, Wiring wiring)
{
    b->size = size;
    b->time = b->source_time = 0;
    for (int i = 0; i < size; i++) {
        b->lengths[i] = words_before(&x[i], task, wiring) + x[i].target_count - 1;
        b->source_lengths[i] = x[i].source_count;
        b->time = b->lengths[i] > b->time ? b->lengths[i] : b->time;
        b->source_time = x[i].source_count > b->source_time ? x[i].source_count : b->source_time;
    }
    for (int i = 0; i < size; i++) {
        pose(&x[i], task, wiring, b->time, b->text + i * b->time, b->expected + i * b->time);
        for (int s = 0; s < b->source_time; s++)
            b->source[i * b->source_time + s] = s < x[i].source_count ? x[i].source[s] : TEXT_PAD;
    }
}

void tasks_draw(Batch *b, const Data *d, Task task, Wiring wiring, Rng *rng)
{
    Example x[TASKS_BATCH];
    for (int i = 0; i < TASKS_BATCH; i++) {
        x[i] = d->examples[WORLD_TRAIN][rng_below(rng, TASKS_TRAIN)];
        x[i].hidden = 1 + rng_below(rng, x[i].target_count - 3);
    }
    tasks_fill(b, x, TASKS_BATCH, task, wiring);
}

int tasks_cut(Batch *b, const Example *x, int end, Wiring wiring)
{
    Example cut[TASKS_BATCH];
    int size = 0;
    for (int i = 0; i < TASKS_BATCH; i++) {
        if (x[i].target_count < end)
            continue;
        cut[size] = x[i];
        cut[size++].target_count = end;
    }
    tasks_fill(b, cut, size, NEXT, wiring);
    return size;
}

void tasks_count(const Batch *b, Tally *done)
{
    for (int k = 0; k < b->size; k++) {
        int mistakes = 0;
        for (int i = k * b->time; i < (k + 1) * b->time; i++) {
            if (b->expected[i] == TEXT_PAD)
                continue;
            done->words++;
            done->correct += b->said[i] == b->expected[i];
            mistakes += b->said[i] != b->expected[i];
        }
        done->sentences++;
        done->whole += mistakes == 0;
    }
}

void tasks_print(const Data *d, int count, Task task, const char *title)
{
    printf("\n%s\n", title);
    for (int i = 0; i < count && task != NEXT; i++) {
        Example x = d->examples[WORLD_TEST][i];
        x.target[x.hidden] = TEXT_UNKNOWN; /* reads "<unk>" */
        if (task == TRANSLATE)
            text_words_print(d->words, "                   ", x.source, x.source_count, "\n");
        else
            text_words_print(d->words, "                   ", x.target, x.target_count, "\n");
    }
}

Score tasks_guess(const Data *d)
{
    int vocab = text_words_count(d->words), hidden = 0, next = 0, words = 0;
    int *once = memory_zero((size_t)vocab, sizeof *once);                   /* (V) */
    int *twice = memory_zero((size_t)vocab * (size_t)vocab, sizeof *twice); /* (V,V) */
    for (int i = 0; i < TASKS_TRAIN; i++) {
        const Example *x = &d->examples[WORLD_TRAIN][i];
        once[x->target[x->hidden]]++;
        for (int t = 0; t + 1 < x->target_count; t++)
            twice[x->target[t] * vocab + x->target[t + 1]]++;
    }
    int usual = 0, *follows = memory_zero((size_t)vocab, sizeof *follows);
    for (int v = 0; v < vocab; v++) {
        usual = once[v] > once[usual] ? v : usual;
        for (int k = 0; k < vocab; k++)
            follows[v] = twice[v * vocab + k] > twice[v * vocab + follows[v]] ? k : follows[v];
    }
    for (int i = 0; i < TASKS_TESTS; i++) {
        const Example *x = &d->examples[WORLD_TEST][i];
        hidden += x->target[x->hidden] == usual;
        for (int t = 0; t + 1 < x->target_count; t++, words++)
            next += follows[x->target[t]] == x->target[t + 1];
    }
    free(once);
    free(twice);
    free(follows);
    return (Score){100.0 * hidden / TASKS_TESTS, 0, 100.0 * next / words};
}
