/* streams.h -- XLNet's two streams, section 5.2.3 (Yang et al., 2019): one knows the word at its position, for others
 * to look at; the other knows the position only, to predict the word. */
#ifndef CH05_STREAMS_H
#define CH05_STREAMS_H

#include "ch05/orders.h"
#include "ch05/trunk.h"

typedef struct StreamModel {
    Trunk trunk;
    Tensor *unknown; /* (1,C): what the query stream holds in place of a word */
} StreamModel;

/* nn_params_free(&m.trunk.params) frees it. */
StreamModel stream_model_new(int vocab, int context, Rng *rng);

typedef struct Streams {
    Tensor *content, *query; /* (B,T,C) */
} Streams;

/* Both streams of ids (B,T) in the order of rank (B,T). blind: the query does not even know its position. */
Streams streams_run(Graph *g, const StreamModel *m, const int *ids, const int *rank, int batch, int time,
                    bool blind);

#endif
