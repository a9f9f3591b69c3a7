/* load.c -- the weights of each family under the names of its folder.
 *
 * Matrices that are multiplied with the same input are joined: queries, keys and
 * values; the gate and what it lets through. Each is looked up and its shape
 * compared before memory is taken for it, so that a small file that claims to be
 * a large model costs nothing. */
#include "common/model/folder.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { NAME_ROOM = 160, MAX_PARTS = 3 };

typedef struct Loader {
    const char *folder;
    const ModelFiles *weights;
    ModelRun *model;
    const char *prefix; /* of all names but the head's */
    bool stored_in_out; /* matrices lie as (in,out), as in gpt2 */
    Error *error;
    bool good; /* nothing failed so far */
} Loader;

/* Rows of a joined matrix that are one tensor in the file. */
typedef struct Part {
    const char *name; /* without .weight and .bias */
    int rows;
} Part;

__attribute__((format(printf, 2, 3))) static const char *print_name(char *text, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    vsnprintf(text, NAME_ROOM, format, args);
    va_end(args);
    return text;
}

/* A vector or table as it lies in the file, in the model's arena; NULL after a fault. */
static float *load_floats(Loader *l, const char *name, int rank, const int *shape)
{
    size_t size = 1;
    for (int i = 0; i < rank; i++)
        size *= (size_t)shape[i];
    l->good = l->good && model_files_check(l->weights, name, rank, shape, false, l->error);
    if (!l->good)
        return NULL;
    float *x = arena_alloc(l->model->arena, size * sizeof *x);
    l->good = model_files_read(l->weights, name, rank, shape, x, false, l->error);
    return x;
}

static const float *load_vector(Loader *l, const char *name, int size)
{
    return load_floats(l, name, 1, &size);
}

/* The gains of a norm, which gemma3's files hold less 1. */
static const float *load_gain(Loader *l, const char *name, int size)
{
    float *gain = load_floats(l, name, 1, &size), offset = model_config_gain_offset(&l->model->config);
    for (int i = 0; gain && i < size; i++)
        gain[i] += offset;
    return gain;
}

/* The biases of the parts, one after another. */
static const float *load_bias(Loader *l, const Part *parts, int count, int rows)
{
    char name[NAME_ROOM];
    for (int i = 0; i < count && l->good; i++)
        l->good = model_files_check(l->weights, print_name(name, "%s.bias", parts[i].name), 1,
                                    &parts[i].rows, false, l->error);
    if (!l->good)
        return NULL;
    float *bias = arena_alloc(l->model->arena, (size_t)rows * sizeof *bias), *at = bias;
    for (int i = 0; i < count && l->good; at += parts[i++].rows)
        l->good = model_files_read(l->weights, print_name(name, "%s.bias", parts[i].name), 1,
                                   &parts[i].rows, at, false, l->error);
    return bias;
}

/* A bias that config.json knows nothing of belongs to another model. */
static void refuse_bias(Loader *l, const Part *parts, int count)
{
    char name[NAME_ROOM];
    for (int i = 0; i < count && l->good; i++) {
        print_name(name, "%s.bias", parts[i].name);
        if (model_files_has(l->weights, name))
            l->good = error_set(l->error, "%s/%s: %s is there, but by config.json there is no such bias",
                                l->folder, model_files_file(l->weights, name), name);
    }
}

/* y = W x + b with the rows of W in `count` parts. */
static ModelWeight load_parts(Loader *l, const Part *parts, int count, int cols, bool has_bias)
{
    char name[NAME_ROOM];
    size_t rows = 0;
    QuantKind kind = l->model->kind;
    for (int i = 0; i < count && l->good; i++) {
        l->good = model_files_check(l->weights, print_name(name, "%s.weight", parts[i].name), 2,
                                    (const int[]){parts[i].rows, cols}, l->stored_in_out, l->error);
        rows += (size_t)parts[i].rows;
    }
    const float *bias = has_bias ? load_bias(l, parts, count, (int)rows) : NULL;
    if (!has_bias)
        refuse_bias(l, parts, count);
    if (!l->good)
        return (ModelWeight){0};
    size_t bytes = rows * (size_t)cols * sizeof(float);
    float *all = kind == QUANT_NONE ? arena_alloc(l->model->arena, bytes) : memory_new(bytes), *at = all;
    for (int i = 0; i < count && l->good; at += (size_t)parts[i++].rows * (size_t)cols)
        l->good = model_files_read(l->weights, print_name(name, "%s.weight", parts[i].name), 2,
                                   (const int[]){parts[i].rows, cols}, at, l->stored_in_out, l->error);
    ModelWeight w = {0};
    if (l->good)
        w = model_weight_of(l->model->arena, kind, all, (int)rows, cols, bias);
    if (kind != QUANT_NONE)
        free(all);
    return w;
}

