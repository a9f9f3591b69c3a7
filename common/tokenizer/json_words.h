/* json_words.h -- what is wrong with a text that should be JSON, in words of a reader and not of the
 * library. */
#ifndef TOKENIZER_JSON_WORDS_H
#define TOKENIZER_JSON_WORDS_H

#include <jansson.h>

/* Such as "it ends before it is complete"; goes with fault->line. */
const char *tokenizer_json_words(const json_error_t *fault);

#endif
