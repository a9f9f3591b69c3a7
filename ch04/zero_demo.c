/* zero_demo.c -- ZeRO, section 4.4.5: what each rank holds, what it sends, and that nothing is lost.
 *
 * Trains one model in stages 0 to 3. The bytes are counted where memory is taken and given back, and where messages
 * are sent; each stage's losses are held against those of one process. Starts its own ranks. */
#include "ch04/letters.h"
#include "common/base/base.h"
#include "common/dist/zero.h"
#include "common/demo/demo.h"

#include <math.h>
#include <stdlib.h>

enum { STAGES = 4 };

typedef struct Stage {
    float losses[LETTERS_MAX_STEPS];
    double params, grads, moments; /* bytes that this rank holds between two steps */
    double max_params, max_grads;  /* at most at any time */
    double sent;                   /* bytes in a step */
    double last_unit;              /* numbers in it: the last norm and the head */
} Stage;

//> train
/* The same steps as letters_train, in a stage of ZeRO. */
static void train(Dist *d, Letters *l, int stage, int steps, uint64_t seed, Stage *out)
{
    Graph *g = nn_graph_new();
    ModelDecoder *m = letters_model(l, seed);
    DistZero *z = dist_zero_new(d, &m->params, stage);
    Optimizer *o = letters_optimizer(dist_zero_pieces(z));
    dist_zero_watch(z, g);
    letters_begin(l, seed);
    for (int step = 0; step < steps; step++) {
        size_t before = dist_bytes_sent(d);
        letters_draw(l);
        Tensor *loss = letters_loss(g, m, l, d->rank, d->size);
        dist_zero_backward(z, g, loss, true);
        dist_zero_step(z, o, LETTERS_RATE, 1);
        out->sent = (double)(dist_bytes_sent(d) - before);
        out->losses[step] = letters_mean(d, tensor_item(loss));
        nn_graph_reset(g);
    }
    DistZeroBytes b = dist_zero_bytes(z);
    out->params = (double)b.params;
    out->grads = (double)b.grads;
    out->moments = (double)dist_moment_bytes(o, dist_zero_pieces(z));
    out->max_params = (double)b.max_params;
    out->max_grads = (double)b.max_grads;
    out->last_unit = (double)dist_zero_unit(z, dist_zero_units(z) - 1);
    nn_optimizer_free(o);
    dist_zero_free(z);
    model_decoder_free(m);
    nn_graph_free(g);
}
//< train

/* ---- the formulas ---------------------------------------------------------------------------------- */

//> formula
/* Bytes for each parameter on one of n ranks, when weights take w bytes, gradients g, and what the optimizer keeps
 * k. */
static double bytes_per_parameter(int stage, int n, double w, double g, double k)
{
    return (stage >= 3 ? w / n : w) + (stage >= 2 ? g / n : g) + (stage >= 1 ? k / n : k);
}

/* What a rank sends in a step, in arrays of all parameters: gradients are reduced and scattered, parameters
 * gathered, (n-1)/n each; in stage 3 they are gathered for the forward pass and again for the backward pass, except
 * the last unit, which is still there. */
static double arrays_sent(int stage, int n, double last_unit)
{
    return (stage < 3 ? 2 : 3 - last_unit) * (n - 1) / n;
}
//< formula

