/* bert.c -- BERT from the fused operations. */
#define NN_INSIDE
#include "common/model/bert.h"

#include "common/base/error.h"

#include <math.h>
#include <stdio.h>
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

static const char *layer_name(char *text, int layer, const char *part)
{
    snprintf(text, PARAM_NAME, "bert.encoder.layer.%d.%s", layer, part);
    return text;
}

static ModelBertBlock block_new(Params *p, int layer, const ModelBertConfig *c, Rng *rng)
{
    char name[PARAM_NAME];
    int width = c->channels;
    float std = 0.02f * sqrtf(768.0f / (float)width);
    ModelBertBlock b;
    b.query =
        nn_linear_new(p, layer_name(name, layer, "attention.self.query"), width, width, true, std, rng);
    b.key = nn_linear_new(p, layer_name(name, layer, "attention.self.key"), width, width, true, std, rng);
    b.value =
        nn_linear_new(p, layer_name(name, layer, "attention.self.value"), width, width, true, std, rng);
    b.out =
        nn_linear_new(p, layer_name(name, layer, "attention.output.dense"), width, width, true, std, rng);
    b.norm1 = nn_norm_new(p, layer_name(name, layer, "attention.output.LayerNorm"), width);
    b.up =
        nn_linear_new(p, layer_name(name, layer, "intermediate.dense"), width, c->hidden, true, std, rng);
    b.down = nn_linear_new(p, layer_name(name, layer, "output.dense"), c->hidden, width, true, std, rng);
    b.norm2 = nn_norm_new(p, layer_name(name, layer, "output.LayerNorm"), width);
    return b;
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
    m->norm = nn_norm_new(p, "bert.embeddings.LayerNorm", width);
    m->blocks = memory_new(sizeof *m->blocks * (size_t)c->layers);
    for (int i = 0; i < c->layers; i++)
        m->blocks[i] = block_new(p, i, c, rng);
    m->transform = nn_linear_new(p, "cls.predictions.transform.dense", width, width, true,
                                 0.02f * sqrtf(768.0f / (float)width), rng);
    m->transform_norm = nn_norm_new(p, "cls.predictions.transform.LayerNorm", width);
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

static Tensor *norm(Graph *g, const ModelBertConfig *c, const Norm *n, Tensor *x)
{
    return nn_layer_norm_with(g, x, n->weight, n->bias, c->eps);
}

/* norm(token + position + segment) */
static Tensor *embed(Graph *g, const ModelBert *m, const ModelBertBatch *b)
{
    const ModelBertConfig *c = &m->config;
    if (b->time > c->context)
        nn_shape_error(g, "model_bert_hidden", m->positions, NULL,
                       "the sequence is longer than the context");
    Tensor *x = nn_embedding(g, m->tokens, b->ids, b->batch, b->time);
    x = nn_add(g, x, nn_slice(g, m->positions, 0, 0, b->time));
    Tensor *segment = b->types ? nn_embedding(g, m->types, b->types, b->batch, b->time)
                               : nn_view(g, nn_slice(g, m->types, 0, 0, 1), 1, &c->channels);
    return nn_dropout(g, norm(g, c, &m->norm, nn_add(g, x, segment)), c->dropout);
}

static Tensor *block_forward(Graph *g, const ModelBertBlock *b, const ModelBertConfig *c, Tensor *x,
                             const int *lengths)
{
    Tensor *q = nn_linear(g, &b->query, x), *k = nn_linear(g, &b->key, x), *v = nn_linear(g, &b->value, x);
    Tensor *seen = nn_linear(g, &b->out, nn_attention(g, q, k, v, c->heads, false, lengths));
    x = norm(g, c, &b->norm1, nn_add(g, x, nn_dropout(g, seen, c->dropout)));
    Tensor *made = nn_linear(g, &b->down, nn_gelu_erf(g, nn_linear(g, &b->up, x)));
    return norm(g, c, &b->norm2, nn_add(g, x, nn_dropout(g, made, c->dropout)));
}

Tensor *model_bert_hidden(Graph *g, const ModelBert *m, const ModelBertBatch *b)
{
    Tensor *x = embed(g, m, b);
    for (int i = 0; i < m->config.layers; i++)
        x = block_forward(g, &m->blocks[i], &m->config, x, b->lengths);
    return x;
}

Tensor *model_bert_logits(Graph *g, const ModelBert *m, Tensor *x)
{
    Tensor *y = nn_gelu_erf(g, nn_linear(g, &m->transform, x));
    return nn_affine(g, norm(g, &m->config, &m->transform_norm, y), m->tokens, m->bias);
}

Tensor *model_bert_rows(Graph *g, Tensor *x, const int *rows, int count)
{
    int width = tensor_dim(x, -1);
    Tensor *table = nn_view(g, x, 2, (int[]){(int)tensor_rows(x), width}); /* (BT,C) */
    return nn_view(g, nn_embedding(g, table, rows, 1, count), 2, (int[]){count, width});
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
    Tensor *chosen = model_bert_rows(g, model_bert_hidden(g, m, b), rows, count);
    return nn_cross_entropy(g, model_bert_logits(g, m, chosen), targets, -1);
}
