/* task.c -- batches of labelled texts. */
#include "ch06/task.h"

#include "common/base/arena.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { TEST_BATCH = 64 };

/* ---- the texts ----------------------------------------------------------------------------------- */

static char *copy_text(Arena *memory, const char *text)
{
    size_t size = strlen(text) + 1;
    return memcpy(arena_alloc(memory, size), text, size);
}

Task task_new(const char *const *labels, int classes)
{
    Task t = {.classes = classes, .memory = arena_new()};
    t.labels = arena_alloc(t.memory, sizeof *t.labels * (size_t)classes);
    for (int i = 0; i < classes; i++)
        t.labels[i] = copy_text(t.memory, labels[i]);
    return t;
}

static void make_room(TaskTexts *to, int count)
{
    size_t n = (size_t)(to->count + count);
    to->text = memory_resize(to->text, sizeof *to->text * n);
    to->label = memory_resize(to->label, sizeof *to->label * n);
    to->ids = memory_resize(to->ids, sizeof *to->ids * n);
    to->lengths = memory_resize(to->lengths, sizeof *to->lengths * n);
}

bool task_add(Task *t, TaskTexts *to, const ModelBackbone *m, const char *const *texts, const int *labels,
              int count, Error *e)
{
    TokenList list = {0};
    bool good = true, cut;
    make_room(to, count);
    t->pad = m->pad;
    for (int i = 0; good && i < count; i++) {
        list.count = 0;
        good = model_backbone_encode(m, texts[i], &list, &cut, e);
        if (!good)
            break;
        int *ids = arena_alloc(t->memory, sizeof *ids * list.count), length = (int)list.count;
        memcpy(ids, list.ids, sizeof *ids * list.count);
        to->text[to->count] = copy_text(t->memory, texts[i]);
        to->label[to->count] = labels[i];
        to->ids[to->count] = ids;
        to->lengths[to->count++] = length;
        t->longest = length > t->longest ? length : t->longest;
        t->cut += cut;
    }
    tokenizer_tokens_free(&list);
    return good;
}

static void free_texts(TaskTexts *x)
{
    free(x->text);
    free(x->label);
    free(x->ids);
    free(x->lengths);
}

void task_free(Task *t)
{
    free_texts(&t->train);
    free_texts(&t->test);
    arena_free(t->memory);
    *t = (Task){0};
}

/* ---- batches ------------------------------------------------------------------------------------- */

Tensor *task_classify(Graph *g, void *classifier, const TextBatch *b)
{
    return model_classifier_logits(g, classifier, b->ids, b->rows, b->time, b->lengths);
}

/* A batch and the labels of its rows. */
typedef struct Batch {
    TextBatch text;
    const int **ids;
    int *lengths, *labels;
} Batch;

static Batch batch_new(const Task *t, int rows)
{
    size_t n = (size_t)rows;
    return (Batch){.text = text_batch_new(rows, t->longest > 0 ? t->longest : 1),
                   .ids = memory_new(n * sizeof(int *)),
                   .lengths = memory_new(n * sizeof(int)),
                   .labels = memory_new(n * sizeof(int))};
}

static void batch_free(Batch *b)
{
    text_batch_free(&b->text);
    free(b->ids);
    free(b->lengths);
    free(b->labels);
}

static void batch_fill(Batch *b, const Task *t, const TaskTexts *from, const int *which, int rows)
{
    for (int r = 0; r < rows; r++) {
        b->ids[r] = from->ids[which[r]];
        b->lengths[r] = from->lengths[which[r]];
        b->labels[r] = from->label[which[r]];
    }
    text_batch_fill(&b->text, b->ids, b->lengths, rows, t->pad);
}

/* ---- training ------------------------------------------------------------------------------------ */

typedef struct Trainer {
    const Task *task;
    TaskLogits *logits;
    void *model;
    Batch batch;
    int *order, count, at; /* of the training texts, in this pass; count: the first so many */
    Rng rng;
} Trainer;

static Tensor *loss_of(Graph *g, void *context, int step)
{
    Trainer *x = context;
    (void)step;
    int rows = x->batch.text.max_rows;
    if (x->at + rows > x->count) {
        rng_shuffle(&x->rng, x->order, (size_t)x->count);
        x->at = 0;
    }
    batch_fill(&x->batch, x->task, &x->task->train, x->order + x->at, rows);
    x->at += rows;
    return nn_cross_entropy(g, x->logits(g, x->model, &x->batch.text), x->batch.labels, -1);
}

int task_train(Graph *g, const Task *t, int count, const Params *p, const NnTraining *how,
               TaskLogits *logits, void *model, float *curve)
{
    count = count > 0 && count < t->train.count ? count : t->train.count;
    int rows = how->batch < count ? how->batch : count;
    Trainer x = {.task = t, .logits = logits, .model = model, .count = count, .at = count};
    x.batch = batch_new(t, rows);
    x.order = memory_new(sizeof *x.order * (size_t)count);
    x.rng = rng_new(how->seed);
    for (int i = 0; i < count; i++)
        x.order[i] = i;
    int done = nn_train(g, p, how, loss_of, &x, curve);
    batch_free(&x.batch);
    free(x.order);
    return done;
}

/* ---- scores -------------------------------------------------------------------------------------- */

static int argmax(const float *x, int n)
{
    int best = 0;
    for (int i = 1; i < n; i++)
        best = x[i] > x[best] ? i : best;
    return best;
}

void task_predict(Graph *g, const Task *t, const TaskTexts *of, TaskLogits *logits, void *model,
                  int *predicted)
{
    Batch b = batch_new(t, TEST_BATCH);
    int which[TEST_BATCH];
    bool recording = nn_graph_recording(g);
    nn_graph_record(g, false);
    for (int first = 0; first < of->count; first += TEST_BATCH) {
        int rows = of->count - first < TEST_BATCH ? of->count - first : TEST_BATCH;
        for (int r = 0; r < rows; r++)
            which[r] = first + r;
        batch_fill(&b, t, of, which, rows);
        const float *x = logits(g, model, &b.text)->data; /* (rows,classes) */
        for (int r = 0; r < rows; r++)
            predicted[first + r] = argmax(x + r * t->classes, t->classes);
        nn_graph_reset(g);
    }
    nn_graph_record(g, recording);
    batch_free(&b);
}

TaskScore task_score_of(const TaskTexts *of, const int *predicted, int classes)
{
    TaskScore s = {.n = of->count};
    int seen = 0;
    for (int c = 0; c < classes; c++) {
        int hits = 0, named = 0, actual = 0;
        for (int i = 0; i < of->count; i++) {
            named += predicted[i] == c;
            actual += of->label[i] == c;
            hits += predicted[i] == c && of->label[i] == c;
        }
        s.hits += hits;
        seen += named + actual > 0;
        s.macro_f1 += named + actual > 0 ? 2.0 * hits / (named + actual) : 0;
    }
    s.accuracy = of->count > 0 ? (double)s.hits / of->count : 0;
    s.macro_f1 = seen > 0 ? s.macro_f1 / seen : 0;
    return s;
}

TaskScore task_score(Graph *g, const Task *t, const TaskTexts *of, TaskLogits *logits, void *model)
{
    int *predicted = memory_new(sizeof *predicted * (size_t)(of->count + 1));
    task_predict(g, t, of, logits, model, predicted);
    TaskScore s = task_score_of(of, predicted, t->classes);
    free(predicted);
    return s;
}
