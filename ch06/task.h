/* task.h -- texts with labels, and what every way to fine-tune does with them: batches, training, scores.
 *
 *     Task t = task_of_world(backbone, 200, 400, WORLD_EN, seed);
 *     ModelClassifier *m = model_classifier_new(backbone, t.labels, t.classes, &rng);
 *     Params all = nn_params_join(backbone->params, &m->params);
 *     task_train(g, &t, &all, &training, task_classify, m, NULL);
 *     TaskScore s = task_score(g, &t, &t.test, task_classify, m);          s.accuracy, s.macro_f1
 *
 * A method of its own (a prefix, a soft prompt, an adapter) brings its own function for the logits. */
#ifndef CH06_TASK_H
#define CH06_TASK_H

#include "common/model/classifier.h"
#include "common/nn/train.h"
#include "common/text/batch.h"
#include "common/world/samples.h"

typedef struct TaskTexts {
    int count;
    const char **text;
    int *label;   /* 0 .. classes - 1 */
    int **ids;    /* of each text, with what the tokenizer's template adds */
    int *lengths; /* tokens of each */
} TaskTexts;

typedef struct Task {
    const char **labels; /* (classes): their names */
    int classes;
    TaskTexts train, test;
    int longest; /* tokens of the longest text */
    int cut;     /* texts that were longer than the context, and lost their end */
    int pad;
    Arena *memory;
} Task;

/* The task that the demos of section 6.3 share, drawn from the seed: do two sentences say the same (WORLD_PARAPHRASE)?
 * Half of the pairs do; no content is on both sides. With 200 labels and full fine-tuning book_bert is right in nine of
 * ten, its newly initialised twin in seven. */
Task task_of_world(const ModelBackbone *m, int train, int test, WorldLanguage language, uint64_t seed);

/* One that has no texts yet: labels (classes) are copied. */
Task task_new(const char *const *labels, int classes);

/* Adds texts, which are copied, with their labels, to one side of it. False and *e if the tokenizer is missing, or
 * has a token that the model does not have. */
bool task_add(Task *t, TaskTexts *to, const ModelBackbone *m, const char *const *texts, const int *labels,
              int count, Error *e);
void task_free(Task *t);

/* The logits of a padded batch, ids (B,T) and lengths (B) -> (B,classes); model is whatever makes them. */
typedef Tensor *TaskLogits(Graph *g, void *model, const TextBatch *b);

/* That of a ModelClassifier. */
Tensor *task_classify(Graph *g, void *classifier, const TextBatch *b);

/* Trains the parameters on the first `count` of the training texts (0: all): passes over them, each in its own random
 * order, until how->steps are done. curve (steps) gets the losses, or is NULL. Returns the steps done, as nn_train. */
int task_train(Graph *g, const Task *t, int count, const Params *p, const NnTraining *how,
               TaskLogits *logits, void *model, float *curve);

typedef struct TaskScore {
    int hits, n;
    double accuracy, macro_f1; /* 0 .. 1 */
} TaskScore;

/* The class of the largest logit of each text: predicted (of->count). */
void task_predict(Graph *g, const Task *t, const TaskTexts *of, TaskLogits *logits, void *model,
                  int *predicted);

/* Of predictions: the share that is right, and the mean over classes of F1 = 2 hits / (predicted + actual), where a
 * class that neither occurs nor is predicted counts for nothing. */
TaskScore task_score_of(const TaskTexts *of, const int *predicted, int classes);

/* Both. */
TaskScore task_score(Graph *g, const Task *t, const TaskTexts *of, TaskLogits *logits, void *model);

#endif
