/* hash_set.c -- open addressing with linear probing; a hash is its own position. At most 3/4 of the slots are taken. */
#include "ch04/hash_set.h"

#include "common/base/arena.h"

#include <stdlib.h>

static uint64_t *slot_of(uint64_t *slots, size_t room, uint64_t hash)
{
    size_t at = hash & (room - 1);
    while (slots[at] != 0 && slots[at] != hash)
        at = (at + 1) & (room - 1);
    return slots + at;
}

static void grow(HashSet *s)
{
    size_t room = s->room ? 2 * s->room : 1024;
    uint64_t *slots = memory_zero(room, sizeof *slots);
    for (size_t i = 0; i < s->room; i++)
        if (s->slots[i] != 0)
            *slot_of(slots, room, s->slots[i]) = s->slots[i];
    free(s->slots);
    s->slots = slots;
    s->room = room;
}

bool hash_set_add(HashSet *s, uint64_t hash)
{
    if (hash_set_has(s, hash))
        return false;
    s->count++;
    if (hash == 0)
        return s->zero = true;
    if (s->count > s->room / 4 * 3)
        grow(s);
    *slot_of(s->slots, s->room, hash) = hash;
    return true;
}

bool hash_set_has(const HashSet *s, uint64_t hash)
{
    if (hash == 0)
        return s->zero;
    return s->room > 0 && *slot_of(s->slots, s->room, hash) == hash;
}

size_t hash_set_bytes(const HashSet *s)
{
    return s->room * sizeof *s->slots;
}

void hash_set_free(HashSet *s)
{
    free(s->slots);
    *s = (HashSet){0};
}
