/* bert.c -- BERT from the fused operations. */
#define NN_INSIDE
#include "common/model/bert.h"

#include "common/base/error.h"
#include "common/model/names.h"

#include <math.h>
#include <stdlib.h>

const char *model_bert_config_fault(const ModelBertConfig *c)
{
    if (c->vocab < 1 || c->context < 1 || c->layers < 1 || c->heads < 1 || c->channels < 1 ||
        c->hidden < 1 || c->types < 1)
        return "vocabulary, context, layers, heads, widths and segments must be at least 1";
    if (c->channels % c->heads != 0)
        return "the heads must divide the dimension";
    if (!(c->eps > 0 && c->eps < 1))
        return "the epsilon of the norms must be above 0 and below 1";
    if (!(c->dropout >= 0 && c->dropout < 1))
        return "dropout must be at least 0 and below 1";
    return NULL;
}

static NnBlockConfig block_config(const ModelBertConfig *c)
{
    return (NnBlockConfig){.channels = c->channels,
                           .heads = c->heads,
                           .hidden = c->hidden,
                           .post_norm = true,
                           .eps = c->eps,
                           .activation = NN_GELU_ERF,
                           .dropout = c->dropout,
                           .std = 0.02f * sqrtf(768.0f / (float)c->channels),
                           .names = &model_names_bert};
}

ModelBert *model_bert_new(const ModelBertConfig *c, Rng *rng)
{
    const char *fault = model_bert_config_fault(c);
    if (fault)
        FATAL("model_bert_new: %s", fault);
    ModelBert *m = memory_zero(1, sizeof *m);
    Params *p = &m->params;
    int width = c->channels;
    m->config = *c;
    m->tokens = nn_embedding_new(p, "bert.embeddings.word_embeddings", c->vocab, width, 0.02f, rng);
    m->positions =
        nn_embedding_new(p, "bert.embeddings.position_embeddings", c->context, width, 0.02f, rng);
    m->types = nn_embedding_new(p, "bert.embeddings.token_type_embeddings", c->types, width, 0.02f, rng);
    m->norm = nn_norm_of_kind(p, "bert.embeddings.LayerNorm", width, NN_LAYER_NORM, c->eps);
    const NnBlockConfig block = block_config(c);
    m->blocks = memory_new(sizeof *m->blocks * (size_t)c->layers);
    for (int i = 0; i < c->layers; i++)
        m->blocks[i] = nn_block_new(p, &block, i, rng);
    if (c->trunk)
        return m;
    m->transform = nn_linear_new(p, "cls.predictions.transform.dense", width, width, true,
                                 0.02f * sqrtf(768.0f / (float)width), rng);
    m->transform_norm =
        nn_norm_of_kind(p, "cls.predictions.transform.LayerNorm", width, NN_LAYER_NORM, c->eps);
    m->bias = nn_param(p, "cls.predictions.bias", 1, &c->vocab);
    tensor_fill(m->bias, 0);
    return m;
}

void model_bert_free(ModelBert *m)
{
    if (!m)
        return;
    nn_params_free(&m->params);
    free(m->blocks);
    free(m);
}

/* norm(token + position + segment) */
static Tensor *embed(Graph *g, const ModelBert *m, Tensor *x, const ModelBertBatch *b)
{
    const ModelBertConfig *c = &m->config;
    if (b->time > c->context)
        nn_shape_error(g, "model_bert_hidden", m->positions, NULL,
                       "the sequence is longer than the context");
    x = nn_add(g, x, nn_slice(g, m->positions, 0, 0, b->time));
    Tensor *segment = b->types ? nn_embedding(g, m->types, b->types, b->batch, b->time)
                               : nn_view(g, nn_slice(g, m->types, 0, 0, 1), 1, &c->channels);
    return nn_dropout(g, nn_norm(g, &m->norm, nn_add(g, x, segment)), c->dropout);
}

Tensor *model_bert_hidden(Graph *g, const ModelBert *m, const ModelBertBatch *b)
{
    return model_bert_hidden_of(g, m, nn_embedding(g, m->tokens, b->ids, b->batch, b->time), b);
}

Tensor *model_bert_hidden_of(Graph *g, const ModelBert *m, Tensor *x, const ModelBertBatch *b)
{
    x = embed(g, m, x, b);
    const NnBlockCall call = {.attention = {.lengths = b->lengths}};
    for (int i = 0; i < m->config.layers; i++)
        x = nn_block(g, &m->blocks[i], x, &call);
    return x;
}

Tensor *model_bert_logits(Graph *g, const ModelBert *m, Tensor *x)
{
    Tensor *y = nn_gelu_erf(g, nn_linear(g, &m->transform, x));
    return nn_affine(g, nn_norm(g, &m->transform_norm, y), m->tokens, m->bias);
}

Tensor *model_bert_loss(Graph *g, const ModelBert *m, const ModelBertBatch *b, const int *labels)
{
    int places = b->batch * b->time, count = 0;
    int *rows = arena_alloc(nn_arena(g), sizeof *rows * (size_t)places);
    int *targets = arena_alloc(nn_arena(g), sizeof *targets * (size_t)places);
    for (int i = 0; i < places; i++) {
        if (labels[i] == -1)
            continue;
        rows[count] = i;
        targets[count++] = labels[i];
    }
    if (count == 0)
        nn_shape_error(g, "model_bert_loss", m->tokens, NULL, "no place has a label");
    Tensor *chosen = nn_select_rows(g, model_bert_hidden(g, m, b), rows, count);
    return nn_cross_entropy(g, model_bert_logits(g, m, chosen), targets, -1);
}
