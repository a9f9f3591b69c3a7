/* arena.h -- memory that is given back all at once.
 *
 * An arena hands out pieces of large chunks. Nothing is freed piece by piece:
 * arena_reset forgets everything and keeps the memory, so work that repeats
 * (a training step) asks the system for memory in its first round only. */
#ifndef BASE_ARENA_H
#define BASE_ARENA_H

#include <stddef.h>

typedef struct Arena Arena;

Arena *arena_new(void);
void arena_free(Arena *a);

/* bytes of memory, aligned to 64, contents undefined. Lives until the next
 * arena_reset or arena_free. Ends the program when memory is exhausted. */
void *arena_alloc(Arena *a, size_t bytes);

/* Forgets every piece. If the last round needed several chunks they are
 * replaced by one that holds them all. */
void arena_reset(Arena *a);

/* Bytes handed out since the last reset; bytes held from the system. */
size_t arena_used(const Arena *a);
size_t arena_held(const Arena *a);

/* malloc and calloc that end the program, with a message, instead of returning NULL. */
void *memory_new(size_t bytes);
void *memory_zero(size_t count, size_t bytes);
void *memory_resize(void *old, size_t bytes);
char *memory_string(const char *text); /* a copy; the caller frees it */

#endif
