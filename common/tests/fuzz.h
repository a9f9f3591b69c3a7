/* fuzz.h -- what the fuzzers share: bytes that are damaged, and files that cost no disk.
 *
 * A round is short, so most of its time would go to what surrounds it. Files lie in memory
 * where the system has a folder there, and the Makefile lets the sanitizer keep less of what
 * was freed: thousands of rounds a second instead of a hundred. */
#ifndef TESTS_FUZZ_H
#define TESTS_FUZZ_H

#include "common/base/base.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { FUZZ_ROOM = 8192 }; /* bytes that a damaged file may grow to */

typedef struct FuzzBytes {
    char at[FUZZ_ROOM];
    size_t size;
} FuzzBytes;

/* Replaces old bytes at position at (not past the end) by new ones; nothing happens where there is no room. */
static inline void fuzz_splice(FuzzBytes *b, size_t at, size_t old, const void *with, size_t size)
{
    if (old > b->size - at)
        old = b->size - at;
    if (b->size - old + size > FUZZ_ROOM)
        return;
    memmove(b->at + at + size, b->at + at + old, b->size - at - old);
    memcpy(b->at + at, with, size);
    b->size = b->size - old + size;
}

/* A position in the bytes, or just after them. */
static inline size_t fuzz_place(const FuzzBytes *b, Rng *rng)
{
    return (size_t)rng_below(rng, (int)b->size + 1);
}

/* All of a file, which has to leave room to grow. */
static inline void fuzz_read(const char *path, FuzzBytes *b)
{
    Error e = {""};
    char *bytes = file_read(path, &b->size, &e);
    if (!bytes)
        error_exit(&e);
    if (b->size > FUZZ_ROOM / 2)
        error_exitf("%s: larger than %d bytes", path, FUZZ_ROOM / 2);
    memcpy(b->at, bytes, b->size);
    free(bytes);
}

static inline void fuzz_write(const char *path, const void *bytes, size_t size)
{
    FILE *f = fopen(path, "wb");
    if (!f || fwrite(bytes, 1, size, f) != size || fclose(f) != 0)
        error_exitf("%s: cannot write", path);
}

enum { FUZZ_FOLDER = 64 };

/* Makes a folder, in memory where there is one. */
static inline void fuzz_make_folder(char folder[FUZZ_FOLDER], const char *name)
{
    snprintf(folder, FUZZ_FOLDER, "%s/%s.XXXXXX", access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/tmp",
             name);
    if (!mkdtemp(folder))
        error_exitf("%s: cannot make the directory", folder);
}

/* Whether a refusal is one line that begins with the path. */
static inline bool fuzz_names(const Error *e, const char *path)
{
    size_t size = strlen(path);
    return strncmp(e->text, path, size) == 0 && e->text[size] && !strchr(e->text, '\n');
}

/* Whether there is another round: `done` of `rounds` are, and not yet `seconds` (0: no limit) since the first call. */
static inline bool fuzz_goes_on(int done, int rounds, int seconds)
{
    static double start;
    if (start == 0)
        start = clock_seconds();
    return done < rounds && (seconds == 0 || clock_seconds() - start < seconds);
}

/* Says what came of it; few rounds may miss one of the two outcomes, many may not. */
static inline int fuzz_finish(int rounds, int accepted, const char *used)
{
    printf("%d damaged files: %d refused, %d still good and %s\n", rounds, rounds - accepted, accepted,
           used);
    if (rounds >= 1000 && (accepted == 0 || accepted == rounds))
        error_exitf("a fuzzer that reaches only one of the two outcomes tests nothing");
    return error_finish();
}

#endif
