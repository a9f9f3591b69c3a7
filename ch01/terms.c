/* terms.c -- a vocabulary in a hash table, words in small letters, and bigrams of Chinese characters. */
#include "ch01/terms.h"
#include "common/base/arena.h"
#include "common/base/error.h"
#include "common/text/utf8.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

enum { TERM_ROOM = 64 };

Terms *terms_new(void)
{
    return memory_zero(1, sizeof(Terms));
}

void terms_free(Terms *t)
{
    for (int i = 0; i < t->count; i++)
        free((char *)t->text[i]);
    free(t);
}

/* Where the term is in the hash table, or where it would be put: FNV-1a, and then the next free slot. */
static int slot_of(const Terms *t, const char *text, int length)
{
    uint32_t hash = 2166136261u;
    for (int i = 0; i < length; i++)
        hash = (hash ^ (unsigned char)text[i]) * 16777619u;
    int slot = (int)(hash % TERMS_SLOTS);
    for (; t->slot[slot]; slot = (slot + 1) % TERMS_SLOTS) {
        const char *there = t->text[t->slot[slot] - 1];
        if (strncmp(there, text, (size_t)length) == 0 && there[length] == '\0')
            break;
    }
    return slot;
}

int terms_find(const Terms *t, const char *text, int length)
{
    return t->slot[slot_of(t, text, length)] - 1;
}

int terms_add(Terms *t, const char *text, int length)
{
    int slot = slot_of(t, text, length);
    if (!t->slot[slot]) {
        if (t->count == TERMS_MAX)
            FATAL("terms: there is room for %d terms only", TERMS_MAX);
        char *copy = memory_zero((size_t)length + 1, 1);
        memcpy(copy, text, (size_t)length);
        t->text[t->count] = copy;
        t->slot[slot] = ++t->count;
    }
    return t->slot[slot] - 1;
}

/* Chinese characters of the basic block; the world uses no others. */
static bool is_chinese(int code)
{
    return code >= 0x4e00 && code <= 0x9fff;
}

/* The next term from *at on: copied to `term`, its length returned; 0 at the end. */
static int next_bigram(const char *text, size_t size, size_t *at, char *term)
{
    int length, second;
    for (; *at < size; *at += (size_t)length) {
        if (!is_chinese(text_utf8_decode(text + *at, size - *at, &length)) || *at + (size_t)length >= size)
            continue;
        const char *next = text + *at + length;
        if (!is_chinese(text_utf8_decode(next, size - *at - (size_t)length, &second)))
            continue;
        memcpy(term, text + *at, (size_t)(length + second));
        *at += (size_t)length;
        return length + second;
    }
    return 0;
}

static int next_word(const char *text, size_t size, size_t *at, char *term)
{
    int length = 0;
    while (*at < size && !isalnum((unsigned char)text[*at]))
        ++*at;
    for (; *at < size && isalnum((unsigned char)text[*at]); ++*at)
        if (length < TERM_ROOM)
            term[length++] = (char)tolower((unsigned char)text[*at]);
    return length;
}

int terms_split(Terms *t, WorldLanguage language, const char *text, bool add, int *ids, int max)
{
    char term[TERM_ROOM];
    size_t at = 0, size = strlen(text);
    int count = 0, length;
    while ((length = (language == WORLD_ZH ? next_bigram : next_word)(text, size, &at, term)) > 0) {
        int id = add ? terms_add(t, term, length) : terms_find(t, term, length);
        if (id >= 0 && count < max)
            ids[count++] = id;
    }
    return count;
}
