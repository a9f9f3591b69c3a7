/* lr_schedule_demo.c -- the learning rate over a training run, section 5.3.3.
 *
 * Five schedules after the same warm-up: as a table, as a picture, and then in small training runs that start from
 * the same weights and read the same batches. Differences at the end are due to the schedule alone; the spread over
 * seeds says which of them mean something. */
#include "common/demo/demo.h"
#include "common/tensor/kernels.h"
#include "ch05/story_run.h"

#include <math.h>
#include <stdlib.h>

enum { BATCH = 8, TIME = 32, LAYERS = 2, CHANNELS = 48, SEEDS = 3, WARMUP_SHARE = 10, EARLY = 10 };

//> schedules
typedef enum Kind { CONSTANT, INVERSE_ROOT, LINEAR, COSINE, STABLE_DECAY, KINDS } Kind;
static const char *const kind_names[KINDS] = {"constant", "inverse root", "linear", "cosine",
                                              "stable, decay"};

/* All rise over `warmup` steps to `max`; the last three end at a tenth of it. "Stable, decay" stays at `max` until the
 * last fifth of the run. */
static float rate_at(Kind kind, long step, long warmup, long steps, float max)
{
    switch (kind) {
    case INVERSE_ROOT:
        return nn_inverse_root_rate(step, warmup, max);
    case LINEAR:
        return nn_linear_rate(step, warmup, steps, max, max / 10);
    case COSINE:
        return nn_cosine_rate(step, warmup, steps, max, max / 10);
    case STABLE_DECAY:
        return nn_stable_decay_rate(step, warmup, steps / 5, steps, max, max / 10);
    default:
        return nn_constant_rate(step, warmup, max);
    }
}
//< schedules

enum { CURVE = 1001, CURVE_WARMUP = 100 };

/* The schedules over CURVE - 1 steps, as shares of their maximum. */
static void compute_curves(float curves[KINDS][CURVE])
{
    for (int kind = 0; kind < KINDS; kind++)
        for (int step = 0; step < CURVE; step++)
            curves[kind][step] = rate_at((Kind)kind, step, CURVE_WARMUP, CURVE - 1, 1);
}

enum { SHOWN = 7 };

/* The curves at the steps of the table. */
static void sample_curves(float curves[KINDS][CURVE], double at[KINDS][SHOWN])
{
    static const int steps[SHOWN] = {0, 50, 100, 250, 500, 750, 1000};
    for (int kind = 0; kind < KINDS; kind++)
        for (int i = 0; i < SHOWN; i++)
            at[kind][i] = (double)curves[kind][steps[i]];
}

static void show_curves(const Demo *d)
{
    static const TabularColumn columns[SHOWN] = {{"0", 2},   {"50", 2},  {"100", 2}, {"250", 2},
                                                 {"500", 2}, {"750", 2}, {"1000", 2}};
    static const char *const chinese[KINDS] = {"恒定", "平方根倒数", "线性", "余弦", "稳定后衰减"};
    float curves[KINDS][CURVE];
    double at[KINDS][SHOWN];
    compute_curves(curves);
    sample_curves(curves, at);
    printf("Share of the maximum learning rate: %d steps, %d of them warm-up\n", CURVE - 1, CURVE_WARMUP);
    tabular_print_matrix("step", kind_names, columns, SHOWN, at[0], KINDS);
    Plot *p = demo_plot(d, plot_text("Warm-up, then five schedules", "预热之后的五种学习率调度"),
                        plot_text("step", "步"),
                        plot_text("learning rate (share of the maximum)", "学习率（与最大值之比）"));
    for (int kind = 0; kind < KINDS; kind++)
        plot_line(p, plot_text(kind_names[kind], chinese[kind]), NULL, curves[kind], CURVE);
    plot_finish(p, "  picture");
}

static double distance(const Tensor *a, const Tensor *b)
{
    double sum = 0;
    for (size_t i = 0; i < a->size; i++)
        sum += ((double)a->data[i] - (double)b->data[i]) * ((double)a->data[i] - (double)b->data[i]);
    return sqrt(sum);
}

/* The results of training runs with several seeds: the held-out loss at the end, and how far the token embeddings had
 * moved after the first EARLY steps, relative to their initial norm. */
typedef struct Outcome {
    double loss[SEEDS], moved[SEEDS];
} Outcome;

/* A seed fixes the initial weights and every batch, so that runs differ in the learning rate only. losses (steps): of
 * the first seed, or NULL. */
