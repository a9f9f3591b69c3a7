/* suite.c -- several tasks on one backbone: their texts, their output layers, their training. */
#include "ch06/suite.h"

#include "common/base/base.h"
#include "common/nn/argmax.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { ROWS = 32, TIME = 96 };

/* ---- texts --------------------------------------------------------------------------------------- */

/* The text that is classified, and its label. The caller frees it. */
static char *text_of(const WorldSample *s, Rng *rng, int *label)
{
    const char *first = s->passage[0] ? s->passage : s->prompt, *second = s->passage[0] ? s->prompt : "";
    *label = s->label;
    if (s->kind == WORLD_PARAPHRASE) {
        *label = rng_below(rng, 2);
        second = *label ? s->answer : s->worse;
    }
    size_t size = strlen(first) + strlen(second) + 2;
    char *text = memory_new(size);
    snprintf(text, size, "%s%s%s", first, second[0] ? " " : "", second);
    return text;
}

static void encode(SuiteTexts *t, const SuiteTask *task, const WorldSample *sample, const ModelBackbone *m,
                   Rng *rng)
{
    Error e = {""};
    TokenList ids = {0};
    int label;
    char *text = text_of(sample, rng, &label);
    if (!model_backbone_encode(m, text, &ids, NULL, &e))
        error_exit(&e);
    t->ids[t->count] = ids.ids;
    t->lengths[t->count] = (int)ids.count < TIME ? (int)ids.count : TIME;
    t->labels[t->count++] = task->reversed ? task->classes - 1 - label : label;
    free(ids.types);
    free(text);
}

static SuiteTexts texts_new(const SuiteTask *task, WorldSide side, const ModelBackbone *m, Rng *rng)
{
    enum { DRAWN_FOR_ONE = 8 }; /* where only some of the texts are taken */
    int wanted = side == WORLD_TRAIN ? task->train : task->test;
    const WorldRequest request = {.kind = task->kind,
                                  .language = task->language,
                                  .side = side,
                                  .count = wanted * (task->only ? DRAWN_FOR_ONE : 1)};
    WorldSamples samples = world_samples(&request, rng);
    size_t room = (size_t)wanted;
    SuiteTexts t = {0, memory_new(room * sizeof *t.ids), memory_new(room * sizeof *t.lengths),
                    memory_new(room * sizeof *t.labels)};
    for (int i = 0; i < samples.count && t.count < wanted; i++)
        if (!task->only || samples.items[i].task == task->only - 1)
            encode(&t, task, &samples.items[i], m, rng);
    world_samples_free(&samples);
    return t;
}

static void texts_free(SuiteTexts *t)
{
    for (int i = 0; i < t->count; i++)
        free(t->ids[i]);
    free(t->ids);
    free(t->lengths);
    free(t->labels);
}

/* ---- the model ----------------------------------------------------------------------------------- */

static void add_heads(TaskSuite *s)
{
    Rng rng = rng_new(1);
    for (int i = 0; i < s->count; i++) {
        char name[PARAM_NAME];
        snprintf(name, sizeof name, "suite.%d", i);
        s->heads[i] = nn_linear_new(&s->head_params, name, s->backbone->config.channels,
                                    s->tasks[i].classes, true, 0.02f, &rng);
    }
    s->all = nn_params_join(s->backbone->params, &s->head_params);
}

TaskSuite suite_new(const char *folder, const SuiteTask *tasks, int count, uint64_t seed)
{
    Error e = {""};
    Rng rng = rng_new(seed);
    TaskSuite s = {.tasks = tasks, .count = count, .backbone = model_backbone_load(folder, &e)};
    if (!s.backbone)
        error_exit(&e);
    if (!s.backbone->tokenizer)
        error_exitf("%s/tokenizer.json: expected a tokenizer", folder);
    for (int i = 0; i < count; i++) {
        s.train[i] = texts_new(&tasks[i], WORLD_TRAIN, s.backbone, &rng);
        s.test[i] = texts_new(&tasks[i], WORLD_TEST, s.backbone, &rng);
    }
    add_heads(&s);
    s.size = nn_param_total(s.backbone->params);
    s.start = memory_new(s.size * sizeof *s.start);
    suite_weights(&s, s.start);
    s.graph = nn_graph_new();
    s.batch = text_batch_new(ROWS, TIME);
    s.rng = rng_new(seed);
    return s;
}

void suite_free(TaskSuite *s)
{
    for (int i = 0; i < s->count; i++) {
        texts_free(&s->train[i]);
        texts_free(&s->test[i]);
    }
    nn_params_part(&s->all);
    nn_params_free(&s->head_params);
    model_backbone_free(s->backbone);
    nn_graph_free(s->graph);
    text_batch_free(&s->batch);
    free(s->start);
}

void suite_reset(TaskSuite *s, uint64_t seed)
{
    s->rng = rng_new(seed);
    suite_set_weights(s, s->start);
    for (int i = 0; i < s->count; i++) {
        Tensor *weight = s->heads[i].weight, *bias = s->heads[i].bias;
        for (size_t k = 0; k < weight->size; k++)
            weight->data[k] = 0.02f * rng_normal(&s->rng);
        memset(bias->data, 0, bias->size * sizeof *bias->data);
    }
}

