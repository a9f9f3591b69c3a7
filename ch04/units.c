/* units.c -- words and characters, hashed by xxHash. */
#include "ch04/units.h"

#include "common/base/arena.h"
#include "common/text/utf8.h"

#include <stdlib.h>
#include <xxhash.h>

static bool is_chinese(int c)
{
    return (c >= 0x3400 && c <= 0x9fff) || (c >= 0xf900 && c <= 0xfaff) || (c >= 0x20000 && c <= 0x3134f);
}

/* Letters of any script count as such; of what is not ASCII only punctuation and symbols are left out. */
static bool is_letter(int c)
{
    if (c < 0x80)
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
    return c >= 0xc0 && c != 0xd7 && c != 0xf7 && !(c >= 0x2000 && c <= 0x2bff) &&
           !(c >= 0x3000 && c <= 0x303f) && !(c >= 0xfe10 && c <= 0xfe6f) &&
           !(c >= 0xff00 && c <= 0xffef) && !is_chinese(c);
}

static void add_unit(Units *u, const char *text, size_t size)
{
    if (u->count == u->room)
        u->hash = memory_resize(u->hash, (u->room = 2 * u->room + 256) * sizeof *u->hash);
    u->hash[u->count++] = XXH3_64bits(text, size);
}

/* Returns the bytes that the word takes. */
static size_t read_word(const char *text, size_t size, char word[64], size_t *length)
{
    size_t at = 0;
    *length = 0;
    while (at < size) {
        int bytes, c = text_utf8_decode(text + at, size - at, &bytes);
        if (!is_letter(c))
            break;
        for (int i = 0; i < bytes && *length < 64; i++) {
            char byte = text[at + (size_t)i];
            word[(*length)++] = byte >= 'A' && byte <= 'Z' ? (char)(byte - 'A' + 'a') : byte;
        }
        at += (size_t)bytes;
    }
    return at;
}

void units_make(Units *u, const char *text, size_t size)
{
    u->count = u->chinese = 0;
    for (size_t at = 0; at < size;) {
        int bytes, c = text_utf8_decode(text + at, size - at, &bytes);
        char word[64];
        size_t length;
        if (is_letter(c)) {
            at += read_word(text + at, size - at, word, &length);
            add_unit(u, word, length);
            continue;
        }
        if (is_chinese(c)) {
            add_unit(u, text + at, (size_t)bytes);
            u->chinese++;
        }
        at += (size_t)bytes;
    }
}

void units_free(Units *u)
{
    free(u->hash);
    *u = (Units){0};
}

bool units_are_chinese(const Units *u)
{
    return 2 * u->chinese > u->count;
}
