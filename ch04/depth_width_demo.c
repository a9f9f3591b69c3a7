/* depth_width_demo.c -- the same parameters, deep or wide, section 4.2.1.
 *
 * Trains decoders whose blocks have about as many parameters, from one wide layer to many narrow ones, on the same
 * number of tokens, each with several seeds; then says how long a run of each took. */
#include "common/base/base.h"
#include "common/demo/demo.h"
#include "ch04/small_runs.h"

#include <math.h>
#include <stdio.h>

enum { SHAPES = 5, SEEDS = 3 };

//> shapes
/* A block of width C has about 12 C^2 parameters: half the width allows four times as many layers. */
static const int layers[SHAPES] = {1, 2, 4, 8, 32}, widths[SHAPES] = {48, 32, 24, 16, 8};
//< shapes

static void show(const SmallRun *runs, const SmallText *text)
{
    Tabular *t = tabular_new();
    tabular_numbers(t, "layers", NULL, 0, TABULAR_NONE);
    tabular_numbers(t, "width", NULL, 0, TABULAR_NONE);
    tabular_numbers(t, "blocks", NULL, 0, TABULAR_NONE);
    tabular_numbers(t, "all parameters", NULL, 0, TABULAR_NONE);
    tabular_numbers(t, "loss", "nats/character", 3, TABULAR_MIN);
    for (int i = 0; i < SHAPES; i++) {
        double loss[SEEDS];
        for (int s = 0; s < SEEDS; s++)
            loss[s] = runs[i * SEEDS + s].loss;
        tabular_number(t, layers[i]);
        tabular_number(t, widths[i]);
        tabular_number(t, small_body(text, layers[i], widths[i]));
        tabular_number(t, small_params(text, layers[i], widths[i]));
        tabular_seeds(t, loss, SEEDS);
    }
    printf("Held-out loss after %ld characters; mean and standard deviation of %d seeds\n", runs->tokens,
           SEEDS);
    tabular_print(t);
}

static void show_times(const SmallRun *runs)
{
    puts("\nSeconds of a run on one thread");
    for (int i = 0; i < SHAPES; i++)
        printf("  %2d x %2d: %.1f\n", layers[i], widths[i], runs[i * SEEDS].seconds);
}

static void draw(Demo *demo, const SmallRun *runs)
{
    float x[SHAPES], y[SEEDS * SHAPES];
    for (int i = 0; i < SHAPES; i++) {
        x[i] = (float)layers[i];
        for (int s = 0; s < SEEDS; s++)
            y[s * SHAPES + i] = (float)runs[i * SEEDS + s].loss;
    }
    Plot *p =
        demo_plot(demo, plot_text("As many parameters, deep or wide", "参数一样多，深或宽"),
                  plot_text("layers", "层数"), plot_text("loss (nats per character)", "损失（nat/字符）"));
    plot_log_axes(p, true, false);
    plot_seeds(p, plot_same(NULL), x, y, SEEDS, SHAPES);
    plot_finish(p, "picture");
}

int main(int argc, char **argv)
{
    int tokens = 128 << 10;
    Demo demo = {.name = "ch04/depth_width_demo",
                 .about = "The same parameters, deep or wide, section 4.2.1.",
                 .draws = true};
    const Option more[] = {option_int("tokens", &tokens, 1 << 14, 1 << 30, "characters that a run reads"),
                           OPTION_END};
    demo_begin(&demo, argc, argv, more);
    Error e = {""};
    SmallText text;
    if (!small_text_read(&text, &e))
        error_exit(&e);
    SmallRun runs[SHAPES * SEEDS];
    for (int i = 0; i < SHAPES * SEEDS; i++)
        runs[i] = (SmallRun){.layers = layers[i / SEEDS],
                             .channels = widths[i / SEEDS],
                             .tokens = tokens,
                             .seed = demo.seed + (uint64_t)(i % SEEDS),
                             .loss = NAN};
    small_runs(&text, runs, SHAPES * SEEDS, NULL, NULL);
    show(runs, &text);
    show_times(runs);
    draw(&demo, runs);
    small_text_free(&text);
    return demo_end(&demo);
}
