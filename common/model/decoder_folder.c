/* decoder_folder.c -- a decoder and its folder, in the names of its family. */
#define NN_INSIDE
#include "common/model/decoder.h"

#include "common/model/folder.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { NAME_ROOM = 2 * PARAM_NAME };

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

/* Whether the files hold the tables and as many layers as the configuration says, before memory is taken
 * for them: a small file that claims to be a large model costs nothing. */
static bool is_all_there(const ModelFiles *w, const ModelConfig *c, const char *folder, Error *e)
{
    bool gpt2 = c->family == MODEL_GPT2;
    char name[NAME_ROOM], text[NAME_ROOM];
    const int table[] = {c->vocab, c->channels}, positions[] = {c->context, c->channels},
              down[] = {c->channels, c->hidden};
    if (!model_files_check(w, name_in(w, gpt2 ? "wte.weight" : "model.embed_tokens.weight", text), 2, table,
                           false, e))
        return false;
    if (gpt2 && !model_files_check(w, name_in(w, "wpe.weight", text), 2, positions, false, e))
        return false;
    for (int i = 0; i <= c->layers; i++) {
        snprintf(name, sizeof name,
                 gpt2 ? "h.%d.mlp.c_proj.weight" : "model.layers.%d.mlp.down_proj.weight", i);
        if (i < c->layers && !model_files_check(w, name_in(w, name, text), 2, down, gpt2, e))
            return false;
        if (i == c->layers && has(w, name))
            return error_set(e, "%s/%s: %s is there, but config.json says %d layers", folder,
                             model_files_file(w, text), name, c->layers);
    }
    return true;
}

/* Nor may norms of heads be left out: this would be a qwen3 that is taken for something else. */
static bool has_no_other_norm(const ModelFiles *w, const ModelConfig *c, const char *folder, Error *e)
{
    const char *name = "model.layers.0.self_attn.q_norm.weight";
    if (model_config_qk_norm(c) || !has(w, name))
        return true;
    return error_set(e, "%s: %s is there, but by config.json heads are not normalised", folder, name);
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

static ModelDecoder *load_decoder(const char *folder, bool trunk, Error *e)
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
    c.tied = c.tied || trunk;
    ModelFiles *w = model_files_open(folder, e);
    bool good = w && is_all_there(w, &c, folder, e);
    ModelDecoder *m = good ? model_decoder_new(&c, 0, &rng) : NULL;
    for (int i = 0; good && i < m->params.count; i++) {
        const Param *p = &m->params.items[i];
        good = model_files_read(w, name_in(w, p->name, text), p->tensor->rank, p->tensor->shape,
                                p->tensor->data, p->transposed, e);
        for (size_t k = 0; p->offset != 0 && k < p->tensor->size; k++)
            p->tensor->data[k] += p->offset;
    }
    good = good && has_no_other_bias(w, m, folder, e) && has_no_other_norm(w, &c, folder, e);
    model_files_close(w);
    if (good)
        return m;
    model_decoder_free(m);
    return NULL;
}

ModelDecoder *model_decoder_load(const char *folder, Error *e)
{
    return load_decoder(folder, false, e);
}

ModelDecoder *model_decoder_load_trunk(const char *folder, Error *e)
{
    return load_decoder(folder, true, e);
}

bool model_decoder_save(const ModelDecoder *m, const char *folder, Error *e)
{
    return model_folder_save(&m->config, &m->params, false, folder, e);
}

bool model_decoder_save_half(const ModelDecoder *m, const char *folder, Error *e)
{
    return model_folder_save(&m->config, &m->params, true, folder, e);
}
