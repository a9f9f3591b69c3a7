/* wirings.h -- one block, three wirings: encoder-only, decoder-only, encoder-decoder. */
#ifndef CH03_WIRINGS_H
#define CH03_WIRINGS_H

#include "ch03/tasks.h"
#include "common/nn/nn.h"

enum { WIRING_LAYERS = 2, WIRING_CHANNELS = 64 };

typedef struct Model {
    Params params;
    Wiring wiring;
    Tensor *table;                                       /* (V,C): words going in and coming out */
    NnBlock first[WIRING_LAYERS], second[WIRING_LAYERS]; /* second: what writes, in an encoder-decoder */
    Norm norm_first, norm_second;
} Model;

/* A new model; its parameters belong to it. */
Model model_new(Wiring wiring, int vocab, Rng *rng);

/* The batch's text (B,T) -> (B,T,C), of which nn_affine with the table makes the logits. *memory (B,S,C): what an
 * encoder-decoder made of the source; others leave it alone. */
Tensor *run(Graph *g, const Model *m, const Batch *b, Tensor **memory);

#endif
