/* lr_schedule_demo.c -- the learning rate over a training run run, section 5.3.3.
 *
 * Five schedules after the same warm-up: as a table, as a picture, and then in small training runs that start from
 * the same weights and read the same batches. Differences at the end are due to the schedule alone; the spread over
 * seeds says which of them mean something. */
#include "common/base/base.h"
#include "common/model/decoder.h"
#include "common/nn/nn.h"
#include "common/plot/plot.h"
#include "common/tensor/kernels.h"
#include "ch05/data_stories.h"

#include <math.h>

enum {
    BATCH = 8,
    TIME = 32,
    LAYERS = 2,
    HEADS = 4,
    CHANNELS = 48,
    SEEDS = 3,
    WARMUP_SHARE = 10,
    EARLY = 10
};

typedef struct Settings {
    int steps;
    float rate;
    uint64_t seed;
    int language; /* of the picture */
} Settings;

static Settings parse(int argc, char **argv)
{
    Settings s = {.steps = 300, .rate = 1e-2f, .seed = 1};
    const Option options[] = {
        option_int("steps", &s.steps, 10, 100000, "steps of a training run"),
        option_float("lr", &s.rate, 1e-6, 1, "the maximum learning rate when schedules are compared"),
        option_seed(&s.seed), plot_option(&s.language), OPTION_END};
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
    enum { STEPS = 1000, WARMUP = 100 };
    static const int shown[] = {0, 50, 100, 250, 500, 750, 1000};
    float curve[STEPS + 1];
    static const char *const chinese[KINDS] = {"恒定", "平方根倒数", "线性", "余弦", "稳定后衰减"};
    Plot *p = plot_new("ch05/out/lr_schedule_demo.svg", language,
                       plot_text("Warm-up, then five schedules", "预热之后的五种学习率调度"));
    plot_axes(p, plot_text("step", "步"),
              plot_text("learning rate (share of the maximum)", "学习率（与最大值之比）"));
    printf("Share of the maximum rate: %d steps, %d of them warm-up\n  %-14s", STEPS, WARMUP, "step");
    for (size_t i = 0; i < sizeof shown / sizeof *shown; i++)
        printf(" %6d", shown[i]);
    for (int kind = 0; kind < KINDS; kind++) {
        for (int step = 0; step <= STEPS; step++)
            curve[step] = rate_at((Kind)kind, step, WARMUP, STEPS, 1);
        printf("\n  %-14s", kind_names[kind]);
        for (size_t i = 0; i < sizeof shown / sizeof *shown; i++)
            printf(" %6.2f", (double)curve[shown[i]]);
        plot_line(p, plot_text(kind_names[kind], chinese[kind]), NULL, curve, STEPS + 1);
    }
    puts("");
    plot_finish(p, "  picture");
}

static double distance(const Tensor *a, const Tensor *b)
{
    double sum = 0;
    for (size_t i = 0; i < a->size; i++)
        sum += ((double)a->data[i] - (double)b->data[i]) * ((double)a->data[i] - (double)b->data[i]);
    return sqrt(sum);
}

/* The result of a training run: the held-out loss at its end, and how far the token embeddings had moved after the
 * first EARLY steps, relative to their initial norm. */
typedef struct Outcome {
    double loss, moved;
} Outcome;

/* A seed fixes the initial weights and every batch, so that runs differ in the learning rate only. */
static Outcome train(Graph *g, const Stories *text, Kind kind, float max, int warmup, int steps,
                     uint64_t seed)
{
    int x[BATCH * TIME], y[BATCH * TIME];
    Rng rng = rng_new(seed);
    ModelConfig c = model_config_gpt2((ModelConfig){
        .vocab = text->vocab, .context = TIME, .layers = LAYERS, .heads = HEADS, .channels = CHANNELS});
    ModelDecoder *m = model_decoder_new(&c, 0, &rng);
    Optimizer *o = nn_adamw_new(&m->params, 0.9f, 0.99f, 0.1f);
    Outcome out = {0, 0};
    Tensor *start = tensor_new(NULL, text->vocab, CHANNELS);
    tensor_copy(start, m->tokens->data);
    for (int step = 0; step < steps; step++) {
        stories_batch(text, BATCH, TIME, &rng, x, y);
        Tensor *loss = model_decoder_loss(g, m, x, y, BATCH, TIME);
        nn_backward(g, loss);
        nn_optimizer_step(o, rate_at(kind, step, warmup, steps, max));
        nn_graph_reset(g);
        if (step == EARLY - 1)
            out.moved = distance(m->tokens, start) / sqrt(kernel_sum_squares(start->data, start->size));
    }
    out.loss = stories_test(g, m, text, 10, BATCH, TIME);
    tensor_free(start);
    nn_optimizer_free(o);
    model_decoder_free(m);
    return out;
}

