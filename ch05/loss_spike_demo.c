/* loss_spike_demo.c -- one bad gradient, a learning rate that is too large, and what clipping does about either,
 * section 5.3.5.
 *
 * At one step a gradient is a thousand times too large, as after an overflow in half precision or from a corrupt
 * file. SGD steps as far as the gradient is long; AdamW divides by what it remembers of squared gradients, so its
 * step stays bounded but its memory does not. */
#include "ch05/inspect.h"
#include "ch05/story_run.h"
#include "common/demo/demo.h"

#include <math.h>
#include <stdlib.h>

enum { BATCH = 8, TIME = 32, LAYERS = 4, CHANNELS = 48, STEPS = 120, BAD_STEP = 60 };

/* ---- one bad gradient ---------------------------------------------------------------------------- */

typedef struct Spike {
    float loss[STEPS];
    double moved[STEPS];        /* how far a step moves a number on average, in learning rates */
    double norm;                /* of the bad gradient */
    double before, after, last; /* mean losses: of the 5 steps before it, of 10 after it, of the last 10 */
} Spike;

static double mean_loss(const Spike *s, int first, int count)
{
    double sum = 0;
    for (int i = 0; i < count; i++)
        sum += (double)s->loss[first + i];
    return sum / count;
}

/* Trains, and at one step the gradient is `factor` times what it should be. clip 0: none. */
static Spike spike(Graph *g, const Stories *text, uint64_t seed, bool sgd, float factor, float clip)
{
    Spike s = {.norm = 0};
    StoryRun r = story_run_new(text, LAYERS, CHANNELS, BATCH, TIME, 0, seed);
    const Params *params = &r.model->params;
    Optimizer *o = sgd ? nn_sgd_new(params, 0) : r.optimizer;
    float rate = sgd ? 0.3f : 2e-3f, *old = memory_zero(nn_param_total(params), sizeof *old);
    inspect_update(params, old);
    for (int step = 0; step < STEPS; step++) {
        story_run_draw(&r);
        Tensor *loss = story_run_loss(g, &r);
        s.loss[step] = tensor_item(loss);
        float norm =
            nn_train_step(g, o, step == BAD_STEP ? nn_scale(g, loss, factor) : loss, rate, clip).norm;
        s.norm = step == BAD_STEP ? (double)norm : s.norm;
        s.moved[step] = inspect_update(params, old) / (double)rate;
    }
    s.before = mean_loss(&s, BAD_STEP - 5, 5);
    s.after = mean_loss(&s, BAD_STEP + 1, 10);
    s.last = mean_loss(&s, STEPS - 10, 10);
    if (sgd)
        nn_optimizer_free(o);
    story_run_free(&r);
    free(old);
    return s;
}

/* Without the fault, with it, and clipped. */
typedef struct Case {
    PlotText name;
    bool sgd;
    float factor, clip;
} Case;
enum { CASES = 6 };
static const Case cases[CASES] = {{{"SGD, no fault", NULL}, true, 1, 0},
                                  {{"SGD", "SGD"}, true, 1000, 0},
                                  {{"SGD, clipped to 1", "SGD，裁剪到 1"}, true, 1000, 1},
                                  {{"AdamW, no fault", NULL}, false, 1, 0},
                                  {{"AdamW", "AdamW"}, false, 1000, 0},
                                  {{"AdamW, clipped to 1", "AdamW，裁剪到 1"}, false, 1000, 1}};

static void run_cases(Graph *g, const Stories *text, uint64_t seed, Spike *s)
{
    for (int i = 0; i < CASES; i++)
        s[i] = spike(g, text, seed, cases[i].sgd, cases[i].factor, cases[i].clip);
}

/* The losses of the cases with the fault. */
static void draw(const Demo *d, const Spike *s)
{
    Plot *p = demo_plot(d,
                        plot_text("At step 60 one gradient is a thousand times too large",
                                  "第 60 步有一个大了一千倍的梯度"),
                        plot_text("step", "步"), plot_text("loss of the batch (nats)", "批的损失（nat）"));
    plot_log_axes(p, false, true);
    for (int i = 0; i < CASES; i++)
        if (cases[i].factor > 1)
            plot_line(p, cases[i].name, NULL, s[i].loss, STEPS);
    plot_finish(p, "picture");
}

/* Whether clipping kept SGD where it was, and AdamW from lagging. */
static bool clipping_helps(const Spike *s)
{
    return !(s[1].after < 2 * s[1].before) && s[2].after < s[2].before + 0.3 && s[5].last < s[4].last - 0.2;
}

static void show_cases(Demo *d, const Spike *s)
{
    static const TabularColumn columns[] = {
        {"norm", 1}, {"loss before", 2}, {"10 steps after", 2}, {"last 10 steps", 2}};
    printf("At step %d one gradient is 1000 times too large\n", BAD_STEP);
    Tabular *t = tabular_with("", columns, 4);
    for (int i = 0; i < CASES; i++)
        tabular_row(t, cases[i].name.en, (const double[]){s[i].norm, s[i].before, s[i].after, s[i].last});
    tabular_print(t);
    const double *moved = s[4].moved + BAD_STEP;
    printf("  AdamW, unclipped: mean update in units of the learning rate %.2f at step 59, %.2f at 60, "
           "%.2f at 70, %.2f at 110\n",
           moved[-1], moved[0], moved[10], moved[50]);
    demo_claim(
        d, clipping_helps(s),
        "Clipping bounds the step of SGD. AdamW's step is bounded anyway, but not its memory of squared\n"
        "gradients: after the spike it keeps the steps small for long, and the loss lags");
    draw(d, s);
}

/* ---- too large a learning rate ------------------------------------------------------------------- */

static double loss_after(Graph *g, const Stories *text, uint64_t seed, float rate)
{
    StoryRun r = story_run_new(text, LAYERS, CHANNELS, BATCH, TIME, 0, seed);
    for (int step = 0; step < 100; step++) {
        story_run_draw(&r);
        nn_train_step(g, r.optimizer, story_run_loss(g, &r), rate, 1);
    }
    double loss = story_run_test(g, &r, 5);
    story_run_free(&r);
    return loss;
}

enum { RATES = 3 };

static void learning_rates(Graph *g, const Stories *text, uint64_t seed, double loss[RATES])
{
    static const float rates[RATES] = {3e-5f, 3e-3f, 1};
    for (int i = 0; i < RATES; i++)
        loss[i] = loss_after(g, text, seed, rates[i]);
}

static void show_learning_rates(Demo *d, const double loss[RATES])
{
    printf("\nHeld-out loss after 100 steps of AdamW, all clipped to 1\n"
           "  learning rate 0.00003: %.2f   0.003: %.2f   1: %.2f\n",
           loss[0], loss[1], loss[2]);
    demo_claim(d, loss[1] < loss[0] && loss[1] < loss[2],
               "Too small is slow, too large learns nothing, and clipping does not help");
}

int main(int argc, char **argv)
{
    Demo d = {.name = "ch05/loss_spike_demo",
              .about = "One bad gradient, too large a learning rate, and clipping, section 5.3.5.",
              .draws = true};
    demo_begin(&d, argc, argv, NULL);
    Stories text = stories_new(d.seed);
    Graph *g = nn_graph_new();
    Spike s[CASES];
    double loss[RATES];
    run_cases(g, &text, d.seed, s);
    show_cases(&d, s);
    learning_rates(g, &text, d.seed, loss);
    show_learning_rates(&d, loss);
    nn_graph_free(g);
    stories_free(&text);
    return demo_end(&d);
}