void suite_weights(const TaskSuite *s, float *theta)
{
    const Params *p = s->backbone->params;
    for (int i = 0; i < p->count; theta += p->items[i++].tensor->size)
        memcpy(theta, p->items[i].tensor->data, p->items[i].tensor->size * sizeof *theta);
}

void suite_set_weights(TaskSuite *s, const float *theta)
{
    const Params *p = s->backbone->params;
    for (int i = 0; i < p->count; theta += p->items[i++].tensor->size)
        memcpy(p->items[i].tensor->data, theta, p->items[i].tensor->size * sizeof *theta);
}

/* ---- passes -------------------------------------------------------------------------------------- */

Tensor *suite_logits(TaskSuite *s, int task, const SuiteTexts *texts, const int *which, int rows,
                     int *labels)
{
    const int *ids[ROWS];
    int lengths[ROWS];
    Graph *g = s->graph;
    for (int i = 0; i < rows; i++) {
        ids[i] = texts->ids[which[i]];
        lengths[i] = texts->lengths[which[i]];
        labels[i] = texts->labels[which[i]];
    }
    text_batch_fill(&s->batch, ids, lengths, rows, s->backbone->pad);
    size_t places = (size_t)rows * (size_t)s->batch.time;
    int *kept =
        arena_alloc(nn_arena(g), (places + (size_t)rows) * sizeof *kept); /* until the backward pass */
    memcpy(kept, s->batch.ids, places * sizeof *kept);
    memcpy(kept + places, s->batch.lengths, (size_t)rows * sizeof *kept);
    Tensor *hidden = model_backbone_hidden(g, s->backbone, kept, rows, s->batch.time, kept + places);
    int head = s->tasks[task].head ? s->tasks[task].head - 1 : task;
    return nn_linear(g, &s->heads[head], model_backbone_pooled(g, s->backbone, hidden, kept + places));
}

SuiteMix suite_only(int task)
{
    SuiteMix mix = {.share = {0}};
    mix.share[task] = 1;
    return mix;
}

static int draw_task(const TaskSuite *s, const SuiteMix *mix, Rng *rng)
{
    double left = (double)rng_uniform(rng);
    int last = 0;
    for (int i = 0; i < s->count; i++) {
        if (mix->share[i] <= 0)
            continue;
        last = i;
        if ((left -= mix->share[i]) < 0)
            return i;
    }
    return last;
}

//> suite_loss
Tensor *suite_loss(TaskSuite *s, const SuiteMix *mix, int batch)
{
    int which[SUITE_TASKS][ROWS], rows[SUITE_TASKS] = {0};
    Graph *g = s->graph;
    Tensor *loss = NULL;
    for (int k = 0; k < batch; k++) {
        int i = draw_task(s, mix, &s->rng);
        int room =
            mix->limit[i] > 0 && mix->limit[i] < s->train[i].count ? mix->limit[i] : s->train[i].count;
        which[i][rows[i]++] = rng_below(&s->rng, room);
    }
    for (int i = 0; i < s->count; i++) {
        if (rows[i] == 0)
            continue;
        int *labels = arena_alloc(nn_arena(g), (size_t)rows[i] * sizeof *labels);
        Tensor *logits = suite_logits(s, i, &s->train[i], which[i], rows[i], labels);
        Tensor *part = nn_scale(g, nn_cross_entropy(g, logits, labels, -1), (float)rows[i] / (float)batch);
        loss = loss ? nn_add(g, loss, part) : part;
    }
    return loss;
}
//< suite_loss

NnTraining suite_training(int steps)
{
    NnTraining t = nn_training_new();
    t.steps = steps;
    t.batch = 8;
    t.schedule = NN_LINEAR;
    t.warmup = steps / 10;
    t.rate = 1e-3f;
    t.min_rate = 0;
    t.weight_decay = 0;
    return t;
}

void suite_train(TaskSuite *s, const SuiteMix *mix, const NnTraining *t, const Params *trained,
                 SuitePenalty *penalty, void *context)
{
    Optimizer *o = nn_training_optimizer(t, trained ? trained : &s->all);
    for (int step = 0; step < t->steps; step++) {
        nn_backward(s->graph, suite_loss(s, mix, t->batch));
        if (penalty)
            penalty(s, context);
        nn_optimizer_step_clipped(o, nn_training_rate(t, step), t->clip);
        nn_graph_reset(s->graph);
    }
    nn_optimizer_free(o);
}

double suite_accuracy(TaskSuite *s, int task)
{
    const SuiteTexts *t = &s->test[task];
    int right = 0, which[ROWS], labels[ROWS], classes = s->tasks[task].classes;
    nn_graph_record(s->graph, false);
    for (int first = 0; first < t->count; first += ROWS) {
        int rows = t->count - first < ROWS ? t->count - first : ROWS;
        for (int i = 0; i < rows; i++)
            which[i] = first + i;
        const Tensor *logits = suite_logits(s, task, t, which, rows, labels); /* (rows,classes) */
        for (int i = 0; i < rows; i++)
            right += nn_argmax(logits->data + i * classes, classes) == labels[i];
        nn_graph_reset(s->graph);
    }
    nn_graph_record(s->graph, true);
    return 100.0 * right / t->count;
}
