/* classifier.c -- the output layer, and its folder. */
#define NN_INSIDE
#include "common/model/classifier.h"

#include "common/base/file.h"
#include "common/model/folder.h"
#include "common/model/object.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char POOLER[] = "bert.pooler.dense", CLASSIFIER[] = "classifier", SCORE[] = "score";

ModelClassifier *model_classifier_new(ModelBackbone *backbone, const char *const *labels, int classes,
                                      Rng *rng)
{
    if (classes < 1)
        FATAL("model_classifier_new: %d classes; expected at least 1", classes);
    ModelClassifier *m = memory_zero(1, sizeof *m);
    bool bert = backbone->bert != NULL;
    int width = backbone->config.channels;
    float std = 0.02f * sqrtf(768.0f / (float)width);
    m->backbone = backbone;
    m->classes = classes;
    if (bert)
        m->pooler = nn_linear_new(&m->params, POOLER, width, width, true, std, rng);
    m->score = nn_linear_new(&m->params, bert ? CLASSIFIER : SCORE, width, classes, bert, std, rng);
    m->labels = memory_new(sizeof *m->labels * (size_t)classes);
    for (int i = 0; i < classes; i++)
        m->labels[i] = memory_string(labels[i]);
    return m;
}

void model_classifier_free(ModelClassifier *m)
{
    if (!m)
        return;
    for (int i = 0; i < m->classes; i++)
        free(m->labels[i]);
    free(m->labels);
    nn_params_free(&m->params);
    model_backbone_free(m->backbone);
    free(m);
}

//> head
Tensor *model_classifier_logits_of(Graph *g, const ModelClassifier *m, Tensor *hidden, const int *lengths)
{
    Tensor *pooled = model_backbone_pooled(g, m->backbone, hidden, lengths); /* (B,C) */
    if (m->pooler.weight)
        pooled = nn_tanh(g, nn_linear(g, &m->pooler, pooled));
    return nn_linear(g, &m->score, pooled); /* (B,classes) */
}
//< head

Tensor *model_classifier_logits(Graph *g, const ModelClassifier *m, const int *ids, int batch, int time,
                                const int *lengths)
{
    Tensor *hidden = model_backbone_hidden(g, m->backbone, ids, batch, time, lengths);
    return model_classifier_logits_of(g, m, hidden, lengths);
}

/* ---- saving -------------------------------------------------------------------------------------- */

static const char *architecture(ModelFamily family)
{
    static const char *const names[] = {[MODEL_GPT2] = "GPT2ForSequenceClassification",
                                        [MODEL_LLAMA] = "LlamaForSequenceClassification",
                                        [MODEL_QWEN2] = "Qwen2ForSequenceClassification",
                                        [MODEL_QWEN3] = "Qwen3ForSequenceClassification",
                                        [MODEL_MISTRAL] = "MistralForSequenceClassification",
                                        [MODEL_PHI3] = "Phi3ForSequenceClassification",
                                        [MODEL_BERT] = "BertForSequenceClassification"};
    return names[family];
}

static bool write_object(const json_t *object, const char *path, Error *e)
{
    FileWriter *w = file_create(path, e);
    char *text = json_dumps(object, JSON_INDENT(2));
    if (w && text)
        file_printf(w, "%s\n", text);
    free(text);
    return w && file_commit(w, e);
}

/* config.json of the backbone becomes that of the classifier. */
static bool save_labels(const ModelClassifier *m, const char *folder, Error *e)
{
    char path[MODEL_FOLDER_PATH], number[16];
    json_t *config = model_folder_path(path, folder, "config.json", e) ? model_object_read(path, e) : NULL;
    if (!config)
        return false;
    json_t *names = json_object(), *numbers = json_object();
    for (int i = 0; i < m->classes; i++) {
        snprintf(number, sizeof number, "%d", i);
        json_object_set_new(names, number, json_string(m->labels[i]));
        json_object_set_new(numbers, m->labels[i], json_integer(i));
    }
    json_object_set_new(config, "architectures",
                        json_pack("[s]", architecture(m->backbone->config.family)));
    json_object_set_new(config, "problem_type", json_string("single_label_classification"));
    json_object_set_new(config, "pad_token_id", json_integer(m->backbone->pad));
    json_object_set_new(config, "id2label", names);
    json_object_set_new(config, "label2id", numbers);
    bool good = write_object(config, path, e);
    json_decref(config);
    return good;
}

