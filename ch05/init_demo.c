/* init_demo.c -- a model before its first step, section 5.3.2.
 *
 * How an untrained model's random numbers should be distributed, and what can be predicted before it has seen a
 * word: its loss, from the scale of its embeddings; and how the residual stream grows with depth, with GPT-2's
 * rule for the layers that write into it and without. */
#include "common/demo/demo.h"
#include "common/model/decoder.h"
#include "common/nn/nn.h"
#include "common/tensor/kernels.h"

#include <math.h>
#include <string.h>

enum { BATCH = 4, TIME = 64, HEADS = 4, CHANNELS = 128, TRIES = 5 };

static void draw_ids(int vocab, Rng *rng, int *ids)
{
    for (int i = 0; i < BATCH * TIME; i++)
        ids[i] = rng_below(rng, vocab);
}

static double root_mean_square(const Tensor *t)
{
    return sqrt(kernel_sum_squares(t->data, t->size) / (double)t->size);
}

/* ---- the first loss ------------------------------------------------------------------------------ */

//> first
/* The logit of a word is the dot product of a hidden state, whose C channels have variance 1 after the last norm,
 * and the word's embedding: a sum of C numbers of standard deviation `table`. So logits have the standard
 * deviation sigma = table sqrt(C), and the mean of -log p is about ln V + sigma^2 / 2. */
static double expected_loss(int vocab, int channels, double table)
{
    return log(vocab) + table * table * channels / 2;
}

/* The loss of an untrained model on tokens drawn at random. */
static double first_loss(Graph *g, int vocab, int channels, float table, Rng *rng)
{
    int x[BATCH * TIME], y[BATCH * TIME];
    ModelConfig c = model_config_gpt2(
        (ModelConfig){.vocab = vocab, .context = TIME, .layers = 2, .heads = HEADS, .channels = channels});
    ModelDecoder *m = model_decoder_new(&c, 0, rng);
    tensor_normal(m->tokens, table, rng);
    draw_ids(vocab, rng, x);
    draw_ids(vocab, rng, y);
    double loss = (double)tensor_item(model_decoder_loss(g, m, x, y, BATCH, TIME));
    nn_graph_reset(g);
    model_decoder_free(m);
    return loss;
}
//< first

enum { SIZES = 5 };

/* Of each size: V, C, ln V, the expected loss, the mean of TRIES models. Returns how far the last two are apart. */
static double first_losses(Graph *g, float table, uint64_t seed, double numbers[SIZES][5])
{
    static const int sizes[SIZES][2] = {{65, 64}, {65, 128}, {1024, 128}, {1024, 512}, {20000, 128}};
    double distance = 0;
    for (int i = 0; i < SIZES; i++) {
        int vocab = sizes[i][0], channels = sizes[i][1];
        double expected = expected_loss(vocab, channels, (double)table), mean = 0;
        Rng rng = rng_new(seed);
        for (int k = 0; k < TRIES; k++)
            mean += first_loss(g, vocab, channels, table, &rng) / TRIES;
        memcpy(numbers[i], (const double[]){vocab, channels, log(vocab), expected, mean},
               sizeof numbers[i]);
        distance = fmax(distance, fabs(mean - expected));
    }
    return distance;
}

static void show_first_losses(const Demo *d, Graph *g, float table)
{
    static const TabularColumn columns[] = {
        {"V", 0}, {"C", 0}, {"ln V", 3}, {"+ sigma^2/2", 3}, {"measured", 3}};
    double numbers[SIZES][5], distance = first_losses(g, table, d->seed, numbers);
    printf("The loss before the first step, mean of %d models\n", TRIES);
    tabular_print_matrix(NULL, NULL, columns, 5, numbers[0], SIZES);
    terminal_verdict(distance < 0.03, "  measured and ln V + sigma^2/2 agree to 0.03");
}

/* ---- depth --------------------------------------------------------------------------------------- */

typedef struct Block {
    Norm norm1, norm2;
    Linear qkv, attention, up, down;
} Block;

//> block
/* Matrices of standard deviation s = 0.02 sqrt(768 / C); `residual` for the two that write into the residual
 * stream. */
static Block block_new(Params *p, float s, float residual, Rng *rng)
{
    Block b = {.norm1 = nn_norm_new(p, "norm1", CHANNELS), .norm2 = nn_norm_new(p, "norm2", CHANNELS)};
    b.qkv = nn_linear_new(p, "qkv", CHANNELS, 3 * CHANNELS, true, s, rng);
    b.attention = nn_linear_new(p, "attention", CHANNELS, CHANNELS, true, residual, rng);
    b.up = nn_linear_new(p, "up", CHANNELS, 4 * CHANNELS, true, s, rng);
    b.down = nn_linear_new(p, "down", 4 * CHANNELS, CHANNELS, true, residual, rng);
    return b;
}

