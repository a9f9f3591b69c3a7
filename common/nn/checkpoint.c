/* checkpoint.c -- the configuration as JSON, the weights as safetensors. */
#define NN_INSIDE
#include "common/nn/checkpoint.h"

#include "common/base/file.h"
#include "common/nn/safetensors.h"

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { PATH_ROOM = 4096, LARGEST_SIZE = 1 << 24, MOST_WEIGHTS_LOG2 = 34 };

static bool path_in(char path[PATH_ROOM], const char *folder, const char *name, Error *e)
{
    if (snprintf(path, PATH_ROOM, "%s/%s", folder, name) < PATH_ROOM)
        return true;
    return error_set(e, "%.64s...: the path is too long", folder);
}

static bool save_config(const GptConfig *c, const char *folder, Error *e)
{
    char path[PATH_ROOM];
    FileWriter *w = path_in(path, folder, "config.json", e) ? file_create(path, e) : NULL;
    if (!w)
        return false;
    file_printf(w,
                "{\n  \"architectures\": [\"GPT2LMHeadModel\"],\n  \"model_type\": \"gpt2\",\n"
                "  \"vocab_size\": %d,\n  \"n_positions\": %d,\n  \"n_embd\": %d,\n  \"n_layer\": %d,\n"
                "  \"n_head\": %d,\n  \"activation_function\": \"gelu_new\",\n"
                "  \"layer_norm_epsilon\": 1e-05,\n  \"tie_word_embeddings\": true\n}\n",
                c->vocab, c->context, c->channels, c->layers, c->heads);
    return file_commit(w, e);
}

bool nn_gpt_save(const Gpt *m, const char *folder, Error *e)
{
    char path[PATH_ROOM];
    if (!file_make_directory(folder, e) || !save_config(&m->config, folder, e) ||
        !path_in(path, folder, "model.safetensors", e))
        return false;
    SafetensorsWriter *w = nn_safetensors_create(path, e);
    if (!w)
        return false;
    nn_safetensors_add_metadata(w, "format", "pt");
    for (int i = 0; i < m->params.count; i++) {
        const Param *p = &m->params.items[i];
        nn_safetensors_add(w, p->name, p->tensor->rank, p->tensor->shape, p->tensor->data, p->transposed);
    }
    return nn_safetensors_finish(w, e);
}

static bool read_size(const json_t *root, const char *path, const char *key, int *value, Error *e)
{
    const json_t *j = json_object_get(root, key);
    json_int_t n = json_integer_value(j);
    if (!json_is_integer(j) || n < 1 || n > LARGEST_SIZE)
        return error_set(e, "%s: %s: expected a whole number from 1 to %d", path, key, (int)LARGEST_SIZE);
    *value = (int)n;
    return true;
}

static bool read_config(const json_t *root, const char *path, GptConfig *c, Error *e)
{
    const char *type = json_string_value(json_object_get(root, "model_type"));
    if (!type || strcmp(type, "gpt2") != 0)
        return error_set(e, "%s: model_type: expected \"gpt2\", found \"%s\"", path,
                         type ? type : "nothing");
    if (!read_size(root, path, "vocab_size", &c->vocab, e) ||
        !read_size(root, path, "n_positions", &c->context, e) ||
        !read_size(root, path, "n_embd", &c->channels, e) ||
        !read_size(root, path, "n_layer", &c->layers, e) || !read_size(root, path, "n_head", &c->heads, e))
        return false;
    const char *fault = nn_gpt_config_fault(c);
    if (fault)
        return error_set(e, "%s: %s", path, fault);
    double weights = (double)c->channels * (12.0 * c->channels * c->layers + c->vocab + c->context);
    if (weights > (double)((size_t)1 << MOST_WEIGHTS_LOG2))
        return error_set(e, "%s: %.3g weights; at most %.3g are possible", path, weights,
                         (double)((size_t)1 << MOST_WEIGHTS_LOG2));
    return true;
}

static bool load_config(const char *folder, GptConfig *c, Error *e)
{
    char path[PATH_ROOM];
    size_t size;
    char *text = path_in(path, folder, "config.json", e) ? file_read(path, &size, e) : NULL;
    if (!text)
        return false;
    json_error_t fault;
    json_t *root = json_loadb(text, size, JSON_REJECT_DUPLICATES, &fault);
    bool good = root ? read_config(root, path, c, e)
                     : error_set(e, "%s: line %d: not JSON: %s", path, fault.line, fault.text);
    json_decref(root);
    free(text);
    return good;
}

static bool check_matrix(const Safetensors *s, const char *path, const char *name, int rows, int columns,
                         Error *e)
{
    int shape[TENSOR_MAX_RANK];
    if (nn_safetensors_shape(s, name, shape) == 2 && shape[0] == rows && shape[1] == columns)
        return true;
    return error_set(e, "%s: %s: expected (%d,%d), as config.json says", path, name, rows, columns);
}

/* Checks the shapes of the tables and of each layer's largest matrix before
 * memory is taken for the whole model: a small file that claims to be a large
 * model costs nothing. */
static bool check_sizes(const Safetensors *s, const char *path, const GptConfig *c, Error *e)
{
    int shape[TENSOR_MAX_RANK];
    char name[PARAM_NAME];
    if (!check_matrix(s, path, "wte.weight", c->vocab, c->channels, e) ||
        !check_matrix(s, path, "wpe.weight", c->context, c->channels, e))
        return false;
    for (int i = 0; i < c->layers; i++) {
        snprintf(name, sizeof name, "h.%d.mlp.c_fc.weight", i);
        if (nn_safetensors_shape(s, name, shape) < 0)
            return error_set(e, "%s: expected %s, as config.json says %d layers", path, name, c->layers);
        if (!check_matrix(s, path, name, c->channels, 4 * c->channels, e))
            return false;
    }
    snprintf(name, sizeof name, "h.%d.mlp.c_fc.weight", c->layers);
    if (nn_safetensors_shape(s, name, shape) >= 0)
        return error_set(e, "%s: expected no %s, as config.json says %d layers", path, name, c->layers);
    return true;
}

Gpt *nn_gpt_load(const char *folder, Error *e)
{
    char path[PATH_ROOM];
    GptConfig c = {0};
    if (!load_config(folder, &c, e) || !path_in(path, folder, "model.safetensors", e))
        return NULL;
    Safetensors *s = nn_safetensors_open(path, e);
    bool good = s && check_sizes(s, path, &c, e);
    Rng rng = rng_new(0);
    Gpt *m = good ? nn_gpt_new(&c, &rng) : NULL;
    for (int i = 0; good && i < m->params.count; i++) {
        const Param *p = &m->params.items[i];
        good = nn_safetensors_read(s, p->name, p->tensor->rank, p->tensor->shape, p->tensor->data,
                                   p->transposed, e);
    }
    nn_safetensors_close(s);
    if (good)
        return m;
    nn_gpt_free(m);
    return NULL;
}
