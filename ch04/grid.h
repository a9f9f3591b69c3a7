/* grid.h -- ranks as a grid of tensor x stages x data, and a training step on it.
 *
 *     Trainer *t = trainer_new(d, (Layout){.tensor = 2, .stages = 1, .data = 2}, ...);
 *     float loss = trainer_step(t, x, y);                 the same on all ranks
 *
 * Neighbouring ranks share layers (tensor), then come the stages of a pipeline, then the copies of the model that read
 * different sequences (data): the order of Llama 3, in which the ranks that talk most are closest. Section 4.4.4. */
#ifndef CH04_GRID_H
#define CH04_GRID_H

#include "ch04/gpt_parts.h"
#include "common/dist/pipeline.h"

typedef struct Layout {
    int tensor, stages, data; /* their product is the number of ranks */
    DistSchedule schedule;
    int microbatches; /* into which each copy of the model cuts its sequences */
} Layout;

/* What is wrong with a layout (heads, layers or sequences that do not divide, ...); NULL if nothing is. */
const char *layout_fault(const Layout *l, int ranks);

typedef struct Trainer Trainer;
Trainer *trainer_new(Dist *world, const Layout *l, int vocab, uint64_t seed);
void trainer_free(Trainer *t);

/* One step of AdamW on the whole batch, x and y (GPT_BATCH,GPT_TIME). Returns the mean loss. */
float trainer_step(Trainer *t, const int *x, const int *y);

/* Of the last step, on this rank. */
typedef struct StepCost {
    size_t tensor_bytes, stage_bytes, data_bytes; /* sent along each axis */
    size_t held_bytes;                            /* activations, at most, at once */
} StepCost;
StepCost trainer_cost(const Trainer *t);
size_t trainer_parameters(const Trainer *t);

#endif
