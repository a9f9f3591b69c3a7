/* save.c -- tokenizer.json out: what was read, with the vocabulary and the merges put back. */
#include "common/tokenizer/parts.h"

#include "common/base/file.h"

#include <stdlib.h>

static json_t *vocabulary_json(const Tokenizer *t)
{
    json_t *list = t->model == TOKENIZER_UNIGRAM ? json_array() : json_object();
    for (int id = 0; id < t->vocabulary.count; id++) {
        const char *text = t->vocabulary.text[id];
        if (!(t->flags[id] & TOKEN_IN_MODEL))
            continue;
        if (t->model == TOKENIZER_UNIGRAM)
            json_array_append_new(
                list, json_pack("[s%f]", text, (size_t)t->vocabulary.size[id], t->unigram.score[id]));
        else
            json_object_set_new(list, text, json_integer(id));
    }
    return list;
}

/* As "a b", which every reader knows, unless a token holds a blank. */
static json_t *merges_json(const Tokenizer *t)
{
    json_t *list = json_array();
    char *const *text = t->vocabulary.text;
    bool blanks = false;
    for (size_t i = 0; i < 2 * t->bpe.used; i++)
        blanks = blanks || strchr(text[t->bpe.order[i]], ' ');
    for (size_t i = 0; i < t->bpe.used; i++) {
        const char *left = text[t->bpe.order[2 * i]], *right = text[t->bpe.order[2 * i + 1]];
        json_array_append_new(list,
                              blanks ? json_pack("[ss]", left, right) : json_sprintf("%s %s", left, right));
    }
    return list;
}

static json_t *file_of(const Tokenizer *t)
{
    json_t *root = json_deep_copy(t->file), *model = json_object_get(root, "model");
    json_object_set_new(model, "vocab", vocabulary_json(t));
    if (t->model == TOKENIZER_BPE)
        json_object_set_new(model, "merges", merges_json(t));
    return root;
}

bool tokenizer_save(const Tokenizer *t, const char *path, Error *e)
{
    json_t *root = file_of(t);
    char *text = json_dumps(root, JSON_INDENT(1));
    json_decref(root);
    FileWriter *w = text ? file_create(path, e) : NULL;
    if (!text)
        error_set(e, "%s: the tokenizer cannot be written as JSON", path);
    if (w) {
        file_write(w, text, strlen(text));
        file_write(w, "\n", 1);
    }
    free(text);
    return w && file_commit(w, e);
}

Tokenizer *tokenizer_with_specials(const Tokenizer *t, const char *const *specials, Error *e)
{
    json_t *root = file_of(t), *added = json_object_get(root, "added_tokens"),
           *more = tokenizer_added_json(specials, tokenizer_count(t));
    if (!json_is_array(added))
        json_object_set_new(root, "added_tokens", added = json_array());
    int next = tokenizer_count(t);
    for (size_t i = 0; i < json_array_size(more); i++) {
        json_t *one = json_array_get(more, i);
        if (tokenizer_id(t, json_string_value(json_object_get(one, "content"))) >= 0)
            continue;
        json_object_set_new(one, "id", json_integer(next++));
        json_array_append(added, one);
    }
    char *text = json_dumps(root, JSON_COMPACT);
    json_decref(root);
    json_decref(more);
    Tokenizer *new = text ? tokenizer_parse(text, strlen(text), "the tokenizer with more tokens", e) : NULL;
    free(text);
    return new;
}
