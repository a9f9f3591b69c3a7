/* words.c -- pieces in order of arrival, found again through a hash table. */
#include "common/text/words.h"

#include "common/base/arena.h"
#include "common/text/utf8.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct TextWords {
    char **pieces; /* (count), each with a zero byte after it */
    int *slots;    /* (room): an id, or -1 while free; at most half are taken */
    int count, room;
};

/* ---- cutting a text into pieces ------------------------------------------------------------------- */

static bool is_blank(int code)
{
    return code == ' ' || (code >= '\t' && code <= '\r') || code == 0xa0 || code == 0x3000;
}

/* Letters and digits: ASCII's, and the alphabets from accented Latin on, which come before U+2000. */
static bool is_letter(int code)
{
    bool ascii = (code >= '0' && code <= '9') || ((code | 32) >= 'a' && (code | 32) <= 'z' && code < 128);
    return ascii || (code >= 0xc0 && code < 0x2000 && code != 0xd7 && code != 0xf7);
}

/* Chinese characters and punctuation, which take no blanks around them. */
static bool is_chinese(int code)
{
    return code >= 0x2e80;
}

/* The code point at text, 0 at its end. */
static int code_at(const char *text, int *length)
{
    size_t left = strnlen(text, TEXT_UTF8_MAX);
    return text_utf8_decode(text, left > 0 ? left : 1, length);
}

/* The next piece at *text, whose size is returned; 0 at the end of the text. */
static size_t next_piece(const char **text)
{
    int length, code;
    while (is_blank(code = code_at(*text, &length)))
        *text += length;
    const char *end = *text + length;
    if (code == 0)
        return 0;
    if (!is_letter(code))
        return (size_t)length;
    for (;; end += length) {
        bool inside = *end == '\'' && is_letter(code_at(end + 1, &length));
        code = code_at(end, &length);
        if (!inside && !is_letter(code))
            return (size_t)(end - *text);
    }
}

/* ---- the vocabulary ------------------------------------------------------------------------------- */

/* The slot where a piece is, or where it would go. FNV-1a; the next free slot on a clash. */
static int *find(const TextWords *w, const char *piece, size_t size)
{
    uint32_t hash = 2166136261u;
    for (size_t i = 0; i < size; i++)
        hash = (hash ^ (unsigned char)piece[i]) * 16777619u;
    for (;; hash++) {
        int *slot = &w->slots[hash % (uint32_t)w->room];
        if (*slot < 0 || (strlen(w->pieces[*slot]) == size && !memcmp(w->pieces[*slot], piece, size)))
            return slot;
    }
}

static void grow(TextWords *w)
{
    w->room *= 2;
    w->pieces = memory_resize(w->pieces, sizeof *w->pieces * (size_t)w->room / 2);
    w->slots = memory_resize(w->slots, sizeof *w->slots * (size_t)w->room);
    memset(w->slots, -1, sizeof *w->slots * (size_t)w->room);
    for (int id = 0; id < w->count; id++)
        *find(w, w->pieces[id], strlen(w->pieces[id])) = id;
}

static void add_piece(TextWords *w, const char *piece, size_t size)
{
    if (*find(w, piece, size) >= 0)
        return;
    if (2 * (w->count + 1) > w->room)
        grow(w);
    *find(w, piece, size) = w->count;
    char *copy = memory_zero(size + 1, 1);
    memcpy(copy, piece, size);
    w->pieces[w->count++] = copy;
}

TextWords *text_words_new(void)
{
    static const char *const specials[TEXT_SPECIALS] = {
        [TEXT_PAD] = "<pad>", [TEXT_BEGIN] = "<s>", [TEXT_END] = "</s>", [TEXT_UNKNOWN] = "<unk>"};
    TextWords *w = memory_zero(1, sizeof *w);
    w->room = 64;
    grow(w);
    for (int i = 0; i < TEXT_SPECIALS; i++)
        add_piece(w, specials[i], strlen(specials[i]));
    return w;
}

void text_words_free(TextWords *w)
{
    if (!w)
        return;
    for (int i = 0; i < w->count; i++)
        free(w->pieces[i]);
    free(w->pieces);
    free(w->slots);
    free(w);
}

void text_words_add(TextWords *w, const char *text)
{
    size_t size;
    for (; (size = next_piece(&text)) > 0; text += size)
        add_piece(w, text, size);
}

int text_words_count(const TextWords *w)
{
    return w->count;
}

int text_words_encode(const TextWords *w, const char *text, int *ids, int max)
{
    size_t size;
    int n = 0;
    for (; n < max && (size = next_piece(&text)) > 0; text += size) {
        int id = *find(w, text, size);
        ids[n++] = id < 0 ? TEXT_UNKNOWN : id;
    }
    return n;
}

const char *text_words_piece(const TextWords *w, int id)
{
    return w->pieces[id >= 0 && id < w->count ? id : TEXT_UNKNOWN];
}

/* Whether a blank stands between two neighbours. */
static bool blank_between(const char *left, const char *right)
{
    int length;
    return !is_chinese(code_at(left, &length)) && !is_chinese(code_at(right, &length)) &&
           !strchr(",.?!;:", right[0]);
}

char *text_words_decode(const TextWords *w, const int *ids, int count)
{
    size_t size = 1, used = 0;
    const char *last = NULL;
    for (int i = 0; i < count; i++)
        size += strlen(text_words_piece(w, ids[i])) + 1;
    char *text = memory_zero(size, 1);
    for (int i = 0; i < count && ids[i] != TEXT_END; i++) {
        const char *piece = text_words_piece(w, ids[i]);
        if (ids[i] < TEXT_SPECIALS && ids[i] != TEXT_UNKNOWN)
            continue;
        if (last && blank_between(last, piece))
            text[used++] = ' ';
        memcpy(text + used, piece, strlen(piece));
        used += strlen(piece);
        last = piece;
    }
    return text;
}

void text_words_print(const TextWords *w, const char *before, const int *ids, int count, const char *after)
{
    char *text = text_words_decode(w, ids, count);
    printf("%s%s%s", before, text, after);
    free(text);
}
