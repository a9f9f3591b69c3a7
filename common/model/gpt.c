/* gpt.c -- GPT-2 from the fused operations. */
#define NN_INSIDE
#include "common/model/gpt.h"

#include "common/base/error.h"

#include <math.h>
#include <stdio.h>
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

static const char *block_name(char *text, int layer, const char *part)
{
    snprintf(text, PARAM_NAME, "h.%d.%s", layer, part);
    return text;
}

//> new
/* GPT-2's files hold these matrices as (in,out). */
static Linear conv1d(Params *p, const char *name, int in, int out, float std, Rng *rng)
{
    Linear l = nn_linear_new(p, name, in, out, true, std, rng);
    p->items[p->count - 2].transposed = true; /* the weight; the bias came after it */
    return l;
}

static ModelGptBlock block_new(Params *p, int layer, const ModelGptConfig *c, Rng *rng)
{
    char name[PARAM_NAME];
    int width = c->channels;
    float std = 0.02f * sqrtf(768.0f / (float)width), residual = std / sqrtf(2.0f * (float)c->layers);
    ModelGptBlock b;
    b.norm1 = nn_norm_new(p, block_name(name, layer, "ln_1"), width);
    b.qkv = conv1d(p, block_name(name, layer, "attn.c_attn"), width, 3 * width, std, rng);
    b.out = conv1d(p, block_name(name, layer, "attn.c_proj"), width, width, residual, rng);
    b.norm2 = nn_norm_new(p, block_name(name, layer, "ln_2"), width);
    b.up = conv1d(p, block_name(name, layer, "mlp.c_fc"), width, 4 * width, std, rng);
    b.down = conv1d(p, block_name(name, layer, "mlp.c_proj"), 4 * width, width, residual, rng);
    return b;
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
    m->blocks = memory_new(sizeof *m->blocks * (size_t)c->layers);
    for (int i = 0; i < c->layers; i++)
        m->blocks[i] = block_new(&m->params, i, c, rng);
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
static Tensor *block_forward(Graph *g, const ModelGptBlock *b, const ModelGptConfig *c, Tensor *x)
{
    Tensor *qkv = nn_linear(g, &b->qkv, nn_norm(g, &b->norm1, x)); /* (B,T,3C) */
    Tensor *attended = nn_linear(g, &b->out, nn_self_attention(g, qkv, c->heads, true, NULL));
    x = nn_add(g, x, nn_dropout(g, attended, c->dropout));
    Tensor *hidden = nn_gelu(g, nn_linear(g, &b->up, nn_norm(g, &b->norm2, x))); /* (B,T,4C) */
    return nn_add(g, x, nn_dropout(g, nn_linear(g, &b->down, hidden), c->dropout));
}

Tensor *model_gpt_hidden(Graph *g, const ModelGpt *m, const int *ids, int batch, int time)
{
    if (time > m->config.context)
        nn_shape_error(g, "model_gpt_hidden", m->positions, NULL,
                       "the sequence is longer than the context");
    Tensor *positions = nn_slice(g, m->positions, 0, 0, time); /* (T,C) */
    Tensor *x = nn_add(g, nn_embedding(g, m->tokens, ids, batch, time), positions);
    x = nn_dropout(g, x, m->config.dropout);
    for (int i = 0; i < m->config.layers; i++)
        x = block_forward(g, &m->blocks[i], &m->config, x);
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
