/* adapter.c -- LoRA by the hook of the linear layers. */
#define NN_INSIDE
#include "common/model/adapter.h"

#include "common/base/file.h"
#include "common/model/folder.h"
#include "common/model/object.h"
#include "common/model/safetensors.h"
#include "common/tensor/kernels.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { NAME_IN_FILE = 3 * PARAM_NAME };

/* What is attached to one layer. */
typedef struct Pair {
    Param *layer;
    Tensor *a, *b; /* (r,in), (out,r) */
    float scale, dropout;
} Pair;

struct ModelAdapter {
    Params *model;
    Params params;
    ModelLora config;
    Pair *pairs;
    int count;
    bool merged;
};

//> lora
/* y + (alpha / r) B A x */
static Tensor *apply(Graph *g, const void *context, Tensor *x, Tensor *y)
{
    const Pair *p = context;
    Tensor *low = nn_affine(g, nn_dropout(g, x, p->dropout), p->a, NULL); /* (...,r) */
    return nn_add(g, y, nn_scale(g, nn_affine(g, low, p->b, NULL), p->scale));
}
//< lora

static Tensor *make_param(Params *p, const Param *layer, const char *part, int rows, int cols)
{
    char name[2 * PARAM_NAME];
    int length = (int)(strlen(layer->name) - strlen(".weight"));
    snprintf(name, sizeof name, "%.*s.%s.weight", length, layer->name, part);
    return nn_param(p, name, 2, (int[]){rows, cols});
}

static void add_pair(ModelAdapter *m, Param *layer)
{
    const ModelLora *c = &m->config;
    int out = layer->tensor->shape[0], in = layer->tensor->shape[1];
    m->pairs[m->count++] = (Pair){.layer = layer,
                                  .a = make_param(&m->params, layer, "lora_A", c->rank, in),
                                  .b = make_param(&m->params, layer, "lora_B", out, c->rank),
                                  .scale = c->alpha / (float)c->rank,
                                  .dropout = c->dropout};
}

static void attach(ModelAdapter *m, bool attached)
{
    for (int i = 0; i < m->count; i++)
        *m->pairs[i].layer->adapter = attached ? (NnAdapter){apply, &m->pairs[i]} : (NnAdapter){NULL, NULL};
}

static ModelAdapter *adapter_begin(Params *model, const ModelLora *c)
{
    ModelAdapter *m = memory_zero(1, sizeof *m);
    m->model = model;
    m->config = *c;
    m->config.layers = NULL; /* the caller's */
    m->pairs = memory_new(sizeof *m->pairs * (size_t)(model->count + 1));
    return m;
}

/* Whether a layer can take matrices of that rank. */
static bool takes(const Param *layer, int rank, Error *e)
{
    int out = layer->tensor->shape[0], in = layer->tensor->shape[1], max = out < in ? out : in;
    if (layer->adapter->apply)
        return error_set(e, "%s: an adapter is attached to it already", layer->name);
    if (rank < 1 || rank > max)
        return error_set(e, "%s: rank %d; expected 1 to %d", layer->name, rank, max);
    return true;
}

ModelAdapter *model_adapter_new(Params *model, const ModelLora *c, Rng *rng, Error *e)
{
    ModelAdapter *m = adapter_begin(model, c);
    bool good = true;
    for (Param *p = NULL; good && (p = nn_linear_next(model, c->layers, p));) {
        good = takes(p, c->rank, e);
        if (good)
            add_pair(m, p);
    }
    if (good && m->count == 0)
        good = error_set(e, "'%.60s': no linear layer of the model has such a name", c->layers);
    if (!good) {
        nn_params_free(&m->params);
        free(m->pairs);
        free(m);
        return NULL;
    }
    for (int i = 0; i < m->count; i++) {
        float limit = 1 / sqrtf((float)m->pairs[i].a->shape[1]);
        tensor_uniform(m->pairs[i].a, -limit, limit, rng);
        tensor_fill(m->pairs[i].b, 0);
    }
    attach(m, true);
    nn_params_freeze(model, true);
    return m;
}

