/* bert.h -- BERT: an encoder-only transformer that fills gaps (Devlin et al., 2019), section 5.2.1.
 *
 * Each token becomes the sum of three vectors (itself, its position, its segment); every block looks at the
 * whole text, before and after each token, and normalises after its sums; the masked language model says
 * what the hidden tokens were. Parameters bear the names of the Hugging Face folder, so that either reads
 * the other's files; of what is trained here encoder.h runs the same. */
#ifndef NN_BERT_H
#define NN_BERT_H

#include "common/nn/layers.h"

typedef struct BertConfig {
    int vocab, context, layers, heads, channels;
    int hidden;    /* width inside the feed-forward part; BERT: 4 channels */
    int types;     /* kinds of segments; BERT: 2 */
    float epsilon; /* of the norms; BERT: 1e-12 */
    float dropout;
} BertConfig;

/* One block: x = norm(x + attention(x)); x = norm(x + feed-forward(x)). */
typedef struct BertBlock {
    Linear query, key, value, attention; /* (C,C) each */
    Norm norm1;
    Linear up;   /* (hidden,C) */
    Linear down; /* (C,hidden) */
    Norm norm2;
} BertBlock;

typedef struct Bert {
    BertConfig config;
    Params params;
    Tensor *tokens;    /* (V,C), also the weight of the logits */
    Tensor *positions; /* (context,C) */
    Tensor *types;     /* (types,C) */
    Norm norm;         /* of the sum of the three */
    BertBlock *blocks;
    Linear transform; /* (C,C): what stands between a state and its logits */
    Norm transform_norm;
    Tensor *bias; /* (V), of the logits */
} Bert;

/* Texts side by side. */
typedef struct BertBatch {
    int batch, time;
    const int *ids;   /* (B,T) */
    const int *types; /* (B,T), 0 .. types - 1, or NULL when all are 0 */
    const int
        *lengths; /* (B): what lies behind the first lengths[b] tokens is padding, which nobody sees; or
                         * NULL when there is none */
} BertBatch;

/* What is wrong with a configuration (heads that do not divide the channels, ...); NULL if nothing is. */
const char *nn_bert_config_fault(const BertConfig *c);

/* Weights from N(0, s^2) with s = 0.02 sqrt(768 / C), which is BERT's 0.02 at BERT's width; the tables
 * from N(0, 0.02^2). The caller frees it. */
Bert *nn_bert_new(const BertConfig *c, Rng *rng);
void nn_bert_free(Bert *m);

/* The states after the last block, T <= context -> (B,T,C). Those of padding mean nothing. What the batch
 * points to must live until the backward pass. */
Tensor *nn_bert_states(Graph *g, const Bert *m, const BertBatch *b);

/* What each of some states says its token is: x (...,C) -> logits (...,V). */
Tensor *nn_bert_logits(Graph *g, const Bert *m, Tensor *x);

/* `count` rows of x (...,C), of all its rows in their order: rows (count) -> (count,C). */
Tensor *nn_bert_rows(Graph *g, Tensor *x, const int *rows, int count);

/* Mean cross-entropy in nats at the places whose label is not -1, at least one; no logits are made for the
 * others. labels (B,T). */
Tensor *nn_bert_loss(Graph *g, const Bert *m, const BertBatch *b, const int *labels);

#ifndef NN_INSIDE
#define nn_bert_states(g, m, b) nn_bert_states(NN_HERE(g), m, b)
#define nn_bert_logits(g, m, x) nn_bert_logits(NN_HERE(g), m, x)
#define nn_bert_rows(g, x, rows, count) nn_bert_rows(NN_HERE(g), x, rows, count)
#define nn_bert_loss(g, m, b, labels) nn_bert_loss(NN_HERE(g), m, b, labels)
#endif

#endif