bool model_classifier_save(const ModelClassifier *m, bool half, const char *folder, Error *e)
{
    char path[MODEL_FOLDER_PATH], name[PARAM_NAME];
    const ModelBackbone *b = m->backbone;
    ModelConfig config = b->config;
    config.tied = true;
    Params all = nn_params_join(b->params, &m->params);
    for (int i = 0; config.family == MODEL_GPT2 && i < b->params->count; i++) {
        snprintf(name, sizeof name, "%s", all.items[i].name);
        snprintf(all.items[i].name, PARAM_NAME, "transformer.%.80s", name);
    }
    bool good = model_folder_save(&config, &all, half, folder, e) && save_labels(m, folder, e);
    nn_params_part(&all);
    if (good && b->tokenizer)
        good =
            model_folder_path(path, folder, "tokenizer.json", e) && tokenizer_save(b->tokenizer, path, e);
    return good;
}

/* ---- loading ------------------------------------------------------------------------------------- */

enum { MAX_CLASSES = 100000 };

/* The names in the order of their numbers; id2label has "0", "1", ... as keys. */
static const char **read_labels(const json_t *config, const char *path, int *classes, Error *e)
{
    const json_t *names = json_object_get(config, "id2label");
    size_t count = json_object_size(names);
    if (count < 1 || count > MAX_CLASSES) {
        error_set(e, "%s: id2label: expected an object of 1 to %d names", path, (int)MAX_CLASSES);
        return NULL;
    }
    const char **labels = memory_new(sizeof *labels * count);
    for (size_t i = 0; i < count; i++) {
        char number[24];
        snprintf(number, sizeof number, "%zu", i);
        labels[i] = json_string_value(json_object_get(names, number));
        if (!labels[i]) {
            error_set(e, "%s: id2label: expected a name for \"%s\"", path, number);
            free(labels);
            return NULL;
        }
    }
    *classes = (int)count;
    return labels;
}

/* The parameters whose names begin with `start`; a bare BertModel leaves "bert." out. */
static bool read_head(const ModelClassifier *m, const ModelFiles *w, const char *start, Error *e)
{
    bool good = true;
    for (int i = 0; good && i < m->params.count; i++) {
        const Param *p = &m->params.items[i];
        bool bare = !model_files_has(w, p->name) && strncmp(p->name, "bert.", 5) == 0;
        if (strncmp(p->name, start, strlen(start)) == 0)
            good = model_files_read(w, bare ? p->name + 5 : p->name, p->tensor->rank, p->tensor->shape,
                                    p->tensor->data, false, e);
    }
    return good;
}

bool model_classifier_read_pooler(ModelClassifier *m, const char *folder, bool *found, Error *e)
{
    ModelFiles *w = model_files_open(folder, e);
    *found = w && m->pooler.weight &&
             (model_files_has(w, "bert.pooler.dense.weight") || model_files_has(w, "pooler.dense.weight"));
    bool good = w && (!*found || read_head(m, w, POOLER, e));
    model_files_close(w);
    return good;
}

/* The head's size is checked before memory is taken for so many classes. */
static ModelClassifier *read_classifier(ModelBackbone *b, const char *const *labels, int classes,
                                        const char *folder, Error *e)
{
    Rng rng = rng_new(0);
    ModelFiles *w = model_files_open(folder, e);
    const char *name = b->bert ? "classifier.weight" : "score.weight";
    bool good = w && model_files_check(w, name, 2, (const int[]){classes, b->config.channels}, false, e);
    ModelClassifier *m = good ? model_classifier_new(b, labels, classes, &rng) : NULL;
    if (!good)
        model_backbone_free(b);
    if (m && !read_head(m, w, "", e)) {
        model_classifier_free(m);
        m = NULL;
    }
    model_files_close(w);
    return m;
}

ModelClassifier *model_classifier_load(const char *folder, Error *e)
{
    char path[MODEL_FOLDER_PATH];
    int classes = 0;
    json_t *config = model_folder_path(path, folder, "config.json", e) ? model_object_read(path, e) : NULL;
    const char **labels = config ? read_labels(config, path, &classes, e) : NULL;
    ModelBackbone *b = labels ? model_backbone_load(folder, e) : NULL;
    ModelClassifier *m = b ? read_classifier(b, labels, classes, folder, e) : NULL;
    free(labels);
    json_decref(config);
    return m;
}
