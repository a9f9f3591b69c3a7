/* decoder_folder.c -- a decoder and its folder, in the names of its family. */
#define NN_INSIDE
#include "common/model/decoder.h"

#include "common/base/file.h"
#include "common/model/folder.h"
#include "common/model/safetensors.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { NAME_ROOM = 2 * PARAM_NAME };

/* ---- reading ------------------------------------------------------------------------------------- */

/* What a parameter is called in these files: some leave out "model.", others add "transformer.". */
static const char *name_in(const ModelFiles *w, const char *name, char text[NAME_ROOM])
{
    const size_t model = strlen("model.");
    snprintf(text, NAME_ROOM, "transformer.%s", name);
    if (!model_files_has(w, name) && model_files_has(w, text))
        return text;
    bool shorter = !model_files_has(w, name) && strncmp(name, "model.", model) == 0;
    snprintf(text, NAME_ROOM, "%s", shorter ? name + model : name);
    return text;
}

static bool has(const ModelFiles *w, const char *name)
{
    char text[NAME_ROOM];
    return model_files_has(w, name_in(w, name, text));
}

/* Whether the files hold a table of tokens and as many layers as the configuration says, before memory is taken
 * for them: a small file that claims to be a large model costs nothing. */
static bool is_all_there(const ModelFiles *w, const ModelConfig *c, const char *folder, Error *e)
{
    bool gpt2 = c->family == MODEL_GPT2;
    char name[NAME_ROOM], text[NAME_ROOM];
    const int table[] = {c->vocab, c->channels}, down[] = {c->channels, c->hidden};
    if (!model_files_check(w, name_in(w, gpt2 ? "wte.weight" : "model.embed_tokens.weight", text), 2, table,
                           false, e))
        return false;
    for (int i = 0; i <= c->layers; i++) {
        snprintf(name, sizeof name,
                 gpt2 ? "h.%d.mlp.c_proj.weight" : "model.layers.%d.mlp.down_proj.weight", i);
        if (i < c->layers && !model_files_check(w, name_in(w, name, text), 2, down, gpt2, e))
            return false;
        if (i == c->layers && has(w, name))
            return error_set(e, "%s: %s is there, but config.json says %d layers", folder, name, c->layers);
    }
    return true;
}

/* A bias in the file that the configuration does not have would be left out without a word. */
static bool has_no_other_bias(const ModelFiles *w, const ModelDecoder *m, const char *folder, Error *e)
{
    for (Param *p = NULL; (p = nn_linear_next(&m->params, "*", p));) {
        char bias[NAME_ROOM];
        snprintf(bias, sizeof bias, "%.*s.bias", (int)(strlen(p->name) - strlen(".weight")), p->name);
        if (!nn_param_find(&m->params, bias) && has(w, bias))
            return error_set(e, "%s: %s is there, but config.json has no such bias", folder, bias);
    }
    return true;
}

ModelDecoder *model_decoder_load(const char *folder, Error *e)
{
    ModelConfig c;
    char text[NAME_ROOM];
    Rng rng = rng_new(1);
    if (!model_folder_config(folder, &c, e))
        return NULL;
    if (c.family == MODEL_BERT) {
        error_set(e, "%s: a bert is no decoder", folder);
        return NULL;
    }
    ModelFiles *w = model_files_open(folder, e);
    bool good = w && is_all_there(w, &c, folder, e);
    ModelDecoder *m = good ? model_decoder_new(&c, 0, &rng) : NULL;
    for (int i = 0; good && i < m->params.count; i++) {
        const Param *p = &m->params.items[i];
        good = model_files_read(w, name_in(w, p->name, text), p->tensor->rank, p->tensor->shape,
                                p->tensor->data, p->transposed, e);
    }
    good = good && has_no_other_bias(w, m, folder, e);
    model_files_close(w);
    if (good)
        return m;
    model_decoder_free(m);
    return NULL;
}

/* ---- writing ------------------------------------------------------------------------------------- */

static const char *activation_name(ModelActivation a)
{
    static const char *const names[] = {[MODEL_ACTIVATION_GELU_TANH] = "gelu_new",
                                        [MODEL_ACTIVATION_GELU] = "gelu",
                                        [MODEL_ACTIVATION_SILU] = "silu",
                                        [MODEL_ACTIVATION_RELU] = "relu"};
    return names[a];
}

static const char *text_of(bool flag)
{
    return flag ? "true" : "false";
}

static void write_ends(FileWriter *w, const ModelConfig *c)
{
    bool list = c->end_count > 1;
    file_printf(w, "  \"eos_token_id\": %s", list ? "[" : c->end_count ? "" : "null");
    for (int i = 0; i < c->end_count; i++)
        file_printf(w, "%s%d", i ? ", " : "", c->ends[i]);
    file_printf(w, "%s,\n", list ? "]" : "");
}