void model_adapter_free(ModelAdapter *m)
{
    if (!m)
        return;
    attach(m, false);
    nn_params_freeze(m->model, false);
    nn_params_free(&m->params);
    free(m->pairs);
    free(m);
}

Params *model_adapter_params(ModelAdapter *m)
{
    return &m->params;
}

/* W = W + factor B A */
static void add_products(const ModelAdapter *m, float sign)
{
    for (int i = 0; i < m->count; i++) {
        const Pair *p = &m->pairs[i];
        int out = p->b->shape[0], rank = p->b->shape[1], in = p->a->shape[1];
        kernel_matmul(out, in, rank, sign * p->scale, (Matrix){p->b->data, rank, false},
                      (Matrix){p->a->data, in, false}, 1, p->layer->tensor->data, in);
    }
}

void model_adapter_merge(ModelAdapter *m)
{
    if (m->merged)
        return;
    add_products(m, 1);
    attach(m, false);
    m->merged = true;
}

void model_adapter_unmerge(ModelAdapter *m)
{
    if (!m->merged)
        return;
    add_products(m, -1);
    attach(m, true);
    m->merged = false;
}

/* ---- files --------------------------------------------------------------------------------------- */

static const char CONFIG[] = "adapter_config.json", WEIGHTS[] = "adapter_model.safetensors";

/* PEFT names a matrix by its place in the Python object: a GPT-2 hides its layers in "transformer". */
static const char *name_in_file(const char *name, char text[NAME_IN_FILE])
{
    snprintf(text, NAME_IN_FILE, "base_model.model.%s%s", strncmp(name, "h.", 2) == 0 ? "transformer." : "",
             name);
    return text;
}

static bool save_config(const ModelAdapter *m, const char *folder, Error *e)
{
    char path[MODEL_FOLDER_PATH];
    FileWriter *w = model_folder_path(path, folder, CONFIG, e) ? file_create(path, e) : NULL;
    if (!w)
        return false;
    file_printf(
        w,
        "{\n  \"peft_type\": \"LORA\",\n  \"task_type\": null,\n  \"base_model_name_or_path\": null,\n"
        "  \"r\": %d,\n  \"lora_alpha\": %g,\n  \"lora_dropout\": %g,\n  \"bias\": \"none\",\n"
        "  \"fan_in_fan_out\": %s,\n  \"inference_mode\": true,\n  \"target_modules\": [",
        m->config.rank, (double)m->config.alpha, (double)m->config.dropout,
        m->pairs[0].layer->transposed ? "true" : "false");
    for (int i = 0; i < m->count; i++) {
        const char *name = m->pairs[i].layer->name;
        file_printf(w, "%s\n    \"%.*s\"", i ? "," : "", (int)(strlen(name) - strlen(".weight")), name);
    }
    file_printf(w, "\n  ]\n}\n");
    return file_commit(w, e);
}

bool model_adapter_save(const ModelAdapter *m, const char *folder, Error *e)
{
    char path[MODEL_FOLDER_PATH], name[NAME_IN_FILE];
    if (!file_make_directory(folder, e) || !model_folder_path(path, folder, WEIGHTS, e))
        return false;
    SafetensorsWriter *w = model_safetensors_create(path, e);
    if (!w)
        return false;
    model_safetensors_add_metadata(w, "format", "pt");
    for (int i = 0; i < m->params.count; i++) {
        const Param *p = &m->params.items[i];
        model_safetensors_add(w, name_in_file(p->name, name), 2, p->tensor->shape, p->tensor->data, false);
    }
    return model_safetensors_finish(w, e) && save_config(m, folder, e);
}

/* A number of the config that must be there. */
static bool number_of(const json_t *config, const char *key, double min, double max, const char *path,
                      float *out, Error *e)
{
    const json_t *j = json_object_get(config, key);
    double value = json_number_value(j);
    if (!json_is_number(j) || !(value >= min && value <= max))
        return error_set(e, "%s: %s: expected a number from %g to %g", path, key, min, max);
    *out = (float)value;
    return true;
}

