/* vocabulary.c -- strings and their numbers: an array one way, a hash table the other.
 *
 * The table has open addressing (Knuth, volume 3, 6.4): a string is looked for
 * at the slot that its hash names and at those after it, until one is free. At
 * most half of the slots are taken, so that is soon. */
#include "common/tokenizer/parts.h"

#include <stdlib.h>

static uint32_t hash_of(const char *text, size_t size)
{
    const uint64_t odd = 0x9e3779b97f4a7c15u;
    uint64_t h = size * odd, w = 0;
    for (; size >= sizeof w; text += sizeof w, size -= sizeof w) {
        memcpy(&w, text, sizeof w);
        h = (h ^ w) * odd;
        h ^= h >> 29;
    }
    w = 0;
    for (size_t i = 0; i < size; i++)
        w = w << 8 | (unsigned char)text[i];
    h = (h ^ w) * odd;
    return (uint32_t)(h >> 32);
}

/* The slot of the string, or the free one where it would be. */
static size_t slot_of(const Vocabulary *v, const char *text, size_t size, uint32_t hash)
{
    size_t i = hash & (v->slot_count - 1);
    for (; v->slots[i].id >= 0; i = (i + 1) & (v->slot_count - 1)) {
        int id = v->slots[i].id;
        if (v->slots[i].hash == hash && (size_t)v->size[id] == size && memcmp(v->text[id], text, size) == 0)
            break;
    }
    return i;
}

static void grow_slots(Vocabulary *v)
{
    size_t old = v->slot_count;
    VocabularySlot *slots = v->slots;
    v->slot_count = old ? 2 * old : 64;
    v->slots = memory_new(v->slot_count * sizeof *v->slots);
    for (size_t i = 0; i < v->slot_count; i++)
        v->slots[i].id = -1;
    for (size_t i = 0; i < old; i++) {
        size_t at = slots[i].hash & (v->slot_count - 1);
        if (slots[i].id < 0)
            continue;
        while (v->slots[at].id >= 0)
            at = (at + 1) & (v->slot_count - 1);
        v->slots[at] = slots[i];
    }
    free(slots);
}

static void make_room(Vocabulary *v, int id)
{
    if (id >= v->room) {
        v->room = 2 * id + 64;
        v->text = memory_resize(v->text, (size_t)v->room * sizeof *v->text);
        v->size = memory_resize(v->size, (size_t)v->room * sizeof *v->size);
    }
    for (; v->count <= id; v->count++) {
        v->text[v->count] = NULL;
        v->size[v->count] = 0;
    }
}

void tokenizer_vocabulary_put(Vocabulary *v, const char *text, size_t size, int id)
{
    make_room(v, id);
    v->text[id] = memory_new(size + 1);
    memcpy(v->text[id], text, size);
    v->text[id][size] = '\0';
    v->size[id] = (int)size;
    if (2 * (v->used + 1) > v->slot_count)
        grow_slots(v);
    uint32_t hash = hash_of(text, size);
    VocabularySlot *slot = &v->slots[slot_of(v, text, size, hash)];
    if (slot->id >= 0)
        return;
    *slot = (VocabularySlot){hash, id};
    v->used++;
}

int tokenizer_vocabulary_find(const Vocabulary *v, const char *text, size_t size)
{
    return v->slot_count ? v->slots[slot_of(v, text, size, hash_of(text, size))].id : -1;
}

bool tokenizer_vocabulary_has(const Vocabulary *v, int id)
{
    return id >= 0 && id < v->count && v->text[id];
}

void tokenizer_vocabulary_free(Vocabulary *v)
{
    for (int i = 0; i < v->count; i++)
        free(v->text[i]);
    free(v->text);
    free(v->size);
    free(v->slots);
    *v = (Vocabulary){0};
}
