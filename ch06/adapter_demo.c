/* adapter_demo.c -- adapters (Houlsby et al., 2019), section 6.3.2.
 *
 * A bottleneck after each part of each block, from small operations and as common has it; nothing changes before the
 * first step; parameters counted against the formula; accuracy by width, after both parts and after one; and what
 * remains when the bottlenecks are taken off again. */
#include "ch06/task.h"
#include "common/demo/demo.h"
#include "common/model/bottleneck.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { TRAIN = 150, TEST = 200, BATCH = 16 };

/* After both parts of a block, as Houlsby et al. have it; after the feed-forward network alone, as Pfeiffer et al.
 * (2021). */
static const char BOTH[] = MODEL_LAST_OF_PARTS;
static const char SECOND[] =
    "h.*.mlp.c_proj,*.down_proj,bert.encoder.layer.?.output.dense,bert.encoder.layer.??.output.dense";

typedef struct Bench {
    ModelBackbone *backbone;
    ModelClassifier *classifier;
    Graph *graph;
    Task task;
} Bench;

static Bench bench_new(const char *folder, uint64_t seed)
{
    Error e = {""};
    Rng rng = rng_new(seed);
    Bench b = {.backbone = model_backbone_load(folder, &e), .graph = nn_graph_new()};
    if (!b.backbone)
        error_exit(&e);
    b.task = task_of_world(b.backbone, TRAIN, TEST, WORLD_EN, seed);
    b.classifier = model_classifier_new(b.backbone, b.task.labels, b.task.classes, &rng);
    return b;
}

static void bench_free(Bench *b)
{
    task_free(&b->task);
    model_classifier_free(b->classifier);
    nn_graph_free(b->graph);
}

static ModelBottleneck *attached(const Bench *b, const char *layers, int width, uint64_t seed)
{
    Error e = {""};
    Rng rng = rng_new(seed);
    ModelBottleneck *a = model_bottleneck_new(b->backbone->params, layers, width, &rng, &e);
    if (!a)
        error_exit(&e);
    return a;
}

/* ---- one bottleneck ------------------------------------------------------------------------------ */

//> bottleneck
/* y (...,C), what a part of a block is about to add -> (...,C): y + W_up gelu(W_down y + b_down) + b_up, with W_down
 * (m,C) and W_up (C,m). */
static Tensor *bottleneck(Graph *g, Tensor *y, const Linear *down, const Linear *up)
{
    Tensor *low = nn_add(g, nn_matmul_nt(g, y, down->weight), down->bias); /* (...,m) */
    Tensor *high = nn_matmul_nt(g, nn_gelu(g, low), up->weight);           /* (...,C) */
    return nn_add(g, y, nn_add(g, high, up->bias));
}
//< bottleneck

/* One linear layer with a bottleneck after it: by the function above, and attached by common. */
static void show_one(Demo *d, Graph *g)
{
    enum { IN = 24, C = 16, WIDTH = 3 };
    Params p = {0};
    Rng rng = rng_new(d->seed);
    Linear layer = nn_linear_new(&p, "part", IN, C, true, 0, &rng);
    Tensor *x = nn_input(g, 4, IN);
    tensor_normal(x, 1, &rng);
    Tensor *y = nn_linear(g, &layer, x);
    ModelBottleneck *a = model_bottleneck_new(&p, "part", WIDTH, &rng, NULL);
    const Param *items = model_bottleneck_params(a)->items;
    tensor_normal(items[2].tensor, 0.3f, &rng); /* W_up, as training would leave it */
    const Linear down = {items[0].tensor, items[1].tensor, NULL},
                 up = {items[2].tensor, items[3].tensor, NULL};
    const Tensor *ours = bottleneck(g, y, &down, &up), *commons = nn_linear(g, &layer, x);
    demo_claim(d, tensor_distance(ours->data, commons->data, ours->size) < 1e-5f,
               "From small operations and from common: the same to 1e-5");
    model_bottleneck_free(a);
    nn_params_free(&p);
    nn_graph_reset(g);
}

/* ---- attached to a model ------------------------------------------------------------------------- */

/* The logits (n) of the first held-out texts; the caller frees them. */
static float *logits_of(Bench *b, size_t *n)
{
    TextBatch batch = text_batch_new(BATCH, b->task.longest);
    text_batch_fill(&batch, (const int *const *)b->task.test.ids, b->task.test.lengths, BATCH, b->task.pad);
    nn_graph_record(b->graph, false);
    const Tensor *t = task_classify(b->graph, b->classifier, &batch);
    float *copy = memory_new(t->size * sizeof *copy);
    memcpy(copy, t->data, t->size * sizeof *copy);
    *n = t->size;
    nn_graph_record(b->graph, true);
    nn_graph_reset(b->graph);
    text_batch_free(&batch);
    return copy;
}

static float distance(Bench *b, const float *before)
{
    size_t n;
    float *now = logits_of(b, &n), far = tensor_distance(before, now, n);
    free(now);
    return far;
}

/* Houlsby et al.: a bottleneck of width m has 2 m C + C + m numbers, and each block has two. */
static size_t expected_count(const ModelConfig *c, int width)
{
    size_t one = 2 * (size_t)width * (size_t)c->channels + (size_t)c->channels + (size_t)width;
    return 2 * (size_t)c->layers * one;
}

