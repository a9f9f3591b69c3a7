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

/* What one adapter attaches to one layer. The pairs of several adapters on a layer form a list. */
typedef struct Pair {
    const ModelAdapter *owner;
    Param *layer;
    Tensor *a, *b; /* (r,in), (out,r) */
    struct Pair *next;
} Pair;

struct ModelAdapter {
    Params *model;
    Params params;
    ModelLora config;
    float scale;  /* alpha / r */
    float weight; /* how much of it counts */
    Pair *pairs;
    int count;
    bool merged;
    float merged_weight; /* what weight was then */
};

//> lora
/* y + (alpha / r) B A x, with the weight of the adapter */
static Tensor *apply(Graph *g, const void *context, Tensor *x, Tensor *y)
{
    for (const Pair *p = context; p; p = p->next) {
        const ModelAdapter *m = p->owner;
        if (m->weight != 0)
            y = nn_add_low_rank(g, y, nn_dropout(g, x, m->config.dropout), p->a, p->b,
                                m->weight * m->scale);
    }
    return y;
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
    int out = layer->tensor->shape[0], in = layer->tensor->shape[1], rank = m->config.rank;
    m->pairs[m->count++] = (Pair){.owner = m,
                                  .layer = layer,
                                  .a = make_param(&m->params, layer, "lora_A", rank, in),
                                  .b = make_param(&m->params, layer, "lora_B", out, rank)};
}

static bool has_lora(const Param *layer)
{
    return layer->adapter->apply == apply;
}

/* At the end of the layer's list. */
static void attach(ModelAdapter *m)
{
    for (int i = 0; i < m->count; i++) {
        NnAdapter *layer = m->pairs[i].layer->adapter;
        Pair *last = has_lora(m->pairs[i].layer) ? (Pair *)layer->context : NULL;
        while (last && last->next)
            last = last->next;
        if (last)
            last->next = &m->pairs[i];
        else
            layer->context = &m->pairs[i];
        layer->apply = apply;
    }
}

static void detach(ModelAdapter *m)
{
    for (int i = 0; i < m->count; i++) {
        NnAdapter *layer = m->pairs[i].layer->adapter;
        Pair *before = (Pair *)layer->context;
        while (before != &m->pairs[i] && before->next != &m->pairs[i])
            before = before->next;
        if (before == &m->pairs[i])
            layer->context = before->next;
        else
            before->next = m->pairs[i].next;
        m->pairs[i].next = NULL;
        layer->apply = layer->context ? apply : NULL;
    }
}

static ModelAdapter *adapter_begin(Params *model, const ModelLora *c)
{
    ModelAdapter *m = memory_zero(1, sizeof *m);
    m->model = model;
    m->config = *c;
    m->config.layers = NULL; /* the caller's */
    m->scale = c->alpha / (c->rank_stabilised ? sqrtf((float)c->rank) : (float)c->rank);
    m->weight = 1;
    m->pairs = memory_new(sizeof *m->pairs * (size_t)(model->count + 1));
    return m;
}

static void adapter_destroy(ModelAdapter *m)
{
    nn_params_free(&m->params);
    free(m->pairs);
    free(m);
}

/* Whether a layer can take matrices of that rank. */
static bool takes(const Param *layer, int rank, Error *e)
{
    int out = layer->tensor->shape[0], in = layer->tensor->shape[1], max = out < in ? out : in;
    if (layer->adapter->apply && !has_lora(layer))
        return error_set(e, "%s: something else than LoRA is attached to it", layer->name);
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
        adapter_destroy(m);
        return NULL;
    }
    for (int i = 0; i < m->count; i++) {
        float limit = 1 / sqrtf((float)m->pairs[i].a->shape[1]);
        tensor_uniform(m->pairs[i].a, -limit, limit, rng);
        tensor_fill(m->pairs[i].b, 0);
    }
    attach(m);
    nn_params_freeze(model, true);
    return m;
}

static bool any_left(const Params *model)
{
    for (const Param *p = NULL; (p = nn_linear_next(model, "*", p));) {
        if (has_lora(p))
            return true;
    }
    return false;
}

void model_adapter_free(ModelAdapter *m)
{
    if (!m)
        return;
    if (!m->merged)
        detach(m);
    if (!any_left(m->model))
        nn_params_freeze(m->model, false);
    adapter_destroy(m);
}

Params *model_adapter_params(ModelAdapter *m)
{
    return &m->params;
}

void model_adapter_weigh(ModelAdapter *m, float weight)
{
    m->weight = weight;
}

//> merge
/* W = W + factor B A */
static void add_products(const ModelAdapter *m, float factor)
{
    for (int i = 0; i < m->count; i++) {
        const Pair *p = &m->pairs[i];
        int out = p->b->shape[0], rank = p->b->shape[1], in = p->a->shape[1];
        kernel_matmul(out, in, rank, factor, (Matrix){p->b->data, rank, false},
                      (Matrix){p->a->data, in, false}, 1, p->layer->tensor->data, in);
    }
}
//< merge

