/* rows.h (inside) -- what the operations along one dimension share. */
#ifndef NN_ROWS_H
#define NN_ROWS_H

#include "common/nn/graph.h"

/* The sum of a[i] b[i], and of a[i], in one fixed order. */
static inline float rows_dot(const float *a, const float *b, int n)
{
    float sum = 0;
#pragma omp simd reduction(+ : sum)
    for (int i = 0; i < n; i++)
        sum += a[i] * b[i];
    return sum;
}

static inline float rows_sum(const float *a, int n)
{
    float sum = 0;
#pragma omp simd reduction(+ : sum)
    for (int i = 0; i < n; i++)
        sum += a[i];
    return sum;
}

/* The size of the last dimension; a single number is a mistake. */
static inline int rows_columns(Graph *g, const char *name, const Tensor *x)
{
    if (x->rank < 1)
        nn_shape_error(g, name, x, NULL, "a single number has no rows");
    return x->shape[x->rank - 1];
}

/* The product of the sizes from .. to-1. */
static inline size_t shape_product(const int *shape, int from, int to)
{
    size_t p = 1;
    for (int i = from; i < to; i++)
        p *= (size_t)shape[i];
    return p;
}

/* Which dimension `axis` is; negative ones count from the end. */
static inline int shape_axis(Graph *g, const char *name, const Tensor *x, int axis)
{
    int at = axis < 0 ? x->rank + axis : axis;
    if (at < 0 || at >= x->rank)
        nn_shape_error(g, name, x, NULL, "there is no such dimension");
    return at;
}

#endif
