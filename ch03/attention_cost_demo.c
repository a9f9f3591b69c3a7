/* attention_cost_demo.c -- what attention costs, sections 3.1 and 3.9.
 *
 * Attention computes all positions at once, and for that it compares each with each. The program times one
 * layer of it, fused and plain, against a recurrent layer; then it counts FLOPs and bytes at the widths of
 * real models. */
#include "ch03/rnn.h"
#include "common/base/base.h"

#include <math.h>
#include <omp.h>
#include <time.h>

enum { CHANNELS = 64, HEADS = 4, LENGTHS = 6, SHORTEST = 64, LONGEST = SHORTEST << (LENGTHS - 1) };
enum { RNN, FUSED, PLAIN, KINDS };

/* ---- one layer in three forms ------------------------------------------------------------------------- */

typedef struct Layers {
    Params params;
    Rnn rnn;
    Linear qkv;                  /* (3C,C) */
    float x[LONGEST * CHANNELS]; /* the words (T,C) */
} Layers;

static void layers_init(Layers *m, Rng *rng)
{
    m->rnn = rnn_new(&m->params, CHANNELS, 1, rng);
    m->qkv = nn_linear_new(&m->params, "qkv", CHANNELS, 3 * CHANNELS, true, 0, rng);
    for (int i = 0; i < LONGEST * CHANNELS; i++)
        m->x[i] = rng_normal(rng);
}

/* softmax(q k^T / sqrt(C/H)) v as the formula reads, whose scores are (B,H,T,T): qkv (B,T,3C) -> (B,T,C). */
static Tensor *plain_attention(Graph *g, Tensor *qkv)
{
    Tensor *part[3]; /* q, k and v (B,H,T,C/H) */
    for (int i = 0; i < 3; i++)
        part[i] = nn_split_heads(g, nn_slice(g, qkv, 2, i * CHANNELS, CHANNELS), HEADS);
    Tensor *score = nn_scale(g, nn_matmul_nt(g, part[0], part[1]), 1 / sqrtf((float)CHANNELS / HEADS));
    return nn_join_heads(g, nn_matmul(g, nn_softmax(g, score), part[2]));
}

static Tensor *attention(Graph *g, const Layers *m, int kind, int time)
{
    Tensor *x = nn_input(g, 1, time, CHANNELS);
    tensor_copy(x, m->x);
    Tensor *qkv = nn_linear(g, &m->qkv, x);
    return kind == FUSED ? nn_self_attention(g, qkv, HEADS, false, NULL) : plain_attention(g, qkv);
}

/* The sum of all states of the RNN, so that the gradient comes from each of them. */
static Tensor *recurrence(Graph *g, const Layers *m, int time)
{
    Tensor *x[LONGEST], *h[LONGEST];
    for (int t = 0; t < time; t++) {
        x[t] = nn_input(g, 1, CHANNELS);
        tensor_copy(x[t], m->x + t * CHANNELS);
    }
    rnn(g, &m->rnn, x, time, h);
    Tensor *sum = h[0];
    for (int t = 1; t < time; t++)
        sum = nn_add(g, sum, h[t]);
    return sum;
}

/* ---- time against length ------------------------------------------------------------------------------ */

/* Milliseconds that this thread has computed: a wall clock would also count what other programs take. */
static double thread_milliseconds(void)
{
    struct timespec now;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
    return 1e3 * (double)now.tv_sec + 1e-6 * (double)now.tv_nsec;
}

/* The shortest of some passes, forward through one layer and backward from all its outputs, in milliseconds:
 * what disturbs one only ever makes it longer. */
static double time_passes(Graph *g, const Layers *m, int kind, int time)
{
    double best = INFINITY;
    for (int i = 0; i < 2 + 512 / time; i++) {
        double start = thread_milliseconds();
        nn_backward(g, nn_mean(g, kind == RNN ? recurrence(g, m, time) : attention(g, m, kind, time)));
        nn_graph_reset(g);
        best = fmin(best, thread_milliseconds() - start);
    }
    return best;
}

/* Rows of T and the times of each kind. Every kind and length in turn, several rounds of it, so that a busy
 * moment of the machine falls on all of them; on one thread, because it is the work that is compared. */
