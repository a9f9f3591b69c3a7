/* cost_demo.c -- what a pretraining costs, section 5.5.
 *
 * Work: about 6 N D operations for N parameters and D tokens (Kaplan et al., 2020): 2 for each parameter and
 * token forward, 4 backward. The demo counts a small model exactly, measures how fast this machine multiplies
 * matrices, predicts from both how long a training step takes, and measures the step. Then the same formula
 * for published models, whose hours are known, and for one of the reader's own. */
#include "common/base/base.h"
#include "common/tensor/kernels.h"
#include "ch05/story_run.h"

#include <math.h>
#include <omp.h>
#include <string.h>
#include <time.h>

enum { BATCH = 8, TIME = 128, LAYERS = 4, CHANNELS = 192 };

typedef struct Settings {
    float params, tokens, peak, utilisation, watts, overhead, price, kwh, gpus;
    uint64_t seed;
} Settings;

static Settings parse(int argc, char **argv)
{
    Settings s = {.params = 7,
                  .tokens = 140,
                  .peak = 312,
                  .utilisation = 0.4f,
                  .watts = 400,
                  .overhead = 1.1f,
                  .price = 2,
                  .kwh = 0.1f,
                  .gpus = 64,
                  .seed = 1};
    const Option options[] = {
        option_float("params", &s.params, 1e-6, 1e6, "parameters of your model, in billions"),
        option_float("tokens", &s.tokens, 1e-6, 1e9, "tokens it reads, in billions"),
        option_float("peak", &s.peak, 1e-3, 1e6,
                     "TFLOP/s of one GPU on paper; an A100 (2020): 312 in bfloat16"),
        option_float("utilisation", &s.utilisation, 0.01, 1, "the share of it that a training run reaches"),
        option_float("watts", &s.watts, 1, 1e5, "power of one GPU; an A100: 400"),
        option_float("overhead", &s.overhead, 1, 3, "power of the whole data centre over that of the GPUs"),
        option_float("price", &s.price, 0, 1e4,
                     "dollars to rent a GPU for an hour; an A100 in 2024: about 2"),
        option_float("kwh", &s.kwh, 0, 10, "dollars for a kilowatt hour; industry, 2024: about 0.10"),
        option_float("gpus", &s.gpus, 1, 1e6, "GPUs that run at once"),
        option_seed(&s.seed),
        OPTION_END};
    options_parse(argc, argv, "What a pretraining costs, section 5.5.", options);
    return s;
}

/* ---- counting ------------------------------------------------------------------------------------ */

//> flops
/* Multiplications and additions for one token, forward. A matrix (I,O) takes 2 I O. Attention compares with
 * (T+1)/2 tokens on average, and mixes as many: 2 C for each of the two. */
static double forward_flops(const ModelConfig *c, int time)
{
    double width = c->channels, attention = 2 * 2 * width * (time + 1) / 2;
    double matrices = 2 * (3 + 1 + 4 + 4) * width * width; /* qkv, output, up, down */
    return c->layers * (matrices + attention) + 2 * width * c->vocab;
}

/* Backward each product becomes two: the gradient with respect to its input, and that of the weights. */
static double training_flops(const ModelConfig *c, int time)
{
    return 3 * forward_flops(c, time);
}
//< flops

static void show_flops(void)
{
    static const char *const names[] = {"this demo's", "GPT-2 small", "GPT-2 small, T 8192", "GPT-3"};
    static const ModelConfig models[] = {
        {.vocab = 85, .context = TIME, .layers = LAYERS, .channels = CHANNELS},
        {.vocab = 50257, .context = 1024, .layers = 12, .channels = 768},
        {.vocab = 50257, .context = 8192, .layers = 12, .channels = 768},
        {.vocab = 50257, .context = 2048, .layers = 96, .channels = 12288}};
    static const TabularColumn columns[] = {{"N", -3}, {"6 N", -2}, {"counted", -2}, {"counted / 6 N", 2}};
    double numbers[4][4];
    for (int i = 0; i < 4; i++) {
        const ModelConfig *c = &models[i];
        double n = 12.0 * c->layers * c->channels * c->channels + (double)c->vocab * c->channels;
        double exact = training_flops(c, c->context);
        memcpy(numbers[i], (double[]){n, 6 * n, exact, exact / (6 * n)}, sizeof numbers[i]);
    }
    puts("FLOPs to train on one token: 6 N, and counted matrix by matrix. N: the matrices and the token "
         "embeddings");
    tabular_print_matrix("model", names, columns, 4, numbers[0], 4);
}

