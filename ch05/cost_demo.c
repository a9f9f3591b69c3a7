/* cost_demo.c -- what a pretraining costs, section 5.5.
 *
 * Work: about 6 N D operations for N parameters and D tokens (Kaplan et al., 2020): 2 for each parameter and
 * token forward, 4 backward. The demo counts a small model exactly, measures how fast this machine multiplies
 * matrices, predicts from both how long a training step takes, and measures the step. Then the same formula
 * for published models, whose hours are known, and for one of the reader's own. */
#include "common/demo/demo.h"
#include "common/tensor/kernels.h"
#include "ch05/story_run.h"

#include <math.h>
#include <omp.h>

enum { BATCH = 8, TIME = 128, LAYERS = 4, CHANNELS = 192 };

/* What the reader may ask the price of. */
typedef struct Plan {
    float params, tokens, peak, utilisation, watts, overhead, price, kwh, gpus;
} Plan;

/* Seven billion parameters on A100s (2020), at the prices of 2024. */
static const Plan usual = {.params = 7,
                           .tokens = 140,
                           .peak = 312,
                           .utilisation = 0.4f,
                           .watts = 400,
                           .overhead = 1.1f,
                           .price = 2,
                           .kwh = 0.1f,
                           .gpus = 64};

static Plan parse(Demo *d, int argc, char **argv)
{
    Plan p = usual;
    const Option options[] = {
        option_float("params", &p.params, 1e-6, 1e6, "parameters of your model, in billions"),
        option_float("tokens", &p.tokens, 1e-6, 1e9, "tokens it reads, in billions"),
        option_float("peak", &p.peak, 1e-3, 1e6, "TFLOP/s of one GPU on paper, in bfloat16"),
        option_float("utilisation", &p.utilisation, 0.01, 1, "the share of it that a training run reaches"),
        option_float("watts", &p.watts, 1, 1e5, "power of one GPU"),
        option_float("overhead", &p.overhead, 1, 3, "power of the data centre over that of its GPUs"),
        option_float("price", &p.price, 0, 1e4, "dollars to rent a GPU for an hour"),
        option_float("kwh", &p.kwh, 0, 10, "dollars for a kilowatt hour"),
        option_float("gpus", &p.gpus, 1, 1e6, "GPUs that run at once"),
        OPTION_END};
    demo_begin(d, argc, argv, options);
    return p;
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
        ModelConfig config;
    } models[] = {{"this demo's", {.vocab = 85, .context = TIME, .layers = LAYERS, .channels = CHANNELS}},
                  {"GPT-2 small", {.vocab = 50257, .context = 1024, .layers = 12, .channels = 768}},
                  {"GPT-2 small, T 8192", {.vocab = 50257, .context = 8192, .layers = 12, .channels = 768}},
                  {"GPT-3", {.vocab = 50257, .context = 2048, .layers = 96, .channels = 12288}}};
    static const TabularColumn columns[] = {{"N", -3}, {"6 N", -2}, {"counted", -2}, {"counted / 6 N", 2}};
    puts("FLOPs to train on one token: 6 N, and counted matrix by matrix. N: the matrices and the token "
         "embeddings");
    Tabular *t = tabular_with("model", columns, 4);
    for (size_t i = 0; i < sizeof models / sizeof *models; i++) {
        const ModelConfig *c = &models[i].config;
        double n = 12.0 * c->layers * c->channels * c->channels + (double)c->vocab * c->channels;
        double exact = training_flops(c, c->context);
        tabular_row(t, models[i].name, (const double[]){n, 6 * n, exact, exact / (6 * n)});
    }
    tabular_print(t);
}

/* ---- measuring ----------------------------------------------------------------------------------- */

/* Operations a second in the product that the step does most: (BT,C) (C,4C). One thread runs, so its own seconds count,
 * and nobody else's work is in them; the best of some tries, because whatever disturbs one makes it slower. */
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
        double start = clock_busy();
        kernel_matmul(M, N, K, 1, (Matrix){a->data, K, false}, (Matrix){b->data, N, false}, 0, c->data, N);
        best = fmin(best, clock_busy() - start);
        arena_reset(arena);
    }
    arena_free(arena);
    nn_graph_free(g);
    return 2.0 * M * N * K / best;
}

/* A training step, as predicted and as measured. activations: the bytes that its forward pass leaves for the backward
 * pass. */
typedef struct Step {
    double params, flops, rate; /* rate: FLOP/s in matrix products */
    double seconds_predicted, seconds, activations_predicted, activations;
} Step;

