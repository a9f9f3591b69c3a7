/* roofline_demo.c -- the roof over each kernel of a training step, section 4.3.1.
 *
 * Measures how fast this machine multiplies matrices and how fast it reads memory. Whatever a kernel does, it takes at
 * least its operations divided by the first and its bytes divided by the second (Williams et al., 2009). The demo
 * counts both for the kernels of a step of GPT-2 small, predicts their times, and measures them. Then it puts the same
 * kernels under the roofs of a graphics card: one that it finds and measures, or a published one. */
#include "ch04/card.h"
#include "ch04/step_kernels.h"
#include "common/base/base.h"
#include "common/demo/demo.h"

#include <math.h>

//> counts
/* x (m,k) times a weight (n,k): an element of the result takes k multiplications and k additions. */
static void add_product(Step *s, const char *name, int times, int m, int n, int k)
{
    double numbers = (double)m * k + (double)n * k + (double)m * n;
    s->kernels[s->count++] = (Kernel){.name = name,
                                      .kind = PRODUCT,
                                      .times = times,
                                      .flops = 2.0 * m * n * k,
                                      .bytes = 4 * numbers,
                                      .in = step_tensor(s, m, k),
                                      .weight = step_tensor(s, n, k)};
}

/* A kernel that does so many operations for each number of x (rows,cols), and moves so many bytes. */
static void add_each(Step *s, const char *name, int times, Kind kind, int rows, int cols, double flops,
                     double bytes)
{
    double numbers = (double)rows * cols;
    Tensor *second = kind == ADD ? step_tensor(s, rows, cols) : NULL;
    s->kernels[s->count++] = (Kernel){.name = name,
                                      .kind = kind,
                                      .times = times,
                                      .flops = flops * numbers,
                                      .bytes = bytes * numbers,
                                      .in = step_tensor(s, rows, cols),
                                      .weight = second};
}

static void add_kernels(Step *s)
{
    add_product(s, "qkv", LAYERS, ROWS, 3 * CHANNELS, CHANNELS);
    add_product(s, "attention out", LAYERS, ROWS, CHANNELS, CHANNELS);
    add_product(s, "up", LAYERS, ROWS, WIDE, CHANNELS);
    add_product(s, "down", LAYERS, ROWS, CHANNELS, WIDE);
    add_product(s, "logits", 1, ROWS, VOCAB, CHANNELS);
    /* Fused: q, k and v are read, the result is written; two products with (T+1)/2 keys on average. */
    add_each(s, "attention", LAYERS, ATTENTION, ROWS, 3 * CHANNELS, 4 * (TIME + 1) / 2.0 / 3, 16 / 3.0);
    add_each(s, "softmax", 0, SOFTMAX, HEADS * TIME, TIME, 5, 8);
    add_each(s, "layer norm", 2 * LAYERS + 1, LAYER_NORM, ROWS, CHANNELS, 8, 8);
    add_each(s, "GELU", LAYERS, GELU, ROWS, WIDE, 10, 8);
    add_each(s, "residual add", 2 * LAYERS, ADD, ROWS, CHANNELS, 1, 12);
    add_each(s, "cross-entropy", 1, CROSS_ENTROPY, ROWS, VOCAB, 5, 4);
    /* Weight, gradient and both moments are read, weight and moments written. */
    add_each(s, "AdamW", LAYERS, ADAMW, 12 * CHANNELS, CHANNELS, 14, 28);
    add_product(s, "up, 1 token", 0, 1, WIDE, CHANNELS);
}
//< counts

/* ---- this machine ------------------------------------------------------------------------------------- */

//> predict
/* At least, on a machine that does so many operations and moves so many bytes a second. */
static double predicted(double flops, double bytes, double peak, double bandwidth)
{
    return fmax(flops / peak, bytes / bandwidth);
}
//< predict

static bool limited_by_memory(const Kernel *k, const Roofs *r)
{
    return k->flops / k->bytes < r->flops / r->memory;
}

static void show_roofs(const Roofs *r)
{
    printf("Roofs, with %d threads\n", r->threads);
    printf("  float32    %.0f GFLOP/s in products of matrices\n", r->flops / 1e9);
    printf("  bfloat16   %.0f GFLOP/s\n", r->flops_bf16 / 1e9);
    printf("  memory     %.1f GB/s in a sum of a, %.1f in a = 2 a + 1, %.1f in a = b + 3 c\n",
           r->read / 1e9, r->update / 1e9, r->triad / 1e9);
    printf("  ridge      %.1f FLOPs a byte: below it memory is the limit, above it arithmetic\n",
           r->flops / r->memory);
}

