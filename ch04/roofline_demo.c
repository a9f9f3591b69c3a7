/* roofline_demo.c -- the roof over each kernel of a training step, section 4.3.1.
 *
 * Measures how fast this machine multiplies matrices and how fast it reads memory. Whatever a kernel does, it takes at
 * least its operations divided by the first and its bytes divided by the second (Williams et al., 2009). The demo
 * counts both for the kernels of a step of GPT-2 small, predicts their times, and measures them. */
#include "common/base/base.h"
#include "common/nn/nn.h"
#include "common/plot/plot.h"
#include "ch04/roofs.h"

#include <math.h>

enum { BATCH = 2, TIME = 1024, ROWS = BATCH * TIME, CHANNELS = 768, WIDE = 4 * CHANNELS, VOCAB = 8192 };
enum { HEADS = 12, LAYERS = 12 };

/* ---- kernels --------------------------------------------------------------------------------------- */

typedef enum Kind { PRODUCT, ATTENTION, SOFTMAX, LAYER_NORM, GELU, ADD, CROSS_ENTROPY, ADAMW } Kind;

typedef struct Kernel {
    const char *name;
    Kind kind;
    Tensor *in, *weight;
    double flops, bytes;          /* each input read once, each output written once */
    int times;                    /* in a forward pass and an update; 0: not part of a step */
    double seconds, seconds_bf16; /* measured; of products also in bfloat16 */
} Kernel;

enum { MAX_KERNELS = 16 };

typedef struct Step {
    Graph *g;
    Kernel kernels[MAX_KERNELS];
    int count;
    Norm norm;
    int *targets;  /* (BT) */
    Params params; /* what AdamW moves */
    Optimizer *adamw;
    Arena *arena; /* owns the tensors of the kernels */
    Rng rng;
} Step;

static Tensor *make(Step *s, int rows, int cols)
{
    Tensor *t = tensor_new(s->arena, rows, cols);
    tensor_normal(t, 0.1f, &s->rng);
    return t;
}

//> counts
/* x (m,k) times a weight (n,k): an element of the result takes k multiplications and k additions. */
static void add_product(Step *s, const char *name, int times, int m, int n, int k)
{
    s->kernels[s->count++] = (Kernel){name,
                                      PRODUCT,
                                      make(s, m, k),
                                      make(s, n, k),
                                      2.0 * m * n * k,
                                      4 * ((double)m * k + (double)n * k + (double)m * n),
                                      times,
                                      0,
                                      0};
}

