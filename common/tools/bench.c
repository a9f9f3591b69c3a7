/* bench.c -- times one training step of a GPT, or the machine's sgemm.
 *
 *     bench step LAYERS HEADS CHANNELS BATCH TIME VOCAB   milliseconds, MB at most, page faults of a step
 *     bench sgemm                                         GFLOP/s
 *
 * One line of numbers on standard output, for bench.sh to lay out. */
#include "common/base/base.h"
#include "common/nn/nn.h"

#include <cblas.h>
#include <stdlib.h>
#include <string.h>

enum { WARM_STEPS = 3 };
static const double SECONDS = 4; /* at least two steps, then as many as fit */

static int compare(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static double median(double *v, int n)
{
    qsort(v, (size_t)n, sizeof *v, compare);
    return v[n / 2];
}

static void fill_batch(Rng *rng, int *ids, int *targets, int count, int vocab)
{
    for (int i = 0; i < count; i++) {
        ids[i] = rng_below(rng, vocab);
        targets[i] = rng_below(rng, vocab);
    }
}

static void train_step(Graph *g, const Gpt *m, Optimizer *o, const int *ids, const int *targets, int batch,
                       int time)
{
    nn_backward(g, nn_gpt_loss(g, m, ids, targets, batch, time));
    nn_clip_gradients(o, 1);
    nn_optimizer_step(o, 1e-4f);
    nn_graph_reset(g);
}

static void bench_step(const GptConfig *c, int batch, int time)
{
    enum { MOST = 400 };
    double took[MOST], start = clock_seconds();
    int steps = 0, count = batch * time;
    Rng rng = rng_new(1);
    Gpt *m = nn_gpt_new(c, &rng);
    Optimizer *o = nn_adamw_new(&m->params, 0.9f, 0.99f, 0.1f);
    Graph *g = nn_graph_new();
    int *ids = memory_new(sizeof *ids * (size_t)count),
        *targets = memory_new(sizeof *targets * (size_t)count);
    for (int i = 0; i < WARM_STEPS; i++) {
        fill_batch(&rng, ids, targets, count, c->vocab);
        train_step(g, m, o, ids, targets, batch, time);
    }
    long faults = clock_page_faults();
    while (steps < MOST && (steps < 2 || clock_seconds() - start < SECONDS)) {
        fill_batch(&rng, ids, targets, count, c->vocab);
        double begin = clock_seconds();
        train_step(g, m, o, ids, targets, batch, time);
        took[steps++] = clock_seconds() - begin;
    }
    faults = clock_page_faults() - faults;
    printf("%.2f %.0f %.2f\n", 1000 * median(took, steps), clock_peak_mb(), (double)faults / steps);
    free(ids);
    free(targets);
    nn_graph_free(g);
    nn_optimizer_free(o);
    nn_gpt_free(m);
}

static void bench_sgemm(void)
{
    enum { N = 2048, ROUNDS = 8 };
    float *a = memory_zero((size_t)N * N, sizeof *a), *b = memory_zero((size_t)N * N, sizeof *b);
    float *c = memory_zero((size_t)N * N, sizeof *c);
    double best = 1e30;
    for (int i = 0; i < ROUNDS; i++) {
        double begin = clock_seconds();
        cblas_sgemm(CblasRowMajor, CblasNoTrans, CblasNoTrans, N, N, N, 1, a, N, b, N, 0, c, N);
        double took = clock_seconds() - begin;
        best = took < best ? took : best;
    }
    printf("%.0f\n", 2.0 * N * N * N / best / 1e9);
    free(a);
    free(b);
    free(c);
}

int main(int argc, char **argv)
{
    int n[6];
    error_program("bench");
    if (argc == 2 && strcmp(argv[1], "sgemm") == 0) {
        bench_sgemm();
        return error_finish();
    }
    if (argc != 8 || strcmp(argv[1], "step") != 0)
        error_exitf("usage: bench sgemm | bench step LAYERS HEADS CHANNELS BATCH TIME VOCAB");
    for (int i = 0; i < 6; i++)
        n[i] = atoi(argv[i + 2]);
    int context = n[4] < 1024 && n[5] > 10000 ? 1024 : n[4]; /* GPT-2's own context */
    GptConfig c = {n[5], context, n[0], n[1], n[2], 0};
    if (nn_gpt_config_fault(&c) || n[3] < 1)
        error_exitf("%s",
                    nn_gpt_config_fault(&c) ? nn_gpt_config_fault(&c) : "the batch must be at least 1");
    bench_step(&c, n[3], n[4]);
    return error_finish();
}
