/* folder_tokenizer.c -- the tokenizer of a model's folder, and whether it fits the model. */
#include "common/model/folder.h"

/* Of the tokens that belong to the model alone at least the first must have a row: else it is another
 * model's. */
static bool fits(const Tokenizer *t, int vocab, const char *const *needed, const char *path, Error *e)
{
    int own = tokenizer_own_count(t);
    if (own > vocab)
        return error_set(e, "%s: %d tokens, but the model has %d", path, own, vocab);
    for (; needed && *needed; needed++) {
        int id = tokenizer_id(t, *needed);
        if (id < 0)
            return error_set(e, "%s: expected a token %s", path, *needed);
        if (id >= vocab)
            return error_set(e, "%s: the token %s has the number %d, but the model has %d tokens", path,
                             *needed, id, vocab);
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
