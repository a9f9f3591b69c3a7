/* isoflop.c -- training runs at equal compute. */
#include "ch04/isoflop.h"

#include "common/base/base.h"

#include <math.h>
#include <stdio.h>

static SmallRun plan(const SmallText *text, int width, double budget, uint64_t seed)
{
    enum { STEP = SMALL_BATCH * SMALL_TIME };
    double params = small_params(text, STUDY_LAYERS, width);
    return (SmallRun){.layers = STUDY_LAYERS,
                      .channels = width,
                      .tokens = lrint(budget / (6 * params) / STEP) * STEP,
                      .seed = seed,
                      .params = params,
                      .body = small_body(text, STUDY_LAYERS, width),
                      .loss = NAN};
}

/* All runs of a study; the held-out one comes last. */
static void plan_all(StudyRuns *r, const SmallText *text, uint64_t seed)
{
    const Study *s = r->study;
    for (int b = 0; b < s->budget_count; b++) {
        for (int w = 0; w < s->width_count; w++) {
            for (int i = 0; i < s->seeds; i++) {
                SmallRun run = plan(text, s->widths[w], s->budgets[b], seed + (uint64_t)i);
                if (run.tokens >= s->min_tokens && run.tokens <= s->max_tokens && r->count < STUDY_RUNS - 1)
                    r->items[r->count++] = run;
            }
        }
    }
    r->items[r->count] = plan(text, s->held_out_width, s->held_out, seed);
}

/* Results of an earlier run that was interrupted. */
static void read_results(StudyRuns *r)
{
    FILE *f = r->study->path ? fopen(r->study->path, "r") : NULL;
    int channels;
    long tokens;
    unsigned long long seed;
    double loss;
    while (f && fscanf(f, "%d %ld %llu %lf", &channels, &tokens, &seed, &loss) == 4) {
        for (int i = 0; i <= r->count; i++) {
            SmallRun *run = &r->items[i];
            if (run->channels == channels && run->tokens == tokens && run->seed == seed)
                run->loss = loss;
        }
    }
    if (f)
        fclose(f);
}

static void write_results(const StudyRuns *r)
{
    Error e = {""};
    FileWriter *w = file_create(r->study->path, &e);
    for (int i = 0; w && i <= r->count; i++) {
        const SmallRun *run = &r->items[i];
        if (isfinite(run->loss))
            file_printf(w, "%d\t%ld\t%llu\t%.6f\n", run->channels, run->tokens,
                        (unsigned long long)run->seed, run->loss);
    }
    if (!w || !file_commit(w, &e))
        error_exit(&e);
}

typedef struct Training {
    StudyRuns *runs;
    int done;
    Progress bar;
} Training;

static void finished(void *context, SmallRun *run)
{
    Training *t = context;
    progress_update(&t->bar, ++t->done, "width %d, %ld tokens: %.3f", run->channels, run->tokens,
                    run->loss);
    if (t->runs->study->path)
        write_results(t->runs);
}

void study_train(StudyRuns *r, const SmallText *text, uint64_t seed)
{
    Training t = {.runs = r};
    plan_all(r, text, seed);
    read_results(r);
    for (int i = 0; i <= r->count; i++)
        t.done += isfinite(r->items[i].loss);
    t.bar = progress_resume("training", t.done, r->count + 1);
    small_runs(text, r->items, r->count + 1, finished, &t);
    progress_end(&t.bar);
}

double study_budget(const SmallRun *run)
{
    return 6 * run->params * (double)run->tokens;
}

int study_points(const StudyRuns *r, double min, double max, bool all, LawPoint *points)
{
    int n = 0;
    for (int i = 0; i < r->count; i++) {
        const SmallRun *run = &r->items[i];
        if (study_budget(run) > min && study_budget(run) < max)
            points[n++] = (LawPoint){all ? run->params : run->body, (double)run->tokens, run->loss};
    }
    return n;
}
