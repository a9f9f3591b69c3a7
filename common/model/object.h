/* object.h (inside) -- a file that holds a JSON object. */
#ifndef MODEL_OBJECT_H
#define MODEL_OBJECT_H

#include "common/base/error.h"

#include <jansson.h>

/* The object, which json_decref frees; NULL and *e if there is none, or more than 64 MB. */
json_t *model_object_read(const char *path, Error *e);

#endif
