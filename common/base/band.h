/* band.h -- is my loss normal? A curve against the band that runs with several seeds left.
 *
 * A band is a text file with tabs, chNN/expected/NAME.band.tsv, made by `make chNN-bands`:
 *     $ ./ch05/pretrain_gpt --quick
 *     first	last	mean	low	high
 *     0	11	3.1415	3.0977	3.1853
 * Its points are the means over stretches of the run, from step first to step last; low and high lie three standard deviations of
 * the seeds (pooled over five neighbouring points) from the mean: of five seeds the minimum and maximum would
 * miss every third new one. */
#ifndef BASE_BAND_H
#define BASE_BAND_H

#include "common/base/error.h"

enum { BAND_POINTS = 25 }; /* of a band that band_of makes */

typedef struct Band {
    int count;
    int *first, *last;               /* (count): steps, from 0 */
    float *step, *mean, *low, *high; /* (count): the middle of each stretch, and its losses */
    char *command;                   /* the first line, without "$ " */
} Band;

/* Reads a file. False and *e (path and line) if that fails. band_free frees what it holds. */
bool band_read(const char *path, Band *b, Error *e);
bool band_write(const char *path, const Band *b, Error *e);
void band_free(Band *b);

/* The band of `seeds` runs of n steps: losses (seeds, n), one number a step. */
Band band_of(const float *losses, int seeds, int n, const char *command);

/* A run beside the band: the mean of its losses (n) over each stretch of the band. at (count) gets NaN where
 * the run has no steps. */
void band_points(const Band *b, const float *losses, int n, float *at);

typedef struct BandVerdict {
    int points, inside; /* that both have; of these, inside */
    int above, below;
    int first;   /* the step where the first point outside begins; -1: none is */
    bool normal; /* at most one point and a tenth of all lie outside */
} BandVerdict;
BandVerdict band_check(const Band *b, const float *losses, int n);

/* Draws band and run on standard output, 12 lines high, and says in one line whether the run lies inside:
 *     loss: normal, inside the band of several seeds at 25 of 25 points
 * Where there is no file it says so: "loss: no band to compare with: ...". */
void band_show(const char *path, const float *losses, int n);

#endif
