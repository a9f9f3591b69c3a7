/* rnn_vs_attention_demo.c -- what attention gains over recurrence, and what it costs, sections 3.1 and 3.9.
 *
 * A recurrent network hands its state from word to word: what came d words ago has passed through d
 * matrices and d tanh, and no step can begin before the one before it. Attention reaches any word in
 * one step, and all positions are computed at once; for that it compares each with each. */
#include "common/base/base.h"
#include "common/nn/nn.h"
#include "common/plot/plot.h"
#include "common/tensor/kernels.h"

#include <math.h>
#include <omp.h>
#include <stdlib.h>
#include <time.h>

enum { CHANNELS = 64, HEADS = 4 };
enum { RNN, FUSED, PLAIN, KINDS };

static const char *const kind_names[KINDS] = {"RNN", "fused attention", "plain attention"};

typedef struct Models {
    Params params;
    Linear input, state; /* (C,C): of the RNN */
    Linear qkv;          /* (3C,C): of attention */
} Models;

//> rnn
/* h_t = tanh(U x_t + W h_{t-1}): x[t] (B,C) -> h[t] (B,C), t < time. */
static void rnn(Graph *g, const Models *m, Tensor *const *x, int time, Tensor **h)
{
    h[0] = nn_tanh(g, nn_linear(g, &m->input, x[0]));
    for (int t = 1; t < time; t++)
        h[t] = nn_tanh(g, nn_add(g, nn_linear(g, &m->input, x[t]), nn_linear(g, &m->state, h[t - 1])));
}
//< rnn

/* x (B,T,C) -> (B,T,C), with no (T,T) matrix in memory. */
static Tensor *fused_attention(Graph *g, const Models *m, Tensor *x)
{
    return nn_self_attention(g, nn_linear(g, &m->qkv, x), HEADS, false, NULL);
}

/* The same as the formula reads: softmax(q k^T / sqrt(C/H)) v, whose scores are (B,H,T,T). */
static Tensor *plain_attention(Graph *g, const Models *m, Tensor *x)
{
    Tensor *qkv = nn_linear(g, &m->qkv, x), *part[3]; /* q, k and v (B,H,T,C/H) */
    for (int i = 0; i < 3; i++)
        part[i] = nn_split_heads(g, nn_slice(g, qkv, 2, i * CHANNELS, CHANNELS), HEADS);
    Tensor *score = nn_scale(g, nn_matmul_nt(g, part[0], part[1]), 1 / sqrtf((float)CHANNELS / HEADS));
    return nn_join_heads(g, nn_matmul(g, nn_softmax(g, score), part[2]));
}

/* Makes the rows of a (C,C) matrix orthogonal and of length 1 (Gram-Schmidt): it then keeps every length. */
static void make_orthogonal(Tensor *w)
{
    for (int i = 0; i < CHANNELS; i++) {
        float *row = w->data + i * CHANNELS;
        for (int j = 0; j < i; j++) {
            const float *other = w->data + j * CHANNELS;
            float overlap = 0;
            for (int c = 0; c < CHANNELS; c++)
                overlap += row[c] * other[c];
            for (int c = 0; c < CHANNELS; c++)
                row[c] -= overlap * other[c];
        }
        float norm = sqrtf((float)kernel_sum_squares(row, CHANNELS));
        for (int c = 0; c < CHANNELS; c++)
            row[c] /= norm;
    }
}

/* gain: the mean factor by which the state's matrix stretches a vector. */
static Models models_new(float gain, Rng *rng)
{
    Models m = {0};
    m.input = nn_linear_new(&m.params, "input", CHANNELS, CHANNELS, true, 0, rng);
    m.state = nn_linear_new(&m.params, "state", CHANNELS, CHANNELS, false, gain / sqrtf(CHANNELS), rng);
    m.qkv = nn_linear_new(&m.params, "qkv", CHANNELS, 3 * CHANNELS, true, 0, rng);
    return m;
}

/* An input that the gradient is asked for; the caller frees it. */
static Tensor *random_input(int rank, const int *shape, Rng *rng)
{
    Tensor *x = nn_parameter_make(rank, shape);
    tensor_normal(x, 1, rng);
    return x;
}

