/* gpt.c -- GPT-2 from the fused operations. */
#define NN_INSIDE
#include "common/model/gpt.h"

#include "common/base/error.h"
#include "common/model/names.h"

#include <math.h>
#include <stdlib.h>

const char *model_gpt_config_fault(const ModelGptConfig *c)
{
    if (c->vocab < 1 || c->context < 1 || c->layers < 1 || c->heads < 1 || c->channels < 1)
        return "vocabulary, context, layers, heads and dimension must be at least 1";
    if (c->channels % c->heads != 0)
        return "the heads must divide the dimension";
    if (!(c->dropout >= 0 && c->dropout < 1))
        return "dropout must be at least 0 and below 1";
    return NULL;
}

//> new
/* GPT-2's files hold the matrices as (in,out). */
static NnBlockConfig block_config(const ModelGptConfig *c)
{
    float std = 0.02f * sqrtf(768.0f / (float)c->channels);
    return (NnBlockConfig){.channels = c->channels,
                           .heads = c->heads,
                           .packed = true,
                           .transposed = true,
                           .dropout = c->dropout,
                           .std = std,
                           .residual_std = std / sqrtf(2.0f * (float)c->layers),
                           .names = &model_names_gpt2};
}

ModelGpt *model_gpt_new(const ModelGptConfig *c, Rng *rng)
{
    const char *fault = model_gpt_config_fault(c);
    if (fault)
        FATAL("model_gpt_new: %s", fault);
    ModelGpt *m = memory_zero(1, sizeof *m);
    m->config = *c;
    m->end = -1;
    m->tokens = nn_embedding_new(&m->params, "wte", c->vocab, c->channels, 0.02f, rng);
    m->positions = nn_embedding_new(&m->params, "wpe", c->context, c->channels, 0.02f, rng);
    const NnBlockConfig block = block_config(c);
    m->blocks = memory_new(sizeof *m->blocks * (size_t)c->layers);
    for (int i = 0; i < c->layers; i++)
        m->blocks[i] = nn_block_new(&m->params, &block, i, rng);
    m->norm = nn_norm_new(&m->params, "ln_f", c->channels);
    return m;
}
//< new

void model_gpt_free(ModelGpt *m)
{
    if (!m)
        return;
    nn_params_free(&m->params);
    free(m->blocks);
    free(m);
}

//> forward
Tensor *model_gpt_hidden(Graph *g, const ModelGpt *m, const int *ids, int batch, int time)
{
    if (time > m->config.context)
        nn_shape_error(g, "model_gpt_hidden", m->positions, NULL,
                       "the sequence is longer than the context");
    Tensor *positions = nn_slice(g, m->positions, 0, 0, time); /* (T,C) */
    Tensor *x = nn_add(g, nn_embedding(g, m->tokens, ids, batch, time), positions);
    x = nn_dropout(g, x, m->config.dropout);
    const NnBlockCall call = {.attention = {.causal = true}};
    for (int i = 0; i < m->config.layers; i++)
        x = nn_block(g, &m->blocks[i], x, &call);
    return nn_norm(g, &m->norm, x);
}

Tensor *model_gpt_logits(Graph *g, const ModelGpt *m, const int *ids, int batch, int time)
{
    return nn_affine(g, model_gpt_hidden(g, m, ids, batch, time), m->tokens, NULL);
}

Tensor *model_gpt_loss(Graph *g, const ModelGpt *m, const int *ids, const int *targets, int batch, int time)
{
    return nn_affine_cross_entropy(g, model_gpt_hidden(g, m, ids, batch, time), m->tokens, targets, -1);
}
//< forward
