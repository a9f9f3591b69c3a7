/* explain.h -- what the pipeline does with one text, step by step, and which bytes each token comes from.
 *
 *     TokenSpan *spans;
 *     if (!tokenizer_encode_spans(t, text, size, &tokens, &spans, &e))
 *         error_exit(&e);
 *     printf("%.*s\n", (int)(spans[0].end - spans[0].begin), text + spans[0].begin);
 *     free(spans); */
#ifndef TOKENIZER_EXPLAIN_H
#define TOKENIZER_EXPLAIN_H

#include "common/tokenizer/tokenizer.h"

#include <stdio.h>

/* Bytes [begin, end) of the text. What a step has put in (a mark in front of the first word) has begin = end. */
typedef struct TokenSpan {
    size_t begin, end;
} TokenSpan;

/* The tokens of a text without the template, and where each comes from: (out->count) spans, which the caller frees.
 * *out is empty before. They rise and do not overlap, but where a token ends within a character of several bytes: the
 * next one then begins where that character does. False and *e as tokenizer_encode, and where the normalizer changes
 * the text across its characters, so that no bytes belong to a token. */
bool tokenizer_encode_spans(const Tokenizer *t, const char *text, size_t size, TokenList *out,
                            TokenSpan **spans, Error *e);

/* Writes what each step makes of the text: the normalizer, the words, how each word becomes tokens (the merges of a
 * BPE one by one), the template. False and *e as tokenizer_encode. */
bool tokenizer_explain(const Tokenizer *t, const char *text, size_t size, FILE *out, Error *e);

#endif