static void show_intensity(const Step *s, const Roofs *r)
{
    Tabular *t = tabular_new();
    tabular_column(t, "kernel");
    tabular_numbers(t, "FLOPs", "10^9", -2, TABULAR_NONE);
    tabular_numbers(t, "bytes", "10^6", -2, TABULAR_NONE);
    tabular_numbers(t, "FLOPs a byte", NULL, -2, TABULAR_NONE);
    tabular_numbers(t, "times in a step", NULL, 0, TABULAR_NONE);
    tabular_column(t, "limit");
    for (int i = 0; i < s->count; i++) {
        const Kernel *k = &s->kernels[i];
        tabular_text(t, k->name);
        tabular_number(t, k->flops / 1e9);
        tabular_number(t, k->bytes / 1e6);
        tabular_number(t, k->flops / k->bytes);
        tabular_number(t, k->times);
        tabular_text(t, limited_by_memory(k, r) ? "memory" : "arithmetic");
    }
    printf("\nKernels of GPT-2 small's shapes, %d x %d tokens, %d words\n", BATCH, TIME, VOCAB);
    tabular_print(t);
}

static void show_times(const Step *s, const Roofs *r)
{
    static const TabularColumn columns[] = {{"predicted (ms)", 2},
                                            {"measured (ms)", 2},
                                            {"measured / predicted", 2},
                                            {"GFLOP/s", 1},
                                            {"in bfloat16 (ms)", 2}};
    const char *names[MAX_KERNELS];
    double rows[MAX_KERNELS][5];
    for (int i = 0; i < s->count; i++) {
        const Kernel *k = &s->kernels[i];
        double least = predicted(k->flops, k->bytes, r->flops, r->memory);
        names[i] = k->name;
        rows[i][0] = 1e3 * least;
        rows[i][1] = 1e3 * k->seconds;
        rows[i][2] = k->seconds / least;
        rows[i][3] = k->flops / k->seconds / 1e9;
        rows[i][4] = 1e3 * k->seconds_bf16;
    }
    puts("\nTheir times, caches empty before each");
    tabular_print_matrix("kernel", names, columns, 5, rows[0], s->count);
}

/* What kernels that memory limits have of the operations of a step, and of its time. */
typedef struct Shares {
    double flops, seconds;
} Shares;

static Shares shares_of(const Step *s, const bool *slow, const double *seconds)
{
    double flops = 0, time = 0;
    Shares of = {0, 0};
    for (int i = 0; i < s->count; i++) {
        const Kernel *k = &s->kernels[i];
        flops += k->times * k->flops;
        time += k->times * seconds[i];
        of.flops += slow[i] * k->times * k->flops;
        of.seconds += slow[i] * k->times * seconds[i];
    }
    return (Shares){of.flops / flops, of.seconds / time};
}

static Shares show_shares(Demo *d, const Step *s, const Roofs *r)
{
    bool slow[MAX_KERNELS];
    double seconds[MAX_KERNELS];
    for (int i = 0; i < s->count; i++) {
        slow[i] = limited_by_memory(&s->kernels[i], r);
        seconds[i] = s->kernels[i].seconds;
    }
    Shares of = shares_of(s, slow, seconds);
    printf("\nForward pass and update\n");
    printf("  kernels that memory limits do %.1f%% of the operations\n", 100 * of.flops);
    printf("  they take %.0f%% of the time\n", 100 * of.seconds);
    demo_claim(d, of.seconds > 3 * of.flops,
               "  their share of the time is more than three times that of the operations");
    return of;
}

/* ---- a graphics card ------------------------------------------------------------------------------------- */

/* The card that --card names; without it the one of this machine, or else an H100. */
static Card card_chosen(int choice)
{
    Card card;
    char why[256];
    if (choice != CARD_FOUND)
        return card_published(choice);
    bool found = card_measure(&card, why, sizeof why);
    printf("\nA graphics card of this machine: %s\n", found ? card.name : why);
    return found ? card : card_published(CARD_H100);
}

//> card
/* On a card, matrices and activations are in bfloat16, half the bytes; AdamW stays in float32. */
static double bytes_on_card(const Kernel *k)
{
    return k->kind == ADAMW ? k->bytes : k->bytes / 2;
}
//< card

