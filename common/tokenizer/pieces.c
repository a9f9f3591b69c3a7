/* pieces.c -- arrays that grow: bytes, pieces of text, tokens. */
#include "common/tokenizer/parts.h"

#include "common/text/utf8.h"

#include <stdio.h>
#include <stdlib.h>

void tokenizer_bytes_add(Bytes *b, const char *text, size_t size)
{
    if (b->size + size > b->room) {
        b->room = 2 * (b->size + size) + 32;
        b->at = memory_resize(b->at, b->room);
    }
    if (size)
        memcpy(b->at + b->size, text, size);
    b->size += size;
}

void tokenizer_bytes_add_code(Bytes *b, int code_point)
{
    char text[TEXT_UTF8_MAX];
    tokenizer_bytes_add(b, text, (size_t)text_utf8_encode(code_point, text));
}

void tokenizer_pieces_add(Pieces *p, const char *text, size_t size, bool first)
{
    if (size == 0)
        return;
    if (p->count == p->room) {
        p->room = 2 * p->room + 16;
        p->items = memory_resize(p->items, p->room * sizeof *p->items);
    }
    p->items[p->count++] = (Piece){text, size, first};
}

static void tokens_grow(TokenList *t)
{
    t->room = 2 * t->room + 32;
    t->ids = memory_resize(t->ids, t->room * sizeof *t->ids);
    t->types = memory_resize(t->types, t->room * sizeof *t->types);
}

void tokenizer_tokens_add(TokenList *t, int id, int type)
{
    if (t->count == t->room)
        tokens_grow(t);
    t->ids[t->count] = id;
    t->types[t->count++] = type;
}

void tokenizer_tokens_drop(TokenList *t, Piece word, size_t at)
{
    int length, code = text_utf8_decode(word.text + at, word.size - at, &length);
    if (t->dropped.count++ == 0) {
        t->dropped.code = code >= 0 ? code : -1 - (unsigned char)word.text[at];
        t->dropped.at = at;
    }
}

bool tokenizer_complete(const TokenList *t, Error *e)
{
    char one[TEXT_UTF8_MAX], place[40] = "";
    int code = t->dropped.code;
    if (t->dropped.count == 0)
        return true;
    if (t->dropped.at != SIZE_MAX)
        snprintf(place, sizeof place, "byte %zu: ", t->dropped.at);
    if (code < 0)
        return error_set(e, "%sthe byte 0x%02X has no token, and the vocabulary has no unknown token",
                         place, (unsigned)(-1 - code));
    return error_set(
        e, "%sthe character '%.*s' (U+%04X) has no token, and the vocabulary has no unknown token", place,
        text_utf8_encode(code, one), one, (unsigned)code);
}

void tokenizer_tokens_free(TokenList *t)
{
    free(t->ids);
    free(t->types);
    *t = (TokenList){0};
}
