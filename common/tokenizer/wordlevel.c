/* wordlevel.c -- a word is a token, or unknown: what every tokenizer was before words were cut. */
#include "common/tokenizer/parts.h"

void tokenizer_wordlevel_prepare(WordLevel *w, const Vocabulary *v)
{
    for (int id = 0; id < v->count; id++) {
        if (v->text[id])
            tokenizer_vocabulary_put(&w->words, v->text[id], (size_t)v->size[id], id);
    }
}

bool tokenizer_wordlevel_encode(const WordLevel *w, Piece word, TokenList *out, const char **fault)
{
    int id = tokenizer_vocabulary_find(&w->words, word.text, word.size);
    id = id >= 0 ? id : w->unknown;
    *fault = word.text;
    if (id >= 0)
        tokenizer_tokens_add(out, id, 0);
    return id >= 0;
}

void tokenizer_wordlevel_free(WordLevel *w)
{
    tokenizer_vocabulary_free(&w->words);
}
