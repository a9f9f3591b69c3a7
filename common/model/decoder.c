/* decoder.c -- every family is a choice of blocks and positions. */
#define NN_INSIDE
#include "common/model/decoder.h"

#include "common/base/error.h"
#include "common/model/names.h"

#include <math.h>
#include <stdlib.h>

static NnActivation activation_of(ModelActivation a)
{
    static const NnActivation same[] = {[MODEL_ACTIVATION_GELU_TANH] = NN_GELU,
                                        [MODEL_ACTIVATION_GELU] = NN_GELU_ERF,
                                        [MODEL_ACTIVATION_SILU] = NN_SILU,
                                        [MODEL_ACTIVATION_RELU] = NN_RELU};
    return same[a];
}

//> new
/* GPT-2's files hold the matrices as (in,out), and queries, keys and values as one. The latter holds for Phi-3's, and
 * for gate and up. */
static NnBlockConfig block_config(const ModelConfig *c, float dropout)
{
    bool gpt2 = c->family == MODEL_GPT2, phi3 = c->family == MODEL_PHI3, gemma3 = c->family == MODEL_GEMMA3;
    float std = 0.02f * sqrtf(768.0f / (float)c->channels);
    return (NnBlockConfig){.channels = c->channels,
                           .heads = c->heads,
                           .kv_heads = c->kv_heads,
                           .head_dim = c->head_dim,
                           .hidden = c->hidden,
                           .sandwich = gemma3,
                           .norm = gpt2 ? NN_LAYER_NORM : NN_RMS_NORM,
                           .eps = c->eps,
                           .activation = activation_of(c->activation),
                           .gated = !gpt2,
                           .qk_norm = model_config_qk_norm(c),
                           .packed = gpt2 || phi3,
                           .gate_packed = phi3,
                           .transposed = gpt2,
                           .gain_offset = model_config_gain_offset(c),
                           .no_qkv_bias = !c->qkv_bias,
                           .no_out_bias = !c->output_bias,
                           .no_mlp_bias = !c->mlp_bias,
                           .dropout = dropout,
                           .std = std,
                           .residual_std = std / sqrtf(2.0f * (float)c->layers),
                           .names = gpt2     ? &model_names_gpt2
                                    : phi3   ? &model_names_phi3
                                    : gemma3 ? &model_names_gemma3
                                             : &model_names_llama};
}

ModelDecoder *model_decoder_new(const ModelConfig *c, float dropout, Rng *rng)
{
    if (c->family == MODEL_BERT || model_config_fault(c))
        FATAL("model_decoder_new: %s", c->family == MODEL_BERT ? "a bert is none" : model_config_fault(c));
    bool gpt2 = c->family == MODEL_GPT2;
    const NnBlockConfig block = block_config(c, dropout);
    ModelDecoder *m = memory_zero(1, sizeof *m);
    Params *p = &m->params;
    m->config = *c;
    m->dropout = dropout;
    m->tokens = nn_embedding_new(p, gpt2 ? "wte" : "model.embed_tokens", c->vocab, c->channels, 0.02f, rng);
    m->positions =
        nn_positions_new(p, "wpe", gpt2 ? NN_LEARNED : NN_ROTARY, c->context, c->channels, 0.02f, rng);
    if (!gpt2)
        m->positions.rotary = c->rotary;
    m->blocks = memory_new(sizeof *m->blocks * (size_t)c->layers);
    for (int i = 0; i < c->layers; i++)
        m->blocks[i] = nn_block_new(p, &block, i, rng);
    m->norm = nn_norm_of_kind(p, gpt2 ? "ln_f" : "model.norm", c->channels, block.norm, c->eps);
    nn_param_of(p, m->norm.weight)->offset = block.gain_offset;
    m->head = c->tied ? m->tokens : nn_embedding_new(p, "lm_head", c->vocab, c->channels, 0.02f, rng);
    return m;
}
//< new

void model_decoder_free(ModelDecoder *m)
{
    if (!m)
        return;
    nn_params_free(&m->params);
    free(m->blocks);
    free(m);
}

static void check_length(Graph *g, const ModelDecoder *m, int time)
{
    const Tensor *table = m->positions.table ? m->positions.table : m->tokens;
    if (time > m->config.context)
        nn_shape_error(g, "model_decoder_hidden", table, NULL, "the sequence is longer than the context");
}

static Tensor *embed(Graph *g, const ModelDecoder *m, const int *ids, int batch, int time)
{
    float scale = model_config_embedding_scale(&m->config);
    Tensor *x = nn_embedding(g, m->tokens, ids, batch, time);
    return scale != 1 ? nn_scale(g, x, scale) : x;
}

/* The same call for layers with a window, gemma3's: the first position that is seen, and angles of their own. */
static NnBlockCall with_window(Graph *g, const ModelDecoder *m, NnBlockCall call, int batch, int time,
                               const int *positions)
{
    const ModelConfig *c = &m->config;
    NnPositions local = m->positions;
    if (c->family != MODEL_GEMMA3)
        return call;
    int *first = arena_alloc(nn_arena(g), sizeof *first * (size_t)batch * (size_t)time);
    for (int i = 0; i < batch * time; i++) {
        int given = call.attention.first ? call.attention.first[i] : 0, from = i % time - c->window + 1;
        first[i] = from > given ? from : given;
    }
    local.rotary = c->local_rotary;
    call.attention.first = first;
    call.angles = nn_positions_angles(g, &local, c->head_dim, positions, positions ? batch * time : time);
    return call;
}

//> forward
Tensor *model_decoder_hidden(Graph *g, const ModelDecoder *m, const int *ids, int batch, int time,
                             const NnAttention *attention, const int *positions)
{
    check_length(g, m, time);
    return model_decoder_hidden_of(g, m, embed(g, m, ids, batch, time), attention, positions);
}

Tensor *model_decoder_hidden_of(Graph *g, const ModelDecoder *m, Tensor *x, const NnAttention *attention,
                                const int *positions)
{
    const ModelConfig *c = &m->config;
    int batch = x->shape[0], time = x->shape[1];
    check_length(g, m, time);
    NnBlockCall call = {.attention = attention ? *attention : (NnAttention){0}};
    call.attention.causal = true;
    call.angles =
        nn_positions_angles(g, &m->positions, c->head_dim, positions, positions ? batch * time : time);
    x = nn_dropout(g, nn_positions_add(g, &m->positions, x, positions), m->dropout);
    const NnBlockCall window = with_window(g, m, call, batch, time, positions);
    for (int i = 0; i < c->layers; i++)
        x = nn_block(g, &m->blocks[i], x, model_config_window(c, i) ? &window : &call);
    return nn_norm(g, &m->norm, x);
}

Tensor *model_decoder_logits(Graph *g, const ModelDecoder *m, const int *ids, int batch, int time)
{
    return nn_affine(g, model_decoder_hidden(g, m, ids, batch, time, NULL, NULL), m->head, NULL);
}

Tensor *model_decoder_loss(Graph *g, const ModelDecoder *m, const int *ids, const int *targets, int batch,
                           int time)
{
    Tensor *x = model_decoder_hidden(g, m, ids, batch, time, NULL, NULL);
    return nn_affine_cross_entropy(g, x, m->head, targets, -1);
}
//< forward
