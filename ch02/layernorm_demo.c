/* layernorm_demo.c -- layer normalization, section 2.1.4.
 *
 * Forward and backward by hand; what each norm does not notice; signal and gradient in a stack of 64 blocks without
 * norms and with norms in two positions; and which learning rates such a stack survives. */
#include "ch02/deep_stack.h"
#include "common/demo/demo.h"
#include "common/tensor/kernels.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

enum { MAX_SEEDS = 10 };

/* ---- by hand ------------------------------------------------------------------------------------------- */

//> forward
/* y = (x - mean) / std for one vector of n channels, or, for RMS norm, x / rms. Returns 1 / std. */
static float normalise(const float *x, int n, bool centre, float *y)
{
    float mean = 0, square = 0;
    for (int i = 0; centre && i < n; i++)
        mean += x[i] / (float)n;
    for (int i = 0; i < n; i++)
        square += (x[i] - mean) * (x[i] - mean) / (float)n;
    float inverse = 1 / sqrtf(square + 1e-5f);
    for (int i = 0; i < n; i++)
        y[i] = (x[i] - mean) * inverse;
    return inverse;
}
//< forward

//> backward
/* dx, given dy: what of dy points along y, and for layer norm its mean, changes nothing and is taken out. */
static void normalise_backward(const float *y, const float *dy, int n, bool centre, float inverse,
                               float *dx)
{
    float mean = 0, along = 0;
    for (int i = 0; i < n; i++) {
        mean += centre ? dy[i] / (float)n : 0;
        along += dy[i] * y[i] / (float)n;
    }
    for (int i = 0; i < n; i++)
        dx[i] = inverse * (dy[i] - mean - along * y[i]);
}
//< backward

/* The largest difference to nn over random vectors, values and gradients. */
static float compare(bool centre, uint64_t seed)
{
    enum { ROWS = 50, C = 24 };
    Rng rng = rng_new(seed);
    Graph *g = nn_graph_new();
    Tensor *x = nn_parameter(ROWS, C), *dy = nn_input(g, ROWS, C), *gain = nn_input(g, C);
    tensor_normal(x, 2, &rng);
    tensor_normal(dy, 1, &rng);
    tensor_fill(gain, 1);
    Tensor *out = centre ? nn_layer_norm(g, x, gain, NULL) : nn_rms_norm(g, x, gain);
    nn_backward_from(g, out, dy->data);
    float worst = 0;
    for (int r = 0; r < ROWS; r++) {
        float y[C], dx[C], inverse = normalise(x->data + r * C, C, centre, y);
        normalise_backward(y, dy->data + r * C, C, centre, inverse, dx);
        worst = fmaxf(worst, tensor_distance(y, out->data + r * C, C));
        worst = fmaxf(worst, tensor_distance(dx, x->grad + r * C, C));
    }
    tensor_free(x);
    nn_graph_free(g);
    return worst;
}

static void show_by_hand(Demo *d)
{
    const float x[4] = {1, 2, 3, 4}, dy[4] = {1, 0, 0, 0};
    for (int centre = 1; centre >= 0; centre--) {
        float y[4], dx[4], inverse = normalise(x, 4, centre, y);
        normalise_backward(y, dy, 4, centre, inverse, dx);
        printf(
            "%s of (1,2,3,4): %6.3f %6.3f %6.3f %6.3f   gradient of its first: %6.3f %6.3f %6.3f %6.3f\n",
            centre ? "layer norm" : "RMS norm  ", (double)y[0], (double)y[1], (double)y[2], (double)y[3],
            (double)dx[0], (double)dx[1], (double)dx[2], (double)dx[3]);
    }
    float worst = fmaxf(compare(true, d->seed), compare(false, d->seed));
    demo_claim(d, worst <= 1e-5f, "values and gradients by hand equal those of nn to 1e-5");
}

/* ---- what a norm does not notice ----------------------------------------------------------------------- */

enum { BATCH = 8, CHANNELS = 16 };