static void print_memory(Demo *demo, const Stage *s, int n, double count)
{
    Tabular *t = tabular_new();
    printf("\nBytes for each parameter on rank 0 of %d, measured; and the formula\n", n);
    tabular_column(t, "stage");
    tabular_numbers(t, "parameters", NULL, 2, TABULAR_NONE);
    tabular_numbers(t, "gradients", NULL, 2, TABULAR_NONE);
    tabular_numbers(t, "moments", NULL, 2, TABULAR_NONE);
    tabular_numbers(t, "together", NULL, 2, TABULAR_NONE);
    tabular_numbers(t, "formula", NULL, 2, TABULAR_NONE);
    tabular_numbers(t, "at most", NULL, 2, TABULAR_NONE);
    bool holds = true;
    for (int i = 0; i < STAGES; i++) {
        char stage[16];
        snprintf(stage, sizeof stage, "%d", i);
        double all = s[i].params + s[i].grads + s[i].moments, formula = bytes_per_parameter(i, n, 4, 4, 8);
        double most = s[i].max_params + s[i].max_grads + s[i].moments;
        holds = holds && fabs(all / count - formula) <= 0.001 * formula;
        tabular_row(t, stage,
                    (const double[]){s[i].params / count, s[i].grads / count, s[i].moments / count,
                                     all / count, formula, most / count});
    }
    tabular_print(t);
    demo_claim(demo, holds, "measured and formula equal to 0.1 %%");
}

static void print_sent(Demo *demo, const Stage *s, int n, double count)
{
    Tabular *t = tabular_new();
    printf("\nWhat a rank sends in a step, in arrays of all %.0f parameters\n", count);
    tabular_column(t, "stage");
    tabular_numbers(t, "measured", NULL, 2, TABULAR_NONE);
    tabular_numbers(t, "formula", NULL, 2, TABULAR_NONE);
    tabular_numbers(t, "of stage 0", NULL, 2, TABULAR_NONE);
    bool holds = true;
    for (int i = 0; i < STAGES; i++) {
        char stage[16];
        snprintf(stage, sizeof stage, "%d", i);
        double sent = s[i].sent / (count * 4), formula = arrays_sent(i, n, s[i].last_unit / count);
        holds = holds && fabs(sent - formula) <= 0.01 * formula;
        tabular_row(t, stage, (const double[]){sent, formula, s[i].sent / s[0].sent});
    }
    tabular_print(t);
    printf("stage 3 sends %.2f times as much as stage 0\n", s[3].sent / s[0].sent);
    demo_claim(demo, holds, "measured and formula equal to 1 %%");
}

/* ---- models that need it ---------------------------------------------------------------------------- */

static void print_kinds(void)
{
    Tabular *t = tabular_new();
    printf("\nWhy 16: bytes for each parameter\n");
    tabular_column(t, "precision");
    tabular_numbers(t, "weights", NULL, 0, TABULAR_NONE);
    tabular_numbers(t, "gradients", NULL, 0, TABULAR_NONE);
    tabular_numbers(t, "float32 copy", NULL, 0, TABULAR_NONE);
    tabular_numbers(t, "two moments", NULL, 0, TABULAR_NONE);
    tabular_numbers(t, "together", NULL, 0, TABULAR_NONE);
    tabular_row(t, "float32, as here", (const double[]){4, 4, 0, 8, 16});
    tabular_row(t, "mixed, 16 bits", (const double[]){2, 2, 4, 8, 16});
    tabular_print(t);
}

//> large
/* GB on each GPU in mixed precision: 2 bytes of weights, 2 of gradients, 12 of the optimizer. */
static void print_large(void)
{
    static const struct {
        const char *name;
        double billions;
    } models[] = {{"GPT-2 XL, 1.5B", 1.5}, {"7.5B", 7.5},         {"Llama 3 70B", 70},
                  {"GPT-3 175B", 175},     {"Llama 3 405B", 405}, {"1000B", 1000}};
    Tabular *t = tabular_new();
    printf("\nGB on each GPU in mixed precision, without activations\n");
    tabular_column(t, "model");
    tabular_numbers(t, "stage 0", NULL, 0, TABULAR_NONE);
    tabular_numbers(t, "64 GPUs: 1", NULL, 1, TABULAR_NONE);
    tabular_numbers(t, "2", NULL, 1, TABULAR_NONE);
    tabular_numbers(t, "3", NULL, 1, TABULAR_NONE);
    tabular_numbers(t, "1024 GPUs: 3", NULL, 1, TABULAR_NONE);
    for (size_t i = 0; i < sizeof models / sizeof *models; i++) {
        double gb[5], size = models[i].billions;
        for (int stage = 0; stage < STAGES; stage++)
            gb[stage] = size * bytes_per_parameter(stage, 64, 2, 2, 12);
        gb[4] = size * bytes_per_parameter(3, 1024, 2, 2, 12);
        tabular_row(t, models[i].name, gb);
    }
    tabular_print(t);
}
//< large

