/* decoder.h -- a decoder of any family as it is trained: gpt2, llama and its kin, section 3.8, chapters 5 and 6.
 *
 * What run.h runs, this trains: the configuration is the same, the weights bear the names of the Hugging Face
 * folder, and a test holds the logits of both to the same reference. It begins newly initialised or from any folder,
 * is trained wholly or by an adapter (adapter.h), and saved as a folder.
 *
 *     const ModelConfig sizes = {.vocab = V, .context = T, .layers = 4, .heads = 4, .channels = 128};
 *     ModelConfig c = model_config_gpt2(sizes);
 *     ModelDecoder *m = model_decoder_new(&c, 0, &rng);
 *
 *     ModelDecoder *m = model_decoder_load("llama", &e);
 *     nn_train(g, &m->params, &training, loss_of, m, NULL);
 *     model_decoder_save(m, "ch06/out/llama", &e); */
#ifndef MODEL_DECODER_H
#define MODEL_DECODER_H

#include "common/base/error.h"
#include "common/model/run.h"
#include "common/nn/block.h"

typedef struct ModelDecoder {
    ModelConfig config;
    float dropout; /* of the embeddings, and of what each part of a block adds */
    Params params;
    Tensor *tokens;        /* (V,C) */
    NnPositions positions; /* learned or rotary */
    NnBlock *blocks;
    Norm norm;
    Tensor *head; /* (V,C), of the logits: tokens, if tied */
} ModelDecoder;

/* Newly initialised: matrices from N(0, s^2) with s = 0.02 sqrt(768 / C), which is GPT-2's 0.02 at GPT-2's width;
 * those that write into the residual stream from N(0, s^2 / (2 layers)); tables from N(0, 0.02^2). A faulty
 * configuration, or a bert, ends the program. The caller frees it. */
ModelDecoder *model_decoder_new(const ModelConfig *c, float dropout, Rng *rng);
void model_decoder_free(ModelDecoder *m); /* m may be NULL */

/* Reads a folder. NULL and *e as model_run_load; what the folder does not have room for is not allocated. */
ModelDecoder *model_decoder_load(const char *folder, Error *e);

/* The same without the matrix of the logits, which need not be there: head is then the table of tokens, and logits mean
 * nothing unless the model is tied. For what stands on the hidden states (backbone.h). */
ModelDecoder *model_decoder_load_trunk(const char *folder, Error *e);

/* Writes folder/config.json and folder/model.safetensors; makes the folder. Each file is written beside its target
 * and renamed over it, so a run that is killed leaves the last checkpoint whole. */
bool model_decoder_save(const ModelDecoder *m, const char *folder, Error *e);

/* The same with each weight rounded to 16 bits (F16), which halves the file. */
bool model_decoder_save_half(const ModelDecoder *m, const char *folder, Error *e);

/* As it runs: for lm_of, sessions, sampling; adapters count only where they are merged. It borrows the weights and
 * copies those that it joins or quantises, so make it anew after training; m must outlive it. model_run_free frees
 * it. */
ModelRun *model_run_of_decoder(const ModelDecoder *m, QuantKind kind);

/* The hidden states after the last norm: ids (B,T) with T <= context -> (B,T,C). attention: who sees whom apart
 * from what comes later (lengths, first, mask, bias), or NULL; positions (B,T), or NULL for 0 .. T-1. */
Tensor *model_decoder_hidden(Graph *g, const ModelDecoder *m, const int *ids, int batch, int time,
                             const NnAttention *attention, const int *positions);

/* The same from given vectors in the place of the tokens' own, before positions are added: x (B,T,C). A soft prompt
 * is such vectors (section 6.3.5); nn_embedding(g, m->tokens, ...) makes the tokens' own. */
Tensor *model_decoder_hidden_of(Graph *g, const ModelDecoder *m, Tensor *x, const NnAttention *attention,
                                const int *positions);

/* Logits (B,T,V), and the mean cross-entropy of the next token in nats: targets (B,T); -1 is not counted. */
Tensor *model_decoder_logits(Graph *g, const ModelDecoder *m, const int *ids, int batch, int time);
Tensor *model_decoder_loss(Graph *g, const ModelDecoder *m, const int *ids, const int *targets, int batch,
                           int time);

#ifndef NN_INSIDE
#define model_decoder_hidden(g, m, ids, batch, time, attention, positions) \
    model_decoder_hidden(NN_HERE(g), m, ids, batch, time, attention, positions)
#define model_decoder_hidden_of(g, m, x, attention, positions) \
    model_decoder_hidden_of(NN_HERE(g), m, x, attention, positions)
#define model_decoder_logits(g, m, ids, batch, time) model_decoder_logits(NN_HERE(g), m, ids, batch, time)
#define model_decoder_loss(g, m, ids, targets, batch, time) \
    model_decoder_loss(NN_HERE(g), m, ids, targets, batch, time)
#endif

#endif
