/* pipeline.c -- three schedules, and a replay of them on paper. */
#include "common/dist/pipeline.h"

#include "common/base/arena.h"

#include <stdlib.h>

const char *const dist_schedule_names[DIST_SCHEDULES + 1] = {"gpipe", "1f1b", "zero-bubble", NULL};

static int min(int a, int b)
{
    return a < b ? a : b;
}

static int gpipe(int microbatches, DistStageOp *ops)
{
    int n = 0;
    for (int k = 0; k < microbatches; k++)
        ops[n++] = (DistStageOp){DIST_FORWARD, k};
    for (int k = 0; k < microbatches; k++)
        ops[n++] = (DistStageOp){DIST_BACKWARD, k};
    return n;
}

//> 1f1b
/* As many forward passes as there are stages after this one; then one forward, one backward, in turn. */
static int one_forward_one_backward(int stage, int stages, int microbatches, DistStageOp *ops)
{
    int n = 0, ahead = min(microbatches, stages - 1 - stage);
    for (int k = 0; k < ahead; k++)
        ops[n++] = (DistStageOp){DIST_FORWARD, k};
    for (int k = 0; k < microbatches; k++) {
        if (k + ahead < microbatches)
            ops[n++] = (DistStageOp){DIST_FORWARD, k + ahead};
        ops[n++] = (DistStageOp){DIST_BACKWARD, k};
    }
    return n;
}
//< 1f1b

/* The same, but a backward pass is only its first half; the second half comes `stage` microbatches later, so that
 * every stage holds as many microbatches as the first stage of 1F1B does. */
static int zero_bubble(int stage, int stages, int microbatches, DistStageOp *ops)
{
    int n = 0, ahead = min(microbatches, stages - 1 - stage), late = min(microbatches, stage);
    for (int k = 0; k < ahead; k++)
        ops[n++] = (DistStageOp){DIST_FORWARD, k};
    for (int k = 0; k < microbatches; k++) {
        if (k + ahead < microbatches)
            ops[n++] = (DistStageOp){DIST_FORWARD, k + ahead};
        ops[n++] = (DistStageOp){DIST_INPUT, k};
        if (k >= late)
            ops[n++] = (DistStageOp){DIST_WEIGHT, k - late};
    }
    for (int k = microbatches - late; k < microbatches; k++)
        ops[n++] = (DistStageOp){DIST_WEIGHT, k};
    return n;
}

int dist_pipeline_ops(DistSchedule s, int stage, int stages, int microbatches, DistStageOp *ops)
{
    switch (s) {
    case DIST_GPIPE:
        return gpipe(microbatches, ops);
    case DIST_1F1B:
        return one_forward_one_backward(stage, stages, microbatches, ops);
    default:
        return zero_bubble(stage, stages, microbatches, ops);
    }
}

/* ---- on paper -------------------------------------------------------------------------------------------- */

typedef struct Paper {
    int stages, microbatches;
    DistStageOp *ops; /* (stages, 3 microbatches) */
    double *activation_at,
        *gradient_at; /* (stages, microbatches): when a stage has sent it; negative: not yet */
} Paper;

/* When the input of an operation is there; negative: not yet. */
static double ready(const Paper *p, int stage, DistStageOp op)
{
    if (op.kind == DIST_FORWARD)
        return stage ? p->activation_at[(stage - 1) * p->microbatches + op.microbatch] : 0;
    if (op.kind == DIST_WEIGHT || stage == p->stages - 1)
        return 0; /* the stage's own work, which its list puts before */
    return p->gradient_at[(stage + 1) * p->microbatches + op.microbatch];
}

/* Runs a stage until its next operation has to wait. Returns how many operations it ran. */
static int advance(Paper *p, int stage, int *next, int count, const double *cost, DistStageTimes *times)
{
    int first = *next;
    const DistStageOp *ops = p->ops + stage * 3 * p->microbatches;
    for (; *next < count; ++*next) {
        DistStageOp op = ops[*next];
        double since = ready(p, stage, op), free = *next ? times[*next - 1].end : 0;
        if (since < 0)
            break;
        double begin = since > free ? since : free, end = begin + cost[op.kind];
        times[*next] = (DistStageTimes){begin, end};
        if (op.kind == DIST_FORWARD)
            p->activation_at[stage * p->microbatches + op.microbatch] = end;
        else if (op.kind != DIST_WEIGHT)
            p->gradient_at[stage * p->microbatches + op.microbatch] = end;
    }
    return *next - first;
}

double dist_pipeline_replay(DistSchedule s, int stages, int microbatches, const double *cost,
                            DistStageTimes *times)
{
    Arena *arena = arena_new();
    size_t pairs = (size_t)(stages * microbatches);
    Paper p = {stages, microbatches, arena_alloc(arena, 3 * pairs * sizeof *p.ops),
               arena_alloc(arena, pairs * sizeof(double)), arena_alloc(arena, pairs * sizeof(double))};
    int *next = arena_alloc(arena, sizeof(int) * (size_t)stages);
    int *count = arena_alloc(arena, sizeof(int) * (size_t)stages);
    for (size_t i = 0; i < pairs; i++)
        p.activation_at[i] = p.gradient_at[i] = -1;
    for (int i = 0; i < stages; i++) {
        next[i] = 0;
        count[i] = dist_pipeline_ops(s, i, stages, microbatches, p.ops + i * 3 * microbatches);
    }
    for (int ran = 1; ran;) {
        ran = 0;
        for (int i = 0; i < stages; i++)
            ran += advance(&p, i, &next[i], count[i], cost, times + i * 3 * microbatches);
    }
    double end = 0;
    for (int i = 0; i < stages && end >= 0; i++) {
        double last = next[i] == count[i] ? times[i * 3 * microbatches + count[i] - 1].end : -1;
        end = last < 0 || last > end ? last : end;
    }
    arena_free(arena);
    return end;
}

int dist_pipeline_held(const DistStageOp *ops, int count)
{
    int held = 0, max = 0;
    for (int i = 0; i < count; i++) {
        if (ops[i].kind == DIST_FORWARD)
            held++;
        if (ops[i].kind == DIST_BACKWARD || ops[i].kind == DIST_WEIGHT)
            held--;
        max = held > max ? held : max;
    }
    return max;
}