static Outcome train(Graph *g, const Stories *text, const Demo *d, Kind kind, float max, int warmup,
                     int steps, float *losses)
{
    Outcome out;
    Tensor *start = tensor_new(NULL, text->vocab, CHANNELS);
    for (int seed = 0; seed < SEEDS; seed++) {
        StoryRun r =
            story_run_new(text, LAYERS, CHANNELS, BATCH, TIME, 0.1f, d->seed * 100 + (uint64_t)seed);
        const Tensor *embeddings = r.model->tokens;
        tensor_copy(start, embeddings->data);
        for (int step = 0; step < steps; step++) {
            story_run_draw(&r);
            float rate = rate_at(kind, step, warmup, steps, max);
            NnStep done = nn_train_step(g, r.optimizer, story_run_loss(g, &r), rate, 0);
            if (losses && seed == 0)
                losses[step] = done.loss;
            if (step == EARLY - 1)
                out.moved[seed] =
                    distance(embeddings, start) / sqrt(kernel_sum_squares(start->data, start->size));
        }
        out.loss[seed] = story_run_test(g, &r, 10);
        story_run_free(&r);
    }
    tensor_free(start);
    return out;
}

/* All schedules with the same maximum; o (KINDS). */
static void compare_schedules(Graph *g, const Stories *text, const Demo *d, float rate, Outcome *o)
{
    for (int kind = 0; kind < KINDS; kind++)
        if (kind == COSINE || !d->alone)
            o[kind] = train(g, text, d, (Kind)kind, rate, d->steps / WARMUP_SHARE, d->steps,
                            kind == COSINE ? d->losses : NULL);
}

enum { PEAKS = 4 };
static const char *const peak_names[PEAKS] = {"0.001", "0.003", "0.01", "0.02"};

/* The cosine over half as many steps with each maximum, with warm-up and without; o (PEAKS,2). */
static void compare_peaks(Graph *g, const Stories *text, const Demo *d, Outcome *o)
{
    int steps = d->steps / 2;
    for (int i = 0; i < PEAKS; i++) {
        float max = strtof(peak_names[i], NULL);
        o[2 * i] = train(g, text, d, COSINE, max, steps / WARMUP_SHARE, steps, NULL);
        o[2 * i + 1] = train(g, text, d, COSINE, max, 0, steps, NULL);
    }
}

/* In how many seeds a ended below b. */
static int below(const Outcome *a, const Outcome *b)
{
    return stats_below(a->loss, b->loss, SEEDS);
}

static void show_schedules(const Demo *d, float rate, const Outcome *o)
{
    static const TabularColumn columns[] = {{"held-out loss", 2}};
    printf("\n%d steps, maximum learning rate %g, %d steps of warm-up; mean and standard deviation of %d "
           "seeds\n",
           d->steps, (double)rate, d->steps / WARMUP_SHARE, SEEDS);
    Tabular *t = tabular_with("schedule", columns, 1);
    for (int kind = 0; kind < KINDS; kind++)
        tabular_text(t, kind_names[kind]), tabular_seeds(t, o[kind].loss, SEEDS);
    tabular_print(t);
    printf("  below constant: inverse root in %d, linear in %d, cosine in %d, stable, decay in %d of %d "
           "seeds\n",
           below(&o[1], &o[0]), below(&o[2], &o[0]), below(&o[3], &o[0]), below(&o[4], &o[0]), SEEDS);
}

static void show_peaks(const Demo *d, const Outcome *o)
{
    static const TabularColumn columns[] = {
        {"with warm-up", 2}, {"moved", 2}, {"without", 2}, {"moved", 2}};
    int steps = d->steps / 2;
    printf("\nCosine over %d steps by its maximum learning rate: held-out loss with %d steps of warm-up "
           "and without;\n"
           "\"moved\": how far the embeddings are after %d steps, in units of their initial norm\n",
           steps, steps / WARMUP_SHARE, EARLY);
    tabular_print_seeds("maximum", peak_names, columns, 4, o[0].loss, PEAKS, SEEDS);
    printf("  lower with warm-up, by learning rate: in %d, %d, %d, %d of %d seeds\n", below(&o[0], &o[1]),
           below(&o[2], &o[3]), below(&o[4], &o[5]), below(&o[6], &o[7]), SEEDS);
}

static void compare(const Demo *d, float rate)
{
    Outcome schedules[KINDS], peaks[2 * PEAKS];
    Stories text = stories_new(d->seed);
    Graph *g = nn_graph_new();
    compare_schedules(g, &text, d, rate, schedules);
    if (!d->alone) {
        compare_peaks(g, &text, d, peaks);
        show_schedules(d, rate, schedules);
        show_peaks(d, peaks);
    }
    nn_graph_free(g);
    stories_free(&text);
}

int main(int argc, char **argv)
{
    Demo d = {.name = "ch05/lr_schedule_demo",
              .about = "The learning rate over a training run, section 5.3.3.",
              .draws = true,
              .steps = 300,
              .min_steps = 2 * EARLY,
              .watched = "the cosine"};
    float rate = 1e-2f;
    const Option options[] = {
        option_float("lr", &rate, 1e-6, 1, "the maximum learning rate when schedules are compared"),
        OPTION_END};
    demo_begin(&d, argc, argv, options);
    show_curves(&d);
    compare(&d, rate);
    return demo_end(&d);
}
