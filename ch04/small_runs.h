/* small_runs.h -- small decoders on the characters of a text, each trained for a given number of tokens: the points of
 * the experiments of section 4.2. */
#ifndef CH04_SMALL_RUNS_H
#define CH04_SMALL_RUNS_H

#include "common/base/error.h"

#include <stddef.h>
#include <stdint.h>

/* A text as numbers, one for each character; its last tenth is held out. */
typedef struct SmallText {
    int vocab;
    int *ids; /* (count) */
    size_t count, train;
} SmallText;

/* common/text/tinyshakespeare.txt. False and *e if it cannot be read. small_text_free frees what it holds. */
bool small_text_read(SmallText *text, Error *e);
void small_text_free(SmallText *text);

enum { SMALL_BATCH = 4, SMALL_TIME = 64 }; /* 256 tokens a step */

typedef struct SmallRun {
    int layers, channels; /* heads have 8 channels each, or as many as there are */
    long tokens;          /* read in training */
    uint64_t seed;
    double loss;         /* held out, at the end, in nats per character; NaN before the run */
    double params, body; /* all parameters; those of the blocks */
    double seconds;      /* that the run took */
} SmallRun;

/* How many parameters such a model has, and its blocks alone without the norms. */
double small_params(const SmallText *text, int layers, int channels);
double small_body(const SmallText *text, int layers, int channels);

/* Trains with AdamW, the learning rate falling along a cosine to a tenth; its maximum is that of the width. */
void small_run(const SmallText *text, SmallRun *run);

/* Those runs (count) whose loss is not known yet, each by one thread, the longest first. done(context, run), or NULL,
 * is called after each, by one thread at a time. */
void small_runs(const SmallText *text, SmallRun *runs, int count,
                void (*done)(void *context, SmallRun *run), void *context);

#endif
