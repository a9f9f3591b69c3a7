/* chars_json.c -- the character vocabulary as tokenizer.json. */
#include "common/text/chars.h"

#include "common/base/arena.h"
#include "common/base/file.h"
#include "common/text/utf8.h"

#include <jansson.h>
#include <stdlib.h>
#include <string.h>

bool text_chars_save(const TextChars *c, const char *path, Error *e)
{
    json_t *vocabulary = json_object();
    char name[5];
    for (int i = 0; i < c->count; i++) {
        text_chars_decode(c, i, name);
        json_object_set_new(vocabulary, name, json_integer(i));
    }
    json_t *root = json_pack("{s:s, s:n, s:n, s:{s:s, s:o, s:[]}}", "version", "1.0", "normalizer",
                             "pre_tokenizer", "model", "type", "BPE", "vocab", vocabulary, "merges");
    char *text = root ? json_dumps(root, JSON_INDENT(1)) : NULL;
    FileWriter *w = text ? file_create(path, e) : NULL;
    if (w)
        file_write(w, text, strlen(text));
    if (!text)
        error_set(e, "%s: the vocabulary cannot be written as JSON", path);
    free(text);
    json_decref(root);
    return w && file_commit(w, e);
}

/* One entry: a single character with the next free number. */
static bool take_entry(TextChars *c, const char *key, const json_t *value, size_t entries, const char *path,
                       Error *e)
{
    int length, code = text_utf8_decode(key, strlen(key) + 1, &length);
    json_int_t id = json_integer_value(value);
    if (code <= 0 || key[length] != '\0')
        return error_set(e, "%s: vocab: '%.16s' is not one character", path, key);
    if (!json_is_integer(value) || id < 0 || (size_t)id >= entries)
        return error_set(e, "%s: vocab: '%s': expected a number from 0 to %zu", path, key, entries - 1);
    c->code_points[id] = code;
    return true;
}

static TextChars *read_vocabulary(const json_t *root, const char *path, Error *e)
{
    const json_t *model = json_object_get(root, "model"), *value;
    json_t *vocabulary = json_object_get(model, "vocab");
    size_t entries = json_object_size(vocabulary),
           merges = json_array_size(json_object_get(model, "merges"));
    if (entries == 0 || merges != 0) {
        error_set(e, "%s: expected a vocabulary of characters without merges", path);
        return NULL;
    }
    TextChars *c = memory_zero(1, sizeof *c);
    c->count = (int)entries;
    c->code_points = memory_zero(entries, sizeof *c->code_points);
    bool good = true;
    for (void *it = json_object_iter(vocabulary); good && it; it = json_object_iter_next(vocabulary, it)) {
        value = json_object_iter_value(it);
        good = take_entry(c, json_object_iter_key(it), value, entries, path, e);
    }
    for (int i = 0; good && i < c->count; i++) {
        if (c->code_points[i] <= (i == 0 ? 0 : c->code_points[i - 1])) /* 0: a number that nobody has */
            good = error_set(e, "%s: vocab: the characters are not numbered in their order", path);
    }
    if (good)
        return c;
    text_chars_free(c);
    return NULL;
}

TextChars *text_chars_load(const char *path, Error *e)
{
    size_t size;
    char *text = file_read(path, &size, e);
    if (!text)
        return NULL;
    json_error_t fault;
    json_t *root = json_loadb(text, size, JSON_REJECT_DUPLICATES, &fault);
    TextChars *c = root ? read_vocabulary(root, path, e) : NULL;
    if (!root)
        error_set(e, "%s: line %d: not JSON: %s", path, fault.line, fault.text);
    json_decref(root);
    free(text);
    return c;
}
