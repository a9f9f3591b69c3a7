/* bench.c -- times one training step of a GPT, or the machine's sgemm.
 *
 *     bench step LAYERS HEADS CHANNELS BATCH TIME VOCAB   milliseconds, MB at most, page faults of a step, and
 *                                                         milliseconds in bf16
 *     bench limit LAYERS HEADS CHANNELS BATCH TIME VOCAB  milliseconds of its matrix products alone, by cblas_sgemm
 *     bench sgemm                                         GFLOP/s
 *
 * One line of numbers on standard output, for bench.sh to lay out. */
#include "common/base/base.h"
#include "common/model/decoder.h"
#include "common/nn/nn.h"

#include <cblas.h>
#include <stdlib.h>
#include <string.h>

enum { WARM_STEPS = 3 };
static const double SECONDS = 6; /* at least two steps, then as many as fit */

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

static void train_step(Graph *g, const ModelDecoder *m, Optimizer *o, const int *ids, const int *targets,
                       int batch, int time)
{
    nn_train_step(g, o, model_decoder_loss(g, m, ids, targets, batch, time), 1e-4f, 1);
}

/* Steps in float32 and in bf16 in turn, so that what disturbs one disturbs the other. */
static void bench_step(const ModelConfig *c, int batch, int time)
{
    enum { MAX = 400 };
    double took[TENSOR_PRECISIONS][MAX], start = clock_seconds();
    int steps = 0, count = batch * time;
    Rng rng = rng_new(1);
    ModelDecoder *m = model_decoder_new(c, 0, &rng);
    Optimizer *o = nn_adamw_new(&m->params, 0.9f, 0.99f, 0.1f);
    Graph *g = nn_graph_new();
    int *ids = memory_new(sizeof *ids * (size_t)count),
        *targets = memory_new(sizeof *targets * (size_t)count);
    for (int i = 0; i < WARM_STEPS; i++) {
        fill_batch(&rng, ids, targets, count, c->vocab);
        train_step(g, m, o, ids, targets, batch, time);
    }
    long faults = clock_page_faults();
    for (; steps < MAX && (steps < 2 || clock_seconds() - start < SECONDS); steps++) {
        for (int p = TENSOR_F32; p < TENSOR_PRECISIONS; p++) {
            fill_batch(&rng, ids, targets, count, c->vocab);
            nn_graph_multiply_in(g, (TensorPrecision)p);
            double begin = clock_seconds();
            train_step(g, m, o, ids, targets, batch, time);
            took[p][steps] = clock_seconds() - begin;
        }
    }
    faults = clock_page_faults() - faults;
    printf("%.2f %.0f %.2f %.2f\n", 1000 * median(took[TENSOR_F32], steps), clock_peak_mb(),
           (double)faults / (TENSOR_PRECISIONS * steps), 1000 * median(took[TENSOR_BF16], steps));
    free(ids);
    free(targets);
    nn_graph_free(g);
    nn_optimizer_free(o);
    model_decoder_free(m);
}

/* One cblas_sgemm, (m,k) (k,n), for each of the three products of a layer x W^T: forward, and the gradients of x
 * and of W. The numbers do not matter, so that all share three arrays. */
typedef struct Arrays {
    float *x, *w, *y;
} Arrays;

static void layer_products(const Arrays *a, int rows, int ins, int outs)
{
    cblas_sgemm(CblasRowMajor, CblasNoTrans, CblasTrans, rows, outs, ins, 1, a->x, ins, a->w, ins, 0, a->y,
                outs);
    cblas_sgemm(CblasRowMajor, CblasNoTrans, CblasNoTrans, rows, ins, outs, 1, a->y, outs, a->w, ins, 0,
                a->x, ins);
    cblas_sgemm(CblasRowMajor, CblasTrans, CblasNoTrans, outs, ins, rows, 1, a->y, outs, a->x, ins, 0, a->w,
                ins);
}

/* The least time that the matrix products of a step take: those of the layers and the logits, without attention. */
static void bench_limit(const ModelConfig *c, int batch, int time)
{
    int rows = batch * time, wide = c->vocab > 4 * c->channels ? c->vocab : 4 * c->channels;
    double best = 1e30, start = clock_seconds();
    Arrays a = {memory_zero((size_t)rows * 4 * (size_t)c->channels, sizeof(float)),
                memory_zero((size_t)wide * (size_t)c->channels, sizeof(float)),
                memory_zero((size_t)rows * (size_t)wide, sizeof(float))};
    for (int round = 0; round < 2 || clock_seconds() - start < SECONDS / 2; round++) {
        double begin = clock_seconds();
        for (int l = 0; l < c->layers; l++) {
            layer_products(&a, rows, c->channels, 3 * c->channels);
            layer_products(&a, rows, c->channels, c->channels);
            layer_products(&a, rows, c->channels, 4 * c->channels);
            layer_products(&a, rows, 4 * c->channels, c->channels);
        }
        layer_products(&a, rows, c->channels, c->vocab);
        best = clock_seconds() - begin < best ? clock_seconds() - begin : best;
    }
    printf("%.2f\n", 1000 * best);
    free(a.x);
    free(a.w);
    free(a.y);
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
    bool step = argc == 8 && strcmp(argv[1], "step") == 0;
    if (!step && !(argc == 8 && strcmp(argv[1], "limit") == 0))
        error_exitf("usage: bench sgemm | bench step|limit LAYERS HEADS CHANNELS BATCH TIME VOCAB");
    for (int i = 0; i < 6; i++)
        n[i] = atoi(argv[i + 2]);
    int context = n[4] < 1024 && n[5] > 10000 ? 1024 : n[4]; /* GPT-2's own context */
    ModelConfig c = model_config_gpt2(
        (ModelConfig){.vocab = n[5], .context = context, .layers = n[0], .heads = n[1], .channels = n[2]});
    if (model_config_fault(&c) || n[3] < 1)
        error_exitf("%s", model_config_fault(&c) ? model_config_fault(&c) : "the batch must be at least 1");
    if (step)
        bench_step(&c, n[3], n[4]);
    else
        bench_limit(&c, n[3], n[4]);
    return error_finish();
}
