/* backbone.h -- a pretrained model of any family behind one handle, for fine-tuning: chapter 6.
 *
 *     ModelBackbone *m = model_backbone_load("ch05/models/book_bert", &e);          or book_gpt, or a downloaded folder
 *     Tensor *hidden = model_backbone_hidden(g, m, batch.ids, batch.rows, batch.time, batch.lengths);   (B,T,C)
 *     Tensor *pooled = model_backbone_pooled(g, m, hidden, batch.lengths);                              (B,C)
 *
 * A backbone ends at the hidden states: what predicts tokens is no part of it, and what a task puts on top comes from
 * elsewhere (classifier.h). Texts of different lengths stand side by side, padded at their ends. */
#ifndef MODEL_BACKBONE_H
#define MODEL_BACKBONE_H

#include "common/model/bert.h"
#include "common/model/decoder.h"
#include "common/tokenizer/tokenizer.h"

typedef struct ModelBackbone {
    ModelConfig config;
    ModelBert *bert;       /* one of the two is there */
    ModelDecoder *decoder; /* its head means nothing: model_decoder_load_trunk */
    Params *params;        /* that one's */
    NnBlock *blocks;       /* (layers), likewise */
    Tensor *tokens;        /* (V,C), likewise */
    Tokenizer *tokenizer;  /* NULL if the folder has none */
    int pad;               /* the token that fills up: [PAD], or the one that ends texts, or 0 */
} ModelBackbone;

/* Reads a folder and, if it is there, its tokenizer. NULL and *e as model_bert_load and model_decoder_load.
 * model_backbone_free frees it. */
ModelBackbone *model_backbone_load(const char *folder, Error *e);

/* Newly initialised, with the folder's configuration and tokenizer: the control that tells what pretraining is worth.
 * NULL and *e. */
ModelBackbone *model_backbone_new(const char *folder, Rng *rng, Error *e);
void model_backbone_free(ModelBackbone *m); /* m may be NULL */

/* Appends the ids of a text with what the tokenizer's template adds ([CLS] and [SEP] of a bert). A text that is longer
 * than the context loses its end, and *cut (or NULL) says so; one without a token becomes m->pad. False and *e if there
 * is no tokenizer, or a token has no row in the model. */
bool model_backbone_encode(const ModelBackbone *m, const char *text, TokenList *ids, bool *cut, Error *e);

/* The hidden states after the last norm: ids (B,T), T <= context -> (B,T,C). lengths (B), or NULL: all are T long.
 * Those of padding mean nothing. What is pointed to must live until the backward pass. */
Tensor *model_backbone_hidden(Graph *g, const ModelBackbone *m, const int *ids, int batch, int time,
                              const int *lengths);

/* The same from given vectors in the place of the tokens' own: x (B,T,C). A soft prompt joined with
 * nn_embedding(g, m->tokens, ...) is such an x. */
Tensor *model_backbone_hidden_of(Graph *g, const ModelBackbone *m, Tensor *x, const int *lengths);

/* The state that stands for a whole text: the first of a bert ([CLS]), the last before the padding of a decoder, the
 * only one that has seen all. hidden (B,T,C) -> (B,C). */
Tensor *model_backbone_pooled(Graph *g, const ModelBackbone *m, Tensor *hidden, const int *lengths);

#ifndef NN_INSIDE
#define model_backbone_hidden(g, m, ids, batch, time, lengths) \
    model_backbone_hidden(NN_HERE(g), m, ids, batch, time, lengths)
#define model_backbone_hidden_of(g, m, x, lengths) model_backbone_hidden_of(NN_HERE(g), m, x, lengths)
#define model_backbone_pooled(g, m, hidden, lengths) model_backbone_pooled(NN_HERE(g), m, hidden, lengths)
#endif

#endif