static ModelWeight load_matrix(Loader *l, const char *name, int rows, int cols, bool has_bias)
{
    return load_parts(l, &(Part){name, rows}, 1, cols, has_bias);
}

/* A table of (rows,C), stored as it is in every family. */
static ModelWeight load_table(Loader *l, const char *name, int rows)
{
    bool stored = l->stored_in_out;
    l->stored_in_out = false;
    ModelWeight w = load_matrix(l, name, rows, l->model->config.channels, false);
    l->stored_in_out = stored;
    return w;
}

/* NAME.weight and NAME.bias; old files of bert call them gamma and beta. */
static ModelNorm load_norm(Loader *l, const char *name, bool has_bias)
{
    char gain[NAME_ROOM], bias[NAME_ROOM];
    int size = l->model->config.channels;
    bool old = model_files_has(l->weights, print_name(gain, "%s.gamma", name));
    ModelNorm n = {load_gain(l, old ? gain : print_name(gain, "%s.weight", name), size), NULL};
    if (has_bias)
        n.bias = load_vector(l, print_name(bias, old ? "%s.beta" : "%s.bias", name), size);
    return n;
}

/* ---- the families -------------------------------------------------------------------------------- */

static void load_gpt2(Loader *l)
{
    ModelRun *m = l->model;
    const ModelConfig *c = &m->config;
    char name[NAME_ROOM];
    int width = c->channels;
    l->stored_in_out = true;
    m->tokens = load_table(l, print_name(name, "%swte", l->prefix), c->vocab);
    m->positions =
        load_floats(l, print_name(name, "%swpe.weight", l->prefix), 2, (const int[]){c->context, width});
    for (int i = 0; i < c->layers && l->good; i++) {
        ModelLayer *layer = &m->layers[i];
        const char *p = l->prefix;
        layer->norm1 = load_norm(l, print_name(name, "%sh.%d.ln_1", p, i), true);
        layer->qkv = load_matrix(l, print_name(name, "%sh.%d.attn.c_attn", p, i), 3 * width, width, true);
        layer->out = load_matrix(l, print_name(name, "%sh.%d.attn.c_proj", p, i), width, width, true);
        layer->norm2 = load_norm(l, print_name(name, "%sh.%d.ln_2", p, i), true);
        layer->up = load_matrix(l, print_name(name, "%sh.%d.mlp.c_fc", p, i), c->hidden, width, true);
        layer->down = load_matrix(l, print_name(name, "%sh.%d.mlp.c_proj", p, i), width, c->hidden, true);
    }
    m->norm = load_norm(l, print_name(name, "%sln_f", l->prefix), true);
}

/* Queries, keys and values of a layer, and the part that brings the heads together. */
static void load_attention(Loader *l, ModelLayer *layer, const char *start, const char *const names[4])
{
    const ModelConfig *c = &l->model->config;
    char text[4][NAME_ROOM];
    int queries = c->heads * c->head_dim, keys = c->kv_heads * c->head_dim;
    for (int i = 0; i < 4; i++)
        print_name(text[i], "%s.%s", start, names[i]);
    const Part parts[] = {{text[0], queries}, {text[1], keys}, {text[2], keys}};
    layer->qkv = load_parts(l, parts, 3, c->channels, c->qkv_bias);
    layer->out = load_matrix(l, text[3], c->channels, queries, c->output_bias);
}

/* Phi-3's files hold what is multiplied with the same input as it runs. */
static void load_phi3_layer(Loader *l, ModelLayer *layer, const char *start)
{
    const ModelConfig *c = &l->model->config;
    char name[NAME_ROOM];
    int queries = c->heads * c->head_dim, keys = c->kv_heads * c->head_dim, width = c->channels;
    layer->norm1 = load_norm(l, print_name(name, "%s.input_layernorm", start), false);
    layer->qkv = load_matrix(l, print_name(name, "%s.self_attn.qkv_proj", start), queries + 2 * keys, width,
                             c->qkv_bias);
    layer->out =
        load_matrix(l, print_name(name, "%s.self_attn.o_proj", start), width, queries, c->output_bias);
    layer->norm2 = load_norm(l, print_name(name, "%s.post_attention_layernorm", start), false);
    layer->up =
        load_matrix(l, print_name(name, "%s.mlp.gate_up_proj", start), 2 * c->hidden, width, c->mlp_bias);
    layer->down =
        load_matrix(l, print_name(name, "%s.mlp.down_proj", start), width, c->hidden, c->mlp_bias);
}