static void write_gpt2(FileWriter *w, const ModelConfig *c)
{
    file_printf(w,
                "  \"architectures\": [\"GPT2LMHeadModel\"],\n  \"model_type\": \"gpt2\",\n"
                "  \"n_positions\": %d,\n  \"n_embd\": %d,\n  \"n_layer\": %d,\n  \"n_head\": %d,\n"
                "  \"n_inner\": %d,\n  \"activation_function\": \"%s\",\n  \"layer_norm_epsilon\": %.9g,\n",
                c->context, c->channels, c->layers, c->heads, c->hidden, activation_name(c->activation),
                (double)c->eps);
}

static void write_rotary(FileWriter *w, const TensorRotary *r)
{
    file_printf(w, "  \"rope_theta\": %.9g,\n", (double)r->theta);
    if (r->kind == TENSOR_ROTARY_LINEAR)
        file_printf(w, "  \"rope_scaling\": {\"rope_type\": \"linear\", \"factor\": %.9g},\n",
                    (double)r->factor);
    if (r->kind == TENSOR_ROTARY_LLAMA3)
        file_printf(
            w,
            "  \"rope_scaling\": {\"rope_type\": \"llama3\", \"factor\": %.9g, \"low_freq_factor\": %.9g, "
            "\"high_freq_factor\": %.9g, \"original_max_position_embeddings\": %d},\n",
            (double)r->factor, (double)r->low, (double)r->high, r->original);
}

static void write_llama(FileWriter *w, const ModelConfig *c)
{
    static const struct {
        const char *architecture, *type;
    } names[] = {[MODEL_LLAMA] = {"LlamaForCausalLM", "llama"},
                 [MODEL_QWEN2] = {"Qwen2ForCausalLM", "qwen2"},
                 [MODEL_QWEN3] = {"Qwen3ForCausalLM", "qwen3"}};
    file_printf(
        w,
        "  \"architectures\": [\"%s\"],\n  \"model_type\": \"%s\",\n  \"max_position_embeddings\": %d,\n"
        "  \"hidden_size\": %d,\n  \"num_hidden_layers\": %d,\n  \"num_attention_heads\": %d,\n"
        "  \"num_key_value_heads\": %d,\n  \"head_dim\": %d,\n  \"intermediate_size\": %d,\n"
        "  \"hidden_act\": \"%s\",\n  \"rms_norm_eps\": %.9g,\n",
        names[c->family].architecture, names[c->family].type, c->context, c->channels, c->layers, c->heads,
        c->kv_heads, c->head_dim, c->hidden, activation_name(c->activation), (double)c->eps);
    if (c->family != MODEL_QWEN2)
        file_printf(w, "  \"attention_bias\": %s,\n", text_of(c->qkv_bias));
    file_printf(w, "  \"mlp_bias\": %s,\n", text_of(c->mlp_bias));
    write_rotary(w, &c->rotary);
}

static bool save_config(const ModelConfig *c, bool half, const char *folder, Error *e)
{
    char path[MODEL_FOLDER_PATH];
    FileWriter *w = model_folder_path(path, folder, "config.json", e) ? file_create(path, e) : NULL;
    if (!w)
        return false;
    file_printf(w, "{\n");
    if (c->family == MODEL_GPT2)
        write_gpt2(w, c);
    else
        write_llama(w, c);
    write_ends(w, c);
    file_printf(w, "  \"vocab_size\": %d,\n  \"tie_word_embeddings\": %s,\n  \"torch_dtype\": \"%s\"\n}\n",
                c->vocab, text_of(c->tied), half ? "float16" : "float32");
    return file_commit(w, e);
}

static bool save(const ModelDecoder *m, bool half, const char *folder, Error *e)
{
    char path[MODEL_FOLDER_PATH];
    if (!file_make_directory(folder, e) || !save_config(&m->config, half, folder, e) ||
        !model_folder_path(path, folder, "model.safetensors", e))
        return false;
    SafetensorsWriter *w = model_safetensors_create(path, e);
    if (!w)
        return false;
    model_safetensors_use_half(w, half);
    model_safetensors_add_metadata(w, "format", "pt");
    for (int i = 0; i < m->params.count; i++) {
        const Param *p = &m->params.items[i];
        model_safetensors_add(w, p->name, p->tensor->rank, p->tensor->shape, p->tensor->data,
                              p->transposed);
    }
    return model_safetensors_finish(w, e);
}

bool model_decoder_save(const ModelDecoder *m, const char *folder, Error *e)
{
    return save(m, false, folder, e);
}

bool model_decoder_save_half(const ModelDecoder *m, const char *folder, Error *e)
{
    return save(m, true, folder, e);
}
