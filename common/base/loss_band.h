/* loss_band.h -- is my loss normal? A curve against the band that runs with several seeds left.
 *
 * A band is a text file with tabs, chNN/expected/NAME.band.tsv, made by `make chNN-bands`:
 *     $ ./ch05/pretrain_gpt --quick
 *     first	last	mean	low	high
 *     0	11	3.1415	3.0977	3.1853
 * Its points are the means over stretches of the run, from step first to step last; low and high lie three
 * standard deviations of the seeds (pooled over five neighbouring points) from the mean: of five seeds the
 * minimum and maximum would miss every third new one. A program takes part with two lines:
 *
 *     LossBandOptions shared = loss_band_options(&band);            option_group(shared.items) in its table
 *     loss_band_report(&band, "ch05/expected/pretrain_gpt.band.tsv", losses, steps);     at its end */
#ifndef BASE_LOSS_BAND_H
#define BASE_LOSS_BAND_H

#include "common/base/error.h"
#include "common/base/options.h"

enum { LOSS_BAND_POINTS = 25 }; /* of a band that loss_band_of makes */

typedef struct LossBand {
    int count;
    int *first, *last;               /* (count): steps, from 0 */
    float *step, *mean, *low, *high; /* (count): the middle of each stretch, and its losses */
    char *command;                   /* the first line, without "$ " */
} LossBand;

/* Reads a file. False and *e (path and line) if that fails. loss_band_free frees what it holds. */
bool loss_band_read(const char *path, LossBand *b, Error *e);
bool loss_band_write(const char *path, const LossBand *b, Error *e);
void loss_band_free(LossBand *b);

/* Reads the band of a run of n steps. False and *e also where it is of a run of another length: with that the learning
 * rate differs everywhere. */
bool loss_band_for(const char *path, int n, LossBand *b, Error *e);

/* The band of `seeds` runs of n steps: losses (seeds, n), one number a step. */
LossBand loss_band_of(const float *losses, int seeds, int n, const char *command);

/* A run beside the band: the mean of its losses (n) over each stretch of the band. at (count) gets NaN where
 * the run has no steps. */
void loss_band_points(const LossBand *b, const float *losses, int n, float *at);

typedef struct LossBandVerdict {
    int points, inside; /* that both have; of these, inside */
    int above, below;
    int first;   /* the step where the first point outside begins; -1: none is */
    bool normal; /* at most one point and a tenth of all lie outside */
} LossBandVerdict;
LossBandVerdict loss_band_check(const LossBand *b, const float *losses, int n);

/* What a program is told: --curve FILE writes the loss of each step there, one a line, for `make chNN-bands`;
 * --band draws the run over the band. */
typedef struct LossBandSettings {
    const char *curve;
    bool draw;
    const char *model; /* of a program that trains several, the one whose losses they are; else NULL */
} LossBandSettings;

typedef struct LossBandOptions {
    Option items[3];
} LossBandOptions;
LossBandOptions loss_band_options(LossBandSettings *s);

/* Says in one line whether the run lies inside the band of the file, and does what the options ask for:
 *     loss: normal, inside the band of several seeds at 25 of 25 points
 * or, with a model, "loss of MODEL: ...".
 * Where there is no such file, or it is of a run of another length, --band is told so, and else nothing is said. Ends
 * the program with one line if the file of --curve cannot be written. A program that trains several models may train
 * this one alone when there is a --curve, so that bands take little time. */
void loss_band_report(const LossBandSettings *s, const char *path, const float *losses, int n);

#endif
