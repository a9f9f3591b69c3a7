/* folder_save.c -- writing a model as a folder: config.json with the keys of transformers, model.safetensors. */
#include "common/model/folder.h"

#include "common/base/file.h"
#include "common/model/safetensors.h"

#include <stdio.h>
#include <stdlib.h>

static const char *activation_name(ModelActivation a)
{
    static const char *const names[] = {[MODEL_ACTIVATION_GELU_TANH] = "gelu_new",
                                        [MODEL_ACTIVATION_GELU] = "gelu",
                                        [MODEL_ACTIVATION_SILU] = "silu",
                                        [MODEL_ACTIVATION_RELU] = "relu"};
    return names[a];
}

static const char *flag_text(bool flag)
{
    return flag ? "true" : "false";
}

/* A float32 as one writes it, 1e-05, where that is read as the same number. */
static double as_written(float x)
{
    char text[32];
    double short_form;
    snprintf(text, sizeof text, "%.6g", (double)x);
    short_form = strtod(text, NULL);
    return (float)short_form == x ? short_form : (double)x;
}

static void write_ends(FileWriter *w, const ModelConfig *c)
{
    const char *open = c->end_count > 1 ? "[" : "", *close = c->end_count > 1 ? "]" : "";
    file_printf(w, "  \"eos_token_id\": %s", c->end_count > 0 ? open : "null");
    for (int i = 0; i < c->end_count; i++)
        file_printf(w, "%s%d", i > 0 ? ", " : "", c->ends[i]);
    file_printf(w, "%s,\n", close);
}

static void write_gpt2(FileWriter *w, const ModelConfig *c)
{
    file_printf(w,
                "  \"architectures\": [\"GPT2LMHeadModel\"],\n  \"model_type\": \"gpt2\",\n"
                "  \"n_positions\": %d,\n  \"n_embd\": %d,\n  \"n_layer\": %d,\n  \"n_head\": %d,\n"
                "  \"n_inner\": %d,\n  \"activation_function\": \"%s\",\n  \"layer_norm_epsilon\": %.9g,\n",
                c->context, c->channels, c->layers, c->heads, c->hidden, activation_name(c->activation),
                as_written(c->eps));
    file_printf(w, "  \"attn_pdrop\": 0.0,\n  \"embd_pdrop\": 0.0,\n  \"resid_pdrop\": 0.0,\n");
    write_ends(w, c);
    if (c->end_count > 0)
        file_printf(w, "  \"bos_token_id\": %d,\n", c->ends[0]);
    else
        file_printf(w, "  \"bos_token_id\": null,\n");
}

static void write_rotary(FileWriter *w, const TensorRotary *r)
{
    file_printf(w, "  \"rope_theta\": %.9g,\n", as_written(r->theta));
    if (r->kind == TENSOR_ROTARY_LINEAR)
        file_printf(w, "  \"rope_scaling\": {\"rope_type\": \"linear\", \"factor\": %.9g},\n",
                    as_written(r->factor));
    if (r->kind == TENSOR_ROTARY_LLAMA3)
        file_printf(
            w,
            "  \"rope_scaling\": {\"rope_type\": \"llama3\", \"factor\": %.9g, \"low_freq_factor\": %.9g, "
            "\"high_freq_factor\": %.9g, \"original_max_position_embeddings\": %d},\n",
            as_written(r->factor), as_written(r->low), as_written(r->high), r->original);
}

static void write_llama(FileWriter *w, const ModelConfig *c)
{
    static const struct {
        const char *architecture, *type;
    } names[] = {[MODEL_LLAMA] = {"LlamaForCausalLM", "llama"},
                 [MODEL_QWEN2] = {"Qwen2ForCausalLM", "qwen2"},
                 [MODEL_QWEN3] = {"Qwen3ForCausalLM", "qwen3"},
                 [MODEL_MISTRAL] = {"MistralForCausalLM", "mistral"},
                 [MODEL_PHI3] = {"Phi3ForCausalLM", "phi3"}};
    file_printf(
        w,
        "  \"architectures\": [\"%s\"],\n  \"model_type\": \"%s\",\n  \"max_position_embeddings\": %d,\n"
        "  \"hidden_size\": %d,\n  \"num_hidden_layers\": %d,\n  \"num_attention_heads\": %d,\n"
        "  \"num_key_value_heads\": %d,\n  \"head_dim\": %d,\n  \"intermediate_size\": %d,\n"
        "  \"hidden_act\": \"%s\",\n  \"rms_norm_eps\": %.9g,\n",
        names[c->family].architecture, names[c->family].type, c->context, c->channels, c->layers, c->heads,
        c->kv_heads, c->head_dim, c->hidden, activation_name(c->activation), as_written(c->eps));
    if (c->family != MODEL_QWEN2)
        file_printf(w, "  \"attention_bias\": %s,\n", flag_text(c->qkv_bias));
    file_printf(w, "  \"mlp_bias\": %s,\n", flag_text(c->mlp_bias));
    if (c->family == MODEL_MISTRAL || c->family == MODEL_PHI3)
        file_printf(w, "  \"sliding_window\": null,\n");
    if (c->family == MODEL_PHI3) /* transformers would take a number beyond a small vocabulary */
        file_printf(w, "  \"pad_token_id\": null,\n  \"bos_token_id\": null,\n");
    write_rotary(w, &c->rotary);
    write_ends(w, c);
}