/* Each channel over the batch: x (B,C) -> y (B,C). */
static void batch_norm(const float *x, int batch, int channels, float *y)
{
    for (int c = 0; c < channels; c++) {
        float column[BATCH], out[BATCH];
        for (int b = 0; b < batch; b++)
            column[b] = x[b * channels + c];
        normalise(column, batch, true, out);
        for (int b = 0; b < batch; b++)
            y[b * channels + c] = out[b];
    }
}

static void apply(int norm, const float *x, int batch, float *y)
{
    if (norm == 2)
        batch_norm(x, batch, CHANNELS, y);
    for (int b = 0; norm < 2 && b < batch; b++)
        normalise(x + b * CHANNELS, CHANNELS, norm == 0, y + b * CHANNELS);
}

/* How much the first example's output changes, as the root mean square over its channels, when something happens. */
static void show_invariance(uint64_t seed)
{
    static const char *const changes[] = {"all of x times 3", "the first example times 3",
                                          "the first example plus 3", "other examples exchanged",
                                          "the first example alone"};
    puts("\nHow much the output of the first of 8 examples changes (RMS; its own is 1)\n"
         "                              layer norm   RMS norm   batch norm");
    for (int change = 0; change < 5; change++) {
        printf("  %-26s", changes[change]);
        for (int norm = 0; norm < 3; norm++) {
            float x[2 * BATCH * CHANNELS], before[BATCH * CHANNELS], after[BATCH * CHANNELS], sum = 0;
            Rng rng = rng_new(seed);
            for (int i = 0; i < 2 * BATCH * CHANNELS; i++)
                x[i] = rng_normal(&rng);
            apply(norm, x, BATCH, before);
            for (int i = 0; i < (change == 0 ? BATCH : 1) * CHANNELS; i++)
                x[i] = change < 2 ? 3 * x[i] : change == 2 ? x[i] + 3 : x[i];
            if (change == 3)
                memcpy(x + CHANNELS, x + BATCH * CHANNELS, (BATCH - 1) * CHANNELS * sizeof *x);
            apply(norm, x, change == 4 ? 1 : BATCH, after);
            for (int i = 0; i < CHANNELS; i++)
                sum += (after[i] - before[i]) * (after[i] - before[i]) / CHANNELS;
            printf("%s%8.2f", norm ? "   " : "      ", (double)sqrtf(sum));
        }
        putchar('\n');
    }
    putchar('\n');
}

/* ---- a deep stack -------------------------------------------------------------------------------------- */

/* RMS of the hidden states after each block, and of the gradient there, for a loss with random gradient. */
static void measure_depth(int kind, uint64_t seed, float *signal, float *gradient)
{
    enum { WIDTH = 128, ROWS = 32 };
    static DeepStack s;
    Rng rng = rng_new(seed);
    Graph *g = nn_graph_new();
    deep_stack_init(&s, kind, MAX_DEPTH, WIDTH, WIDTH, WIDTH, &rng);
    Tensor *x[MAX_DEPTH + 1] = {nn_param(&s.params, "x", 2, (const int[]){ROWS, WIDTH})};
    Tensor *d = nn_input(g, ROWS, WIDTH);
    tensor_normal(x[0], 1, &rng);
    tensor_normal(d, 1, &rng);
    for (int i = 0; i < MAX_DEPTH; i++) {
        x[i + 1] = deep_stack_block(g, &s, i, x[i]);
        nn_keep_grad(g, x[i + 1]);
    }
    nn_backward_from(g, x[MAX_DEPTH], d->data);
    for (int i = 0; i <= MAX_DEPTH; i++) {
        signal[i] = (float)sqrt(kernel_sum_squares(x[i]->data, x[i]->size) / (double)x[i]->size);
        gradient[i] = (float)sqrt(kernel_sum_squares(x[i]->grad, x[i]->size) / (double)x[i]->size);
    }
    nn_graph_free(g);
    nn_params_free(&s.params);
}

