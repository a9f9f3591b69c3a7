/* tensor.c -- shapes and data. */
#include "common/tensor/tensor.h"

#include "common/base/error.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static size_t checked_size(int rank, const int *shape)
{
    if (rank > TENSOR_MAX_RANK)
        FATAL("tensor: rank %d; at most %d dimensions are possible", rank, TENSOR_MAX_RANK);
    size_t size = 1;
    for (int i = 0; i < rank; i++) {
        if (shape[i] < 1)
            FATAL("tensor: dimension %d is %d; every dimension must be at least 1", i, shape[i]);
        size *= (size_t)shape[i];
    }
    return size;
}

static void set_shape(Tensor *t, int rank, const int *shape)
{
    for (int i = 0; i < rank; i++)
        t->shape[i] = shape[i];
}

Tensor *tensor_make(Arena *arena, int rank, const int *shape)
{
    size_t size = checked_size(rank, shape);
    Tensor *t = arena ? arena_alloc(arena, sizeof *t) : memory_new(sizeof *t);
    *t = (Tensor){.rank = rank, .size = size};
    set_shape(t, rank, shape);
    t->data = arena ? arena_alloc(arena, size * sizeof *t->data)
                    : aligned_alloc(64, (size * sizeof *t->data + 63) / 64 * 64);
    if (!t->data)
        error_exitf("out of memory: a tensor of %zu numbers was needed", size);
    return t;
}

void tensor_free(Tensor *t)
{
    if (!t)
        return;
    free(t->data);
    free(t->grad);
    free(t);
}

Tensor *tensor_view(Arena *arena, const Tensor *t, int rank, const int *shape)
{
    size_t size = checked_size(rank, shape);
    if (size != t->size)
        FATAL("tensor_reshape: %zu numbers cannot take a shape of %zu", t->size, size);
    Tensor *v = arena_alloc(arena, sizeof *v);
    *v = (Tensor){.rank = rank, .size = size, .data = t->data};
    set_shape(v, rank, shape);
    return v;
}

void tensor_fill(Tensor *t, float value)
{
    for (size_t i = 0; i < t->size; i++)
        t->data[i] = value;
}

void tensor_copy(Tensor *to, const float *from)
{
    memcpy(to->data, from, to->size * sizeof *from);
}

void tensor_normal(Tensor *t, float std, Rng *rng)
{
    for (size_t i = 0; i < t->size; i++)
        t->data[i] = std * rng_normal(rng);
}

void tensor_uniform(Tensor *t, float min, float max, Rng *rng)
{
    for (size_t i = 0; i < t->size; i++)
        t->data[i] = min + (max - min) * rng_uniform(rng);
}

int tensor_dim(const Tensor *t, int i)
{
    int at = i < 0 ? t->rank + i : i;
    if (at < 0 || at >= t->rank)
        FATAL("tensor_dim: dimension %d of a tensor of rank %d", i, t->rank);
    return t->shape[at];
}

size_t tensor_rows(const Tensor *t)
{
    return t->rank ? t->size / (size_t)t->shape[t->rank - 1] : 1;
}

float tensor_item(const Tensor *t)
{
    if (t->size != 1)
        FATAL("tensor_item: the tensor holds %zu numbers, not one", t->size);
    return t->data[0];
}

bool tensor_same_shape(const Tensor *a, const Tensor *b)
{
    return a->rank == b->rank && memcmp(a->shape, b->shape, sizeof *a->shape * (size_t)a->rank) == 0;
}

float tensor_distance(const float *a, const float *b, size_t size)
{
    float largest = 0;
    for (size_t i = 0; i < size; i++) {
        float d = fabsf(a[i] - b[i]);
        if (!(d <= largest))
            largest = d;
        if (isnan(d))
            return d;
    }
    return largest;
}

char *tensor_shape_text(const Tensor *t, char text[TENSOR_SHAPE_TEXT])
{
    int n = snprintf(text, TENSOR_SHAPE_TEXT, "(");
    for (int i = 0; i < t->rank; i++)
        n += snprintf(text + n, (size_t)(TENSOR_SHAPE_TEXT - n), "%s%d", i ? "," : "", t->shape[i]);
    snprintf(text + n, (size_t)(TENSOR_SHAPE_TEXT - n), ")");
    return text;
}

void tensor_print(const char *name, const Tensor *t, int decimals)
{
    enum { MAX_ROWS = 8, MAX_COLUMNS = 10 };
    char text[TENSOR_SHAPE_TEXT];
    int columns = t->rank ? t->shape[t->rank - 1] : 1;
    size_t rows = tensor_rows(t);
    printf("%s %s\n", name, tensor_shape_text(t, text));
    for (size_t r = 0; r < rows && r < MAX_ROWS; r++) {
        for (int c = 0; c < columns && c < MAX_COLUMNS; c++) {
            double x = (double)t->data[r * (size_t)columns + (size_t)c];
            if (fabs(x) < 0.5 * pow(10, -decimals))
                x = 0; /* no "-0.00" */
            printf(" %*.*f", decimals + 4, decimals, x);
        }
        puts(columns > MAX_COLUMNS ? " ..." : "");
    }
    if (rows > MAX_ROWS)
        puts(" ...");
}