static void show_beginning(Demo *d, Bench *b, int width)
{
    size_t n;
    float *before = logits_of(b, &n);
    ModelBottleneck *a = attached(b, BOTH, width, d->seed);
    size_t count = nn_param_total(model_bottleneck_params(a)), all = nn_param_total(b->backbone->params);
    float at_first = distance(b, before);
    printf("\nWidth %d after both parts of %d blocks of %d channels\n", width, b->backbone->config.layers,
           b->backbone->config.channels);
    printf("  numbers: %zu, by the formula %zu; %.1f %% of the model's\n", count,
           expected_count(&b->backbone->config, width), 100 * (double)count / (double)all);
    demo_claim(d, count == expected_count(&b->backbone->config, width), "  counted and formula agree");
    demo_claim(d, at_first == 0, "  before the first step the logits are those of the model alone");
    model_bottleneck_free(a);
    free(before);
}

/* ---- trained ------------------------------------------------------------------------------------- */

/* What is attached, and what came of it. */
typedef struct Way {
    const char *name, *layers;
    int width; /* 0: nothing is attached, the head is trained alone */
} Way;

typedef struct Outcome {
    double trained, accuracy; /* numbers beside the head; per cent */
    float left; /* how far the backbone's hidden states are from what they were, when all is taken off */
} Outcome;

static NnTraining training(int steps, uint64_t seed, float rate)
{
    NnTraining how = nn_training_new();
    how.steps = steps;
    how.batch = BATCH;
    how.warmup = steps / 10;
    how.rate = rate;
    how.min_rate = rate / 10;
    how.seed = seed;
    return how;
}

//> train
static Outcome train(const char *folder, const Way *w, int steps, uint64_t seed)
{
    Bench b = bench_new(folder, seed);
    Params none = {0};
    size_t n;
    ModelBottleneck *a = w->width ? attached(&b, w->layers, w->width, seed) : NULL;
    nn_params_freeze(b.backbone->params, true);
    const Params *own = a ? model_bottleneck_params(a) : &none;
    Params trained = nn_params_join(own, &b.classifier->params);
    NnTraining how = training(steps, seed, a ? 2e-3f : 1e-2f);
    Outcome out = {.trained = (double)nn_param_total(own)};
    task_train(b.graph, &b.task, 0, &trained, &how, task_classify, b.classifier, NULL);
    out.accuracy = 100 * task_score(b.graph, &b.task, &b.task.test, task_classify, b.classifier).accuracy;
    model_bottleneck_free(a); /* the head stays as trained: on a backbone that was only read */
    float *with_head = logits_of(&b, &n);
    ModelBackbone *fresh = model_backbone_load(folder, NULL);
    ModelBackbone *ours = b.classifier->backbone;
    b.classifier->backbone = fresh;
    out.left = distance(&b, with_head);
    b.classifier->backbone = ours;
    model_backbone_free(fresh);
    free(with_head);
    nn_params_part(&trained);
    bench_free(&b);
    return out;
}
//< train

static const Way ways[] = {{"nothing", NULL, 0},   {"width 1", BOTH, 1},
                           {"width 4", BOTH, 4},   {"width 16", BOTH, 16},
                           {"width 64", BOTH, 64}, {"width 16, one part", SECOND, 16}};
enum { WAYS = sizeof ways / sizeof *ways };

static void show_widths(Demo *d, const char *folder)
{
    Outcome out[WAYS];
    float left = 0;
    static const TabularColumn columns[] = {{"trained", 0}, {"accuracy (%)", 1}};
    Progress bar = progress_begin("training", WAYS);
    for (int i = 0; i < WAYS; i++) {
        progress_update(&bar, i, "%s", ways[i].name);
        out[i] = train(folder, &ways[i], d->steps, d->seed);
        left = fmaxf(left, out[i].left);
    }
    progress_end(&bar);
    printf("\n%d steps of %d of %d texts, head included; accuracy on %d held-out texts\n", d->steps, BATCH,
           TRAIN, TEST);
    Tabular *t = tabular_with("attached", columns, 2);
    for (int i = 0; i < WAYS; i++)
        tabular_row(t, ways[i].name, (const double[]){out[i].trained, out[i].accuracy});
    tabular_print(t);
    demo_claim(d, out[3].accuracy > out[0].accuracy + 5,
               "  width 16 is more than 5 points above the head alone");
    demo_claim(d, left == 0, "  bottlenecks taken off: the backbone is the pretrained one, to the bit");
}

int main(int argc, char **argv)
{
    Demo d = {.name = "ch06/adapter_demo",
              .about = "Adapters: bottlenecks in a frozen model, section 6.3.2.",
              .steps = 60,
              .min_steps = 10};
    const char *model = "ch05/models/book_bert";
    int width = 16;
    const Option options[] = {option_dir("model", &model, "the pretrained model"),
                              option_int("width", &width, 1, 1024, "of the bottlenecks that are counted"),
                              OPTION_END};
    demo_begin(&d, argc, argv, options);
    Bench b = bench_new(model, d.seed);
    show_one(&d, b.graph);
    show_beginning(&d, &b, width);
    bench_free(&b);
    show_widths(&d, model);
    return demo_end(&d);
}
