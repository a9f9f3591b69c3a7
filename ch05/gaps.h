/* gaps.h -- texts side by side in which tokens are hidden: what a BERT learns from, and what it is
 * tested with. */
#ifndef CH05_GAPS_H
#define CH05_GAPS_H

#include "ch05/masking.h"
#include "ch05/data_texts.h"
#include "common/eval/ngram.h"
#include "common/model/bert.h"
#include "common/text/batch.h"

/* Texts side by side, filled up to the longest of them. */
typedef struct GapBatch {
    TextBatch text; /* what the texts say, and what the model must say */
    int *input;     /* (B,T): what the model reads */
    int chosen;     /* positions that the loss counts */
} GapBatch;

/* Room for `rows` texts of `time` tokens. */
GapBatch gap_batch_new(int rows, int time);
void gap_batch_free(GapBatch *b);

/* which (rows): the texts; pad fills up. */
void gap_batch_fill(GapBatch *b, const Texts *t, const int *which, int rows, int pad);

/* Draws what is hidden until there is something. */
void gap_batch_mask(GapBatch *b, const Masking *masking, Rng *rng);

/* As the model takes it; the batch must live on. */
ModelBertBatch gap_batch_input(const GapBatch *b);

/* The tokens of its texts, without what fills up. */
long gap_batch_tokens(const GapBatch *b);

/* ---- batches to learn from ----------------------------------------------------------------------- */

/* Texts of nearly equal length go together, so that little is padding: a number of texts are drawn at
 * random, sorted by length, and cut into batches. */
enum { GAP_POOL = 16 }; /* batches */

typedef struct GapPool {
    const Texts *texts;
    Masking masking; /* 80/10/10 */
    int pad, rows;
    int *which;          /* (GAP_POOL,rows) */
    int order[GAP_POOL]; /* in which its batches are used */
    Rng rng, start;      /* as they are, and as they were before the texts were drawn */
} GapPool;

GapPool gap_pool_new(const Texts *t, const Masking *masking, int pad, int rows, Rng rng);
void gap_pool_free(GapPool *p);

/* The batch of a step, in order from the first step on, with its gaps. */
void gap_pool_next(GapPool *p, long step, GapBatch *b);

/* Random numbers to note before a step, and the pool as it was when they were noted; b is room for a
 * batch. */
Rng gap_pool_note(const GapPool *p, long step);
void gap_pool_resume(GapPool *p, long step, Rng noted, GapBatch *b);

/* ---- batches to test with ------------------------------------------------------------------------ */

enum { GAP_TESTS = 32 };

/* Batches with their gaps, drawn once: every evaluation, and every way to guess, has the same. Whatever is
 * chosen is hidden by [MASK]: a token that stays visible tells nothing. */
typedef struct GapTest {
    GapBatch items[GAP_TESTS];
    int count, chosen;
} GapTest;

GapTest gap_test_new(const Texts *t, const Masking *masking, int pad, int rows, int time);
void gap_test_free(GapTest *t);

/* The share of the hidden tokens that counting guesses; it may look at every token but the hidden one. */
double gap_test_count(const GapTest *t, const EvalNgram *guesses, EvalNgramKind kind);

#endif