static void write_gemma3(FileWriter *w, const ModelConfig *c)
{
    bool tanh = c->activation == MODEL_ACTIVATION_GELU_TANH;
    file_printf(w,
                "  \"architectures\": [\"Gemma3ForCausalLM\"],\n  \"model_type\": \"gemma3_text\",\n"
                "  \"max_position_embeddings\": %d,\n  \"hidden_size\": %d,\n  \"num_hidden_layers\": %d,\n"
                "  \"num_attention_heads\": %d,\n  \"num_key_value_heads\": %d,\n  \"head_dim\": %d,\n"
                "  \"query_pre_attn_scalar\": %d,\n  \"intermediate_size\": %d,\n"
                "  \"hidden_activation\": \"%s\",\n  \"rms_norm_eps\": %.9g,\n  \"attention_bias\": %s,\n",
                c->context, c->channels, c->layers, c->heads, c->kv_heads, c->head_dim, c->head_dim,
                c->hidden, tanh ? "gelu_pytorch_tanh" : activation_name(c->activation), as_written(c->eps),
                flag_text(c->qkv_bias));
    file_printf(w,
                "  \"attn_logit_softcapping\": null,\n  \"final_logit_softcapping\": null,\n"
                "  \"sliding_window\": %d,\n  \"sliding_window_pattern\": %d,\n  \"layer_types\": [",
                c->window, c->global_every);
    for (int i = 0; i < c->layers; i++)
        file_printf(w, "%s\"%s\"", i ? ", " : "",
                    model_config_window(c, i) ? "sliding_attention" : "full_attention");
    file_printf(w, "],\n  \"rope_local_base_freq\": %.9g,\n", as_written(c->local_rotary.theta));
    write_rotary(w, &c->rotary);
    write_ends(w, c);
}

static void write_bert(FileWriter *w, const ModelConfig *c)
{
    file_printf(w,
                "  \"architectures\": [\"BertForMaskedLM\"],\n  \"model_type\": \"bert\",\n"
                "  \"max_position_embeddings\": %d,\n  \"hidden_size\": %d,\n"
                "  \"num_hidden_layers\": %d,\n  \"num_attention_heads\": %d,\n"
                "  \"intermediate_size\": %d,\n  \"type_vocab_size\": %d,\n  \"hidden_act\": \"%s\",\n"
                "  \"layer_norm_eps\": %.9g,\n  \"position_embedding_type\": \"absolute\",\n"
                "  \"hidden_dropout_prob\": 0.0,\n  \"attention_probs_dropout_prob\": 0.0,\n"
                "  \"pad_token_id\": 0,\n",
                c->context, c->channels, c->layers, c->heads, c->hidden, c->types,
                activation_name(c->activation), as_written(c->eps));
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
    else if (c->family == MODEL_BERT)
        write_bert(w, c);
    else if (c->family == MODEL_GEMMA3)
        write_gemma3(w, c);
    else
        write_llama(w, c);
    file_printf(w, "  \"vocab_size\": %d,\n  \"tie_word_embeddings\": %s,\n  \"torch_dtype\": \"%s\"\n}\n",
                c->vocab, flag_text(c->tied), half ? "float16" : "float32");
    return file_commit(w, e);
}

/* What the file holds of a parameter (Param.offset); in the arena, if it is not the parameter itself. */
static const float *less_offset(Arena *a, const Param *p)
{
    if (p->offset == 0)
        return p->tensor->data;
    float *x = arena_alloc(a, p->tensor->size * sizeof *x);
    for (size_t i = 0; i < p->tensor->size; i++)
        x[i] = p->tensor->data[i] - p->offset;
    return x;
}

static bool save_params(const Params *params, bool half, const char *folder, Error *e)
{
    char path[MODEL_FOLDER_PATH];
    if (!model_folder_path(path, folder, "model.safetensors", e))
        return false;
    SafetensorsWriter *w = model_safetensors_create(path, e);
    if (!w)
        return false;
    Arena *a = arena_new();
    model_safetensors_use_half(w, half);
    model_safetensors_add_metadata(w, "format", "pt");
    for (int i = 0; i < params->count; i++) {
        const Param *p = &params->items[i];
        model_safetensors_add(w, p->name, p->tensor->rank, p->tensor->shape, less_offset(a, p),
                              p->transposed);
    }
    bool good = model_safetensors_finish(w, e);
    arena_free(a);
    return good;
}

bool model_folder_save(const ModelConfig *c, const Params *params, bool half, const char *folder, Error *e)
{
    return file_make_directory(folder, e) && save_config(c, half, folder, e) &&
           save_params(params, half, folder, e);
}
