/* train.h -- what every training run does.
 *
 *     NnTraining t = nn_training_new();                       defaults, to be changed at will
 *     NnTrainingOptions shared = nn_training_options(&t);
 *     const Option options[] = {option_group(shared.items), OPTION_END};
 *     options_parse(argc, argv, "Trains.", options);
 *     Error e = {""};
 *     if (!nn_training_check(&t, &e))
 *         error_exit(&e);
 *     nn_train(g, &model.params, &t, loss_of, &data);          all steps, with a progress bar
 *     double held_out = nn_evaluate(g, 20, loss_of_test, &data);
 *
 * Those who want the loop before them write
 *     nn_graph_multiply_in(g, t.precision);
 *     for (int step = 0; step < t.steps; step++)
 *         nn_train_step(g, optimizer, loss(g, ...), nn_training_rate(&t, step), t.clip); */
#ifndef NN_TRAIN_H
#define NN_TRAIN_H

#include "common/base/error.h"
#include "common/base/options.h"
#include "common/nn/optim.h"

typedef enum NnOptimizerKind { NN_ADAMW, NN_MUON } NnOptimizerKind;

/* Their names on the command line, NULL after the last: adamw, muon. */
extern const char *const nn_optimizer_names[];

typedef struct NnTraining {
    int steps, batch, warmup, decay; /* decay: steps of the fall of stable-decay; 0: a fifth */
    int schedule;                    /* NnSchedule */
    int optimizer;                   /* NnOptimizerKind */
    int precision;                   /* TensorPrecision of the matrix products */
    float rate, min_rate;            /* learning rate: the highest, and that at the end */
    float muon_rate;                 /* the highest of Muon's matrices; 0: rate */
    float beta2, weight_decay, clip; /* clip: the largest gradient norm; 0: any */
    uint64_t seed;
    int usual_warmup; /* what the warm-up was before options were read */
} NnTraining;

/* 1000 steps of 16; cosine from 1e-3 to 1e-4 after 100 steps of warm-up; AdamW with beta2 0.99 and weight
 * decay 0.1; clipped to 1; seed 1. */
NnTraining nn_training_new(void);

/* --steps, --batch, --optimizer, --lr, --min-lr, --muon-lr, --schedule, --warmup, --decay, --weight-decay, --beta2,
 * --clip, --precision, --seed. */
typedef struct NnTrainingOptions {
    Option items[15];
} NnTrainingOptions;
NnTrainingOptions nn_training_options(NnTraining *t);

/* False and *e where the learning rate would rise where it should fall: a warm-up longer than the run, a
 * minimum above the maximum; or would fall longer than the run lasts. A warm-up that no option gave is cut to
 * a tenth of a run that is shorter than it. */
bool nn_training_check(NnTraining *t, Error *e);

/* The learning rate of a step, which counts from 0. */
float nn_training_rate(const NnTraining *t, long step);

/* AdamW with beta1 0.9 and what t says. The caller frees it. */
Optimizer *nn_training_optimizer(const NnTraining *t, const Params *p);

/* What a step was like. */
typedef struct NnStep {
    float loss, norm; /* norm: of the gradient before clipping; NaN or infinite where the loss is */
} NnStep;

/* One step: backward from the loss, clip (max > 0), update, reset the graph. A loss that is not finite
 * changes no weight and resets nothing, so that nn_non_finite_find can look. */
NnStep nn_train_step(Graph *g, Optimizer *o, Tensor *loss, float rate, float clip);

/* The loss of batch i, one number, recorded in g. */
typedef Tensor *NnLoss(Graph *g, void *context, int i);

/* The mean of the losses of batches 0 .. count-1, without recording and in float32; dropout is off. */
double nn_evaluate(Graph *g, int count, NnLoss *loss, void *context);

/* All steps of a run, with their progress on standard error. curve (steps) gets the loss of each, or is NULL.
 * Returns the number of steps done: fewer than t->steps if a loss was not finite, as curve then shows. */
int nn_train(Graph *g, const Params *p, const NnTraining *t, NnLoss *loss, void *context, float *curve);

#ifndef NN_INSIDE
#define nn_train_step(g, o, loss, rate, clip) nn_train_step(NN_HERE(g), o, loss, rate, clip)
#endif

#endif
