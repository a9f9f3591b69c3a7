/* folder.c -- config.json and generation_config.json. */
#include "common/model/folder.h"

#include "common/base/file.h"
#include "common/model/object.h"

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { LARGEST_SIZE = 1 << 24, LARGEST_LAYERS = 4096, NAME_SHOWN = 60 };

bool model_folder_path(char path[MODEL_FOLDER_PATH], const char *folder, const char *name, Error *e)
{
    if (snprintf(path, MODEL_FOLDER_PATH, "%s/%s", folder, name) < MODEL_FOLDER_PATH)
        return true;
    return error_set(e, "%.64s...: the path is too long", folder);
}

/* ---- single values ------------------------------------------------------------------------------- */

/* Where a value is looked for, and where its faults go. */
typedef struct Source {
    const char *path;
    const json_t *root;
    Error *error;
    bool good; /* no fault so far */
} Source;

static void fault(Source *s, const char *key, const char *expected)
{
    s->good = false;
    error_set(s->error, "%s: %s: expected %s", s->path, key, expected);
}

/* The value of a key; null counts as missing. */
static const json_t *value_of(const Source *s, const char *key)
{
    const json_t *j = json_object_get(s->root, key);
    return json_is_null(j) ? NULL : j;
}

/* fallback 0: the key must be there. */
static int size_of(Source *s, const char *key, int fallback)
{
    char expected[64];
    const json_t *j = value_of(s, key);
    json_int_t n = json_integer_value(j);
    if (!j && fallback)
        return fallback;
    if (json_is_integer(j) && n >= 1 && n <= LARGEST_SIZE)
        return (int)n;
    snprintf(expected, sizeof expected, "a whole number from 1 to %d", (int)LARGEST_SIZE);
    fault(s, key, expected);
    return 1;
}

static float number_of(Source *s, const char *key, double fallback)
{
    const json_t *j = value_of(s, key);
    if (!j)
        return (float)fallback;
    if (!json_is_number(j))
        fault(s, key, "a number");
    return (float)json_number_value(j);
}

static bool flag_of(Source *s, const char *key, bool fallback)
{
    const json_t *j = value_of(s, key);
    if (j && !json_is_boolean(j))
        fault(s, key, "true or false");
    return j ? json_is_true(j) : fallback;
}

static const char *text_of(Source *s, const char *key, const char *fallback)
{
    const json_t *j = value_of(s, key);
    if (j && !json_is_string(j))
        fault(s, key, "a text");
    return json_is_string(j) ? json_string_value(j) : fallback;
}

/* A text that must be one of some names; else the fault names it. */
static int name_of(Source *s, const char *key, const char *fallback, const char *const *names,
                   const int *values)
{
    const char *name = text_of(s, key, fallback);
    char known[200] = "";
    for (int i = 0; names[i]; i++) {
        if (name && strcmp(name, names[i]) == 0)
            return values[i];
        snprintf(known + strlen(known), sizeof known - strlen(known), "%s\"%s\"", i ? ", " : "", names[i]);
    }
    s->good = false;
    error_set(s->error, "%s: %s: \"%.*s\" is not known here, expected one of %s", s->path, key, NAME_SHOWN,
              name ? name : "", known);
    return 0;
}

/* ---- config.json --------------------------------------------------------------------------------- */

static ModelActivation activation_of(Source *s, const char *key, const char *fallback)
{
    static const char *const names[] = {
        "gelu_new", "gelu_pytorch_tanh", "gelu_fast", "gelu", "silu", "swish", "relu", NULL};
    static const int values[] = {MODEL_ACTIVATION_GELU_TANH, MODEL_ACTIVATION_GELU_TANH,
                                 MODEL_ACTIVATION_GELU_TANH, MODEL_ACTIVATION_GELU,
                                 MODEL_ACTIVATION_SILU,      MODEL_ACTIVATION_SILU,
                                 MODEL_ACTIVATION_RELU};
    return (ModelActivation)name_of(s, key, fallback, names, values);
}

/* "eos_token_id": one number, or a list of them. */
static void read_ends(Source *s, ModelConfig *c)
{
    const json_t *j = value_of(s, "eos_token_id");
    c->end_count = 0;
    size_t count = json_is_array(j) ? json_array_size(j) : j ? 1 : 0;
    if (count > MODEL_MAX_ENDS)
        fault(s, "eos_token_id", "at most 8 tokens");
    for (size_t i = 0; i < count && i < MODEL_MAX_ENDS; i++) {
        const json_t *id = json_is_array(j) ? json_array_get(j, i) : j;
        json_int_t n = json_integer_value(id);
        if (!json_is_integer(id) || n < -1 || n > LARGEST_SIZE)
            fault(s, "eos_token_id", "a token's number, or a list of them");
        else
            c->ends[c->end_count++] = (int)n; /* one beyond the vocabulary never comes */
    }
}

