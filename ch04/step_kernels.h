/* step_kernels.h -- the kernels of a step of GPT-2 small as data, and how long each takes here: section 4.3.1. */
#ifndef CH04_STEP_KERNELS_H
#define CH04_STEP_KERNELS_H

#include "ch04/roofs.h"
#include "common/nn/nn.h"

enum { BATCH = 2, TIME = 1024, ROWS = BATCH * TIME, CHANNELS = 768, WIDE = 4 * CHANNELS, VOCAB = 8192 };
enum { HEADS = 12, LAYERS = 12, MAX_KERNELS = 16 };

typedef enum Kind { PRODUCT, ATTENTION, SOFTMAX, LAYER_NORM, GELU, ADD, CROSS_ENTROPY, ADAMW } Kind;

typedef struct Kernel {
    const char *name;
    Kind kind;
    Tensor *in, *weight;
    double flops, bytes;          /* each input read once, each output written once */
    int times;                    /* in a forward pass and an update; 0: not part of a step */
    double seconds, seconds_bf16; /* measured; of products also in bfloat16, of others NaN */
} Kernel;

typedef struct Step {
    Graph *g;
    Kernel kernels[MAX_KERNELS];
    int count;
    Norm norm;
    int *targets;  /* (BT) */
    Params params; /* what AdamW moves */
    Optimizer *adamw;
    Arena *arena; /* owns the tensors of the kernels */
    Rng rng;
} Step;

/* A step without kernels yet; the caller adds them, with tensors of step_tensor, and calls step_free. */
Step *step_new(uint64_t seed);
void step_free(Step *s);

/* (rows,cols), normal numbers. */
Tensor *step_tensor(Step *s, int rows, int cols);

/* Fills in the seconds of all kernels: the best of some tries, each with nothing of it in the caches. */
void step_measure(Step *s, Stream *stream);

#endif