static void show_card(Demo *d, const Step *s, const Card *c, Shares here)
{
    const char *names[MAX_KERNELS];
    double rows[MAX_KERNELS][2], seconds[MAX_KERNELS];
    bool slow[MAX_KERNELS];
    if (c->year)
        printf("\n%s (%d), as its maker states it", c->name, c->year);
    else
        printf("\n%s, measured", c->name);
    printf(": %.0f TFLOP/s in bfloat16, %.2f TB/s, ridge %.0f FLOPs a byte\n", c->flops / 1e12,
           c->memory / 1e12, c->flops / c->memory);
    for (int i = 0; i < s->count; i++) {
        const Kernel *k = &s->kernels[i];
        double bytes = bytes_on_card(k);
        seconds[i] = predicted(k->flops, bytes, c->flops, c->memory);
        slow[i] = k->flops / bytes < c->flops / c->memory;
        names[i] = k->name;
        rows[i][0] = k->flops / bytes;
        rows[i][1] = 1e6 * seconds[i];
    }
    tabular_print_matrix("kernel", names, (TabularColumn[]){{"FLOPs a byte", -2}, {"predicted (us)", 1}}, 2,
                         rows[0], s->count);
    Shares there = shares_of(s, slow, seconds);
    printf(
        "  kernels that memory limits do %.1f%% of the operations and take at least %.0f%% of the time\n",
        100 * there.flops, 100 * there.seconds);
    demo_claim(d, there.seconds > here.seconds,
               "  memory limits a larger part of the step than on this machine");
}

/* ---- the picture ------------------------------------------------------------------------------------------ */

/* The measured kernels of the kinds first to last. */
static void points(Plot *p, const Step *s, Kind first, Kind last, PlotText name)
{
    float at[MAX_KERNELS], speed[MAX_KERNELS];
    int n = 0;
    for (int i = 0; i < s->count; i++) {
        const Kernel *k = &s->kernels[i];
        if (k->kind >= first && k->kind <= last) {
            at[n] = (float)(k->flops / k->bytes);
            speed[n++] = (float)(k->flops / k->seconds / 1e9);
        }
    }
    plot_points(p, name, at, speed, n);
}

static void draw(const Demo *d, const Step *s, const Roofs *r)
{
    float ridge = (float)(r->flops / r->memory), ridge16 = (float)(r->flops_bf16 / r->memory), low = 0.05f,
          high = 2000;
    const float x[] = {low, ridge, high}, x16[] = {ridge, ridge16, high};
    const float roof[] = {low * (float)r->memory / 1e9f, (float)r->flops / 1e9f, (float)r->flops / 1e9f};
    const float roof16[] = {(float)r->flops / 1e9f, (float)r->flops_bf16 / 1e9f,
                            (float)r->flops_bf16 / 1e9f};
    Plot *p =
        demo_plot(d, plot_text("Kernels under the roof of this machine", "这台机器的屋顶下的各个算子"),
                  plot_text("arithmetic intensity (FLOPs per byte)", "算术强度（FLOPs/字节）"),
                  plot_text("speed (GFLOP/s)", "速度（GFLOP/s）"));
    plot_log_axes(p, true, true);
    plot_line(p, plot_text("roof, float32", "屋顶，float32"), x, roof, 3);
    if (ridge16 > ridge)
        plot_line(p, plot_text("roof, bfloat16", "屋顶，bfloat16"), x16, roof16, 3);
    points(p, s, PRODUCT, PRODUCT, plot_text("products of matrices", "矩阵乘积"));
    points(p, s, ATTENTION, ATTENTION, plot_text("attention", "注意力"));
    points(p, s, SOFTMAX, ADAMW, plot_text("other kernels", "其他算子"));
    plot_finish(p, "picture");
}

int main(int argc, char **argv)
{
    int choice = CARD_FOUND;
    Demo d = {.name = "ch04/roofline_demo",
              .about = "The roof over each kernel of a training step, section 4.3.1.",
              .draws = true};
    const Option more[] = {option_choice("card", &choice, card_names,
                                         "the graphics card: one that is found here and measured, or else "
                                         "the H100; or the published figures of another"),
                           OPTION_END};
    demo_begin(&d, argc, argv, more);
    Stream *stream = stream_new();
    Roofs roofs = roofs_measure(stream);
    Step *s = step_new(d.seed);
    add_kernels(s);
    step_measure(s, stream);
    show_roofs(&roofs);
    show_intensity(s, &roofs);
    show_times(s, &roofs);
    Shares here = show_shares(&d, s, &roofs);
    Card card = card_chosen(choice);
    show_card(&d, s, &card, here);
    draw(&d, s, &roofs);
    step_free(s);
    stream_free(stream);
    return demo_end(&d);
}
