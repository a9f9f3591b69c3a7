/* tensor.h -- arrays of float32 with a shape.
 *
 * A tensor is contiguous and row-major: the last index runs fastest. There are
 * no strides; a transposition copies. That keeps every kernel a plain loop.
 * The gradient fields belong to common/nn, which fills them; this layer only
 * makes room for them. */
#ifndef TENSOR_TENSOR_H
#define TENSOR_TENSOR_H

#include "common/base/arena.h"
#include "common/base/rng.h"

#include <stdbool.h>
#include <stddef.h>

enum { TENSOR_MAX_RANK = 5 };

typedef struct Tensor {
    int rank;                   /* 0 for a single number */
    int shape[TENSOR_MAX_RANK]; /* sizes, outermost first */
    size_t size;                /* their product */
    float *data;                /* (size) */
    float *grad;                /* (size), or NULL while there is none */
    bool wants_grad;            /* somebody needs the gradient of this tensor */
    bool has_grad;              /* grad holds a value; else the next gradient overwrites it */
    bool is_leaf;               /* a parameter or an input: keeps its gradient */
} Tensor;

/* A tensor of the given shape, contents undefined. The arena owns it; with
 * arena NULL it stands alone and tensor_free frees it. A shape is written as
 * a list of sizes: tensor_new(a, 2, 3) is (2,3). */
#define tensor_new(arena, ...) \
    tensor_make((arena), (int)(sizeof((int[]){__VA_ARGS__}) / sizeof(int)), (const int[]){__VA_ARGS__})
Tensor *tensor_make(Arena *arena, int rank, const int *shape);
void tensor_free(Tensor *t);

/* The same data under another shape of the same size, no copy; owned by the arena. */
#define tensor_reshape(arena, t, ...) \
    tensor_view((arena), (t), (int)(sizeof((int[]){__VA_ARGS__}) / sizeof(int)), (const int[]){__VA_ARGS__})
Tensor *tensor_view(Arena *arena, const Tensor *t, int rank, const int *shape);

void tensor_fill(Tensor *t, float value);
void tensor_copy(Tensor *to, const float *from);    /* from (size) */
void tensor_normal(Tensor *t, float std, Rng *rng); /* N(0, std^2) */
void tensor_uniform(Tensor *t, float min, float max, Rng *rng);

/* The size of dimension i; a negative i counts from the end: tensor_dim(t, -1) is the last. */
int tensor_dim(const Tensor *t, int i);

/* Rows when the tensor is seen as a matrix of its last dimension: size / last. */
size_t tensor_rows(const Tensor *t);

/* The number in a tensor of size 1. */
float tensor_item(const Tensor *t);

bool tensor_same_shape(const Tensor *a, const Tensor *b);

/* The largest |a - b|; NaN if there is one anywhere, so that `!(d <= tolerance)` fails on it. */
float tensor_distance(const float *a, const float *b, size_t size);

/* "(2,3,4)" in a buffer of the caller's; returns the buffer. */
enum { TENSOR_SHAPE_TEXT = 64 };
char *tensor_shape_text(const Tensor *t, char text[TENSOR_SHAPE_TEXT]);

/* Prints "name (2,3)" and the rows under it with the given number of decimals;
 * at most 8 rows and 10 columns, then "...". */
void tensor_print(const char *name, const Tensor *t, int decimals);

#endif
