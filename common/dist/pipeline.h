/* pipeline.h -- who computes what, and in which order, when the layers of a model lie on several stages.
 *
 * A schedule is data: for each stage a list of operations on microbatches. Stages run their lists in order, and an
 * operation waits until its input has arrived. So a schedule can be checked, drawn and timed without a model, and a
 * test holds all of them against their formulas. Section 4.4.3.
 *
 *     DistStageOp ops[...];
 *     int count = dist_pipeline_ops(DIST_1F1B, stage, stages, microbatches, ops);
 *     for (int i = 0; i < count; i++)
 *         run(ops[i]); */
#ifndef DIST_PIPELINE_H
#define DIST_PIPELINE_H

#include <stdbool.h>

typedef enum DistSchedule {
    DIST_GPIPE,       /* all forward, then all backward: Huang et al., 2019 */
    DIST_1F1B,        /* one forward, one backward: Narayanan et al., PipeDream, 2019; Megatron, 2021 */
    DIST_ZERO_BUBBLE, /* backward in two halves, the second one fills gaps: ZB-H1 of Qi et al., 2024 */
    DIST_SCHEDULES
} DistSchedule;
extern const char *const dist_schedule_names[DIST_SCHEDULES + 1]; /* gpipe, 1f1b, zero-bubble, NULL */

/* BACKWARD is INPUT and WEIGHT in one. */
typedef enum DistStageKind {
    DIST_FORWARD,
    DIST_BACKWARD,
    DIST_INPUT,  /* the gradient with respect to the stage's input, for which the stage before waits */
    DIST_WEIGHT, /* the gradients with respect to its weights, for which nobody waits but the optimizer */
    DIST_KINDS
} DistStageKind;

typedef struct DistStageOp {
    DistStageKind kind;
    int microbatch;
} DistStageOp;

/* The operations of a stage in their order: ops (3 microbatches) at most. Returns how many. */
int dist_pipeline_ops(DistSchedule s, int stage, int stages, int microbatches, DistStageOp *ops);

/* When each operation began and ended, in the order of the list. */
typedef struct DistStageTimes {
    double begin, end;
} DistStageTimes;

/* Runs a schedule on paper, stages that take cost (DIST_KINDS) for an operation and no time for a message:
 * times (stages, 3 microbatches). Returns the time at which the last stage is done, or a negative number if the
 * schedule cannot end, because operations wait for one another. */
double dist_pipeline_replay(DistSchedule s, int stages, int microbatches, const double *cost,
                            DistStageTimes *times);

/* The maximum number of microbatches whose activations a stage holds at once: from their forward pass to the end of
 * their backward pass, both halves of it. */
int dist_pipeline_held(const DistStageOp *ops, int count);

#endif