static void read_gpt2(Source *s, ModelConfig *c)
{
    c->context = size_of(s, "n_positions", 0);
    c->channels = size_of(s, "n_embd", 0);
    c->layers = size_of(s, "n_layer", 0);
    c->heads = c->kv_heads = size_of(s, "n_head", 0);
    c->hidden = size_of(s, "n_inner", c->channels <= LARGEST_SIZE / 4 ? 4 * c->channels : LARGEST_SIZE);
    c->activation = activation_of(s, "activation_function", "gelu_new");
    c->eps = number_of(s, "layer_norm_epsilon", 1e-5);
    c->tied = flag_of(s, "tie_word_embeddings", true);
    c->qkv_bias = c->output_bias = c->mlp_bias = true;
    if (!flag_of(s, "scale_attn_weights", true))
        fault(s, "scale_attn_weights", "true");
    if (flag_of(s, "scale_attn_by_inverse_layer_idx", false))
        fault(s, "scale_attn_by_inverse_layer_idx", "false");
}

/* Heads that turn only in part are of other families. */
static void expect_whole_turn(Source *s)
{
    if (number_of(s, "partial_rotary_factor", 1) != 1)
        fault(s, "partial_rotary_factor", "1");
}

/* What a kind of turn needs must be there: a factor or a kind that is left out would be another model without a
 * word. */
static void read_turn(Source *s, const char *key, int context, TensorRotary *r)
{
    static const char *const names[] = {"default", "linear", "llama3", NULL};
    static const int values[] = {TENSOR_ROTARY_PLAIN, TENSOR_ROTARY_LINEAR, TENSOR_ROTARY_LLAMA3};
    const json_t *scaling = value_of(s, key);
    if (!scaling)
        return;
    if (!json_is_object(scaling)) {
        fault(s, key, "an object");
        return;
    }
    Source in = {s->path, scaling, s->error, true};
    r->kind = (TensorRotaryKind)name_of(&in, value_of(&in, "rope_type") ? "rope_type" : "type",
                                        value_of(&in, "factor") ? NULL : "default", names, values);
    r->theta = number_of(&in, "rope_theta", (double)r->theta);
    r->factor = number_of(&in, "factor", r->kind == TENSOR_ROTARY_PLAIN ? 1 : 0);
    r->low = number_of(&in, "low_freq_factor", 0);
    r->high = number_of(&in, "high_freq_factor", 0);
    r->original =
        size_of(&in, "original_max_position_embeddings", r->kind == TENSOR_ROTARY_LLAMA3 ? 0 : context);
    expect_whole_turn(&in);
    s->good = s->good && in.good;
}

static TensorRotary read_theta(Source *s, const char *key, double fallback)
{
    return (TensorRotary){
        .kind = TENSOR_ROTARY_PLAIN, .theta = number_of(s, key, fallback), .factor = 1, .original = 1};
}

/* "rope_scaling", or in newer files "rope_parameters", which holds theta, too. */
static void read_rotary(Source *s, ModelConfig *c, double theta)
{
    c->rotary = read_theta(s, "rope_theta", theta);
    expect_whole_turn(s);
    read_turn(s, value_of(s, "rope_parameters") ? "rope_parameters" : "rope_scaling", c->context,
              &c->rotary);
}

static void read_llama(Source *s, ModelConfig *c)
{
    bool qwen = c->family == MODEL_QWEN2 || c->family == MODEL_QWEN3;
    c->context = size_of(s, "max_position_embeddings", qwen ? 32768 : 2048);
    c->channels = size_of(s, "hidden_size", 0);
    c->layers = size_of(s, "num_hidden_layers", 0);
    c->heads = size_of(s, "num_attention_heads", 0);
    c->kv_heads = size_of(s, "num_key_value_heads", c->heads);
    c->head_dim = value_of(s, "head_dim") ? size_of(s, "head_dim", 0) : c->family == MODEL_QWEN3 ? 128 : 0;
    c->hidden = size_of(s, "intermediate_size", 0);
    c->activation = activation_of(s, "hidden_act", "silu");
    c->eps = number_of(s, "rms_norm_eps", 1e-6);
    c->tied = flag_of(s, "tie_word_embeddings", false);
    c->qkv_bias = c->family == MODEL_QWEN2 || flag_of(s, "attention_bias", false);
    c->output_bias = c->family != MODEL_QWEN2 && c->qkv_bias;
    c->mlp_bias = flag_of(s, "mlp_bias", false);
    if (flag_of(s, "use_sliding_window", false))
        fault(s, "use_sliding_window", "false");
    if (!qwen && value_of(s, "sliding_window")) {
        int window = size_of(s, "sliding_window", 0);
        c->context = window < c->context ? window : c->context;
    }
    read_rotary(s, c, 10000);
}

