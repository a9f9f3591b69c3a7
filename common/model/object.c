/* object.c -- a JSON object from a file that is not trusted. */
#include "common/model/object.h"

#include "common/base/file.h"
#include "common/tokenizer/json_words.h"

#include <stdlib.h>
#include <sys/stat.h>

static const off_t LARGEST_JSON = (off_t)64 << 20;

json_t *model_object_read(const char *path, Error *e)
{
    struct stat status;
    json_error_t fault;
    size_t size;
    char *text = NULL;
    if (stat(path, &status) == 0 && status.st_size > LARGEST_JSON)
        error_set(e, "%s: %.0f MB, expected at most 64", path, (double)status.st_size / 1048576);
    else
        text = file_read(path, &size, e);
    if (!text)
        return NULL;
    json_t *root = json_loadb(text, size, JSON_REJECT_DUPLICATES, &fault);
    if (!root)
        error_set(e, "%s: line %d: not JSON: %s", path, fault.line, tokenizer_json_words(&fault));
    else if (!json_is_object(root))
        error_set(e, "%s: expected an object", path);
    free(text);
    if (json_is_object(root))
        return root;
    json_decref(root);
    return NULL;
}
