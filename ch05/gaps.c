/* gaps.c -- batches of texts, their gaps, and the random numbers from which they come. */
#include "ch05/gaps.h"

#include "common/base/base.h"

#include <stdlib.h>

/* ---- one batch ----------------------------------------------------------------------------------- */

GapBatch gap_batch_new(int rows, int time)
{
    size_t size = sizeof(int) * (size_t)rows * (size_t)time;
    return (GapBatch){.text = text_batch_new(rows, time), .input = memory_new(size)};
}

void gap_batch_free(GapBatch *b)
{
    text_batch_free(&b->text);
    free(b->input);
}

void gap_batch_mask(GapBatch *b, const Masking *masking, Rng *rng)
{
    int positions = b->text.rows * b->text.time;
    b->chosen = 0;
    for (int tries = 0; tries < 1000 && b->chosen == 0; tries++) {
        mask_tokens(masking, b->text.ids, positions, rng, b->input, b->text.labels, NULL);
        for (int i = 0; i < positions; i++)
            b->chosen += b->text.labels[i] != MASK_IGNORE;
    }
}

void gap_batch_fill(GapBatch *b, const Texts *t, const int *which, int rows, int pad)
{
    const int **texts = memory_new(sizeof *texts * (size_t)rows);
    int *counts = memory_new(sizeof *counts * (size_t)rows);
    for (int r = 0; r < rows; r++) {
        texts[r] = t->ids + t->start[which[r]];
        counts[r] = texts_length(t, which[r]);
    }
    text_batch_fill(&b->text, texts, counts, rows, pad);
    free(texts);
    free(counts);
}

ModelBertBatch gap_batch_input(const GapBatch *b)
{
    return (ModelBertBatch){b->text.rows, b->text.time, b->input, NULL, b->text.lengths};
}

long gap_batch_tokens(const GapBatch *b)
{
    long sum = 0;
    for (int r = 0; r < b->text.rows; r++)
        sum += b->text.lengths[r];
    return sum;
}

/* ---- to learn from ------------------------------------------------------------------------------- */

static int compare_keys(const void *a, const void *b)
{
    uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;
    return (x > y) - (x < y);
}

static void sort_by_length(const Texts *t, int *which, int count)
{
    uint64_t *keys = memory_new(sizeof *keys * (size_t)count);
    for (int i = 0; i < count; i++)
        keys[i] = (uint64_t)texts_length(t, which[i]) << 32 | (uint64_t)which[i];
    qsort(keys, (size_t)count, sizeof *keys, compare_keys);
    for (int i = 0; i < count; i++)
        which[i] = (int)(keys[i] & 0xffffffffu);
    free(keys);
}

GapPool gap_pool_new(const Texts *t, const Masking *masking, int pad, int rows, Rng rng)
{
    return (GapPool){.texts = t,
                     .masking = *masking,
                     .pad = pad,
                     .rows = rows,
                     .which = memory_new(sizeof(int) * GAP_POOL * (size_t)rows),
                     .rng = rng,
                     .start = rng};
}

void gap_pool_free(GapPool *p)
{
    free(p->which);
}

static void draw_pool(GapPool *p)
{
    p->start = p->rng;
    for (int i = 0; i < GAP_POOL * p->rows; i++)
        p->which[i] = rng_below(&p->rng, p->texts->count);
    sort_by_length(p->texts, p->which, GAP_POOL * p->rows);
    for (int i = 0; i < GAP_POOL; i++) {
        int j = rng_below(&p->rng, i + 1);
        p->order[i] = p->order[j];
        p->order[j] = i;
    }
}

void gap_pool_next(GapPool *p, long step, GapBatch *b)
{
    if (step % GAP_POOL == 0)
        draw_pool(p);
    gap_batch_fill(b, p->texts, p->which + p->order[step % GAP_POOL] * p->rows, p->rows, p->pad);
    gap_batch_mask(b, &p->masking, &p->rng);
}

Rng gap_pool_note(const GapPool *p, long step)
{
    return step % GAP_POOL == 0 ? p->rng : p->start;
}

/* The batches of the pool that were used are drawn again. */
void gap_pool_resume(GapPool *p, long step, Rng noted, GapBatch *b)
{
    p->rng = noted;
    for (long i = step - step % GAP_POOL; i < step; i++)
        gap_pool_next(p, i, b);
}

/* ---- to test with -------------------------------------------------------------------------------- */

GapTest gap_test_new(const Texts *t, const Masking *masking, int pad, int rows, int time)
{
    GapTest test = {.count = 0};
    Masking hidden = *masking;
    Rng rng = rng_new(7);
    int max = t->count < GAP_TESTS * rows ? t->count : GAP_TESTS * rows;
    int *which = memory_new(sizeof *which * (size_t)t->count);
    hidden.hidden = 1, hidden.random = 0;
    for (int i = 0; i < t->count; i++) { /* a shuffle, from inside out */
        int j = rng_below(&rng, i + 1);
        which[i] = which[j];
        which[j] = i;
    }
    sort_by_length(t, which, max);
    for (int i = 0; i < max; i += rows) {
        GapBatch *b = &test.items[test.count++];
        *b = gap_batch_new(rows, time);
        gap_batch_fill(b, t, which + i, max - i < rows ? max - i : rows, pad);
        gap_batch_mask(b, &hidden, &rng);
        test.chosen += b->chosen;
    }
    free(which);
    return test;
}

void gap_test_free(GapTest *t)
{
    for (int i = 0; i < t->count; i++)
        gap_batch_free(&t->items[i]);
}

double gap_test_count(const GapTest *t, const EvalNgram *guesses, EvalNgramKind kind)
{
    int right = 0;
    for (int i = 0; i < t->count; i++) {
        const TextBatch *b = &t->items[i].text;
        for (int at = 0; at < b->rows * b->time; at++) {
            const int *row = b->ids + at / b->time * b->time;
            if (b->labels[at] != MASK_IGNORE)
                right += eval_ngram_guess(guesses, kind, row, b->time, at % b->time) == b->labels[at];
        }
    }
    return (double)right / t->chosen;
}