/* What would make another sum of it, and is not read here. */
static bool is_plain(const json_t *config, const char *path, Error *e)
{
    static const char *const flags[] = {"use_rslora", "use_dora", NULL};
    static const char *const patterns[] = {"rank_pattern", "alpha_pattern", NULL};
    const json_t *type = json_object_get(config, "peft_type"), *bias = json_object_get(config, "bias");
    if (!json_is_string(type) || strcmp(json_string_value(type), "LORA") != 0)
        return error_set(e, "%s: peft_type: expected \"LORA\"", path);
    if (json_is_string(bias) && strcmp(json_string_value(bias), "none") != 0)
        return error_set(e, "%s: bias: expected \"none\"", path);
    for (int i = 0; flags[i]; i++) {
        if (json_is_true(json_object_get(config, flags[i])))
            return error_set(e, "%s: %s: expected false", path, flags[i]);
    }
    for (int i = 0; patterns[i]; i++) {
        if (json_object_size(json_object_get(config, patterns[i])) > 0)
            return error_set(e, "%s: %s: expected none", path, patterns[i]);
    }
    return true;
}

static bool read_config(const char *folder, ModelLora *c, Error *e)
{
    char path[MODEL_FOLDER_PATH];
    float rank = 0;
    json_t *config = model_folder_path(path, folder, CONFIG, e) ? model_object_read(path, e) : NULL;
    if (!config)
        return false;
    *c = (ModelLora){0};
    bool good = is_plain(config, path, e) && number_of(config, "r", 1, 65536, path, &rank, e) &&
                number_of(config, "lora_alpha", 0, 1e6, path, &c->alpha, e) &&
                (!json_object_get(config, "lora_dropout") ||
                 number_of(config, "lora_dropout", 0, 0.99, path, &c->dropout, e));
    c->rank = (int)rank;
    json_decref(config);
    return good;
}

/* Attaches to each layer for which the file has an A. */
static bool find_layers(ModelAdapter *m, const Safetensors *s, const char *path, Error *e)
{
    char layer_name[2 * PARAM_NAME], name[NAME_IN_FILE];
    int shape[TENSOR_MAX_RANK];
    for (Param *p = NULL; (p = nn_linear_next(m->model, "*", p));) {
        snprintf(layer_name, sizeof layer_name, "%.*s.lora_A.weight",
                 (int)(strlen(p->name) - strlen(".weight")), p->name);
        if (model_safetensors_shape(s, name_in_file(layer_name, name), shape) < 0)
            continue;
        if (!takes(p, m->config.rank, e))
            return false;
        add_pair(m, p);
    }
    if (m->count == 0 || model_safetensors_count(s) != 2 * m->count)
        return error_set(e, "%s: %d tensors, of which %d belong to layers of this model (%s)", path,
                         model_safetensors_count(s), 2 * m->count,
                         model_safetensors_count(s) > 0 ? model_safetensors_name(s, 0) : "there are none");
    return true;
}

static bool read_weights(ModelAdapter *m, const char *folder, Error *e)
{
    char path[MODEL_FOLDER_PATH], name[NAME_IN_FILE];
    Safetensors *s = model_folder_path(path, folder, WEIGHTS, e) ? model_safetensors_open(path, e) : NULL;
    bool good = s && find_layers(m, s, path, e);
    for (int i = 0; good && i < m->params.count; i++) {
        const Param *p = &m->params.items[i];
        good = model_safetensors_read(s, name_in_file(p->name, name), 2, p->tensor->shape, p->tensor->data,
                                      false, e);
    }
    model_safetensors_close(s);
    return good;
}

ModelAdapter *model_adapter_load(Params *model, const char *folder, Error *e)
{
    ModelLora c;
    if (!read_config(folder, &c, e))
        return NULL;
    ModelAdapter *m = adapter_begin(model, &c);
    if (!read_weights(m, folder, e)) {
        nn_params_free(&m->params);
        free(m->pairs);
        free(m);
        return NULL;
    }
    attach(m, true);
    nn_params_freeze(model, true);
    return m;
}
