/* config.c -- whether a configuration can be that of a model. */
#include "common/model/config.h"

#include <math.h>
#include <stddef.h>

enum { MAX_SIZE = 1 << 24, MAX_LAYERS = 4096, MAX_HEADS = 1 << 14 };
static const double MAX_WEIGHTS = 17179869184.0; /* 2^34 */

//> gpt2
ModelConfig model_config_gpt2(ModelConfig sizes)
{
    ModelConfig c = sizes;
    c.family = MODEL_GPT2;
    c.kv_heads = c.heads;
    c.head_dim = c.heads > 0 && c.channels % c.heads == 0 ? c.channels / c.heads : 0;
    c.hidden = c.channels > MAX_SIZE / 4 ? MAX_SIZE : 4 * c.channels;
    c.activation = MODEL_ACTIVATION_GELU_TANH;
    c.eps = 1e-5f;
    c.tied = c.qkv_bias = c.output_bias = c.mlp_bias = true;
    return c;
}
//< gpt2

static bool within(int size, int max)
{
    return size >= 1 && size <= max;
}

bool model_config_gated(const ModelConfig *c)
{
    return c->family != MODEL_GPT2 && c->family != MODEL_BERT;
}

bool model_config_qk_norm(const ModelConfig *c)
{
    return c->family == MODEL_QWEN3 || c->family == MODEL_GEMMA3;
}

int model_config_window(const ModelConfig *c, int layer)
{
    return c->family == MODEL_GEMMA3 && (layer + 1) % c->global_every != 0 ? c->window : 0;
}

float model_config_embedding_scale(const ModelConfig *c)
{
    return c->family == MODEL_GEMMA3 ? sqrtf((float)c->channels) : 1;
}

float model_config_gain_offset(const ModelConfig *c)
{
    return c->family == MODEL_GEMMA3 ? 1 : 0;
}

static const char *rotary_fault(const TensorRotary *r)
{
    if (!(r->theta >= 1 && r->theta < 1e12f))
        return "rope_theta must be at least 1 and below 1e12";
    if (r->kind != TENSOR_ROTARY_PLAIN && !(r->factor >= 1 && r->factor < 1e6f))
        return "the factor of rope_scaling must be at least 1 and below 1e6";
    if (r->kind == TENSOR_ROTARY_LLAMA3 &&
        !(r->low > 0 && r->high > r->low && r->high < 1e6f && r->original >= 1))
        return "rope_scaling needs 0 < low_freq_factor < high_freq_factor and a positive original context";
    return NULL;
}

const char *model_config_fault(const ModelConfig *c)
{
    if (within(c->channels, MAX_SIZE) && within(c->heads, MAX_HEADS) && c->head_dim == 0)
        return "the heads must divide the channels";
    if (!within(c->vocab, MAX_SIZE) || !within(c->context, MAX_SIZE) || !within(c->channels, MAX_SIZE) ||
        !within(c->hidden, MAX_SIZE) || !within(c->head_dim, MAX_SIZE))
        return "vocabulary, context and widths must be from 1 to 16777216";
    if (!within(c->layers, MAX_LAYERS) || !within(c->heads, MAX_HEADS) || !within(c->kv_heads, c->heads))
        return "layers must be from 1 to 4096, heads to 16384, key and value heads to the heads";
    if (c->heads % c->kv_heads != 0)
        return "the key and value heads must divide the heads";
    if (!(c->eps > 0 && c->eps < 1))
        return "the epsilon of the norms must be above 0 and below 1";
    double width = c->channels, joined = (double)c->head_dim * c->heads;
    double layer = 2 * width * (joined + (double)c->head_dim * c->kv_heads) +
                   width * c->hidden * (model_config_gated(c) ? 3 : 2);
    double tables = width * ((c->tied ? 1.0 : 2.0) * c->vocab + (c->family == MODEL_GPT2 ? c->context : 0));
    if (!(c->layers * layer + tables <= MAX_WEIGHTS) || joined > MAX_SIZE)
        return "more than 17179869184 weights, or heads that together are wider than 16777216";
    if (!model_config_gated(c)) /* nor do these have rotary positions */
        return NULL;
    if (c->head_dim % 2 != 0)
        return "rotary positions need an even dimension of the heads";
    if (c->family == MODEL_GEMMA3 && (!within(c->window, MAX_SIZE) || !within(c->global_every, MAX_SIZE)))
        return "the window must be from 1 to 16777216, and so every which layer sees all";
    const char *local = c->family == MODEL_GEMMA3 ? rotary_fault(&c->local_rotary) : NULL;
    return local ? local : rotary_fault(&c->rotary);
}