/* ---- how far a gradient reaches ------------------------------------------------------------------ */

enum { REACH = 64, DRAWS = 10, WEAK = 0, STRONG, ORTHOGONAL, ATTENTION, CURVES };

/* Adds |d (r . h_last) / d x[last - d]| for a random direction r to sums[d], d = 0 .. REACH-1. */
static void add_rnn_reach(Graph *g, float gain, bool orthogonal, double *sums, Rng *rng)
{
    Models m = models_new(gain, rng);
    if (orthogonal)
        make_orthogonal(m.state.weight);
    Tensor *x[REACH], *h[REACH], *r = nn_input(g, 1, CHANNELS);
    tensor_normal(r, 1, rng);
    for (int t = 0; t < REACH; t++)
        x[t] = random_input(2, (const int[]){1, CHANNELS}, rng);
    rnn(g, &m, x, REACH, h);
    nn_backward_from(g, h[REACH - 1], r->data);
    for (int d = 0; d < REACH; d++) {
        sums[d] += sqrt(kernel_sum_squares(x[REACH - 1 - d]->grad, CHANNELS));
        tensor_free(x[REACH - 1 - d]);
    }
    nn_params_free(&m.params);
    nn_graph_reset(g);
}

static void add_attention_reach(Graph *g, double *sums, Rng *rng)
{
    Models m = models_new(1, rng);
    Tensor *x = random_input(3, (const int[]){1, REACH, CHANNELS}, rng), *r = nn_input(g, 1, 1, CHANNELS);
    tensor_normal(r, 1, rng);
    nn_backward_from(g, nn_slice(g, fused_attention(g, &m, x), 1, REACH - 1, 1), r->data);
    for (int d = 0; d < REACH; d++)
        sums[d] += sqrt(kernel_sum_squares(x->grad + (REACH - 1 - d) * CHANNELS, CHANNELS));
    tensor_free(x);
    nn_params_free(&m.params);
    nn_graph_reset(g);
}

/* The factor by which a curve shrinks at each step, from a line through its logarithm. */
static double factor_per_step(const double *curve)
{
    double middle = REACH / 2.0, sum_xx = 0, sum_xy = 0; /* the mean of d = 1 .. REACH-1 */
    for (int d = 1; d < REACH; d++) {
        sum_xx += (d - middle) * (d - middle);
        sum_xy += (d - middle) * log(curve[d]);
    }
    return exp(sum_xy / sum_xx);
}

static void draw_reach(double curves[CURVES][REACH], int language)
{
    const PlotText names[CURVES] = {plot_text("RNN, default initialization", "RNN，默认初始化"),
                                    plot_text("RNN, gain 1", "RNN，增益 1"),
                                    plot_text("RNN, orthogonal", "RNN，正交"),
                                    plot_text("attention", "注意力")};
    float distance[REACH], size[REACH];
    Plot *p =
        plot_new("ch03/out/gradient_reach.svg", language,
                 plot_text("How much the last output depends on a word", "最后一个输出对一个词的依赖"));
    plot_axes(p, plot_text("distance (words)", "距离（词）"), plot_text("gradient norm", "梯度范数"));
    plot_log_axes(p, false, true);
    for (int c = 0; c < CURVES; c++) {
        for (int d = 1; d < REACH; d++) {
            distance[d] = (float)d;
            size[d] = (float)curves[c][d];
        }
        plot_line(p, names[c], distance + 1, size + 1, REACH - 1);
    }
    plot_finish(p, "  picture");
    putchar('\n');
}