/* A kernel that does so many operations for each number of x (rows,cols), and moves so many bytes. */
static void add_each(Step *s, const char *name, int times, Kind kind, int rows, int cols, double flops,
                     double bytes)
{
    double numbers = (double)rows * cols;
    Tensor *second = kind == ADD ? make(s, rows, cols) : NULL;
    s->kernels[s->count++] =
        (Kernel){name, kind, make(s, rows, cols), second, flops * numbers, bytes * numbers, times, 0, 0};
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

static void run(Step *s, const Kernel *k)
{
    Graph *g = s->g;
    switch (k->kind) {
    case PRODUCT:
        nn_affine(g, k->in, k->weight, NULL);
        break;
    case ATTENTION:
        nn_self_attention(g, tensor_reshape(nn_arena(g), k->in, BATCH, TIME, 3 * CHANNELS), HEADS, true,
                          NULL);
        break;
    case SOFTMAX:
        nn_softmax(g, k->in);
        break;
    case LAYER_NORM:
        nn_norm(g, &s->norm, k->in);
        break;
    case GELU:
        nn_gelu(g, k->in);
        break;
    case ADD:
        nn_add(g, k->in, k->weight);
        break;
    case CROSS_ENTROPY:
        nn_cross_entropy(g, k->in, s->targets, -1);
        break;
    case ADAMW:
        nn_optimizer_step(s->adamw, 1e-4f);
        break;
    }
}

static Step step_new(uint64_t seed)
{
    Step s = {.g = nn_graph_new(), .arena = arena_new(), .rng = rng_new(seed)};
    s.targets = arena_alloc(s.arena, ROWS * sizeof(int));
    for (int i = 0; i < ROWS; i++)
        s.targets[i] = rng_below(&s.rng, VOCAB);
    s.norm = nn_norm_new(&s.params, "norm", CHANNELS);
    nn_linear_new(&s.params, "weights", CHANNELS, 12 * CHANNELS, false, 0, &s.rng);
    s.adamw = nn_adamw_new(&s.params, 0.9f, 0.999f, 0.1f);
    add_kernels(&s);
    return s;
}

static void step_free(Step *s)
{
    nn_optimizer_free(s->adamw);
    nn_params_free(&s->params);
    nn_graph_free(s->g);
    arena_free(s->arena);
}

/* Gradients for AdamW to use; not timed. */
static void make_gradients(Step *s)
{
    nn_graph_record(s->g, true);
    nn_backward(s->g, nn_sum(s->g, nn_param_find(&s->params, "weights.weight")->tensor));
    nn_graph_reset(s->g);
    nn_graph_record(s->g, false);
}

/* The best of some tries, each with nothing of it in the caches. */
static double measure(Step *s, const Kernel *k, TensorPrecision precision, Stream *stream)
{
    enum { TRIES = 4 };
    double best = INFINITY;
    nn_graph_multiply_in(s->g, precision);
    nn_graph_record(s->g, false);
    for (int i = 0; i < TRIES; i++) { /* the first finds no memory yet */
        if (k->kind == ADAMW)
            make_gradients(s);
        stream_through(stream);
        double start = clock_seconds();
        run(s, k);
        best = fmin(best, clock_seconds() - start);
        nn_graph_reset(s->g);
    }
    return best;
}

/* ---- what comes of it -------------------------------------------------------------------------------- */

static bool limited_by_memory(const Kernel *k, const Roofs *r)
{
    return k->flops / k->bytes < r->flops / r->memory;
}

//> predict
static double predicted(const Kernel *k, const Roofs *r)
{
    return fmax(k->flops / r->flops, k->bytes / r->memory);
}
//< predict

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
        double least = predicted(k, r);
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

/* What kernels that wait for memory do in a step, and how long they take. */
static bool show_shares(const Step *s, const Roofs *r)
{
    double flops = 0, seconds = 0, slow_flops = 0, slow_seconds = 0;
    for (int i = 0; i < s->count; i++) {
        const Kernel *k = &s->kernels[i];
        bool slow = limited_by_memory(k, r);
        flops += k->times * k->flops;
        seconds += k->times * k->seconds;
        slow_flops += slow * k->times * k->flops;
        slow_seconds += slow * k->times * k->seconds;
    }
    printf("\nForward pass and update\n");
    printf("  kernels that memory limits do %.1f%% of the operations\n", 100 * slow_flops / flops);
    printf("  they take %.0f%% of the time\n", 100 * slow_seconds / seconds);
    return terminal_verdict(slow_seconds / seconds > 3 * slow_flops / flops,
                            "  their share of the time is more than three times that of the operations");
}

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

static void draw(const Step *s, const Roofs *r, int language)
{
    float ridge = (float)(r->flops / r->memory), ridge16 = (float)(r->flops_bf16 / r->memory), low = 0.05f,
          high = 2000;
    const float x[] = {low, ridge, high}, x16[] = {ridge, ridge16, high};
    const float roof[] = {low * (float)r->memory / 1e9f, (float)r->flops / 1e9f, (float)r->flops / 1e9f};
    const float roof16[] = {(float)r->flops / 1e9f, (float)r->flops_bf16 / 1e9f,
                            (float)r->flops_bf16 / 1e9f};
    Plot *p = plot_new("ch04/out/roofline_demo.svg", language,
                       plot_text("Kernels under the roof of this machine", "这台机器的屋顶下的各个算子"));
    plot_axes(p, plot_text("arithmetic intensity (FLOPs per byte)", "算术强度（FLOPs/字节）"),
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
    int language = PLOT_BOTH;
    uint64_t seed = 1;
    const Option options[] = {option_seed(&seed), plot_option(&language), OPTION_END};
    options_parse(argc, argv, "The roof over each kernel of a training step, section 4.3.1.", options);
    Stream *stream = stream_new();
    Roofs roofs = roofs_measure(stream);
    Step s = step_new(seed);
    for (int i = 0; i < s.count; i++) {
        Kernel *k = &s.kernels[i];
        k->seconds = measure(&s, k, TENSOR_F32, stream);
        k->seconds_bf16 = k->kind == PRODUCT ? measure(&s, k, TENSOR_BF16, stream) : NAN;
    }
    show_roofs(&roofs);
    show_intensity(&s, &roofs);
    show_times(&s, &roofs);
    bool good = show_shares(&s, &roofs);
    draw(&s, &roofs, language);
    step_free(&s);
    stream_free(stream);
    return error_finish() || !good;
}