static void load_llama_layer(Loader *l, ModelLayer *layer, const char *start)
{
    static const char *const names[] = {"self_attn.q_proj", "self_attn.k_proj", "self_attn.v_proj",
                                        "self_attn.o_proj"};
    const ModelConfig *c = &l->model->config;
    char name[NAME_ROOM], gate[NAME_ROOM];
    layer->norm1 = load_norm(l, print_name(name, "%s.input_layernorm", start), false);
    load_attention(l, layer, start, names);
    print_name(name, "%s.self_attn.q_norm.weight", start);
    if (l->good && !model_config_qk_norm(c) && model_files_has(l->weights, name))
        l->good = error_set(l->error, "%s/%s: %s is there, but by config.json heads are not normalised",
                            l->folder, model_files_file(l->weights, name), name);
    if (model_config_qk_norm(c)) {
        layer->q_norm = load_gain(l, print_name(name, "%s.self_attn.q_norm.weight", start), c->head_dim);
        layer->k_norm = load_gain(l, print_name(name, "%s.self_attn.k_norm.weight", start), c->head_dim);
    }
    if (c->family != MODEL_GEMMA3) {
        layer->norm2 = load_norm(l, print_name(name, "%s.post_attention_layernorm", start), false);
    } else {
        layer->norm2 = load_norm(l, print_name(name, "%s.pre_feedforward_layernorm", start), false);
        layer->norm1_after = load_norm(l, print_name(name, "%s.post_attention_layernorm", start), false);
        layer->norm2_after = load_norm(l, print_name(name, "%s.post_feedforward_layernorm", start), false);
    }
    const Part parts[] = {{print_name(gate, "%s.mlp.gate_proj", start), c->hidden},
                          {print_name(name, "%s.mlp.up_proj", start), c->hidden}};
    layer->up = load_parts(l, parts, 2, c->channels, c->mlp_bias);
    layer->down =
        load_matrix(l, print_name(name, "%s.mlp.down_proj", start), c->channels, c->hidden, c->mlp_bias);
}

static void load_llama(Loader *l)
{
    ModelRun *m = l->model;
    char name[NAME_ROOM];
    m->tokens = load_table(l, print_name(name, "%sembed_tokens", l->prefix), m->config.vocab);
    for (int i = 0; i < m->config.layers && l->good; i++) {
        char start[NAME_ROOM / 2];
        snprintf(start, sizeof start, "%slayers.%d", l->prefix, i);
        (m->config.family == MODEL_PHI3 ? load_phi3_layer : load_llama_layer)(l, &m->layers[i], start);
    }
    m->norm = load_norm(l, print_name(name, "%snorm", l->prefix), false);
}

static void load_bert_layer(Loader *l, ModelLayer *layer, const char *start)
{
    static const char *const names[] = {"attention.self.query", "attention.self.key",
                                        "attention.self.value", "attention.output.dense"};
    const ModelConfig *c = &l->model->config;
    char name[NAME_ROOM];
    load_attention(l, layer, start, names);
    layer->norm1 = load_norm(l, print_name(name, "%s.attention.output.LayerNorm", start), true);
    layer->up =
        load_matrix(l, print_name(name, "%s.intermediate.dense", start), c->hidden, c->channels, true);
    layer->down = load_matrix(l, print_name(name, "%s.output.dense", start), c->channels, c->hidden, true);
    layer->norm2 = load_norm(l, print_name(name, "%s.output.LayerNorm", start), true);
}

/* The pooler and the head for masked tokens are there or not, as the folder was saved. */
static void load_bert_heads(Loader *l)
{
    ModelRun *m = l->model;
    char name[NAME_ROOM];
    int width = m->config.channels;
    print_name(name, "%spooler.dense.weight", l->prefix);
    if (model_files_has(l->weights, name))
        m->pool = load_matrix(l, print_name(name, "%spooler.dense", l->prefix), width, width, true);
    if (!model_files_has(l->weights, "cls.predictions.transform.dense.weight"))
        return;
    m->transform = load_matrix(l, "cls.predictions.transform.dense", width, width, true);
    m->transform_norm = load_norm(l, "cls.predictions.transform.LayerNorm", true);
    bool twice = model_files_has(l->weights, "cls.predictions.decoder.bias"); /* the same again */
    m->head = m->config.tied ? m->tokens
                             : load_matrix(l, "cls.predictions.decoder", m->config.vocab, width, twice);
    m->head.bias = load_vector(l, "cls.predictions.bias", m->config.vocab);
}

