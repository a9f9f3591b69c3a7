/* roofs.c -- how fast this machine multiplies matrices and reads memory. */
#include "ch04/roofs.h"

#include "common/base/base.h"
#include "common/tensor/kernels.h"

#include <math.h>
#include <omp.h>
#include <stdlib.h>

enum { STREAM = 16 << 20, TRIES = 10 }; /* floats: 64 MB */

struct Stream {
    float *a, *b, *c; /* (STREAM) */
    float sum;        /* of what was read: without it the compiler would read nothing */
};

Stream *stream_new(void)
{
    Stream *s = memory_zero(1, sizeof *s);
    s->a = memory_new(sizeof(float) * STREAM);
    s->b = memory_new(sizeof(float) * STREAM);
    s->c = memory_new(sizeof(float) * STREAM);
#pragma omp parallel for
    for (size_t i = 0; i < STREAM; i++)
        s->a[i] = s->b[i] = s->c[i] = 1;
    return s;
}

void stream_free(Stream *s)
{
    free(s->a);
    free(s->b);
    free(s->c);
    free(s);
}

void stream_through(Stream *s)
{
    const float *a = s->a;
    float sum = 0;
#pragma omp parallel for simd reduction(+ : sum)
    for (size_t i = 0; i < STREAM; i++)
        sum += a[i];
    s->sum += sum;
}

/* Reads and writes in place: nothing is fetched that is only overwritten. */
static void update(Stream *s)
{
    float *a = s->a;
#pragma omp parallel for simd
    for (size_t i = 0; i < STREAM; i++)
        a[i] = 2 * a[i] + 1;
}

static void triad(Stream *s)
{
    float *a = s->a;
    const float *b = s->b, *c = s->c;
#pragma omp parallel for simd
    for (size_t i = 0; i < STREAM; i++)
        a[i] = b[i] + 3 * c[i];
}

static double product_rate(TensorPrecision precision, Stream *s)
{
    enum { M = 2048, N = 3072, K = 768 }; /* rows into the feed-forward network of GPT-2 small */
    double best = INFINITY;
    for (int i = 0; i < TRIES / 2; i++) {
        double start = clock_seconds();
        kernel_matmul_in(precision, M, N, K, 1, (Matrix){s->a, K, false}, (Matrix){s->b, K, true}, 0, NULL,
                         s->c, N);
        best = fmin(best, clock_seconds() - start);
    }
    return 2.0 * M * N * K / best;
}

Roofs roofs_measure(Stream *s)
{
    Roofs r = {.threads = omp_get_max_threads()};
    for (int i = 0; i < TRIES; i++) {
        double start = clock_seconds();
        stream_through(s);
        r.read = fmax(r.read, 4.0 * STREAM / (clock_seconds() - start));
        start = clock_seconds();
        update(s);
        r.update = fmax(r.update, 8.0 * STREAM / (clock_seconds() - start));
        start = clock_seconds();
        triad(s);
        r.triad = fmax(r.triad, 12.0 * STREAM / (clock_seconds() - start));
    }
    r.memory = fmax(r.read, fmax(r.update, r.triad));
    r.flops = product_rate(TENSOR_F32, s);
    r.flops_bf16 = product_rate(TENSOR_BF16, s);
    return r;
}
