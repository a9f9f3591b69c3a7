/* arena.c -- a list of chunks, the newest first, each filled from its start. */
#include "common/base/arena.h"

#include "common/base/error.h"

#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

enum { ALIGNMENT = 64 };
static const size_t FIRST_CHUNK = (size_t)16 << 10; /* enough for a sentence in tokens */
static const size_t USUAL_CHUNK = (size_t)1 << 20;
static const size_t HUGE_PAGE = (size_t)2 << 20;

typedef struct Chunk {
    struct Chunk *older;
    size_t size; /* bytes at memory */
    size_t used;
    char *memory;
} Chunk;

struct Arena {
    Chunk *newest;
    size_t used; /* over all chunks */
};

static noreturn void out_of_memory(size_t bytes)
{
    error_exitf("out of memory: %zu more bytes (%.1f MB) were needed", bytes, bytes / 1048576.0);
}

static size_t round_up(size_t bytes, size_t unit)
{
    return (bytes + unit - 1) / unit * unit;
}

/* Large chunks ask for huge pages: fewer page faults, fewer TLB misses. */
static Chunk *chunk_new(size_t size, Chunk *older)
{
    Chunk *c = memory_new(sizeof *c);
    size_t unit = size >= 4 * HUGE_PAGE ? HUGE_PAGE : ALIGNMENT;
    size = round_up(size, unit);
    c->memory = aligned_alloc(unit, size);
    if (!c->memory)
        out_of_memory(size);
#ifdef MADV_HUGEPAGE
    if (unit == HUGE_PAGE)
        madvise(c->memory, size, MADV_HUGEPAGE);
#endif
    c->size = size;
    c->used = 0;
    c->older = older;
    return c;
}

static size_t free_chunks(Chunk *c)
{
    size_t total = 0;
    while (c) {
        Chunk *older = c->older;
        total += c->size;
        free(c->memory);
        free(c);
        c = older;
    }
    return total;
}

Arena *arena_new(void)
{
    return memory_zero(1, sizeof(Arena));
}

void arena_free(Arena *a)
{
    if (!a)
        return;
    free_chunks(a->newest);
    free(a);
}

/* A small use costs little; in a large one, half of what there is wastes little. */
static size_t next_size(const Chunk *newest)
{
    if (!newest)
        return FIRST_CHUNK;
    if (newest->size < USUAL_CHUNK)
        return 4 * newest->size < USUAL_CHUNK ? 4 * newest->size : USUAL_CHUNK;
    return newest->size / 2 > USUAL_CHUNK ? newest->size / 2 : USUAL_CHUNK;
}

void *arena_alloc(Arena *a, size_t bytes)
{
    if (bytes > (size_t)1 << 46)
        out_of_memory(bytes);
    bytes = round_up(bytes ? bytes : 1, ALIGNMENT);
    Chunk *c = a->newest;
    if (!c || c->size - c->used < bytes) {
        size_t size = next_size(c);
        c = a->newest = chunk_new(bytes > size ? bytes : size, c);
    }
    void *piece = c->memory + c->used;
    c->used += bytes;
    a->used += bytes;
    return piece;
}

void arena_reset(Arena *a)
{
    Chunk *c = a->newest;
    if (c && c->older) {
        size_t needed = a->used;
        free_chunks(c);
        a->newest = chunk_new(needed, NULL);
    } else if (c) {
        c->used = 0;
    }
    a->used = 0;
}

size_t arena_used(const Arena *a)
{
    return a->used;
}

size_t arena_held(const Arena *a)
{
    size_t total = 0;
    for (const Chunk *c = a->newest; c; c = c->older)
        total += c->size;
    return total;
}

void *memory_new(size_t bytes)
{
    void *p = malloc(bytes ? bytes : 1);
    if (!p)
        out_of_memory(bytes);
    return p;
}

void *memory_zero(size_t count, size_t bytes)
{
    void *p = calloc(count ? count : 1, bytes ? bytes : 1);
    if (!p)
        out_of_memory(count * bytes);
    return p;
}

void *memory_resize(void *old, size_t bytes)
{
    void *p = realloc(old, bytes ? bytes : 1);
    if (!p)
        out_of_memory(bytes);
    return p;
}

char *memory_string(const char *text)
{
    size_t size = strlen(text) + 1;
    return memcpy(memory_new(size), text, size);
}