static void measure(Graph *g, const Layers *m, double times[LENGTHS][1 + KINDS])
{
    enum { ROUNDS = 5 };
    int threads = omp_get_max_threads();
    omp_set_num_threads(1);
    for (int i = 0; i < ROUNDS * LENGTHS * KINDS; i++) {
        int length = i / KINDS % LENGTHS, kind = i % KINDS;
        double *best = &times[length][1 + kind], now = time_passes(g, m, kind, SHORTEST << length);
        *best = i < LENGTHS * KINDS ? now : fmin(*best, now);
        times[length][0] = SHORTEST << length;
    }
    omp_set_num_threads(threads);
}

/* The power of T that the time grows with over the last two doublings. */
static double exponent(double times[LENGTHS][1 + KINDS], int kind)
{
    return log2(times[LENGTHS - 1][1 + kind] / times[LENGTHS - 3][1 + kind]) / 2;
}

static void show_times(double times[LENGTHS][1 + KINDS])
{
    static const TabularColumn columns[] = {
        {"T", 0}, {"RNN", 2}, {"attention, fused", 2}, {"attention, plain", 2}};
    double power[KINDS], first = times[0][1 + RNN];
    printf(
        "Milliseconds forward and backward: one layer, %d channels, %d heads, one sequence, one thread\n",
        CHANNELS, HEADS);
    tabular_print_matrix(NULL, NULL, columns, 1 + KINDS, times[0], LENGTHS);
    for (int kind = 0; kind < KINDS; kind++)
        power[kind] = exponent(times, kind);
    printf("T = %d to %d: the RNN's time grows as T^%.1f, that of fused attention as T^%.1f, of plain as "
           "T^%.1f\n",
           LONGEST / 4, LONGEST, power[RNN], power[FUSED], power[PLAIN]);
    terminal_verdict(fmax(times[0][1 + FUSED], times[0][1 + PLAIN]) < first,
                     "at %d words attention is the faster", SHORTEST);
    terminal_verdict(fmin(power[FUSED], power[PLAIN]) > power[RNN],
                     "attention's time grows with a higher power of the length");
}

/* ---- the quadratic cost ------------------------------------------------------------------------------- */

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

enum { ROWS = 4, GPT2_WIDTH = 768, GPT2_HEADS = 12, MB = 1 << 20 };

/* C, and the lengths at which the quadratic part overtakes the projections, and these with the MLP. */
static void count_flops(double rows[ROWS][3])
{
    static const int widths[ROWS] = {64, 768, 4096, 12288};
    for (int i = 0; i < ROWS; i++) {
        rows[i][0] = widths[i];
        rows[i][1] = (double)overtakes(widths[i], 1);
        rows[i][2] = (double)overtakes(widths[i], 3);
    }
}

/* T, and the MB that q, k and v take, and the scores. */
static void count_memory(double rows[ROWS][3])
{
    for (int i = 0; i < ROWS; i++) {
        double time = 1024 << 2 * i;
        rows[i][0] = time;
        rows[i][1] = time * 3 * GPT2_WIDTH * sizeof(float) / MB;
        rows[i][2] = GPT2_HEADS * time * time * sizeof(float) / MB;
    }
}

static void show_costs(void)
{
    static const TabularColumn flops[] = {
        {"C", 0}, {"the projections (8 T C^2)", 0}, {"projections and MLP (24 T C^2)", 0}};
    static const TabularColumn memory[] = {
        {"T", 0},
        {"q, k and v (T x 3C)", 0},
        {"scores (heads x T x T), which the fused form does not keep", 0}};
    double rows[ROWS][3];
    puts("\nSequence length from which the scores and the mixing (4 T^2 C FLOPs) cost more than");
    count_flops(rows);
    tabular_print_matrix(NULL, NULL, flops, 3, rows[0], ROWS);
    printf("\nMemory of one layer at GPT-2's size, C = %d, %d heads, float32, in MB (2^20 bytes)\n",
           GPT2_WIDTH, GPT2_HEADS);
    count_memory(rows);
    tabular_print_matrix(NULL, NULL, memory, 3, rows[0], ROWS);
}

int main(int argc, char **argv)
{
    uint64_t seed = 1;
    const Option options[] = {option_seed(&seed), OPTION_END};
    options_parse(argc, argv, "What attention costs, sections 3.1 and 3.9.", options);
    double times[LENGTHS][1 + KINDS];
    Graph *g = nn_graph_new();
    Rng rng = rng_new(seed);
    static Layers m;
    layers_init(&m, &rng);
    measure(g, &m, times);
    show_times(times);
    show_costs();
    nn_params_free(&m.params);
    nn_graph_free(g);
    return error_finish();
}