/* x (B,T,C) -> (B,T,C): both layers read the residual stream through a norm, and add to it. */
static Tensor *block_forward(Graph *g, const Block *b, Tensor *x)
{
    Tensor *qkv = nn_linear(g, &b->qkv, nn_norm(g, &b->norm1, x));
    x = nn_add(g, x, nn_linear(g, &b->attention, nn_self_attention(g, qkv, HEADS, true, NULL)));
    Tensor *hidden = nn_gelu(g, nn_linear(g, &b->up, nn_norm(g, &b->norm2, x))); /* (B,T,4C) */
    return nn_add(g, x, nn_linear(g, &b->down, hidden));
}
//< block

/* The root mean square of the residual stream after `layers` untrained blocks, whose output matrices are scaled by
 * 1/sqrt(2 layers) or not. */
static double stream_size(Graph *g, int layers, bool scaled, uint64_t seed)
{
    Rng rng = rng_new(seed);
    float s = 0.02f * sqrtf(768.0f / CHANNELS), residual = scaled ? s / sqrtf(2.0f * (float)layers) : s;
    Tensor *x = nn_input(g, BATCH, TIME, CHANNELS);
    tensor_normal(x, 0.02f * sqrtf(2), &rng); /* a token and a position, 0.02 each */
    nn_graph_record(g, false);
    for (int i = 0; i < layers; i++) {
        Params p = {0};
        Block b = block_new(&p, s, residual, &rng);
        x = block_forward(g, &b, x);
        nn_params_free(&p);
    }
    double size = root_mean_square(x);
    nn_graph_record(g, true);
    nn_graph_reset(g);
    return size;
}

enum { DEPTHS = 6 };

/* The root mean square of the residual stream by depth, with all matrices alike and with the output matrices scaled;
 * the power of the depth with which the first grows at the end; what the second is multiplied by from end to end. */
typedef struct Sizes {
    float layers[DEPTHS];
    double size[DEPTHS][2], power, change;
} Sizes;

static void measure_depths(Graph *g, uint64_t seed, Sizes *s)
{
    for (int i = 0; i < DEPTHS; i++) {
        int layers = 2 << i;
        s->layers[i] = (float)layers;
        s->size[i][0] = stream_size(g, layers, false, seed);
        s->size[i][1] = stream_size(g, layers, true, seed);
    }
    s->power = log2(s->size[DEPTHS - 1][0] / s->size[DEPTHS - 3][0]) / 2;
    s->change = s->size[DEPTHS - 1][1] / s->size[0][1];
}

static void draw(const Demo *d, const Sizes *s)
{
    static const PlotText names[] = {{"one standard deviation for all matrices", "所有矩阵标准差相同"},
                                     {"output projections scaled by 1/√(2L)", "输出投影乘 1/√(2L)"}};
    Plot *p = demo_plot(
        d, plot_text("The residual stream after L untrained blocks", "L 个未训练的块之后的残差流"),
        plot_text("L (blocks)", "L（块数）"), plot_text("root mean square", "均方根"));
    plot_log_axes(p, true, true);
    plot_columns(p, names, s->layers, s->size[0], DEPTHS, 2, 1);
    plot_finish(p, "picture");
}

static void show_depths(Demo *d, const Sizes *s)
{
    static const TabularColumn columns[] = {{"all matrices alike", 2},
                                            {"output matrices scaled by 1/sqrt(2L)", 2}};
    static const char *const depths[DEPTHS] = {"2", "4", "8", "16", "32", "64"};
    puts("\nThe residual stream after L untrained blocks: its root mean square");
    tabular_print_matrix("L", depths, columns, 2, s->size[0], DEPTHS);
    draw(d, s);
    demo_claim(d, fabs(s->power - 0.5) < 0.1 && fabs(s->change - 1) < 0.3,
               "  from L = 16 to 64 the first grows as L^%.1f, the second is constant", s->power);
}

int main(int argc, char **argv)
{
    Demo d = {
        .name = "ch05/init_demo", .about = "A model before its first step, section 5.3.2.", .draws = true};
    float table = 0.02f;
    const Option options[] = {
        option_float("table", &table, 0.0001, 10, "standard deviation of the token embeddings"),
        OPTION_END};
    demo_begin(&d, argc, argv, options);
    Graph *g = nn_graph_new();
    show_first_losses(&d, g, table); /* holds with the usual --table */
    Sizes sizes;
    measure_depths(g, d.seed, &sizes);
    show_depths(&d, &sizes);
    nn_graph_free(g);
    return demo_end(&d);
}
