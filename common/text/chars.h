/* chars.h -- the simplest tokenizer: a token is a character (a Unicode code point). */
#ifndef TEXT_CHARS_H
#define TEXT_CHARS_H

#include "common/base/error.h"
#include "common/base/rng.h"

#include <stddef.h>

typedef struct TextChars {
    int *code_points; /* (count), ascending: token i is code_points[i] */
    int count;
} TextChars;

/* The characters of a text, which is valid UTF-8. text_chars_free frees it. */
TextChars *text_chars_new(const char *text, size_t size);
void text_chars_free(TextChars *c);

/* The token of a code point, or -1. */
int text_chars_id(const TextChars *c, int code_point);

/* The tokens of a text; the caller frees them. NULL and *e, which names the
 * character and its byte, if one is not in the vocabulary. */
int *text_chars_encode(const TextChars *c, const char *text, size_t size, size_t *count, Error *e);

/* The UTF-8 of one token, ending in a zero byte. */
void text_chars_decode(const TextChars *c, int id, char out[5]);

/* Writes and reads tokenizer.json in Hugging Face's form: a BPE model without
 * merges, whose vocabulary is the characters. NULL and *e on anything else. */
bool text_chars_save(const TextChars *c, const char *path, Error *e);
TextChars *text_chars_load(const char *path, Error *e);

#endif