/* ---- measuring ----------------------------------------------------------------------------------- */

/* Seconds that this process has computed; one thread runs, so nobody else's work is in it. */
static double busy_seconds(void)
{
    struct timespec now;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
    return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
}

/* Operations a second in the product that the step does most: (BT,C) (C,4C). The best of some tries, because
 * whatever disturbs one makes it slower. */
static double matmul_rate(void)
{
    enum { M = BATCH * TIME, N = 4 * CHANNELS, K = CHANNELS, TRIES = 20 };
    Graph *g = nn_graph_new();
    Rng rng = rng_new(1);
    Tensor *a = nn_input(g, M, K), *b = nn_input(g, K, N);
    double best = INFINITY;
    tensor_normal(a, 1, &rng);
    tensor_normal(b, 1, &rng);
    Arena *arena = arena_new();
    for (int i = 0; i < TRIES; i++) {
        Tensor *c = tensor_new(arena, M, N);
        double start = busy_seconds();
        kernel_matmul(M, N, K, 1, (Matrix){a->data, K, false}, (Matrix){b->data, N, false}, 0, c->data, N);
        best = fmin(best, busy_seconds() - start);
        arena_reset(arena);
    }
    arena_free(arena);
    nn_graph_free(g);
    return 2.0 * M * N * K / best;
}

/* What a step took: seconds, and the bytes that its forward pass left for the backward pass. */
typedef struct Measured {
    double seconds, activations;
} Measured;

static Measured measure_step(Graph *g, StoryRun *r)
{
    enum { STEPS = 12 };
    Measured best = {INFINITY, 0};
    for (int step = 0; step < STEPS; step++) {
        double start = busy_seconds();
        story_run_draw(r);
        Tensor *loss = story_run_loss(g, r);
        best.activations = (double)arena_used(nn_arena(g));
        nn_train_step(g, r->optimizer, loss, 1e-3f, 1);
        best.seconds = fmin(best.seconds, busy_seconds() - start);
    }
    return best;
}

//> memory
/* Numbers of 4 bytes that one token leaves behind in the forward pass: in each block two norms (C each), qkv
 * (3C), attention and its projection (2C), up and GELU (8C), down (C), two sums (2C); outside of them the two
 * embeddings' sum (2C), the last norm (C), and the logits (V). */
static double activation_bytes(const ModelConfig *c)
{
    double in_block = (2 + 3 + 2 + 8 + 1 + 2) * c->channels;
    return 4 * (c->layers * in_block + 3 * c->channels + c->vocab);
}
//< memory

static bool show_step(const Settings *s)
{
    Stories text = stories_new(s->seed);
    StoryRun r = story_run_new(&text, LAYERS, CHANNELS, BATCH, TIME, 0.1f, s->seed);
    Graph *g = nn_graph_new();
    const ModelConfig *c = &r.model->config;
    double n = (double)nn_param_total(&r.model->params), tokens = BATCH * TIME;
    double flops = training_flops(c, TIME) * tokens, rate = matmul_rate();
    double predicted = flops / rate, activations = activation_bytes(c) * tokens;
    Measured step = measure_step(g, &r);
    double ratio = step.seconds / predicted, memory_ratio = step.activations / activations;
    nn_graph_free(g);
    story_run_free(&r);
    stories_free(&text);
    printf("\nA step here, on one thread: %.2e parameters, %d x %d tokens, %.2e FLOPs\n", n, BATCH, TIME,
           flops);
    printf("  matrix products    %.0f GFLOP/s measured\n", rate / 1e9);
    printf("  predicted          %.0f ms\n  measured           %.0f ms\n", predicted * 1e3,
           step.seconds * 1e3);
    printf("  measured / predicted: %.2f\n", ratio);
    terminal_verdict(ratio > 0.7 && ratio < 3, "  between 0.7 and 3 times the prediction");
    printf("\nIts memory\n"
           "  weights, gradients, Adam's two moments: 4 + 4 + 8 = 16 bytes a parameter: %.1f MB\n"
           "  activations, predicted %.1f MB, measured %.1f MB, ratio %.2f\n",
           16 * n / 1e6, activations / 1e6, step.activations / 1e6, memory_ratio);
    return memory_ratio > 0.9 && memory_ratio < 1.2;
}