/* Every n-th layer sees all; newer files name the kind of each layer instead of n. */
static void read_layer_types(Source *s, ModelConfig *c)
{
    const char *key =
        value_of(s, "sliding_window_pattern") ? "sliding_window_pattern" : "_sliding_window_pattern";
    const json_t *types = value_of(s, "layer_types");
    c->global_every = size_of(s, key, 6);
    if (!types)
        return;
    const char *name[LARGEST_LAYERS] = {NULL};
    int every = 0;
    for (int i = 0; i < c->layers && i < LARGEST_LAYERS; i++) {
        name[i] = json_string_value(json_array_get(types, (size_t)i));
        if (!every && name[i] && strcmp(name[i], "full_attention") == 0)
            every = i + 1;
    }
    c->global_every = every ? every : c->layers + 1;
    bool good = json_array_size(types) == (size_t)c->layers && c->layers <= LARGEST_LAYERS;
    for (int i = 0; i < c->layers && good; i++)
        good = name[i] &&
               strcmp(name[i], model_config_window(c, i) ? "sliding_attention" : "full_attention") == 0;
    if (!good)
        fault(s, "layer_types",
              "each layer's, every n-th \"full_attention\", the others \"sliding_attention\"");
}

/* Newer files have "rope_parameters" of both kinds of layers. */
static void read_two_rotaries(Source *s, ModelConfig *c)
{
    const json_t *both = value_of(s, "rope_parameters");
    Source in = {s->path, both, s->error, true};
    c->local_rotary = read_theta(s, "rope_local_base_freq", 10000);
    read_rotary(s, c, 1000000);
    if (!both || !value_of(&in, "full_attention"))
        return;
    read_turn(&in, "full_attention", c->context, &c->rotary);
    read_turn(&in, "sliding_attention", c->context, &c->local_rotary);
    s->good = s->good && in.good;
}

/* Keys that must not say anything. */
static void expect_nothing(Source *s, const char *key)
{
    if (value_of(s, key))
        fault(s, key, "null");
}

static void read_gemma3(Source *s, ModelConfig *c)
{
    c->context = size_of(s, "max_position_embeddings", 131072);
    c->channels = size_of(s, "hidden_size", 0);
    c->layers = size_of(s, "num_hidden_layers", 0);
    c->heads = size_of(s, "num_attention_heads", 0);
    c->kv_heads = size_of(s, "num_key_value_heads", 0);
    c->head_dim = size_of(s, "head_dim", 256);
    c->hidden = size_of(s, "intermediate_size", 0);
    c->activation = activation_of(s, "hidden_activation", "gelu_pytorch_tanh");
    c->eps = number_of(s, "rms_norm_eps", 1e-6);
    c->tied = flag_of(s, "tie_word_embeddings", true);
    c->qkv_bias = c->output_bias = flag_of(s, "attention_bias", false);
    c->window = size_of(s, "sliding_window", 4096);
    if (size_of(s, "query_pre_attn_scalar", 256) != c->head_dim)
        fault(s, "query_pre_attn_scalar", "head_dim");
    if (flag_of(s, "use_bidirectional_attention", false))
        fault(s, "use_bidirectional_attention", "false");
    expect_nothing(s, "attn_logit_softcapping");
    expect_nothing(s, "final_logit_softcapping");
    read_layer_types(s, c);
    read_two_rotaries(s, c);
}

static void read_bert(Source *s, ModelConfig *c)
{
    static const char *const names[] = {"absolute", NULL};
    c->context = size_of(s, "max_position_embeddings", 0);
    c->channels = size_of(s, "hidden_size", 0);
    c->layers = size_of(s, "num_hidden_layers", 0);
    c->heads = c->kv_heads = size_of(s, "num_attention_heads", 0);
    c->hidden = size_of(s, "intermediate_size", 0);
    c->types = size_of(s, "type_vocab_size", 2);
    c->activation = activation_of(s, "hidden_act", "gelu");
    c->eps = number_of(s, "layer_norm_eps", 1e-12);
    c->tied = flag_of(s, "tie_word_embeddings", true);
    c->qkv_bias = c->output_bias = c->mlp_bias = true;
    name_of(s, "position_embedding_type", "absolute", names, (const int[]){0});
    if (flag_of(s, "is_decoder", false))
        fault(s, "is_decoder", "false");
}

