/* isoflop.h -- training runs at equal compute: several budgets, each spent on models of several widths. */
#ifndef CH04_ISOFLOP_H
#define CH04_ISOFLOP_H

#include "ch04/law.h"
#include "ch04/small_runs.h"

enum { STUDY_LAYERS = 2, STUDY_RUNS = 160 };

/* Which runs there are: each budget (FLOPs = 6 N D) on each width that leaves it enough and not too many tokens. */
typedef struct Study {
    const double *budgets;
    const int *widths;
    int budget_count, width_count, seeds;
    long min_tokens, max_tokens;
    double held_out; /* the budget of the run that the fit does not see */
    int held_out_width;
    const char *path; /* where results are kept, or NULL */
} Study;

typedef struct StudyRuns {
    const Study *study;
    SmallRun
        items[STUDY_RUNS]; /* by budget, then width, then seed; after the last of them the held-out run */
    int count;
} StudyRuns;

/* Trains them all, but for those whose results are in the study's file already; each result is written there as soon as
 * there is one. Seeds count from `seed`. Ends the program with one line if the file cannot be written. */
void study_train(StudyRuns *r, const SmallText *text, uint64_t seed);

/* The compute that a run took, 6 N D. */
double study_budget(const SmallRun *run);

/* The runs with budgets between min and max as points of a law; returns their number. all: N counts all parameters, or
 * else those of the blocks alone, as Kaplan et al., 2020, did. */
int study_points(const StudyRuns *r, double min, double max, bool all, LawPoint *points);

#endif