static void draw(Demo *demo, const Stage *s, double count, int n)
{
    static const PlotText stages[STAGES] = {{"stage 0: data parallel", "阶段 0：数据并行"},
                                            {"stage 1: moments", "阶段 1：切分矩"},
                                            {"stage 2: and gradients", "阶段 2：再切分梯度"},
                                            {"stage 3: and parameters", "阶段 3：再切分参数"}};
    float params[STAGES], grads[STAGES], moments[STAGES];
    for (int i = 0; i < STAGES; i++) {
        params[i] = (float)(s[i].params / count);
        grads[i] = (float)(s[i].grads / count);
        moments[i] = (float)(s[i].moments / count);
    }
    char en[64], zh[64];
    snprintf(en, sizeof en, "What one of %d ranks holds", n);
    snprintf(zh, sizeof zh, "%d 个进程之一保存什么", n);
    Plot *p = demo_plot(demo, plot_text(en, zh), plot_text("bytes for each parameter", "每个参数的字节数"),
                        plot_same(NULL));
    plot_bars(p, plot_text("parameters", "参数"), stages, params, NULL, NULL, STAGES);
    plot_bars(p, plot_text("gradients", "梯度"), stages, grads, NULL, NULL, STAGES);
    plot_bars(p, plot_text("moments", "矩"), stages, moments, NULL, NULL, STAGES);
    plot_finish(p, "picture");
}

/* Rank 0 trains alone, too, and compares. */
static void compare(Demo *demo, Letters *l, const Stage *s, int steps, uint64_t seed)
{
    float alone[LETTERS_MAX_STEPS], largest[STAGES] = {0};
    letters_train(l, steps, seed, alone);
    printf("loss after %d steps: one process %.3f; stages 0 to 3", steps, (double)alone[steps - 1]);
    bool holds = true;
    for (int i = 0; i < STAGES; i++) {
        for (int step = 0; step < steps; step++)
            largest[i] = fmaxf(largest[i], fabsf(s[i].losses[step] - alone[step]));
        holds = holds && largest[i] <= 1e-4f;
        printf(" %.3f", (double)s[i].losses[steps - 1]);
    }
    printf("\n");
    demo_claim(demo, holds, "in all stages each loss equals that of one process to 1e-4");
}

int main(int argc, char **argv)
{
    int ranks = 4, steps = 20;
    Demo demo = {.name = "ch04/zero_demo", .about = "ZeRO, section 4.4.5.", .draws = true};
    const Option more[] = {
        option_int("ranks", &ranks, 1, LETTERS_BATCH, "processes; a divisor of 24"),
        option_int("steps", &steps, 1, LETTERS_MAX_STEPS, "training steps in each stage"), OPTION_END};
    demo_begin(&demo, argc, argv, more);
    Letters *l = letters_new(ranks);
    Dist *d = dist_start(argc, argv, ranks);
    Stage *s = memory_zero(STAGES, sizeof *s);
    for (int stage = 0; stage < STAGES; stage++)
        train(d, l, stage, steps, demo.seed, &s[stage]);
    if (d->rank == 0) {
        ModelDecoder *m = letters_model(l, demo.seed);
        double count = (double)nn_param_total(&m->params);
        model_decoder_free(m);
        printf("%.0f parameters on %d rank%s; ", count, d->size, d->size > 1 ? "s" : "");
        compare(&demo, l, s, steps, demo.seed);
        print_memory(&demo, s, d->size, count);
        if (d->size > 1)
            print_sent(&demo, s, d->size, count);
        print_kinds();
        print_large();
        draw(&demo, s, count, d->size);
    }
    free(s);
    letters_free(l);
    dist_free(d);
    return demo_end(&demo);
}
