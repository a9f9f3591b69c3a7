/* folder_tokenizer.c -- the tokenizer of a model's folder, and whether it fits the model. */
#include "common/nn/files/folder.h"

static bool fits(const Tokenizer *t, int vocab, const char *const *needed, const char *path, Error *e)
{
    if (text_tokenizer_count(t) > vocab)
        return error_set(e, "%s: %d tokens, but the model has %d", path, text_tokenizer_count(t), vocab);
    for (; needed && *needed; needed++) {
        if (text_tokenizer_id(t, *needed) < 0)
            return error_set(e, "%s: expected a token %s", path, *needed);
    }
    return true;
}

Tokenizer *nn_folder_tokenizer(const char *folder, int vocab, const char *const *needed, Error *e)
{
    char path[FOLDER_PATH];
    Tokenizer *t = nn_folder_path(path, folder, "tokenizer.json", e) ? text_tokenizer_load(path, e) : NULL;
    if (t && !fits(t, vocab, needed, path, e)) {
        text_tokenizer_free(t);
        t = NULL;
    }
    return t;
}
