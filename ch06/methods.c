/* methods.c -- what each method attaches, and what it leaves unfrozen. */
#include "ch06/methods.h"

#include "common/model/adapter.h"
#include "common/model/bottleneck.h"
#include "common/model/quantised.h"
#include "ch06/soft.h"

#include <stdio.h>
#include <stdlib.h>

/* The linear layers of the blocks, in all families. */
static const char BLOCKS[] = "h.*,model.layers.*,bert.encoder.layer.*";

const MethodAbout method_about[METHODS] = {[METHOD_FULL] = {"full", "全参数", 5e-4f, false},
                                           [METHOD_HEAD] = {"head only", "只训输出层", 1e-2f, false},
                                           [METHOD_LAST_BLOCK] = {"last block", "最后一块", 1e-3f, false},
                                           [METHOD_RANDOM] = {"random start", "随机初始化", 5e-4f, true},
                                           [METHOD_ADAPTER] = {"adapter", "适配器", 2e-3f, false},
                                           [METHOD_LORA] = {"LoRA", "LoRA", 5e-3f, false},
                                           [METHOD_QLORA] = {"QLoRA (int4)", "QLoRA（int4）", 5e-3f, false},
                                           [METHOD_PREFIX] = {"prefix", "前缀", 1e-2f, false},
                                           [METHOD_P_TUNING] = {"P-tuning", "P-Tuning", 1e-2f, false},
                                           [METHOD_PROMPT] = {"prompt", "提示", 1e-2f, false},
                                           [METHOD_BITFIT] = {"BitFit", "BitFit", 5e-3f, false}};

struct Method {
    ModelClassifier *classifier;
    Params model;    /* backbone and head, borrowed */
    Params attached; /* what a method adds, borrowed */
    Params trained;
    ModelQuantised *quantised; /* NULL where a method has no such thing */
    ModelAdapter *lora;
    ModelBottleneck *bottleneck;
    SoftPrefix *prefix;
    SoftPrompt *prompt;
};

/* A kind's way of attaching: the model is frozen when it is called, and the head is thawed afterwards. */
typedef bool Attach(Method *m, const MethodSizes *s, Rng *rng, Error *e);

//> methods
static bool attach_nothing(Method *m, const MethodSizes *s, Rng *rng, Error *e)
{
    (void)m, (void)s, (void)rng, (void)e;
    return true;
}

static bool attach_full(Method *m, const MethodSizes *s, Rng *rng, Error *e)
{
    (void)s, (void)rng, (void)e;
    nn_params_freeze(&m->model, false);
    return true;
}

static bool attach_last_block(Method *m, const MethodSizes *s, Rng *rng, Error *e)
{
    char names[160];
    int last = m->classifier->backbone->config.layers - 1;
    (void)s, (void)rng, (void)e;
    snprintf(names, sizeof names, "h.%d.*,ln_f.*,model.layers.%d.*,model.norm.*,bert.encoder.layer.%d.*",
             last, last, last);
    nn_params_thaw(&m->model, names);
    return true;
}

static bool attach_biases(Method *m, const MethodSizes *s, Rng *rng, Error *e)
{
    (void)s, (void)rng, (void)e;
    if (nn_params_thaw(m->classifier->backbone->params, "*.bias") == 0)
        nn_params_thaw(&m->model, "*norm.weight");
    return true;
}

static bool attach_bottlenecks(Method *m, const MethodSizes *s, Rng *rng, Error *e)
{
    m->bottleneck = model_bottleneck_new(&m->model, MODEL_LAST_OF_PARTS, s->bottleneck, rng, e);
    if (m->bottleneck)
        m->attached = *model_bottleneck_params(m->bottleneck);
    return m->bottleneck != NULL;
}

static bool attach_lora(Method *m, const MethodSizes *s, Rng *rng, Error *e)
{
    m->lora = model_adapter_new(&m->model,
                                &(ModelLora){.layers = BLOCKS, .rank = s->rank, .alpha = s->alpha}, rng, e);
    if (m->lora)
        m->attached = *model_adapter_params(m->lora);
    return m->lora != NULL;
}

static bool attach_qlora(Method *m, const MethodSizes *s, Rng *rng, Error *e)
{
    m->quantised = model_quantise(&m->model, BLOCKS, QUANT_INT4, e);
    return m->quantised && attach_lora(m, s, rng, e);
}