void model_adapter_merge(ModelAdapter *m)
{
    if (m->merged)
        return;
    m->merged_weight = m->weight;
    add_products(m, m->merged_weight * m->scale);
    detach(m);
    m->merged = true;
}

void model_adapter_unmerge(ModelAdapter *m)
{
    if (!m->merged)
        return;
    add_products(m, -m->merged_weight * m->scale);
    attach(m);
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

/* The layer that a parameter belongs to: its name without .weight or .bias. */
static int layer_length(const Param *p)
{
    const char *end = strrchr(p->name, '.');
    return end ? (int)(end - p->name) : (int)strlen(p->name);
}

/* Layers that are trained whole, each once. */
static void save_modules(FileWriter *w, const Params *model)
{
    const Param *last = NULL;
    for (int i = 0; i < model->count; i++) {
        const Param *p = &model->items[i];
        if (!p->tensor->wants_grad)
            continue;
        bool same = last && layer_length(last) == layer_length(p) &&
                    strncmp(last->name, p->name, (size_t)layer_length(p)) == 0;
        if (!same)
            file_printf(w, "%s\"%.*s\"", last ? ", " : "  \"modules_to_save\": [", layer_length(p),
                        p->name);
        last = p;
    }
    file_printf(w, last ? "],\n" : "  \"modules_to_save\": null,\n");
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
        "  \"r\": %d,\n  \"lora_alpha\": %g,\n  \"lora_dropout\": %g,\n  \"use_rslora\": %s,\n"
        "  \"bias\": \"none\",\n  \"fan_in_fan_out\": %s,\n  \"inference_mode\": true,\n",
        m->config.rank, (double)m->config.alpha, (double)m->config.dropout,
        m->config.rank_stabilised ? "true" : "false", m->pairs[0].layer->transposed ? "true" : "false");
    save_modules(w, m->model);
    file_printf(w, "  \"target_modules\": [");
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
    for (int i = 0; i < m->model->count; i++) {
        const Param *p = &m->model->items[i];
        if (p->tensor->wants_grad)
            model_safetensors_add(w, name_in_file(p->name, name), p->tensor->rank, p->tensor->shape,
                                  p->tensor->data, false);
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
    static const char *const flags[] = {"use_dora", NULL};
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
    c->rank_stabilised = json_is_true(json_object_get(config, "use_rslora"));
    json_decref(config);
    return good;
}

/* Whether the file has this parameter of the model whole. */
static bool is_whole(const Safetensors *s, const Param *p)
{
    char name[NAME_IN_FILE];
    int shape[TENSOR_MAX_RANK];
    return model_safetensors_shape(s, name_in_file(p->name, name), shape) >= 0;
}

/* Attaches to each layer for which the file has an A. */
static bool find_layers(ModelAdapter *m, const Safetensors *s, Error *e)
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
    return true;
}

/* Whether each tensor of the file belongs to a layer of the model: matrices, and what was saved whole. */
static bool all_known(const ModelAdapter *m, const Safetensors *s, const char *path, Error *e)
{
    int count = model_safetensors_count(s), known = 2 * m->count;
    for (int i = 0; i < m->model->count; i++)
        known += is_whole(s, &m->model->items[i]);
    if (m->count == 0 || count != known)
        return error_set(e, "%s: %d tensors, of which %d belong to layers of this model (%s)", path, count,
                         known, count > 0 ? model_safetensors_name(s, 0) : "there are none");
    return true;
}

/* Reads what the file has whole, and freezes the rest of the model. */
static bool read_whole(Params *model, const Safetensors *s, Error *e)
{
    char name[NAME_IN_FILE];
    for (int i = 0; i < model->count; i++) {
        const Param *p = &model->items[i];
        if (is_whole(s, p) && !model_safetensors_read(s, name_in_file(p->name, name), p->tensor->rank,
                                                      p->tensor->shape, p->tensor->data, false, e))
            return false;
    }
    for (int i = 0; i < model->count; i++)
        model->items[i].tensor->wants_grad = is_whole(s, &model->items[i]);
    return true;
}

static bool read_weights(ModelAdapter *m, const char *folder, Error *e)
{
    char path[MODEL_FOLDER_PATH], name[NAME_IN_FILE];
    Safetensors *s = model_folder_path(path, folder, WEIGHTS, e) ? model_safetensors_open(path, e) : NULL;
    bool good = s && find_layers(m, s, e) && all_known(m, s, path, e);
    for (int i = 0; good && i < m->params.count; i++) {
        const Param *p = &m->params.items[i];
        good = model_safetensors_read(s, name_in_file(p->name, name), 2, p->tensor->shape, p->tensor->data,
                                      false, e);
    }
    good = good && read_whole(m->model, s, e);
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
        adapter_destroy(m);
        return NULL;
    }
    attach(m);
    return m;
}
