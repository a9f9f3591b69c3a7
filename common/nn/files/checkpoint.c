/* checkpoint.c -- a Gpt and its folder. */
#define NN_INSIDE
#include "common/nn/files/checkpoint.h"

#include "common/base/file.h"
#include "common/nn/files/folder.h"
#include "common/nn/files/safetensors.h"

#include <stdio.h>

static bool save(const Gpt *m, bool half, const char *folder, Error *e)
{
    char path[FOLDER_PATH];
    const GptConfig *c = &m->config;
    ModelConfig config = {.vocab = c->vocab,
                          .context = c->context,
                          .channels = c->channels,
                          .layers = c->layers,
                          .heads = c->heads};
    if (!file_make_directory(folder, e) ||
        !nn_folder_save_gpt2(&config, half ? "float16" : "float32", folder, e) ||
        !nn_folder_path(path, folder, "model.safetensors", e))
        return false;
    SafetensorsWriter *w = nn_safetensors_create(path, e);
    if (!w)
        return false;
    nn_safetensors_use_half(w, half);
    nn_safetensors_add_metadata(w, "format", "pt");
    for (int i = 0; i < m->params.count; i++) {
        const Param *p = &m->params.items[i];
        nn_safetensors_add(w, p->name, p->tensor->rank, p->tensor->shape, p->tensor->data, p->transposed);
    }
    return nn_safetensors_finish(w, e);
}

bool nn_gpt_save(const Gpt *m, const char *folder, Error *e)
{
    return save(m, false, folder, e);
}

bool nn_gpt_save_half(const Gpt *m, const char *folder, Error *e)
{
    return save(m, true, folder, e);
}

/* A gpt2 folder may hold what a Gpt is not: another activation, width or epsilon. */
static bool trainable(const ModelConfig *c, const char *folder, Error *e)
{
    const char *wrong = c->family != MODEL_GPT2        ? "model_type: expected \"gpt2\""
                        : c->hidden != 4 * c->channels ? "n_inner: expected 4 n_embd"
                        : c->activation != ACTIVATION_GELU_TANH
                            ? "activation_function: expected \"gelu_new\""
                        : !(c->eps > 0.99e-5f && c->eps < 1.01e-5f) ? "layer_norm_epsilon: expected 1e-05"
                        : !c->tied                                  ? "tie_word_embeddings: expected true"
                                                                    : NULL;
    return !wrong || error_set(e, "%s/config.json: %s, which is what is trained here", folder, wrong);
}

static const char *name_in(char name[2 * PARAM_NAME], const char *prefix, const char *rest)
{
    snprintf(name, 2 * PARAM_NAME, "%s%s", prefix, rest);
    return name;
}

/* Checks the tables and each layer's largest matrix before memory is taken for the
 * whole model: a small file that claims to be a large model costs nothing. */
static bool check_sizes(const Weights *w, const char *prefix, const GptConfig *c, const char *folder,
                        Error *e)
{
    char name[2 * PARAM_NAME], part[PARAM_NAME];
    if (!nn_weights_check(w, name_in(name, prefix, "wte.weight"), 2, (const int[]){c->vocab, c->channels},
                          false, e) ||
        !nn_weights_check(w, name_in(name, prefix, "wpe.weight"), 2, (const int[]){c->context, c->channels},
                          false, e))
        return false;
    for (int i = 0; i < c->layers; i++) {
        snprintf(part, sizeof part, "h.%d.mlp.c_fc.weight", i);
        if (!nn_weights_check(w, name_in(name, prefix, part), 2,
                              (const int[]){4 * c->channels, c->channels}, true, e))
            return false;
    }
    snprintf(part, sizeof part, "h.%d.mlp.c_fc.weight", c->layers);
    if (nn_weights_has(w, name_in(name, prefix, part)))
        return error_set(e, "%s/%s: %s is there, but config.json says %d layers", folder,
                         nn_weights_file(w, name), name, c->layers);
    return true;
}

Gpt *nn_gpt_load(const char *folder, Error *e)
{
    ModelConfig found;
    if (!nn_folder_config(folder, &found, e) || !trainable(&found, folder, e))
        return NULL;
    GptConfig c = {.vocab = found.vocab,
                   .context = found.context,
                   .layers = found.layers,
                   .heads = found.heads,
                   .channels = found.channels};
    Weights *w = nn_weights_open(folder, e);
    const char *prefix = w && nn_weights_has(w, "transformer.wte.weight") ? "transformer." : "";
    bool good = w && check_sizes(w, prefix, &c, folder, e);
    Rng rng = rng_new(0);
    Gpt *m = good ? nn_gpt_new(&c, &rng) : NULL;
    for (int i = 0; good && i < m->params.count; i++) {
        const Param *p = &m->params.items[i];
        char name[2 * PARAM_NAME];
        good = nn_weights_read(w, name_in(name, prefix, p->name), p->tensor->rank, p->tensor->shape,
                               p->tensor->data, p->transposed, e);
    }
    nn_weights_close(w);
    if (good)
        return m;
    nn_gpt_free(m);
    return NULL;
}