static void measure_step(Graph *g, StoryRun *r, Step *s)
{
    s->seconds = INFINITY;
    for (int i = 0; i < 12; i++) {
        double start = clock_busy();
        story_run_draw(r);
        Tensor *loss = story_run_loss(g, r);
        s->activations = (double)arena_used(nn_arena(g));
        nn_train_step(g, r->optimizer, loss, 1e-3f, 1);
        s->seconds = fmin(s->seconds, clock_busy() - start);
    }
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

static Step run_step(uint64_t seed)
{
    Stories text = stories_new(seed);
    StoryRun r = story_run_new(&text, LAYERS, CHANNELS, BATCH, TIME, 0.1f, seed);
    Graph *g = nn_graph_new();
    const ModelConfig *c = &r.model->config;
    double tokens = BATCH * TIME;
    Step s = {.params = (double)nn_param_total(&r.model->params),
              .flops = training_flops(c, TIME) * tokens,
              .rate = matmul_rate(),
              .activations_predicted = activation_bytes(c) * tokens};
    s.seconds_predicted = s.flops / s.rate;
    measure_step(g, &r, &s);
    nn_graph_free(g);
    story_run_free(&r);
    stories_free(&text);
    return s;
}

static void show_step(Demo *d)
{
    Step s = run_step(d->seed);
    double slower = s.seconds / s.seconds_predicted, larger = s.activations / s.activations_predicted;
    printf("\nA step here, on one thread: %.2e parameters, %d x %d tokens, %.2e FLOPs\n"
           "  matrix products    %.0f GFLOP/s measured\n  predicted          %.0f ms\n"
           "  measured           %.0f ms\n  measured / predicted: %.2f\n",
           s.params, BATCH, TIME, s.flops, s.rate / 1e9, s.seconds_predicted * 1e3, s.seconds * 1e3,
           slower);
    terminal_verdict(slower > 0.7 && slower < 3, "  between 0.7 and 3 times the prediction");
    printf("\nIts memory\n"
           "  weights, gradients, Adam's two moments: 4 + 4 + 8 = 16 bytes a parameter: %.1f MB\n"
           "  activations, predicted %.1f MB, measured %.1f MB, ratio %.2f\n",
           16 * s.params / 1e6, s.activations_predicted / 1e6, s.activations / 1e6, larger);
    demo_claim(d, larger > 0.9 && larger < 1.2, "  between 0.9 and 1.2 times the prediction");
}

/* ---- large models -------------------------------------------------------------------------------- */

/* GPU hours as their makers published them, with the peak (TFLOP/s in bfloat16) and the power (W) of the GPU. Of a
 * mixture of experts, the parameters that a token uses. */
typedef struct Published {
    const char *name;
    double params, tokens, hours, peak, watts;
} Published;

/* Touvron et al., 2023, both papers; Luccioni et al., 2022; the model card of Llama 3.1; DeepSeek-AI, 2024, most of
 * whose products are in FP8. */
static const Published published[] = {{"LLaMA 7B (2023), A100", 6.7e9, 1.0e12, 82432, 312, 400},
                                      {"LLaMA 65B (2023), A100", 65.2e9, 1.4e12, 1022362, 312, 400},
                                      {"Llama 2 7B (2023), A100", 6.7e9, 2.0e12, 184320, 312, 400},
                                      {"Llama 2 70B (2023), A100", 69e9, 2.0e12, 1720320, 312, 400},
                                      {"BLOOM 176B (2022), A100", 176e9, 366e9, 1082990, 312, 400},
                                      {"Llama 3.1 405B (2024), H100", 405e9, 15.6e12, 30840000, 989, 700},
                                      {"DeepSeek-V3 (2024), H800", 37e9, 14.8e12, 2664000, 989, 700}};

/* 6 N D, the GPU hours, the share of the peak in per cent, and the energy in MWh. */
static void price(const Published *p, double numbers[4])
{
    numbers[0] = 6 * p->params * p->tokens;
    numbers[1] = p->hours;
    numbers[2] = 100 * numbers[0] / (p->hours * 3600 * p->peak * 1e12);
    numbers[3] = p->hours * p->watts / 1e6;
}

static void show_published(void)
{
    static const TabularColumn columns[] = {
        {"6 N D", -2}, {"GPU hours", 0}, {"share of peak (%)", 0}, {"energy (MWh)", 0}};
    puts("\nPublished GPU hours, and the share of the bfloat16 peak that they imply (A100 312 TFLOP/s, "
         "others 989)");
    Tabular *t = tabular_with("model", columns, 4);
    for (size_t i = 0; i < sizeof published / sizeof *published; i++) {
        double numbers[4];
        price(&published[i], numbers);
        tabular_row(t, published[i].name, numbers);
    }
    tabular_print(t);
}

/* What the plan takes: FLOPs, GPU hours, and the energy of the data centre in MWh. */
typedef struct Bill {
    double flops, hours, energy;
} Bill;

static Bill bill_of(const Plan *p)
{
    Bill b = {.flops = 6 * (double)p->params * 1e9 * (double)p->tokens * 1e9};
    b.hours = b.flops / ((double)p->peak * 1e12 * (double)p->utilisation) / 3600;
    b.energy = b.hours * (double)p->watts / 1e6 * (double)p->overhead;
    return b;
}

static void show_bill(const Plan *p)
{
    Bill b = bill_of(p);
    double n = (double)p->params, d = (double)p->tokens, gpus = (double)p->gpus;
    printf("\nYour model: %g billion parameters, %g billion tokens (%.0f a parameter)\n", n, d, d / n);
    printf("  work        6 N D = %.2e\n", b.flops);
    printf("  time        work / (%g TFLOP/s x %g) = %.0f GPU hours; on %g GPUs %.1f days\n",
           (double)p->peak, (double)p->utilisation, b.hours, gpus, b.hours / gpus / 24);
    printf("  memory      16 N = %.0f GB for weights, gradients and Adam, before any activation\n", 16 * n);
    printf("  energy      hours x %g W x %g = %.1f MWh; at %g dollars a kWh: %.0f dollars\n",
           (double)p->watts, (double)p->overhead, b.energy, (double)p->kwh,
           1000 * b.energy * (double)p->kwh);
    printf("  rent        hours x %g dollars = %.0f dollars\n", (double)p->price,
           b.hours * (double)p->price);
}

int main(int argc, char **argv)
{
    Demo d = {.name = "ch05/cost_demo", .about = "What a pretraining costs, section 5.5."};
    Plan plan = parse(&d, argc, argv);
    omp_set_num_threads(1);
    show_flops();
    show_step(&d);
    show_published();
    show_bill(&plan);
    return demo_end(&d);
}
