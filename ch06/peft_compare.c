/* peft_compare.c -- the ways of this chapter side by side, section 6.3.6.
 *
 * One task, one pretrained model, several seeds: what each way reaches on held-out texts, how many numbers it trains,
 * how much memory a step takes, and how long. One row is a control: the same model, newly initialised. */
#include "ch06/methods.h"
#include "ch06/task.h"
#include "common/demo/demo.h"

#include <math.h>

enum { MAX_SEEDS = 8, BATCH = 16 };

typedef struct Setting {
    const char *model;
    int train, test, steps;
    float scale; /* of all learning rates */
} Setting;

/* What one run took and gave. Bytes in millions. */
typedef struct Run {
    double accuracy, trained, seconds;  /* per cent; numbers; of a step */
    double weights, state, activations; /* state: gradients and the optimizer's two moments */
} Run;

/* ---- one run ------------------------------------------------------------------------------------- */

//> run
static Run train(Method *method, MethodKind kind, const Task *task, const Setting *s, uint64_t seed)
{
    Graph *g = nn_graph_new();
    NnTraining how = nn_training_new();
    how.steps = s->steps;
    how.batch = BATCH;
    how.warmup = s->steps / 10;
    how.rate = s->scale * method_about[kind].rate;
    how.min_rate = how.rate / 10;
    how.weight_decay = 0.01f;
    how.seed = seed;
    double start = clock_busy();
    task_train(g, task, 0, method_params(method), &how, method_logits, method, NULL);
    Run r = {.seconds = (clock_busy() - start) / s->steps,
             .trained = (double)nn_param_total(method_params(method)),
             .weights = (double)method_weight_bytes(method) / 1e6,
             .activations = (double)arena_held(nn_arena(g)) / 1e6};
    r.state = 3 * sizeof(float) * r.trained / 1e6;
    r.accuracy = 100 * task_score(g, task, &task->test, method_logits, method).accuracy;
    nn_graph_free(g);
    return r;
}
//< run

static Run run(MethodKind kind, const Setting *s, uint64_t seed)
{
    Error e = {""};
    Rng rng = rng_new(seed);
    ModelBackbone *b = method_about[kind].newly_initialised ? model_backbone_new(s->model, &rng, &e)
                                                            : model_backbone_load(s->model, &e);
    if (!b)
        error_exit(&e);
    Task task = task_of_world(b, s->train, s->test, WORLD_EN, seed);
    ModelClassifier *c = model_classifier_new(b, task.labels, task.classes, &rng);
    Method *m = method_new(kind, c, NULL, &rng, &e);
    if (!m)
        error_exit(&e);
    Run r = train(m, kind, &task, s, seed);
    method_free(m);
    model_classifier_free(c);
    task_free(&task);
    return r;
}

/* ---- all of them --------------------------------------------------------------------------------- */

static bool is_quick(MethodKind kind)
{
    return kind == METHOD_FULL || kind == METHOD_HEAD || kind == METHOD_RANDOM || kind == METHOD_LORA;
}

static void show_task(const Setting *s, uint64_t seed)
{
    Error e = {""};
    ModelBackbone *b = model_backbone_load(s->model, &e);
    if (!b)
        error_exit(&e);
    Task task = task_of_world(b, s->train, s->test, WORLD_EN, seed);
    printf("%d labelled texts to train on, %d held out; %zu numbers in the model. Two of the texts:\n",
           task.train.count, task.test.count, nn_param_total(b->params));
    for (int i = 0; i < 2; i++)
        printf("  %s -> %s\n", task.train.text[i], task.labels[task.train.label[i]]);
    task_free(&task);
    model_backbone_free(b);
}

/* runs (METHODS, MAX_SEEDS) */
static void run_all(const Demo *d, const Setting *s, bool full, Run runs[][MAX_SEEDS])
{
    Progress bar = progress_begin("comparing", METHODS * d->seeds);
    for (int k = 0; k < METHODS; k++) {
        for (int i = 0; i < d->seeds && (full || is_quick((MethodKind)k)); i++) {
            progress_update(&bar, k * d->seeds + i, "%s", method_about[k].name);
            runs[k][i] = run((MethodKind)k, s, d->seed + (uint64_t)i);
        }
    }
    progress_end(&bar);
}

/* The accuracies of a method (seeds). */
static void accuracies(const Run *runs, int seeds, double *to)
{
    for (int i = 0; i < seeds; i++)
        to[i] = runs[i].accuracy;
}

