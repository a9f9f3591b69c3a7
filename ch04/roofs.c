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
    enum { SIDE = 1024 };
    double best = INFINITY;
    for (int i = 0; i < TRIES; i++) {
        double start = clock_seconds();
        kernel_matmul_in(precision, SIDE, SIDE, SIDE, 1, (Matrix){s->a, SIDE, false},
                         (Matrix){s->b, SIDE, true}, 0, NULL, s->c, SIDE);
        best = fmin(best, clock_seconds() - start);
    }
    return 2.0 * SIDE * SIDE * SIDE / best;
}

Roofs roofs_measure(Stream *s)
{
    Roofs r = {.threads = omp_get_max_threads()};
    for (int i = 0; i < TRIES; i++) {
        double start = clock_seconds();
        stream_through(s);
        r.read = fmax(r.read, 4.0 * STREAM / (clock_seconds() - start));
        start = clock_seconds();
        triad(s);
        r.triad = fmax(r.triad, 12.0 * STREAM / (clock_seconds() - start));
    }
    r.flops = product_rate(TENSOR_F32, s);
    r.flops_bf16 = product_rate(TENSOR_BF16, s);
    return r;
}