static void show_depth(const Demo *s)
{
    float signal[STACKS][MAX_DEPTH + 1], gradient[STACKS][MAX_DEPTH + 1];
    puts("64 blocks of 128 channels: RMS of the hidden states (1 at the input), and of the gradient at the "
         "input\n"
         "(1 at the output)\n"
         "                          after 1        4       16       64   gradient");
    for (int k = 0; k < STACKS; k++) {
        measure_depth(k, s->seed, signal[k], gradient[k]);
        printf("  %-21s  %8.3g %8.3g %8.3g %8.3g   %8.0e\n", deep_stacks[k].name, (double)signal[k][1],
               (double)signal[k][4], (double)signal[k][16], (double)signal[k][64],
               (double)(gradient[k][0] / gradient[k][MAX_DEPTH]));
    }
    Plot *p = plot_new("ch02/out/layernorm_depth.svg", s->language,
                       plot_text("Hidden states and gradients in 64 blocks", "64 个块中的隐藏状态与梯度"));
    for (int panel = 0; panel < 2; panel++) {
        plot_panel(p, plot_same(NULL));
        plot_axes(p, plot_text("block", "块"),
                  panel ? plot_text("gradient (RMS)", "梯度（均方根）")
                        : plot_text("hidden states (RMS)", "隐藏状态（均方根）"));
        plot_log_axes(p, false, true);
        for (int k = 0; k < STACKS; k++)
            plot_line(p, plot_text(deep_stacks[k].name, deep_stacks[k].zh), NULL,
                      panel ? gradient[k] : signal[k], MAX_DEPTH + 1);
    }
    plot_finish(p, "  picture");
    putchar('\n');
}

/* ---- training ------------------------------------------------------------------------------------------ */

enum { DEPTH = 16, RATES = 4 };

/* The accuracy in per cent of a new stack on the test figures, after training at a learning rate. */
static double train(int kind, const SmallData *d, const SmallData *test, int steps, float rate,
                    uint64_t seed)
{
    static DeepStack stack;
    Rng rng = rng_new(seed);
    Graph *g = nn_graph_new();
    deep_stack_init(&stack, kind, DEPTH, d->width, 64, d->classes, &rng);
    Optimizer *o = nn_adamw_new(&stack.params, 0.9f, 0.99f, 0);
    mlp_train(g, o, deep_stack_run, &stack, d, &(MlpTraining){steps, 64, rate, NULL}, &rng);
    double accuracy = 100 * mlp_score(g, deep_stack_run, &stack, test).accuracy;
    nn_optimizer_free(o);
    nn_graph_free(g);
    nn_params_free(&stack.params);
    return accuracy;
}

static void show_training(const Demo *s)
{
    static const float rates[RATES] = {1e-4f, 1e-3f, 3e-3f, 1e-2f};
    Rng rng = rng_new(s->seed);
    SmallData d = small_figures(4000, 0.05f, &rng), test = small_figures(1000, 0.05f, &rng);
    printf("%d blocks of 64 channels on the little world's figures: accuracy in per cent on 1000 new "
           "figures after\n"
           "%d steps of Adam, mean of %d seeds (minimum-maximum), by learning rate; guessing: 8\n"
           "                                0.0001             0.001             0.003              0.01\n",
           DEPTH, s->steps, s->seeds);
    for (int k = 0; k < STACKS; k++) {
        printf("  %-21s", deep_stacks[k].name);
        for (int r = 0; r < RATES; r++) {
            double a[MAX_SEEDS];
            for (int i = 0; i < s->seeds; i++)
                a[i] = train(k, &d, &test, s->steps, rates[r], s->seed + (uint64_t)i);
            printf("   %5.1f (%.0f-%.0f)", stats_mean(a, s->seeds), stats_quantile(a, s->seeds, 0),
                   stats_quantile(a, s->seeds, 1));
        }
        putchar('\n');
    }
    small_free(&d);
    small_free(&test);
}

int main(int argc, char **argv)
{
    Demo d = {.name = "ch02/layernorm_demo",
              .about = "Layer normalization, section 2.1.4.",
              .draws = true,
              .steps = 200,
              .seeds = 3,
              .max_seeds = MAX_SEEDS};
    demo_begin(&d, argc, argv, NULL);
    show_by_hand(&d);
    show_invariance(d.seed);
    show_depth(&d);
    show_training(&d);
    return demo_end(&d);
}