static void read_family(Source *s, ModelConfig *c)
{
    static const char *const names[] = {"gpt2", "llama",       "qwen2", "qwen3", "mistral",
                                        "phi3", "gemma3_text", "bert",  NULL};
    static const int values[] = {MODEL_GPT2,    MODEL_LLAMA, MODEL_QWEN2,  MODEL_QWEN3,
                                 MODEL_MISTRAL, MODEL_PHI3,  MODEL_GEMMA3, MODEL_BERT};
    c->family = (ModelFamily)name_of(s, "model_type", NULL, names, values);
    if (!s->good)
        return;
    c->vocab = size_of(s, "vocab_size", 0);
    if (c->family == MODEL_GPT2)
        read_gpt2(s, c);
    else if (c->family == MODEL_BERT)
        read_bert(s, c);
    else if (c->family == MODEL_GEMMA3)
        read_gemma3(s, c);
    else
        read_llama(s, c);
    if (s->good && c->head_dim == 0) {
        if (c->channels % c->heads != 0)
            fault(s, "the heads", "a number that divides the width");
        c->head_dim = c->channels / c->heads;
    }
    read_ends(s, c);
}

/* ---- generation_config.json ---------------------------------------------------------------------- */

/* The object, or NULL without a fault if there is no such file. */
static json_t *read_generation(const char *folder, char path[MODEL_FOLDER_PATH], Error *e)
{
    bool there = model_folder_path(path, folder, "generation_config.json", e) && access(path, F_OK) == 0;
    return there ? model_object_read(path, e) : NULL;
}

/* Models that were taught to follow instructions name their ends here, and more of them than in
 * config.json. */
static bool read_generation_ends(const char *folder, ModelConfig *c, Error *e)
{
    char path[MODEL_FOLDER_PATH];
    Error fault = {""};
    json_t *root = read_generation(folder, path, &fault);
    Source s = {path, root, &fault, fault.text[0] == '\0'};
    if (root && value_of(&s, "eos_token_id"))
        read_ends(&s, c);
    json_decref(root);
    return s.good || error_set(e, "%s", fault.text);
}

/* A number within its limits; what is missing stays as it is. Returns whether it is there. */
static bool read_within(Source *s, const char *key, double min, double max, float *value)
{
    char expected[64];
    const json_t *j = value_of(s, key);
    double x = json_number_value(j);
    if (!j)
        return false;
    snprintf(expected, sizeof expected, "a number from %g to %g", min, max);
    if (!json_is_number(j) || !(x >= min && x <= max))
        fault(s, key, expected);
    *value = (float)x;
    return true;
}

bool model_folder_sampling(const char *folder, ModelSampling *sampling, bool *samples, Error *e)
{
    char path[MODEL_FOLDER_PATH];
    Error fault = {""};
    json_t *root = read_generation(folder, path, &fault);
    Source s = {path, root, &fault, fault.text[0] == '\0'};
    ModelSampling r = model_sampling_plain();
    float top_k = 0;
    bool any = read_within(&s, "temperature", 0, 100, &r.temperature);
    any |= read_within(&s, "top_k", 0, LARGEST_SIZE, &top_k);
    any |= read_within(&s, "top_p", 1e-6, 1, &r.top_p);
    any |= read_within(&s, "min_p", 0, 1, &r.min_p);
    any |= read_within(&s, "repetition_penalty", 0.01, 100, &r.penalty);
    *samples = any && flag_of(&s, "do_sample", false);
    r.top_k = (int)top_k;
    if (*samples)
        *sampling = r;
    json_decref(root);
    return s.good || error_set(e, "%s", fault.text);
}

/* ---- the configuration --------------------------------------------------------------------------- */

bool model_folder_config(const char *folder, ModelConfig *c, Error *e)
{
    char path[MODEL_FOLDER_PATH];
    json_t *root = model_folder_path(path, folder, "config.json", e) ? model_object_read(path, e) : NULL;
    if (!root)
        return false;
    Source s = {path, root, e, true};
    *c = (ModelConfig){0};
    read_family(&s, c);
    const char *wrong = s.good ? model_config_fault(c) : NULL;
    if (wrong)
        s.good = error_set(e, "%s: %s", path, wrong);
    json_decref(root);
    return s.good && read_generation_ends(folder, c, e);
}