static bool attach_prefix(Method *m, const MethodSizes *s, Rng *rng, Error *e)
{
    const ModelBackbone *b = m->classifier->backbone;
    (void)e;
    m->prefix = soft_prefix_new(b->blocks, b->config.layers, &(SoftPrefixForm){.count = s->prefix}, rng);
    m->attached = *soft_prefix_params(m->prefix);
    return true;
}

static bool attach_prompt_by(Method *m, const MethodSizes *s, SoftMaker maker, Rng *rng)
{
    m->prompt = soft_prompt_new(s->prompt, m->classifier->backbone->config.channels, 0.02f, maker, rng);
    m->attached = m->prompt->params;
    return true;
}

static bool attach_p_tuning(Method *m, const MethodSizes *s, Rng *rng, Error *e)
{
    (void)e;
    return attach_prompt_by(m, s, SOFT_LSTM, rng);
}

static bool attach_prompt(Method *m, const MethodSizes *s, Rng *rng, Error *e)
{
    (void)e;
    return attach_prompt_by(m, s, SOFT_DIRECT, rng);
}
//< methods

static Attach *const attach[METHODS] = {[METHOD_FULL] = attach_full,
                                        [METHOD_HEAD] = attach_nothing,
                                        [METHOD_LAST_BLOCK] = attach_last_block,
                                        [METHOD_RANDOM] = attach_full,
                                        [METHOD_ADAPTER] = attach_bottlenecks,
                                        [METHOD_LORA] = attach_lora,
                                        [METHOD_QLORA] = attach_qlora,
                                        [METHOD_PREFIX] = attach_prefix,
                                        [METHOD_P_TUNING] = attach_p_tuning,
                                        [METHOD_PROMPT] = attach_prompt,
                                        [METHOD_BITFIT] = attach_biases};

static MethodSizes filled_in(const MethodSizes *sizes)
{
    MethodSizes s = sizes ? *sizes : (MethodSizes){0};
    s.rank = s.rank ? s.rank : 4;
    s.alpha = s.alpha > 0 ? s.alpha : 8;
    s.bottleneck = s.bottleneck ? s.bottleneck : 16;
    s.prefix = s.prefix ? s.prefix : 8;
    s.prompt = s.prompt ? s.prompt : 8;
    return s;
}

Method *method_new(MethodKind kind, ModelClassifier *c, const MethodSizes *sizes, Rng *rng, Error *e)
{
    Method *m = memory_zero(1, sizeof *m);
    MethodSizes s = filled_in(sizes);
    m->classifier = c;
    m->model = nn_params_join(c->backbone->params, &c->params);
    nn_params_freeze(&m->model, true);
    if (!attach[kind](m, &s, rng, e)) {
        method_free(m);
        return NULL;
    }
    nn_params_freeze(&c->params, false);
    Params all = nn_params_join(&m->model, &m->attached);
    m->trained = nn_params_trained(&all);
    nn_params_part(&all);
    return m;
}

void method_free(Method *m)
{
    if (!m)
        return;
    model_adapter_free(m->lora);
    model_bottleneck_free(m->bottleneck);
    model_quantised_free(m->quantised);
    soft_prefix_free(m->prefix);
    soft_prompt_free(m->prompt);
    nn_params_freeze(&m->model, false);
    nn_params_part(&m->model);
    nn_params_part(&m->trained);
    free(m);
}

const Params *method_params(const Method *m)
{
    return &m->trained;
}

Tensor *method_logits(Graph *g, void *method, const TextBatch *b)
{
    const Method *m = method;
    const ModelClassifier *c = m->classifier;
    if (m->prefix)
        soft_prefix_make(g, m->prefix);
    if (!m->prompt)
        return model_classifier_logits(g, c, b->ids, b->rows, b->time, b->lengths);
    Tensor *vectors = soft_prompt_vectors(g, m->prompt);
    Tensor *hidden = soft_prompt_hidden(g, c->backbone, vectors, b->ids, b->rows, b->time, b->lengths);
    return model_classifier_logits_of(g, c, hidden, b->lengths);
}

size_t method_weight_bytes(const Method *m)
{
    size_t bytes = (nn_param_total(&m->model) + nn_param_total(&m->attached)) * sizeof(float);
    if (m->quantised)
        bytes += model_quantised_bytes(m->quantised) - model_quantised_float_bytes(m->quantised);
    return bytes;
}