static void show_reach(Graph *g, Rng *rng, int language)
{
    static const char *const names[CURVES] = {"RNN, default", "RNN, gain 1", "RNN, orthogonal",
                                              "attention"};
    static const int shown[] = {1, 2, 4, 8, 16, 32, 63};
    double curves[CURVES][REACH] = {0};
    for (int i = 0; i < DRAWS; i++) {
        /* The default of common libraries: uniform within +-1/sqrt(C), with a standard deviation of 1/sqrt(3C). */
        add_rnn_reach(g, 1 / sqrtf(3), false, curves[WEAK], rng);
        add_rnn_reach(g, 1, false, curves[STRONG], rng);
        add_rnn_reach(g, 1, true, curves[ORTHOGONAL], rng);
        add_attention_reach(g, curves[ATTENTION], rng);
    }
    printf("Gradient norm of the last output with respect to the word n positions back, relative to n = 1\n"
           "(mean of %d untrained networks, T = %d)\n",
           DRAWS, REACH);
    printf("         n   %12s   %11s   %15s   %9s\n", names[WEAK], names[STRONG], names[ORTHOGONAL],
           names[ATTENTION]);
    for (size_t i = 0; i < sizeof shown / sizeof *shown; i++) {
        int d = shown[i];
        printf("  %8d   %12.1e   %11.1e   %15.1e   %9.2f\n", d, curves[WEAK][d] / curves[WEAK][1],
               curves[STRONG][d] / curves[STRONG][1], curves[ORTHOGONAL][d] / curves[ORTHOGONAL][1],
               curves[ATTENTION][d] / curves[ATTENTION][1]);
    }
    printf("  per step   %12.2f   %11.2f   %15.2f   %9.2f\n", factor_per_step(curves[WEAK]),
           factor_per_step(curves[STRONG]), factor_per_step(curves[ORTHOGONAL]),
           factor_per_step(curves[ATTENTION]));
    draw_reach(curves, language);
}

/* ---- time against length ------------------------------------------------------------------------- */

enum { LENGTHS = 6, SHORTEST = 64, LONGEST = SHORTEST << (LENGTHS - 1) };

/* Forward through one layer with one sequence of `time` words, and backward from all outputs. */
static void one_pass(Graph *g, const Models *m, int kind, int time, const float *data)
{
    Tensor *x[LONGEST], *h[LONGEST], *out;
    if (kind == RNN) {
        for (int t = 0; t < time; t++) {
            x[t] = nn_input(g, 1, CHANNELS);
            tensor_copy(x[t], data + t * CHANNELS);
        }
        rnn(g, m, x, time, h);
        out = h[0];
        for (int t = 1; t < time; t++)
            out = nn_add(g, out, h[t]);
    } else {
        x[0] = nn_input(g, 1, time, CHANNELS);
        tensor_copy(x[0], data);
        out = kind == FUSED ? fused_attention(g, m, x[0]) : plain_attention(g, m, x[0]);
    }
    nn_backward(g, nn_mean(g, out));
    nn_graph_reset(g);
}

/* Milliseconds that this thread has computed: a wall clock would also count what other programs take. */
static double thread_milliseconds(void)
{
    struct timespec now;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
    return 1e3 * (double)now.tv_sec + 1e-6 * (double)now.tv_nsec;
}

/* Keeps in *best the shortest of some passes, in milliseconds: what disturbs one only ever makes it longer. */
static void time_passes(Graph *g, const Models *m, int kind, int time, const float *data, double *best)
{
    for (int i = 0; i < 2 + 512 / time; i++) {
        double start = thread_milliseconds();
        one_pass(g, m, kind, time, data);
        *best = fmin(*best, thread_milliseconds() - start);
    }
}

/* Every kind and length in turn, several rounds of it, so that a busy moment of the machine falls on all
 * of them; on one thread, because it is the work that is compared. */
static void measure(Graph *g, const Models *m, const float *data, double times[KINDS][LENGTHS])
{
    enum { ROUNDS = 5 };
    int threads = omp_get_max_threads();
    omp_set_num_threads(1);
    for (int i = 0; i < KINDS * LENGTHS; i++)
        times[i / LENGTHS][i % LENGTHS] = INFINITY;
    for (int i = 0; i < ROUNDS * KINDS * LENGTHS; i++) {
        int kind = i / LENGTHS % KINDS, length = i % LENGTHS;
        time_passes(g, m, kind, SHORTEST << length, data, &times[kind][length]);
    }
    omp_set_num_threads(threads);
}

