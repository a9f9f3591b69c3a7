/* tokenize_look.c -- looking into a tokenizer, and at two side by side. */
#include "ch02/tokenize.h"
#include "common/base/base.h"
#include "common/tokenizer/explain.h"

#include <stdlib.h>
#include <string.h>

void tokenize_explain(const Tokenizer *t, const char *text, size_t size)
{
    Error e = {""};
    if (!tokenizer_explain(t, text, size, stdout, &e))
        error_exitf("standard input: %s", e.text);
}

static TokenList encode(const Tokenizer *t, const char *text, size_t size, TokenSpan **spans)
{
    Error e = {""};
    TokenList tokens = {0};
    if (!tokenizer_encode_spans(t, text, size, &tokens, spans, &e))
        error_exitf("standard input: %s", e.text);
    return tokens;
}

void tokenize_offsets(const Tokenizer *t, const char *text, size_t size)
{
    TokenSpan *spans;
    TokenList tokens = encode(t, text, size, &spans);
    for (size_t i = 0; i < tokens.count; i++)
        printf("%zu %zu %s\t|%.*s|\n", spans[i].begin, spans[i].end, tokenizer_token(t, tokens.ids[i]),
               (int)(spans[i].end - spans[i].begin), text + spans[i].begin);
    free(spans);
    tokenizer_tokens_free(&tokens);
}

/* Whether a token ends at each byte: (size + 1). */
static char *ends_of(const TokenSpan *spans, size_t count, size_t size)
{
    char *ends = memory_zero(size + 1, 1);
    for (size_t i = 0; i < count; i++)
        ends[spans[i].end] = 1;
    return ends;
}

/* The text with a bar after each token; a cut within a character cannot be shown. */
static void print_cut(const char *name, const char *text, size_t size, const char *ends, size_t count)
{
    printf("%s: %zu tokens, %.2f bytes each\n  ", name, count, count ? (double)size / (double)count : 0);
    for (size_t i = 0; i < size; i++) {
        if (text[i] != '\n')
            putchar(text[i]);
        if (ends[i + 1] && (text[i + 1] & 0xc0) != 0x80)
            putchar('|');
    }
    putchar('\n');
}

void tokenize_compare(const Tokenizer *a, const Tokenizer *b, const char *a_name, const char *b_name,
                      const char *text, size_t size)
{
    TokenSpan *spans[2];
    TokenList tokens[2] = {encode(a, text, size, &spans[0]), encode(b, text, size, &spans[1])};
    char *ends[2];
    size_t both = 0, either = 0;
    for (int k = 0; k < 2; k++) {
        ends[k] = ends_of(spans[k], tokens[k].count, size);
        print_cut(k ? b_name : a_name, text, size, ends[k], tokens[k].count);
    }
    for (size_t i = 1; i <= size; i++) {
        both += ends[0][i] && ends[1][i];
        either += ends[0][i] || ends[1][i];
    }
    printf("cuts: %zu in both, %zu in one alone\n", both, either - both);
    for (int k = 0; k < 2; k++) {
        free(ends[k]);
        free(spans[k]);
        tokenizer_tokens_free(&tokens[k]);
    }
}
