/* suite.h -- several classification tasks on one model, section 6.5: a backbone, and an output layer for each task.
 *
 *     TaskSuite s = suite_new(folder, tasks, 3, seed);                      texts of the little world, encoded; the
 *     model suite_train(&s, 0, &training);                                    on task 0, from the weights as they are
 *     double right = suite_accuracy(&s, 0);                             per cent, on texts that training never has
 *     suite_reset(&s, seed);                                            as pretraining left it, new output layers
 *
 * The hidden states, the backbone's weights, are what the tasks share; a text is always given to the output layer of
 * its own task. All weights of the backbone are one vector theta (N) where they are compared, merged, or anchored. */
#ifndef CH06_SUITE_H
#define CH06_SUITE_H

#include "common/model/backbone.h"
#include "common/nn/train.h"
#include "common/text/batch.h"
#include "common/world/samples.h"

enum { SUITE_TASKS = 6 };

/* A kind of text with labels 0 .. classes - 1: a review is bad or good, two sentences are of one of eight topics, a
 * second sentence says the same as the first or nearly so (WORLD_PARAPHRASE, which has no labels of its own). */
typedef struct SuiteTask {
    const char *name;
    WorldKind kind;
    WorldLanguage language;
    int classes;
    int train, test; /* texts: wanted; the world may have fewer of the test side */
    int only;        /* 1 + WorldSample.task of the texts that are taken; 0: all */
    int head;        /* 1 + the task whose output layer it uses too; 0: its own */
    bool reversed;   /* label 0 counts as the last class, and so on */
} SuiteTask;

typedef struct SuiteTexts {
    int count;
    int **ids;             /* (count): with what the tokenizer's template adds */
    int *lengths, *labels; /* (count) */
} SuiteTexts;

typedef struct TaskSuite {
    const SuiteTask *tasks;
    int count;
    SuiteTexts train[SUITE_TASKS], test[SUITE_TASKS];
    ModelBackbone *backbone;
    Params head_params, all;   /* all: the backbone's, then these */
    Linear heads[SUITE_TASKS]; /* (classes,C) */
    float *start;              /* (N) theta as pretraining left it */
    size_t size;               /* N */
    Graph *graph;
    TextBatch batch;
    Rng rng; /* draws the batches */
} TaskSuite;

/* Ends the program with one line if the folder is no model with a tokenizer. suite_free frees what it holds. */
TaskSuite suite_new(const char *folder, const SuiteTask *tasks, int count, uint64_t seed);
void suite_free(TaskSuite *s);

/* The weights of pretraining again, output layers from N(0, 0.02^2), and batches drawn by the seed. */
void suite_reset(TaskSuite *s, uint64_t seed);

/* theta (N) out of the backbone, and back into it. */
void suite_weights(const TaskSuite *s, float *theta);
void suite_set_weights(TaskSuite *s, const float *theta);

/* Logits (rows,classes) of some texts of a task; labels (rows) are theirs. */
Tensor *suite_logits(TaskSuite *s, int task, const SuiteTexts *texts, const int *which, int rows,
                     int *labels);

/* Where a step's texts come from: task i with probability share[i], only its first limit[i] training texts (0: all). */
typedef struct SuiteMix {
    double share[SUITE_TASKS];
    int limit[SUITE_TASKS];
} SuiteMix;

/* Task i alone. */
SuiteMix suite_only(int task);

/* The mean loss of `batch` texts, drawn from the mix one by one: of each task those that fell to it go through its
 * output layer. One number, recorded in s->graph. */
Tensor *suite_loss(TaskSuite *s, const SuiteMix *mix, int batch);

/* Steps of AdamW with the learning rates of t; `penalty` (or NULL) adds to the gradients of the backbone after the
 * backward pass. `trained`: the parameters, NULL for all. */
typedef void SuitePenalty(TaskSuite *s, void *context);
void suite_train(TaskSuite *s, const SuiteMix *mix, const NnTraining *t, const Params *trained,
                 SuitePenalty *penalty, void *context);

/* Per cent right of the task's test texts. */
double suite_accuracy(TaskSuite *s, int task);

/* What fits most of these runs: batch 8, AdamW, 1e-3 falling linearly after a warm-up of a tenth. */
NnTraining suite_training(int steps);

#endif
