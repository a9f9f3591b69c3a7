/* lr_schedule_demo.c -- the learning rate over a training run, section 5.3.3.
 *
 * Five schedules after the same warm-up: as a table, as a picture, and then in small training runs that start from
 * the same weights and read the same batches. Differences at the end are due to the schedule alone; the spread over
 * seeds says which of them mean something. */
#include "common/base/base.h"
#include "common/base/loss_band.h"
#include "common/plot/plot.h"
#include "common/tensor/kernels.h"
#include "ch05/story_run.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { BATCH = 8, TIME = 32, LAYERS = 2, CHANNELS = 48, SEEDS = 3, WARMUP_SHARE = 10, EARLY = 10 };

typedef struct Settings {
    int steps;
    float rate;
    uint64_t seed;
    int language; /* of the picture */
    LossBandSettings band;
} Settings;

static Settings parse(int argc, char **argv)
{
    Settings s = {.steps = 300, .rate = 1e-2f, .seed = 1, .band = {.model = "the cosine"}};
    LossBandOptions band = loss_band_options(&s.band);
    const Option options[] = {
        option_int("steps", &s.steps, 10, 100000, "steps of a training run"),
        option_float("lr", &s.rate, 1e-6, 1, "the maximum learning rate when schedules are compared"),
        option_seed(&s.seed),
        plot_option(&s.language),
        option_group(band.items),
        OPTION_END};
    options_parse(argc, argv, "The learning rate over a training run, section 5.3.3.", options);
    return s;
}

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

static void show_curves(int language)
{
    enum { STEPS = 1000, WARMUP = 100, SHOWN = 7 };
    static const TabularColumn columns[SHOWN] = {{"0", 2},   {"50", 2},  {"100", 2}, {"250", 2},
                                                 {"500", 2}, {"750", 2}, {"1000", 2}};
    static const char *const chinese[KINDS] = {"恒定", "平方根倒数", "线性", "余弦", "稳定后衰减"};
    double shown[KINDS][SHOWN];
    float curve[STEPS + 1];
    Plot *p = plot_new("ch05/out/lr_schedule_demo.svg", language,
                       plot_text("Warm-up, then five schedules", "预热之后的五种学习率调度"));
    plot_axes(p, plot_text("step", "步"),
              plot_text("learning rate (share of the maximum)", "学习率（与最大值之比）"));
    for (int kind = 0; kind < KINDS; kind++) {
        for (int step = 0; step <= STEPS; step++)
            curve[step] = rate_at((Kind)kind, step, WARMUP, STEPS, 1);
        for (int i = 0; i < SHOWN; i++)
            shown[kind][i] = (double)curve[atoi(columns[i].heading)];
        plot_line(p, plot_text(kind_names[kind], chinese[kind]), NULL, curve, STEPS + 1);
    }
    printf("Share of the maximum learning rate: %d steps, %d of them warm-up\n", STEPS, WARMUP);
    tabular_print_matrix("step", kind_names, columns, SHOWN, shown[0], KINDS);
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
static Outcome train(Graph *g, const Stories *text, const Settings *s, Kind kind, float max, int warmup,
                     int steps, float *losses)
{
    Outcome out;
    Tensor *start = tensor_new(NULL, text->vocab, CHANNELS);
    for (int seed = 0; seed < SEEDS; seed++) {
        StoryRun r =
            story_run_new(text, LAYERS, CHANNELS, BATCH, TIME, 0.1f, s->seed * 100 + (uint64_t)seed);
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

/* In how many seeds a ended below b. */
static int below(const Outcome *a, const Outcome *b)
{
    int count = 0;
    for (int i = 0; i < SEEDS; i++)
        count += a->loss[i] < b->loss[i];
    return count;
}

/* All schedules with the same maximum; o (KINDS). */
static void compare_schedules(Graph *g, const Stories *text, const Settings *s, Outcome *o, float *losses)
{
    for (int kind = 0; kind < KINDS; kind++)
        o[kind] = train(g, text, s, (Kind)kind, s->rate, s->steps / WARMUP_SHARE, s->steps,
                        kind == COSINE ? losses : NULL);
}

enum { PEAKS = 4 };
static const char *const peak_names[PEAKS] = {"0.001", "0.003", "0.01", "0.02"};

/* The cosine over half as many steps with each maximum, with warm-up and without; o (PEAKS,2). */
static void compare_peaks(Graph *g, const Stories *text, const Settings *s, Outcome *o)
{
    int steps = s->steps / 2;
    for (int i = 0; i < PEAKS; i++) {
        float max = strtof(peak_names[i], NULL);
        o[2 * i] = train(g, text, s, COSINE, max, steps / WARMUP_SHARE, steps, NULL);
        o[2 * i + 1] = train(g, text, s, COSINE, max, 0, steps, NULL);
    }
}

static void show_schedules(const Settings *s, const Outcome *o)
{
    static const TabularColumn columns[] = {{"held-out loss", 2}};
    double loss[KINDS][SEEDS];
    for (int kind = 0; kind < KINDS; kind++)
        memcpy(loss[kind], o[kind].loss, sizeof loss[kind]);
    printf("\n%d steps, maximum learning rate %g, %d steps of warm-up; mean and standard deviation of %d "
           "seeds\n",
           s->steps, (double)s->rate, s->steps / WARMUP_SHARE, SEEDS);
    tabular_print_seeds("schedule", kind_names, columns, 1, loss[0], KINDS, SEEDS);
    printf("  below constant: inverse root in %d, linear in %d, cosine in %d, stable, decay in %d of %d "
           "seeds\n",
           below(&o[1], &o[0]), below(&o[2], &o[0]), below(&o[3], &o[0]), below(&o[4], &o[0]), SEEDS);
}

static void show_peaks(const Settings *s, const Outcome *o)
{
    static const TabularColumn columns[] = {
        {"with warm-up", 2}, {"moved", 2}, {"without", 2}, {"moved", 2}};
    int steps = s->steps / 2;
    printf("\nCosine over %d steps by its maximum learning rate: held-out loss with %d steps of warm-up "
           "and without;\n"
           "\"moved\": how far the embeddings are after %d steps, in units of their initial norm\n",
           steps, steps / WARMUP_SHARE, EARLY);
    tabular_print_seeds("maximum", peak_names, columns, 4, o[0].loss, PEAKS, SEEDS);
    printf("  lower with warm-up, by learning rate: in %d, %d, %d, %d of %d seeds\n", below(&o[0], &o[1]),
           below(&o[2], &o[3]), below(&o[4], &o[5]), below(&o[6], &o[7]), SEEDS);
    puts("Adam's first step moves every weight by the full learning rate, whatever its gradient. A small "
         "learning\n"
         "rate needs no warm-up here, and loses by it; a large one overwrites the embeddings before it has "
         "learned.");
}

int main(int argc, char **argv)
{
    Outcome schedules[KINDS], peaks[2 * PEAKS];
    Settings s = parse(argc, argv);
    Stories text = stories_new(s.seed);
    Graph *g = nn_graph_new();
    float *losses = memory_new(sizeof *losses * (size_t)s.steps); /* of the cosine */
    show_curves(s.language);
    compare_schedules(g, &text, &s, schedules, losses);
    compare_peaks(g, &text, &s, peaks);
    show_schedules(&s, schedules);
    show_peaks(&s, peaks);
    loss_band_report(&s.band, "ch05/expected/lr_schedule_demo.band.tsv", losses, s.steps);
    free(losses);
    nn_graph_free(g);
    stories_free(&text);
    return error_finish();
}
