/* cost_demo.c -- what a pretraining costs, section 5.5.
 *
 * Work: about 6 N D operations for N parameters and D tokens (Kaplan et al., 2020): 2 for each parameter and
 * token forward, 4 backward. The demo counts a small model exactly, measures how fast this machine multiplies
 * matrices, predicts from both how long a training step takes, and measures the step. Then the same formula
 * for published models, whose hours are known, and for one of the reader's own. */
#include "common/base/base.h"
#include "common/model/decoder.h"
#include "common/nn/nn.h"
#include "common/tensor/kernels.h"
#include "ch05/data_stories.h"

#include <math.h>
#include <omp.h>
#include <time.h>

enum { BATCH = 8, TIME = 128, LAYERS = 4, HEADS = 4, CHANNELS = 192 };

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
    static const struct {
        const char *name;
        ModelConfig c;
        int time;
    } models[] = {{"this demo's", {.vocab = 85, .layers = LAYERS, .channels = CHANNELS}, TIME},
                  {"GPT-2 small", {.vocab = 50257, .layers = 12, .channels = 768}, 1024},
                  {"GPT-2 small, T 8192", {.vocab = 50257, .layers = 12, .channels = 768}, 8192},
                  {"GPT-3", {.vocab = 50257, .layers = 96, .channels = 12288}, 2048}};
    puts("FLOPs to train on one token: 6 N, and counted matrix by matrix\n"
         "  model                parameters     6 N     counted   counted / 6 N");
    for (size_t i = 0; i < sizeof models / sizeof *models; i++) {
        const ModelConfig *c = &models[i].c;
        double n = 12.0 * c->layers * c->channels * c->channels + (double)c->vocab * c->channels;
        double exact = training_flops(c, models[i].time);
        printf("  %-20s   %8.2e   %7.1e   %7.1e   %8.2f\n", models[i].name, n, 6 * n, exact,
               exact / (6 * n));
    }
    puts("  (N: the matrices and the token embeddings, which also give the logits. 6 N leaves out "
         "attention,\n"
         "  which grows with the length.)");
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

static Measured measure_step(Graph *g, const ModelDecoder *m, const Stories *text)
{
    enum { STEPS = 12 };
    static int x[BATCH * TIME], y[BATCH * TIME];
    Measured best = {INFINITY, 0};
    Rng rng = rng_new(3);
    Optimizer *o = nn_adamw_new(&m->params, 0.9f, 0.99f, 0.1f);
    for (int step = 0; step < STEPS; step++) {
        double start = busy_seconds();
        stories_batch(text, BATCH, TIME, &rng, x, y);
        Tensor *loss = model_decoder_loss(g, m, x, y, BATCH, TIME);
        best.activations = (double)arena_used(nn_arena(g));
        nn_train_step(g, o, loss, 1e-3f, 1);
        best.seconds = fmin(best.seconds, busy_seconds() - start);
    }
    nn_optimizer_free(o);
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
    Rng rng = rng_new(s->seed);
    ModelConfig c = model_config_gpt2((ModelConfig){
        .vocab = text.vocab, .context = TIME, .layers = LAYERS, .heads = HEADS, .channels = CHANNELS});
    ModelDecoder *m = model_decoder_new(&c, 0, &rng);
    Graph *g = nn_graph_new();
    double n = (double)nn_param_total(&m->params), tokens = BATCH * TIME;
    double flops = training_flops(&c, TIME) * tokens, rate = matmul_rate();
    Measured step = measure_step(g, m, &text);
    double predicted = flops / rate, ratio = step.seconds / predicted;
    double activations = activation_bytes(&c) * tokens, memory_ratio = step.activations / activations;
    printf("\nA step here, on one thread: %.2e parameters, %d x %d tokens\n", n, BATCH, TIME);
    printf("  FLOPs              %.2e\n", flops);
    printf("  matrix products    %.0f GFLOP/s measured\n", rate / 1e9);
    printf("  predicted          %.0f ms\n  measured           %.0f ms\n", predicted * 1e3,
           step.seconds * 1e3);
    printf("  measured / predicted: %.2f\n", ratio);
    printf("  between 0.7 and 3 times the prediction: %s\n", ratio > 0.7 && ratio < 3 ? "yes" : "NO");
    printf("\nIts memory\n");
    printf("  weights, gradients, Adam's two moments: 4 + 4 + 8 = 16 bytes a parameter: %.1f MB\n",
           16 * n / 1e6);
    printf("  activations, predicted %.1f MB, measured %.1f MB, ratio %.2f\n", activations / 1e6,
           step.activations / 1e6, memory_ratio);
    nn_graph_free(g);
    model_decoder_free(m);
    stories_free(&text);
    return memory_ratio > 0.9 && memory_ratio < 1.2;
}

/* ---- large models -------------------------------------------------------------------------------- */

/* GPU hours as their makers published them, with the peak (TFLOP/s in bfloat16) and the power (W) of the GPU. Of a
 * mixture of experts, the parameters that a token uses. */
typedef struct Published {
    const char *name, *gpu;
    double params, tokens, hours, peak, watts;
} Published;

static void show_published(void)
{
    static const Published models[] = {
        {"LLaMA 7B (2023)", "A100", 6.7e9, 1.0e12, 82432, 312, 400},
        {"LLaMA 65B (2023)", "A100", 65.2e9, 1.4e12, 1022362, 312, 400},
        {"Llama 2 7B (2023)", "A100", 6.7e9, 2.0e12, 184320, 312, 400},
        {"Llama 2 70B (2023)", "A100", 69e9, 2.0e12, 1720320, 312, 400},
        {"BLOOM 176B (2022)", "A100", 176e9, 366e9, 1082990, 312, 400},
        {"Llama 3.1 405B (2024)", "H100", 405e9, 15.6e12, 30840000, 989, 700},
        {"DeepSeek-V3 (2024)", "H800", 37e9, 14.8e12, 2664000, 989, 700}};
    puts("\nPublished GPU hours, and the share of the bfloat16 peak that they imply\n"
         "  model                     6 N D    GPU     hours   share       energy");
    for (size_t i = 0; i < sizeof models / sizeof *models; i++) {
        const Published *p = &models[i];
        double flops = 6 * p->params * p->tokens;
        printf("  %-22s %8.1e   %s  %8.0f   %4.0f%%   %6.0f MWh\n", p->name, flops, p->gpu, p->hours,
               100 * flops / (p->hours * 3600 * p->peak * 1e12), p->hours * p->watts / 1e6);
    }
    puts("  (Touvron et al., 2023, both papers; Luccioni et al., 2022; the model card of Llama 3.1; "
         "DeepSeek-AI, 2024,\n"
         "  of whose 671 billion parameters a token uses 37, most of them in FP8. Peak: A100 312, H100 and "
         "H800 989\n"
         "  TFLOP/s; energy at 400 and 700 W.)");
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
