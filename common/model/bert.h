/* bert.h -- BERT: an encoder-only transformer that fills gaps (Devlin et al., 2019), section 5.2.1.
 *
 * Each token becomes the sum of three vectors (itself, its position, its segment); every block looks at the
 * whole text, before and after each token, and normalises after its sums; the masked language model says
 * what the hidden tokens were. Parameters bear the names of the Hugging Face folder, so that either reads
 * the other's files; of what is trained here encoder.h runs the same. */
#ifndef MODEL_BERT_H
#define MODEL_BERT_H

#include "common/base/error.h"
#include "common/nn/block.h"

typedef struct ModelBertConfig {
    int vocab, context, layers, heads, channels;
    int hidden; /* width inside the feed-forward part; BERT: 4 channels */
    int types;  /* kinds of segments; BERT: 2 */
    float eps;  /* of the norms; BERT: 1e-12 */
    float dropout;
    bool trunk; /* without the head that fills gaps: for what stands on the hidden states */
} ModelBertConfig;

typedef struct ModelBert {
    ModelBertConfig config;
    Params params;
    Tensor *tokens;    /* (V,C), also the weight of the logits */
    Tensor *positions; /* (context,C) */
    Tensor *types;     /* (types,C) */
    Norm norm;         /* of the sum of the three */
    NnBlock *blocks;   /* post-norm: x = norm(x + attention(x)); x = norm(x + feed-forward(x)) */
    Linear
        transform; /* (C,C): what stands between a state and its logits; of a trunk nothing from here on */
    Norm transform_norm;
    Tensor *bias; /* (V), of the logits */
} ModelBert;

/* Texts side by side. */
typedef struct ModelBertBatch {
    int batch, time;
    const int *ids;   /* (B,T) */
    const int *types; /* (B,T), 0 .. types - 1, or NULL when all are 0 */
    const int
        *lengths; /* (B): what lies after the first lengths[b] tokens is padding, which nobody sees; or
                         * NULL when there is none */
} ModelBertBatch;

/* What is wrong with a configuration (heads that do not divide the channels, ...); NULL if nothing is. */
const char *model_bert_config_fault(const ModelBertConfig *c);

/* Weights from N(0, s^2) with s = 0.02 sqrt(768 / C), which is BERT's 0.02 at BERT's width; the tables
 * from N(0, 0.02^2). The caller frees it. */
ModelBert *model_bert_new(const ModelBertConfig *c, Rng *rng);
void model_bert_free(ModelBert *m);

/* Writes folder/config.json and folder/model.safetensors, as transformers' BertForMaskedLM does; makes the folder. A
 * run that is killed leaves the last checkpoint whole. _half: each weight rounded to 16 bits. */
bool model_bert_save(const ModelBert *m, const char *folder, Error *e);
bool model_bert_save_half(const ModelBert *m, const char *folder, Error *e);

/* Reads a folder. NULL and *e, which names the file and what was expected, if anything is missing, malformed or of
 * another shape. It also takes the folders of others that have a masked language model, with or without "bert." in
 * front of the names, and the names that the first of them gave to norms (gamma and beta); what else a folder holds
 * (a pooler) stays there. model_bert_free frees it. */
ModelBert *model_bert_load(const char *folder, Error *e);

/* The same without the head that fills gaps, which need not be there: config.trunk (backbone.h). */
ModelBert *model_bert_load_trunk(const char *folder, Error *e);

/* The states after the last block, T <= context -> (B,T,C). Those of padding mean nothing. What the batch
 * points to must live until the backward pass. */
Tensor *model_bert_hidden(Graph *g, const ModelBert *m, const ModelBertBatch *b);

/* The same from given vectors in the place of the tokens' own, before positions and segments are added and normalised:
 * x (B,T,C). Ids are not read. */
Tensor *model_bert_hidden_of(Graph *g, const ModelBert *m, Tensor *x, const ModelBertBatch *b);

/* What each of some states says its token is: x (...,C) -> logits (...,V). */
Tensor *model_bert_logits(Graph *g, const ModelBert *m, Tensor *x);

/* Mean cross-entropy in nats at the places whose label is not -1, at least one; no logits are made for the
 * others. labels (B,T). */
Tensor *model_bert_loss(Graph *g, const ModelBert *m, const ModelBertBatch *b, const int *labels);

#ifndef NN_INSIDE
#define model_bert_hidden(g, m, b) model_bert_hidden(NN_HERE(g), m, b)
#define model_bert_hidden_of(g, m, x, b) model_bert_hidden_of(NN_HERE(g), m, x, b)
#define model_bert_logits(g, m, x) model_bert_logits(NN_HERE(g), m, x)
#define model_bert_loss(g, m, b, labels) model_bert_loss(NN_HERE(g), m, b, labels)
#endif

#endif