static void load_bert(Loader *l)
{
    ModelRun *m = l->model;
    const ModelConfig *c = &m->config;
    char name[NAME_ROOM];
    m->tokens = load_table(l, print_name(name, "%sembeddings.word_embeddings", l->prefix), c->vocab);
    m->positions = load_floats(l, print_name(name, "%sembeddings.position_embeddings.weight", l->prefix), 2,
                               (const int[]){c->context, c->channels});
    m->types = load_floats(l, print_name(name, "%sembeddings.token_type_embeddings.weight", l->prefix), 2,
                           (const int[]){c->types, c->channels});
    m->norm = load_norm(l, print_name(name, "%sembeddings.LayerNorm", l->prefix), true);
    for (int i = 0; i < c->layers && l->good; i++) {
        char start[NAME_ROOM / 2];
        snprintf(start, sizeof start, "%sencoder.layer.%d", l->prefix, i);
        load_bert_layer(l, &m->layers[i], start);
    }
    if (l->good)
        load_bert_heads(l);
}

/* ---- the whole ----------------------------------------------------------------------------------- */

/* How each family names things: its table of tokens, with or without a prefix, and a
 * weight of a layer, before and after the layer's number. */
typedef struct Names {
    const char *prefix, *tokens, *before, *after;
} Names;

static const Names names_of[] = {
    [MODEL_GPT2] = {"transformer.", "wte.weight", "h.", ".ln_1.weight"},
    [MODEL_LLAMA] = {"model.", "embed_tokens.weight", "layers.", ".input_layernorm.weight"},
    [MODEL_QWEN2] = {"model.", "embed_tokens.weight", "layers.", ".input_layernorm.weight"},
    [MODEL_QWEN3] = {"model.", "embed_tokens.weight", "layers.", ".input_layernorm.weight"},
    [MODEL_MISTRAL] = {"model.", "embed_tokens.weight", "layers.", ".input_layernorm.weight"},
    [MODEL_PHI3] = {"model.", "embed_tokens.weight", "layers.", ".input_layernorm.weight"},
    [MODEL_GEMMA3] = {"model.", "embed_tokens.weight", "layers.", ".input_layernorm.weight"},
    [MODEL_BERT] = {"bert.", "embeddings.word_embeddings.weight", "encoder.layer.",
                    ".output.dense.weight"}};

static void choose_prefix(Loader *l)
{
    const Names *n = &names_of[l->model->config.family];
    char name[NAME_ROOM];
    l->prefix =
        model_files_has(l->weights, print_name(name, "%s%s", n->prefix, n->tokens)) ? n->prefix : "";
}

/* A file with more layers than config.json says is another model. */
static void refuse_more_layers(Loader *l)
{
    char name[NAME_ROOM];
    int layers = l->model->config.layers;
    const Names *n = &names_of[l->model->config.family];
    print_name(name, "%s%s%d%s", l->prefix, n->before, layers, n->after);
    if (l->good && model_files_has(l->weights, name))
        l->good = error_set(l->error, "%s/%s: %s is there, but config.json says %d layers", l->folder,
                            model_files_file(l->weights, name), name, layers);
}

static void load_family(Loader *l)
{
    ModelRun *m = l->model;
    switch (m->config.family) {
    case MODEL_GPT2:
        load_gpt2(l);
        break;
    case MODEL_BERT:
        load_bert(l);
        return;
    default:
        load_llama(l);
    }
    m->head = m->config.tied ? m->tokens : load_table(l, "lm_head", m->config.vocab);
}

ModelRun *model_run_load(const char *folder, QuantKind kind, Error *e)
{
    ModelConfig c;
    ModelFiles *w = model_folder_config(folder, &c, e) ? model_files_open(folder, e) : NULL;
    if (!w)
        return NULL;
    ModelRun *m = memory_zero(1, sizeof *m);
    m->config = c;
    m->kind = kind;
    m->arena = arena_new();
    size_t bytes = (size_t)c.layers * sizeof *m->layers;
    m->layers = memset(arena_alloc(m->arena, bytes), 0, bytes);
    Loader l = {.folder = folder, .weights = w, .model = m, .error = e, .good = true};
    choose_prefix(&l);
    load_family(&l);
    refuse_more_layers(&l);
    model_files_close(w);
    if (l.good)
        return m;
    model_run_free(m);
    return NULL;
}
