/* folder_files.c -- the weights of a folder, in one file or in several that an index names. */
#include "common/model/folder.h"

#include "common/model/object.h"
#include "common/model/safetensors.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

enum { MAX_FILES = 512, NAME_SHOWN = 60 };

typedef struct WeightFile {
    char *name;
    Safetensors *tensors;
} WeightFile;

struct ModelFiles {
    char *folder;
    json_t *index; /* weight -> name of its file; NULL for a single file */
    WeightFile files[MAX_FILES];
    int count;
};

void model_files_close(ModelFiles *w)
{
    if (!w)
        return;
    for (int i = 0; i < w->count; i++) {
        model_safetensors_close(w->files[i].tensors);
        free(w->files[i].name);
    }
    json_decref(w->index);
    free(w->folder);
    free(w);
}

static const Safetensors *file_named(const ModelFiles *w, const char *name)
{
    for (int i = 0; i < w->count; i++) {
        if (strcmp(w->files[i].name, name) == 0)
            return w->files[i].tensors;
    }
    return NULL;
}

static bool open_one(ModelFiles *w, const char *name, Error *e)
{
    char path[MODEL_FOLDER_PATH];
    Safetensors *s = model_folder_path(path, w->folder, name, e) ? model_safetensors_open(path, e) : NULL;
    if (s)
        w->files[w->count++] = (WeightFile){memory_string(name), s};
    return s != NULL;
}

/* A name of a file beside the index, and of nothing else. */
static bool is_plain_name(const char *name)
{
    size_t length = strlen(name), end = strlen(".safetensors");
    return name[0] != '.' && !strchr(name, '/') && !strchr(name, '\\') && length > end && length < 256 &&
           strcmp(name + length - end, ".safetensors") == 0;
}

/* Every tensor in a file must be one that the index puts there. */
static bool check_file(const ModelFiles *w, const WeightFile *f, const char *path, Error *e)
{
    for (int i = 0; i < model_safetensors_count(f->tensors); i++) {
        const char *name = model_safetensors_name(f->tensors, i);
        const char *where = json_string_value(json_object_get(w->index, name));
        if (!where)
            return error_set(e, "%s: tensor \"%.*s\" is in %s, but not in the index", path, NAME_SHOWN,
                             name, f->name);
        if (strcmp(where, f->name) != 0)
            return error_set(e, "%s: tensor \"%.*s\" is in %s, but the index says %.*s", path, NAME_SHOWN,
                             name, f->name, NAME_SHOWN, where);
    }
    return true;
}

static bool open_all(ModelFiles *w, const char *path, Error *e)
{
    const char *weight;
    json_t *value;
    json_object_foreach(w->index, weight, value)
    {
        const char *file = json_string_value(value);
        if (!file || !is_plain_name(file))
            return error_set(e,
                             "%s: weight_map: \"%.*s\": expected the name of a .safetensors file in this "
                             "folder, found \"%.*s\"",
                             path, NAME_SHOWN, weight, NAME_SHOWN, file ? file : "something else");
        if (file_named(w, file))
            continue;
        if (w->count == MAX_FILES)
            return error_set(e, "%s: weight_map: more than %d files", path, (int)MAX_FILES);
        if (!open_one(w, file, e))
            return false;
    }
    json_object_foreach(w->index, weight, value)
    {
        if (!model_safetensors_dtype(file_named(w, json_string_value(value)), weight))
            return error_set(e, "%s: tensor \"%.*s\" is not in %.*s", path, NAME_SHOWN, weight, NAME_SHOWN,
                             json_string_value(value));
    }
    for (int i = 0; i < w->count; i++) {
        if (!check_file(w, &w->files[i], path, e))
            return false;
    }
    return true;
}

static bool open_index(ModelFiles *w, const char *path, Error *e)
{
    json_t *root = model_object_read(path, e);
    if (!root)
        return false;
    w->index = json_incref(json_object_get(root, "weight_map"));
    json_decref(root);
    if (!json_is_object(w->index) || json_object_size(w->index) == 0)
        return error_set(e, "%s: weight_map: expected an object that names the file of each weight", path);
    return open_all(w, path, e);
}

static bool exists(const char *path)
{
    struct stat status;
    return stat(path, &status) == 0;
}

ModelFiles *model_files_open(const char *folder, Error *e)
{
    char single[MODEL_FOLDER_PATH], index[MODEL_FOLDER_PATH];
    if (!model_folder_path(single, folder, "model.safetensors", e) ||
        !model_folder_path(index, folder, "model.safetensors.index.json", e))
        return NULL;
    ModelFiles *w = memory_zero(1, sizeof *w);
    w->folder = memory_string(folder);
    bool sharded = !exists(single) && exists(index);
    if (sharded ? open_index(w, index, e) : open_one(w, "model.safetensors", e))
        return w;
    model_files_close(w);
    return NULL;
}

const char *model_files_file(const ModelFiles *w, const char *name)
{
    const char *file = json_string_value(json_object_get(w->index, name));
    return file ? file : w->files[0].name;
}

static const Safetensors *file_of(const ModelFiles *w, const char *name)
{
    return file_named(w, model_files_file(w, name));
}

bool model_files_has(const ModelFiles *w, const char *name)
{
    return model_safetensors_dtype(file_of(w, name), name) != NULL;
}

bool model_files_check(const ModelFiles *w, const char *name, int rank, const int *shape, bool transposed,
                       Error *e)
{
    return model_safetensors_check(file_of(w, name), name, rank, shape, transposed, e);
}

bool model_files_read(const ModelFiles *w, const char *name, int rank, const int *shape, float *out,
                      bool transposed, Error *e)
{
    return model_safetensors_read(file_of(w, name), name, rank, shape, out, transposed, e);
}
