/* folder_tokenizer.c -- the tokenizer of a model's folder, and whether it fits the model. */
#include "common/model/folder.h"

static bool fits(const Tokenizer *t, int vocab, const char *const *needed, const char *path, Error *e)
{
    if (tokenizer_count(t) > vocab)
        return error_set(e, "%s: %d tokens, but the model has %d", path, tokenizer_count(t), vocab);
    for (; needed && *needed; needed++) {
        if (tokenizer_id(t, *needed) < 0)
            return error_set(e, "%s: expected a token %s", path, *needed);
    }
    return true;
}

Tokenizer *model_folder_tokenizer(const char *folder, int vocab, const char *const *needed, Error *e)
{
    char path[MODEL_FOLDER_PATH];
    Tokenizer *t = model_folder_path(path, folder, "tokenizer.json", e) ? tokenizer_load(path, e) : NULL;
    if (t && !fits(t, vocab, needed, path, e)) {
        tokenizer_free(t);
        t = NULL;
    }
    return t;
}
