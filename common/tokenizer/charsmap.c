/* charsmap.c -- SentencePiece's normalisation: a table says what characters become, compiled by whoever
 * trained the model.
 *
 * The table is base64 of: a number of bytes (32 bits, the lowest first); so many bytes of a double-array
 * trie (Aoe, 1989, as the library Darts-clone packs it); and texts with a zero byte after each. The
 * trie finds the beginnings of a text that the table knows, and gives the place of what stands for it
 * among the texts.
 *
 * Where several beginnings are known the shortest counts, and takes the place of all that was looked up.
 * That looks like a mistake, but it is how SentencePiece's port in Hugging Face's library reads the
 * table, and models are used so. */
#include "common/tokenizer/parts.h"

#include "common/text/utf8.h"

#include <stdlib.h>
#include <utf8proc.h>

struct Charsmap {
    uint32_t *units; /* (count) */
    size_t count;
    char *texts; /* (size), and a zero byte after them */
    size_t size;
};

/* ---- reading ------------------------------------------------------------------------------------- */

static int value_of_letter(char c)
{
    static const char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    const char *at = c ? strchr(letters, c) : NULL;
    return at ? (int)(at - letters) : -1;
}

/* False if it is not base64. */
static bool decode_base64(const char *text, Bytes *out)
{
    uint32_t bits = 0;
    int held = 0;
    size_t size = strlen(text);
    while (size > 0 && text[size - 1] == '=')
        size--;
    for (size_t i = 0; i < size; i++) {
        int value = value_of_letter(text[i]);
        if (value < 0)
            return false;
        bits = bits << 6 | (uint32_t)value;
        held += 6;
        if (held >= 8)
            tokenizer_bytes_add(out, (const char[]){(char)(bits >> (held -= 8))}, 1);
    }
    return true;
}

static uint32_t get32(const char *bytes)
{
    const unsigned char *b = (const unsigned char *)bytes;
    return (uint32_t)b[0] | (uint32_t)b[1] << 8 | (uint32_t)b[2] << 16 | (uint32_t)b[3] << 24;
}

Charsmap *tokenizer_charsmap_new(const char *base64, const JsonReader *r, const char *place)
{
    Bytes bytes = {0};
    Charsmap *c = NULL;
    bool good = decode_base64(base64, &bytes);
    size_t trie = good && bytes.size >= 4 ? get32(bytes.at) : 0;
    if (!good)
        tokenizer_json_fault(r, place, "precompiled_charsmap: expected base64");
    else if (trie == 0 || trie % 4 != 0 || trie > bytes.size - 4)
        tokenizer_json_fault(r, place, "precompiled_charsmap: a trie of %zu bytes in %zu: cut short?", trie,
                             bytes.size);
    else {
        c = memory_zero(1, sizeof *c);
        c->count = trie / 4;
        c->size = bytes.size - 4 - trie;
        c->units = memory_new(trie);
        for (size_t i = 0; i < c->count; i++)
            c->units[i] = get32(bytes.at + 4 + 4 * i);
        c->texts = memory_zero(c->size + 1, 1);
        memcpy(c->texts, bytes.at + 4 + trie, c->size);
    }
    free(bytes.at);
    return c;
}

void tokenizer_charsmap_free(Charsmap *c)
{
    if (!c)
        return;
    free(c->units);
    free(c->texts);
    free(c);
}

/* ---- use ----------------------------------------------------------------------------------------- */

/* A unit of the trie: where its children lie, seen from itself; the byte that leads to it; whether a
 * text ends here. */
static size_t offset_of(uint32_t unit)
{
    return (size_t)(unit >> 10) << ((unit & 1u << 9) >> 6);
}

static uint32_t label_of(uint32_t unit)
{
    return unit & (1u << 31 | 0xff);
}

static bool ends_text(uint32_t unit)
{
    return unit >> 8 & 1;
}

/* What stands for a piece of text, or NULL. */
static const char *lookup(const Charsmap *c, const char *text, size_t size)
{
    size_t node = offset_of(c->units[0]);
    for (size_t i = 0; i < size && text[i]; i++) {
        node ^= (unsigned char)text[i];
        if (node >= c->count || label_of(c->units[node]) != (unsigned char)text[i])
            return NULL;
        uint32_t unit = c->units[node];
        node ^= offset_of(unit);
        if (!ends_text(unit))
            continue;
        size_t at = node < c->count ? c->units[node] & 0x7fffffffu : c->size;
        return at < c->size ? c->texts + at : NULL;
    }
    return NULL;
}

/* The bytes of the grapheme (what a reader takes for one character) that a text begins with. */
static size_t grapheme(const char *text, size_t size)
{
    int length, before = text_utf8_decode(text, size, &length);
    utf8proc_int32_t state = 0;
    size_t at = (size_t)length;
    while (at < size) {
        int code = text_utf8_decode(text + at, size - at, &length);
        if (utf8proc_grapheme_break_stateful(before, code, &state))
            break;
        before = code;
        at += (size_t)length;
    }
    return at;
}

static void add_text(const char *found, const char *text, size_t size, Bytes *out)
{
    tokenizer_bytes_add(out, found ? found : text, found ? strlen(found) : size);
}

void tokenizer_charsmap_apply(const Charsmap *c, Piece in, Bytes *out)
{
    enum { SHORT = 6 }; /* longer graphemes are looked up by their characters alone */
    int length;
    for (size_t at = 0, size; at < in.size; at += size) {
        const char *text = in.text + at, *found;
        size = grapheme(text, in.size - at);
        found = size < SHORT ? lookup(c, text, size) : NULL;
        if (found)
            add_text(found, text, size, out);
        for (size_t i = 0; !found && i < size; i += (size_t)length) {
            text_utf8_decode(text + i, size - i, &length);
            add_text(lookup(c, text + i, (size_t)length), text + i, (size_t)length, out);
        }
    }
}
