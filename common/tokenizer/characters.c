/* characters.c -- the simplest tokenizer: a token is a character. As a file it is a BPE that joins
 * nothing. */
#include "common/tokenizer/parts.h"

#include "common/text/utf8.h"

#include <stdlib.h>

enum { CODE_POINTS = 0x110000 };

size_t tokenizer_special_at(const char *const *specials, const char *text, size_t size)
{
    size_t longest = 0;
    for (int i = 0; specials[i]; i++) {
        size_t length = specials[i][0] == text[0] ? strlen(specials[i]) : 0;
        if (length > longest && length <= size && memcmp(text, specials[i], length) == 0)
            longest = length;
    }
    return longest;
}

/* Marks the characters of a text. False and *e at bytes that are not UTF-8, and at a zero byte, which
 * JSON's readers take for an end. */
static bool mark_seen(unsigned char *seen, const char *const *specials, const char *text, size_t size,
                      Error *e)
{
    int length;
    for (size_t at = 0; at < size; at += (size_t)length) {
        size_t special = tokenizer_special_at(specials, text + at, size - at);
        length = (int)special;
        if (special)
            continue;
        int code = text_utf8_decode(text + at, size - at, &length);
        if (code <= 0)
            return error_set(e, "byte %zu is %s", at, code == 0 ? "zero" : "not UTF-8");
        seen[code] = 1;
    }
    return true;
}

static json_t *vocabulary_of(const unsigned char *seen, int *count)
{
    json_t *vocabulary = json_object();
    char name[TEXT_UTF8_MAX + 1];
    *count = 0;
    for (int code = 0; code < CODE_POINTS; code++) {
        if (!seen[code])
            continue;
        name[text_utf8_encode(code, name)] = '\0';
        json_object_set_new(vocabulary, name, json_integer((*count)++));
    }
    return vocabulary;
}

Tokenizer *tokenizer_of_characters(const char *text, size_t size, const char *const *specials, Error *e)
{
    static const char *const none[] = {NULL};
    unsigned char *seen = memory_zero(CODE_POINTS, 1);
    specials = specials ? specials : none;
    int count = 0;
    bool good = mark_seen(seen, specials, text, size, e);
    json_t *vocabulary = vocabulary_of(seen, &count);
    free(seen);
    if (good && count == 0)
        good = error_set(e, "the text has no character");
    if (!good) {
        json_decref(vocabulary);
        return NULL;
    }
    json_t *added = tokenizer_added_json(specials, count);
    for (int i = 0; specials[i]; i++)
        json_object_set_new(vocabulary, specials[i], json_integer(count + i));
    json_t *root = json_pack("{ss so sn sn s{ss} s{ss so s[]}}", "version", "1.0", "added_tokens", added,
                             "normalizer", "pre_tokenizer", "decoder", "type", "Fuse", "model", "type",
                             "BPE", "vocab", vocabulary, "merges");
    return tokenizer_from(root, "the tokenizer of characters", e);
}