/* The power of T that the time grows with over the last two doublings. */
static double exponent(const double *times)
{
    return log2(times[LENGTHS - 1] / times[LENGTHS - 3]) / 2;
}

static void show_times(Graph *g, Rng *rng)
{
    double times[KINDS][LENGTHS];
    Models m = models_new(1, rng);
    Tensor *x = random_input(2, (const int[]){LONGEST, CHANNELS}, rng);
    measure(g, &m, x->data, times);
    printf("Forward and backward of one layer, %d channels, %d heads, one sequence, one thread\n", CHANNELS,
           HEADS);
    puts("  length   sequential steps             time");
    puts("    T        RNN     attention        RNN     attention: fused   plain");
    for (int i = 0; i < LENGTHS; i++)
        printf("  %5d     %4d             1   %8.2f ms        %8.2f ms   %8.2f ms\n", SHORTEST << i,
               SHORTEST << i, times[RNN][i], times[FUSED][i], times[PLAIN][i]);
    for (int kind = 0; kind < KINDS; kind++)
        printf("  T = %d to %d: %-15s takes T to the power of %.1f\n", LONGEST / 4, LONGEST,
               kind_names[kind], exponent(times[kind]));
    printf("  at %d words attention is the faster: %s\n", SHORTEST,
           times[FUSED][0] < times[RNN][0] && times[PLAIN][0] < times[RNN][0] ? "yes" : "NO");
    printf("  attention's time grows with a higher power of the length: %s\n\n",
           exponent(times[FUSED]) > exponent(times[RNN]) && exponent(times[PLAIN]) > exponent(times[RNN])
               ? "yes"
               : "NO");
    tensor_free(x);
    nn_params_free(&m.params);
}

/* ---- the quadratic cost -------------------------------------------------------------------------- */

//> flops
/* FLOPs of one layer's forward pass: a multiplication and an addition count as two. Scores and mixing: two
 * products of (T,C) and (C,T) size. Projections q, k, v, out: four of (T,C) (C,C). The MLP, 4C wide: twice those. */
static long long attention_flops(long long time, long long channels)
{
    return 2 * 2 * time * time * channels;
}

static long long projection_flops(long long time, long long channels)
{
    return 4 * 2 * time * channels * channels;
}

/* The shortest sequence at which scores and mixing cost more than `times` the projections. */
static long long overtakes(long long channels, int times)
{
    long long time = 1;
    while (attention_flops(time, channels) <= times * projection_flops(time, channels))
        time++;
    return time;
}
//< flops

static void show_flops(void)
{
    static const int widths[] = {64, 768, 4096, 12288};
    puts("Sequence length from which the scores and the mixing (4 T^2 C FLOPs) cost more than");
    puts("       C   the projections (8 T C^2)   projections and MLP (24 T C^2)");
    for (size_t i = 0; i < sizeof widths / sizeof *widths; i++)
        printf("  %6d   %25lld   %30lld\n", widths[i], overtakes(widths[i], 1), overtakes(widths[i], 3));
    enum { GPT2_WIDTH = 768, GPT2_HEADS = 12 };
    printf("\nMemory of one layer at GPT-2's size, C = %d, %d heads, float32, in MB (2^20 bytes)\n",
           GPT2_WIDTH, GPT2_HEADS);
    puts("       T   q, k and v (T x 3C)   scores (heads x T x T), which the fused form does not keep");
    for (long long time = 1024; time <= 131072; time *= 4)
        printf("  %6lld   %19.0f   %22.0f\n", time, (double)(time * 3 * GPT2_WIDTH * 4) / 1048576,
               (double)(GPT2_HEADS * time * time * 4) / 1048576);
}

int main(int argc, char **argv)
{
    int language = PLOT_BOTH;
    uint64_t seed = 1;
    const Option options[] = {option_seed(&seed), plot_option(&language), OPTION_END};
    options_parse(argc, argv, "Recurrence against attention, sections 3.1 and 3.9.", options);
    Graph *g = nn_graph_new();
    Rng rng = rng_new(seed);
    show_reach(g, &rng, language);
    show_times(g, &rng);
    show_flops();
    nn_graph_free(g);
    return error_finish();
}
