/* wordpiece.c -- the longest token that fits, again and again from the left
 * (Schuster and Nakajima 2012; BERT, 2018). Inside a word a token is written
 * with "##" in front. A word that cannot be finished so is one unknown token. */
#include "common/tokenizer/parts.h"

#include "common/text/utf8.h"

#include <stdlib.h>

void tokenizer_wordpiece_prepare(WordPiece *w, const Vocabulary *v)
{
    size_t prefix = strlen(w->prefix);
    for (int id = 0; id < v->count; id++) {
        size_t size = (size_t)v->size[id];
        if (!v->text[id] || size == 0)
            continue;
        tokenizer_trie_put(&w->first, v->text[id], size, id);
        if (size > prefix && memcmp(v->text[id], w->prefix, prefix) == 0)
            tokenizer_trie_put(&w->inner, v->text[id] + prefix, size - prefix, id);
    }
}

/* The longest token at the start of a text that ends where a character ends, and its bytes; or -1. */
static int longest(const Trie *t, const char *text, size_t size, size_t *length)
{
    int best = -1, node = 0;
    for (size_t i = 0; i < size && (node = tokenizer_trie_step(t, node, (unsigned char)text[i])) >= 0;
         i++) {
        if (t->ids[node] < 0)
            continue;
        best = t->ids[node];
        *length = i + 1;
    }
    return best;
}

static int characters(Piece word)
{
    int count = 0;
    for (size_t i = 0; i < word.size; i++)
        count += ((unsigned char)word.text[i] & 0xc0) != 0x80;
    return count;
}

bool tokenizer_wordpiece_encode(const WordPiece *w, Piece word, TokenList *out, const char **fault)
{
    size_t before = out->count, length = 0;
    bool known = characters(word) <= w->max;
    for (size_t at = 0; known && at < word.size; at += length) {
        int id = longest(at ? &w->inner : &w->first, word.text + at, word.size - at, &length);
        known = id >= 0;
        if (known)
            tokenizer_tokens_add(out, id, 0);
    }
    if (known)
        return true;
    out->count = before;
    *fault = word.text;
    if (w->unknown >= 0)
        tokenizer_tokens_add(out, w->unknown, 0);
    return w->unknown >= 0;
}

void tokenizer_wordpiece_free(WordPiece *w)
{
    tokenizer_trie_free(&w->first);
    tokenizer_trie_free(&w->inner);
    free(w->prefix);
    *w = (WordPiece){0};
}
