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

static const char *const names[KINDS] = {"RNN", "attention, fused", "attention, plain"};

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

//> plain
/* softmax(q k^T / sqrt(C/H)) v as the formula reads, whose scores are (B,H,T,T): qkv (B,T,3C) -> (B,T,C). */
static Tensor *plain_attention(Graph *g, Tensor *qkv)
{
    Tensor *part[3]; /* q, k and v (B,H,T,C/H) */
    for (int i = 0; i < 3; i++)
        part[i] = nn_split_heads(g, nn_slice(g, qkv, 2, i * CHANNELS, CHANNELS), HEADS);
    Tensor *score = nn_scale(g, nn_matmul_nt(g, part[0], part[1]), 1 / sqrtf((float)CHANNELS / HEADS));
    return nn_join_heads(g, nn_matmul(g, nn_softmax(g, score), part[2]));
}
//< plain

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

/* Every kind and length in turn, several rounds of it, so that a busy moment of the machine falls on all
 * of them; on one thread, because it is the work that is compared. */
static void measure(Graph *g, const Layers *m, double times[LENGTHS][KINDS])
{
    enum { ROUNDS = 5 };
    int threads = omp_get_max_threads();
    omp_set_num_threads(1);
    for (int i = 0; i < ROUNDS * LENGTHS * KINDS; i++) {
        int length = i / KINDS % LENGTHS, kind = i % KINDS;
        double *best = &times[length][kind], now = time_passes(g, m, kind, SHORTEST << length);
        *best = i < LENGTHS * KINDS ? now : fmin(*best, now);
    }
    omp_set_num_threads(threads);
}

/* The power of T that the time grows with over the last two doublings. */
static double exponent(double times[LENGTHS][KINDS], int kind)
{
    return log2(times[LENGTHS - 1][kind] / times[LENGTHS - 3][kind]) / 2;
}

static void show_times(double times[LENGTHS][KINDS])
{
    Tabular *t = tabular_new();
    printf("Forward and backward of one layer in milliseconds: %d channels, %d heads, one sequence, one "
           "thread\n",
           CHANNELS, HEADS);
    tabular_numbers(t, "T", NULL, 0, TABULAR_NONE);
    for (int kind = 0; kind < KINDS; kind++)
        tabular_numbers(t, names[kind], NULL, 2, TABULAR_NONE);
    for (int i = 0; i < LENGTHS; i++) {
        tabular_number(t, SHORTEST << i);
        for (int kind = 0; kind < KINDS; kind++)
            tabular_number(t, times[i][kind]);
    }
    tabular_text(t, "power of T");
    for (int kind = 0; kind < KINDS; kind++)
        tabular_number(t, exponent(times, kind));
    tabular_print(t);
    terminal_verdict(fmax(times[0][FUSED], times[0][PLAIN]) < times[0][RNN],
                     "at %d words attention is the faster", SHORTEST);
    terminal_verdict(fmin(exponent(times, FUSED), exponent(times, PLAIN)) > exponent(times, RNN),
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

static void show_flops(void)
{
    static const int widths[] = {64, 768, 4096, 12288};
    Tabular *t = tabular_new();
    puts("\nSequence length from which the scores and the mixing (4 T^2 C FLOPs) cost more than");
    tabular_numbers(t, "C", NULL, 0, TABULAR_NONE);
    tabular_numbers(t, "the projections", "8 T C^2", 0, TABULAR_NONE);
    tabular_numbers(t, "projections and MLP", "24 T C^2", 0, TABULAR_NONE);
    for (size_t i = 0; i < sizeof widths / sizeof *widths; i++) {
        tabular_number(t, widths[i]);
        tabular_number(t, (double)overtakes(widths[i], 1));
        tabular_number(t, (double)overtakes(widths[i], 3));
    }
    tabular_print(t);
}

static void show_memory(void)
{
    enum { GPT2_WIDTH = 768, GPT2_HEADS = 12, MB = 1 << 20 };
    Tabular *t = tabular_new();
    printf("\nMemory of one layer at GPT-2's size, C = %d, %d heads, float32, in MB (2^20 bytes)\n",
           GPT2_WIDTH, GPT2_HEADS);
    tabular_numbers(t, "T", NULL, 0, TABULAR_NONE);
    tabular_numbers(t, "q, k and v", "T x 3C", 0, TABULAR_NONE);
    tabular_numbers(t, "scores, not kept by the fused form", "heads x T x T", 0, TABULAR_NONE);
    for (double time = 1024; time <= 131072; time *= 4) {
        tabular_number(t, time);
        tabular_number(t, time * 3 * GPT2_WIDTH * sizeof(float) / MB);
        tabular_number(t, GPT2_HEADS * time * time * sizeof(float) / MB);
    }
    tabular_print(t);
}

int main(int argc, char **argv)
{
    uint64_t seed = 1;
    const Option options[] = {option_seed(&seed), OPTION_END};
    options_parse(argc, argv, "What attention costs, sections 3.1 and 3.9.", options);
    double times[LENGTHS][KINDS];
    Graph *g = nn_graph_new();
    Rng rng = rng_new(seed);
    static Layers m;
    layers_init(&m, &rng);
    measure(g, &m, times);
    show_times(times);
    show_flops();
    show_memory();
    nn_params_free(&m.params);
    nn_graph_free(g);
    return error_finish();
}
