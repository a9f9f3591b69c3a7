/* bert_folder.c -- a BERT and its folder. */
#define NN_INSIDE
#include "common/model/bert.h"

#include "common/model/folder.h"

#include <stdio.h>
#include <string.h>

static const char *name_in(char name[2 * PARAM_NAME], const char *prefix, const char *rest)
{
    snprintf(name, 2 * PARAM_NAME, "%s%s", prefix, rest);
    return name;
}

static bool save_bert(const ModelBert *m, bool half, const char *folder, Error *e)
{
    const ModelBertConfig *c = &m->config;
    ModelConfig config = {.family = MODEL_BERT,
                          .vocab = c->vocab,
                          .context = c->context,
                          .channels = c->channels,
                          .layers = c->layers,
                          .heads = c->heads,
                          .hidden = c->hidden,
                          .types = c->types,
                          .activation = MODEL_ACTIVATION_GELU,
                          .tied = true,
                          .eps = c->eps};
    return model_folder_save(&config, &m->params, half, folder, e);
}

bool model_bert_save(const ModelBert *m, const char *folder, Error *e)
{
    return save_bert(m, false, folder, e);
}

bool model_bert_save_half(const ModelBert *m, const char *folder, Error *e)
{
    return save_bert(m, true, folder, e);
}

/* The name that the folder has for a parameter: without "bert." if it leaves that out, and with gamma and
 * beta if it knows no weight and bias of a norm. */
static const char *bert_name(const ModelFiles *w, const char *ours, char name[2 * PARAM_NAME])
{
    bool bare = !model_files_has(w, "bert.embeddings.word_embeddings.weight");
    name_in(name, "", bare && strncmp(ours, "bert.", 5) == 0 ? ours + 5 : ours);
    char *norm = strstr(name, "LayerNorm.");
    if (!norm || model_files_has(w, name))
        return name;
    norm += strlen("LayerNorm.");
    const char *old = strcmp(norm, "weight") == 0 ? "gamma" : "beta";
    char kept[8];
    snprintf(kept, sizeof kept, "%s", norm);
    strcpy(norm, old);
    if (!model_files_has(w, name)) /* neither: the fault is to name the usual one */
        strcpy(norm, kept);
    return name;
}

/* Checks the tables and each layer's largest matrix before memory is taken for the whole model: a small file that
 * claims to be a large model costs nothing. */
static bool check_bert(const ModelFiles *w, const ModelBertConfig *c, const char *folder, Error *e)
{
    char part[PARAM_NAME], name[2 * PARAM_NAME];
    const char *tables[] = {"word", "position", "token_type"};
    const int rows[] = {c->vocab, c->context, c->types};
    for (int i = 0; i < 3; i++) {
        snprintf(part, sizeof part, "bert.embeddings.%s_embeddings.weight", tables[i]);
        if (!model_files_check(w, bert_name(w, part, name), 2, (const int[]){rows[i], c->channels}, false,
                               e))
            return false;
    }
    for (int i = 0; i <= c->layers; i++) {
        snprintf(part, sizeof part, "bert.encoder.layer.%d.intermediate.dense.weight", i);
        bert_name(w, part, name);
        if (i < c->layers &&
            !model_files_check(w, name, 2, (const int[]){c->hidden, c->channels}, false, e))
            return false;
    }
    if (model_files_has(w, name))
        return error_set(e, "%s/%s: %s is there, but config.json says %d layers", folder,
                         model_files_file(w, name), name, c->layers);
    return c->trunk || model_files_check(w, "cls.predictions.transform.dense.weight", 2,
                                         (const int[]){c->channels, c->channels}, false, e);
}

static bool bert_trainable(const ModelConfig *c, const char *folder, Error *e)
{
    const char *wrong = c->family != MODEL_BERT                  ? "model_type: expected \"bert\""
                        : c->activation != MODEL_ACTIVATION_GELU ? "hidden_act: expected \"gelu\""
                        : !c->tied                               ? "tie_word_embeddings: expected true"
                        : c->head_dim * c->heads != c->channels
                            ? "hidden_size: expected a multiple of the heads"
                            : NULL;
    return !wrong || error_set(e, "%s/config.json: %s, which is what is trained here", folder, wrong);
}

static ModelBert *load_bert(const char *folder, bool trunk, Error *e)
{
    ModelConfig found;
    if (!model_folder_config(folder, &found, e) || !bert_trainable(&found, folder, e))
        return NULL;
    ModelBertConfig c = {.vocab = found.vocab,
                         .context = found.context,
                         .layers = found.layers,
                         .heads = found.heads,
                         .channels = found.channels,
                         .hidden = found.hidden,
                         .types = found.types,
                         .eps = found.eps,
                         .trunk = trunk};
    ModelFiles *w = model_files_open(folder, e);
    bool good = w && check_bert(w, &c, folder, e);
    Rng rng = rng_new(0);
    ModelBert *m = good ? model_bert_new(&c, &rng) : NULL;
    for (int i = 0; good && i < m->params.count; i++) {
        const Param *p = &m->params.items[i];
        char name[2 * PARAM_NAME];
        good = model_files_read(w, bert_name(w, p->name, name), p->tensor->rank, p->tensor->shape,
                                p->tensor->data, false, e);
    }
    model_files_close(w);
    if (good)
        return m;
    model_bert_free(m);
    return NULL;
}

ModelBert *model_bert_load(const char *folder, Error *e)
{
    return load_bert(folder, false, e);
}

ModelBert *model_bert_load_trunk(const char *folder, Error *e)
{
    return load_bert(folder, true, e);
}