/* ---- large models -------------------------------------------------------------------------------- */

/* GPU hours as their makers published them, with the peak (TFLOP/s in bfloat16) and the power (W) of the GPU. Of a
 * mixture of experts, the parameters that a token uses. */
typedef struct Published {
    const char *name, *gpu;
    double params, tokens, hours, peak, watts;
} Published;

/* Touvron et al., 2023, both papers; Luccioni et al., 2022; the model card of Llama 3.1; DeepSeek-AI, 2024, most of
 * whose products are in FP8. */
static const Published published[] = {{"LLaMA 7B (2023)", "A100", 6.7e9, 1.0e12, 82432, 312, 400},
                                      {"LLaMA 65B (2023)", "A100", 65.2e9, 1.4e12, 1022362, 312, 400},
                                      {"Llama 2 7B (2023)", "A100", 6.7e9, 2.0e12, 184320, 312, 400},
                                      {"Llama 2 70B (2023)", "A100", 69e9, 2.0e12, 1720320, 312, 400},
                                      {"BLOOM 176B (2022)", "A100", 176e9, 366e9, 1082990, 312, 400},
                                      {"Llama 3.1 405B (2024)", "H100", 405e9, 15.6e12, 30840000, 989, 700},
                                      {"DeepSeek-V3 (2024)", "H800", 37e9, 14.8e12, 2664000, 989, 700}};

static void show_published(void)
{
    Tabular *t = tabular_new();
    tabular_column(t, "model");
    tabular_column(t, "GPU");
    tabular_numbers(t, "6 N D", NULL, -2, TABULAR_NONE);
    tabular_numbers(t, "GPU hours", NULL, 0, TABULAR_NONE);
    tabular_numbers(t, "share of peak", "%", 0, TABULAR_NONE);
    tabular_numbers(t, "energy", "MWh", 0, TABULAR_NONE);
    for (size_t i = 0; i < sizeof published / sizeof *published; i++) {
        const Published *p = &published[i];
        double flops = 6 * p->params * p->tokens;
        tabular_text(t, p->name);
        tabular_text(t, p->gpu);
        tabular_number(t, flops);
        tabular_number(t, p->hours);
        tabular_number(t, 100 * flops / (p->hours * 3600 * p->peak * 1e12));
        tabular_number(t, p->hours * p->watts / 1e6);
    }
    puts("\nPublished GPU hours, and the share of the bfloat16 peak that they imply (A100 312 TFLOP/s, "
         "others 989)");
    tabular_print(t);
}

static void show_bill(const Settings *s)
{
    double n = (double)s->params * 1e9, d = (double)s->tokens * 1e9, flops = 6 * n * d;
    double hours = flops / ((double)s->peak * 1e12 * (double)s->utilisation) / 3600;
    double energy = hours * (double)s->watts / 1000 * (double)s->overhead; /* kWh */
    printf("\nYour model: %g billion parameters, %g billion tokens (%.0f a parameter)\n", (double)s->params,
           (double)s->tokens, d / n);
    printf("  work        6 N D = %.2e\n", flops);
    printf("  time        work / (%g TFLOP/s x %g) = %.0f GPU hours; on %g GPUs %.1f days\n",
           (double)s->peak, (double)s->utilisation, hours, (double)s->gpus, hours / (double)s->gpus / 24);
    printf("  memory      16 N = %.0f GB for weights, gradients and Adam, before any activation\n",
           16 * n / 1e9);
    printf("  energy      hours x %g W x %g = %.1f MWh; at %g dollars a kWh: %.0f dollars\n",
           (double)s->watts, (double)s->overhead, energy / 1000, (double)s->kwh, energy * (double)s->kwh);
    printf("  rent        hours x %g dollars = %.0f dollars\n", (double)s->price, hours * (double)s->price);
}

int main(int argc, char **argv)
{
    Settings s = parse(argc, argv);
    omp_set_num_threads(1);
    show_flops();
    bool good = show_step(&s);
    show_published();
    show_bill(&s);
    return error_finish() || !good;
}
