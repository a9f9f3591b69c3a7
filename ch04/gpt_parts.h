/* gpt_parts.h -- a small GPT, whole and in parts: the model that sections 4.4.2 to 4.4.4 train.
 *
 * A part is some of the layers, and of each of these layers a share: the layers from `first` to `end` are one stage of
 * a pipeline, and the ranks of `tensor` share each of them. All layers and a group of one rank are the whole model. */
#ifndef CH04_GPT_PARTS_H
#define CH04_GPT_PARTS_H

#include "ch04/deferred.h"
#include "common/dist/tensor_parallel.h"

enum { GPT_LAYERS = 4, GPT_CHANNELS = 32, GPT_HEADS = 4, GPT_TIME = 16, GPT_BATCH = 8 };

/* Stories of the little world, as numbers of words. */
typedef struct Stories {
    int vocab, *ids;
    size_t count;
} Stories;
Stories stories_new(void);
void stories_free(Stories *s);

/* The same batch on every rank: x and y (GPT_BATCH,GPT_TIME). */
void stories_batch(const Stories *s, Rng *rng, int *x, int *y);

/* The whole model, of common's own layers. */
typedef struct Gpt {
    Params params;
    Tensor *table;     /* (V,C) */
    Tensor *positions; /* (T,C) */
    NnBlock blocks[GPT_LAYERS];
    Norm norm;
    Linear head; /* (V,C), no bias */
} Gpt;
Gpt gpt_new(int vocab, uint64_t seed);

/* Trains it in one process, with batches drawn from seed + 1: what every form of parallelism is held against. loss
 * (steps). */
void gpt_train(const Stories *s, int steps, uint64_t seed, float *loss);
enum { GPT_MAX_STEPS = 100 };
#define GPT_RATE 0.01f
Optimizer *gpt_optimizer(const Params *p);

/* A layer on a rank of n. */
typedef struct PartBlock {
    Norm norm1, norm2; /* (C): whole on every rank */
    Linear q, k, v;    /* (C/n,C): rows, those of H/n heads */
    Linear out;        /* (C,C/n): columns; its bias (C) is whole */
    Linear up;         /* (4C/n,C): rows */
    Linear down;       /* (C,4C/n): columns; its bias (C) is whole */
} PartBlock;

typedef struct GptPart {
    Params params;
    Dist *tensor;   /* who shares each layer */
    int first, end; /* layers */
    int vocab;
    Tensor *table;     /* (V/n,C): with layer 0; else NULL */
    Tensor *positions; /* (T,C): likewise */
    PartBlock blocks[GPT_LAYERS];
    Norm norm;
    Linear head;        /* (V/n,C): with the last layer */
    Deferred *deferred; /* where the gradients of matrices wait; NULL: they do not */
    bool without_f;     /* a fault made on purpose: gradients that were to be summed are not */
} GptPart;

/* The part of gpt_new(vocab, seed): the same weights. */
GptPart gpt_part_new(int vocab, uint64_t seed, Dist *tensor, int first, int end);

/* x (B,T,C) -> (B,T,C) through one layer. */
Tensor *gpt_part_block(Graph *g, const GptPart *m, const PartBlock *b, Tensor *x);

/* From the words ids (B,T), if the part has layer 0, or else from x (B,T,C); to the loss, if it has the last layer, of
 * which y (B,T) are the targets, or else to (B,T,C). */
Tensor *gpt_part_run(Graph *g, const GptPart *m, Tensor *x, const int *ids, const int *y, int batch);

#endif