static void print_table(const Demo *d, Run runs[][MAX_SEEDS], double total)
{
    static const TabularColumn columns[] = {{"trained", 0},    {"% of all", 1},      {"weights", 1},
                                            {"+ state", 1},    {"+ activations", 1}, {"= MB", 1},
                                            {"step/full's", 1}};
    Tabular *t = tabular_new();
    tabular_column(t, "method");
    tabular_numbers(t, "accuracy (%)", NULL, 1, TABULAR_NONE);
    for (int i = 0; i < 7; i++)
        tabular_numbers(t, columns[i].heading, NULL, columns[i].decimals, TABULAR_NONE);
    for (int k = 0; k < METHODS; k++) {
        double accuracy[MAX_SEEDS];
        const Run *r = runs[k];
        if (r->trained == 0)
            continue;
        accuracies(r, d->seeds, accuracy);
        tabular_text(t, method_about[k].name);
        tabular_seeds(t, accuracy, d->seeds);
        const double cells[] = {r->trained,
                                100 * r->trained / total,
                                r->weights,
                                r->state,
                                r->activations,
                                r->weights + r->state + r->activations,
                                r->seconds / runs[METHOD_FULL]->seconds};
        for (int i = 0; i < 7; i++)
            tabular_number(t, cells[i]);
    }
    tabular_print(t);
}

/* Means over the seeds as bars, with minimum and maximum; below, what a step holds in memory. */
static void draw(const Demo *d, Run runs[][MAX_SEEDS])
{
    PlotText names[METHODS];
    float mean[METHODS], low[METHODS], high[METHODS], memory[METHODS];
    int n = 0;
    for (int k = 0; k < METHODS; k++) {
        double accuracy[MAX_SEEDS];
        if (runs[k]->trained == 0)
            continue;
        accuracies(runs[k], d->seeds, accuracy);
        names[n] = plot_text(method_about[k].name, method_about[k].zh);
        mean[n] = (float)stats_mean(accuracy, d->seeds);
        low[n] = (float)stats_quantile(accuracy, d->seeds, 0);
        high[n] = (float)stats_quantile(accuracy, d->seeds, 1);
        memory[n++] = (float)(runs[k]->weights + runs[k]->state + runs[k]->activations);
    }
    Plot *p =
        demo_plot(d, plot_text("Ways to fit a model to a task", "让模型适应任务的各种方法"),
                  plot_text("accuracy on held-out texts (%)", "留出文本上的准确率（%）"), plot_same(NULL));
    plot_bars(p, plot_same(NULL), names, mean, low, high, n);
    plot_panel(p, plot_same(NULL));
    plot_axes(p, plot_text("memory of a training step (MB)", "一个训练步的内存（MB）"), plot_same(NULL));
    plot_bars(p, plot_same(NULL), names, memory, NULL, NULL, n);
    plot_finish(p, "picture");
}

static void claim(Demo *d, Run runs[][MAX_SEEDS], double total)
{
    double full[MAX_SEEDS], lora[MAX_SEEDS], control[MAX_SEEDS];
    accuracies(runs[METHOD_FULL], d->seeds, full);
    accuracies(runs[METHOD_LORA], d->seeds, lora);
    accuracies(runs[METHOD_RANDOM], d->seeds, control);
    double best = stats_mean(full, d->seeds), ours = stats_mean(lora, d->seeds);
    demo_claim(d, best - stats_mean(control, d->seeds) > 15,
               "  a random start stays more than 15 points below full fine-tuning");
    demo_claim(d, ours >= 0.97 * best && runs[METHOD_LORA]->trained <= 0.05 * total,
               "  LoRA reaches 97 %% of full fine-tuning or more, and trains 5 %% of the numbers or less");
}

int main(int argc, char **argv)
{
    Demo d = {.name = "ch06/peft_compare",
              .about = "Ways to fit a pretrained model to a task, compared; section 6.3.6.",
              .draws = true,
              .seeds = 3,
              .max_seeds = MAX_SEEDS};
    static Run runs[METHODS][MAX_SEEDS];
    Setting s = {.model = "ch05/models/book_bert", .train = 150, .test = 200, .scale = 1};
    bool full = false;
    const Option options[] = {
        option_dir("model", &s.model, "the pretrained model: gpt2, llama, qwen, bert families"),
        option_int("train", &s.train, 8, 100000, "labelled texts to train on"),
        option_int("steps", &s.steps, 0, 100000, "training steps of 16 texts; 0: 60, --full: 100"),
        option_float("scale", &s.scale, 1e-3, 1e3, "multiplies all learning rates"),
        option_flag("full", &full, "all methods, with 400 held-out texts"),
        OPTION_END};
    demo_begin(&d, argc, argv, options);
    s.steps = s.steps ? s.steps : full ? 100 : 60;
    s.test = full ? 400 : s.test;
    d.name = full ? "ch06/peft_compare.full" : d.name; /* a picture of its own */
    show_task(&s, d.seed);
    run_all(&d, &s, full, runs);
    double total = runs[METHOD_FULL]->trained;
    printf("\n%d steps of %d texts; accuracy: mean and standard deviation over %d seeds; memory in MB\n",
           s.steps, BATCH, d.seeds);
    print_table(&d, runs, total);
    draw(&d, runs);
    claim(&d, runs, total);
    return demo_end(&d);
}
