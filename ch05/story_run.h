/* story_run.h -- a small GPT, its optimizer and a batch of stories: what the experiments with training runs repeat. */
#ifndef CH05_STORY_RUN_H
#define CH05_STORY_RUN_H

#include "ch05/data_stories.h"

typedef struct StoryRun {
    const Stories *text;
    ModelDecoder *model;
    Optimizer *optimizer; /* AdamW */
    Rng rng;              /* of the weights, then of the batches: a seed fixes both */
    int batch, time;
    int *x, *y; /* (B,T): the batch, and the same one word later */
} StoryRun;

/* Newly initialised, with 4 heads; decay: weight decay. story_run_free frees it. */
StoryRun story_run_new(const Stories *text, int layers, int channels, int batch, int time, float decay,
                       uint64_t seed);
void story_run_free(StoryRun *r);

/* Draws the next batch. */
void story_run_draw(StoryRun *r);

/* Of the batch; and of held-out stories, always the same `batches`. */
Tensor *story_run_loss(Graph *g, const StoryRun *r);
double story_run_test(Graph *g, const StoryRun *r, int batches);

#endif
