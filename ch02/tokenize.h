/* tokenize.h -- the parts of the tool tokenize, section 2.2.2. */
#ifndef CH02_TOKENIZE_H
#define CH02_TOKENIZE_H

#include "common/tokenizer/tokenizer.h"

#include <stdbool.h>
#include <stdint.h>

typedef struct Settings {
    const char *train, *out, *tokenizer, *compare, *show, *apart;
    int model, vocab, truncate, pad;
    bool encode, decode, tokens, explain, offsets, special, lines, left, mask;
    uint64_t seed;
} Settings;

/* The options, checked against one another. */
Settings tokenize_settings(int argc, char **argv);

/* What each step makes of a text; each token beside the bytes that it comes from; two tokenizers on the same text. */
void tokenize_explain(const Tokenizer *t, const char *text, size_t size);
void tokenize_offsets(const Tokenizer *t, const char *text, size_t size);
void tokenize_compare(const Tokenizer *a, const Tokenizer *b, const char *a_name, const char *b_name,
                      const char *text, size_t size);

#endif