/* The loss of each seed, their mean, half their range; the mean of `moved`. */
typedef struct Summary {
    double of[SEEDS], loss, apart, moved;
} Summary;

/* In how many seeds a ended below b. */
static int below(const Summary *a, const Summary *b)
{
    int count = 0;
    for (int i = 0; i < SEEDS; i++)
        count += a->of[i] < b->of[i];
    return count;
}

static Summary repeat(Graph *g, const Stories *text, const Settings *s, Kind kind, float max, int warmup,
                      int steps)
{
    Summary sum = {{0}, 0, 0, 0};
    double min = INFINITY, max_loss = -INFINITY;
    for (int i = 0; i < SEEDS; i++) {
        Outcome out = train(g, text, kind, max, warmup, steps, s->seed * 100 + (uint64_t)i);
        sum.of[i] = out.loss;
        sum.loss += out.loss / SEEDS;
        sum.moved += out.moved / SEEDS;
        min = fmin(min, out.loss);
        max_loss = fmax(max_loss, out.loss);
    }
    sum.apart = (max_loss - min) / 2;
    return sum;
}

static void compare_schedules(Graph *g, const Stories *text, const Settings *s)
{
    int warmup = s->steps / WARMUP_SHARE;
    printf("\nHeld-out loss after %d steps, maximum learning rate %g, %d steps of warm-up (mean of %d\n"
           "seeds +- half their range)\n",
           s->steps, (double)s->rate, warmup, SEEDS);
    Summary r[KINDS];
    for (int kind = 0; kind < KINDS; kind++) {
        r[kind] = repeat(g, text, s, (Kind)kind, s->rate, warmup, s->steps);
        printf("  %-14s %5.2f +- %.2f   below constant by %5.2f, in %d of %d seeds\n", kind_names[kind],
               r[kind].loss, r[kind].apart, r[0].loss - r[kind].loss, below(&r[kind], &r[0]), SEEDS);
    }
}

static void compare_peaks(Graph *g, const Stories *text, const Settings *s)
{
    static const float peaks[] = {1e-3f, 3e-3f, 1e-2f, 2e-2f};
    int steps = s->steps / 2, warmup = steps / WARMUP_SHARE, gains[4];
    printf("\nCosine over %d steps by its maximum rate, with %d steps of warm-up and without; \"moved\": "
           "how far\n"
           "the embeddings are after %d steps, in units of their initial norm\n"
           "    rate      with warm-up    moved      without         moved\n",
           steps, warmup, EARLY);
    for (size_t i = 0; i < sizeof peaks / sizeof *peaks; i++) {
        Summary with = repeat(g, text, s, COSINE, peaks[i], warmup, steps);
        Summary without = repeat(g, text, s, COSINE, peaks[i], 0, steps);
        printf("  %6g    %5.2f +- %.2f   %6.2f     %5.2f +- %.2f   %6.2f\n", (double)peaks[i], with.loss,
               with.apart, with.moved, without.loss, without.apart, without.moved);
        gains[i] = below(&with, &without);
    }
    printf("  with warm-up the loss is lower, by rate: in %d, %d, %d, %d of %d seeds\n", gains[0], gains[1],
           gains[2], gains[3], SEEDS);
    puts("Adam's first step moves every weight by the full learning rate, whatever its gradient. A small "
         "rate\n"
         "needs no warm-up here, and loses by it; a large one overwrites the embeddings before it has "
         "learned.");
}

int main(int argc, char **argv)
{
    Settings s = parse(argc, argv);
    Stories text = stories_new(s.seed);
    Graph *g = nn_graph_new();
    show_curves(s.language);
    compare_schedules(g, &text, &s);
    compare_peaks(g, &text, &s);
    nn_graph_free(g);
    stories_free(&text);
    return error_finish();
}
