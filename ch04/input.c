/* input.c -- zlib reads plain files as they are. */
#include "ch04/input.h"

#include "common/base/arena.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <zlib.h>

enum { PIECE = 1 << 16 };

struct Input {
    gzFile file;
    char *path;
    char piece[PIECE];
    size_t at, end; /* what of the piece is not yet read */
    size_t before;  /* uncompressed bytes before the piece */
    char *line;
    size_t room;
    bool damaged;
    char why[128];
};

Input *input_open(const char *path, Error *e)
{
    struct stat info;
    if (stat(path, &info) != 0) {
        error_set(e, "%s: %s", path, strerror(errno));
        return NULL;
    }
    gzFile file = S_ISREG(info.st_mode) ? gzopen(path, "rb") : NULL;
    if (!file) {
        error_set(e, "%s: %s", path, S_ISREG(info.st_mode) ? strerror(errno) : "not a file");
        return NULL;
    }
    Input *in = memory_zero(1, sizeof *in);
    in->file = file;
    in->path = memory_string(path);
    return in;
}

void input_close(Input *in)
{
    if (!in)
        return;
    gzclose(in->file);
    free(in->path);
    free(in->line);
    free(in);
}

/* Whether there is another byte. */
static bool refill(Input *in)
{
    if (in->at < in->end)
        return true;
    if (in->damaged)
        return false;
    in->before += in->end;
    int got = gzread(in->file, in->piece, PIECE), code;
    in->at = 0;
    in->end = got > 0 ? (size_t)got : 0;
    const char *why = gzerror(in->file, &code);
    if (got < 0 || code == Z_BUF_ERROR) { /* what was read before it is still good */
        in->damaged = true;
        snprintf(in->why, sizeof in->why, "%s",
                 code == Z_BUF_ERROR ? "the compressed data end too early" : why);
    }
    return in->end > 0;
}

static void append(Input *in, size_t *size, size_t max, const char *bytes, size_t count, bool *cut)
{
    if (count > max - *size) {
        count = max - *size;
        *cut = true;
    }
    if (*size + count + 1 > in->room)
        in->line = memory_resize(in->line, in->room = 2 * (*size + count + 1) + 4096);
    memcpy(in->line + *size, bytes, count);
    *size += count;
}

char *input_line(Input *in, size_t max, size_t *size, bool *cut)
{
    *size = 0;
    *cut = false;
    if (!refill(in))
        return NULL;
    for (bool ended = false; !ended && refill(in);) {
        const char *from = in->piece + in->at, *end = memchr(from, '\n', in->end - in->at);
        size_t count = end ? (size_t)(end - from) : in->end - in->at;
        append(in, size, max, from, count, cut);
        in->at += count + (end ? 1 : 0);
        ended = end != NULL;
    }
    if (*size > 0 && in->line[*size - 1] == '\r')
        --*size;
    in->line[*size] = '\0';
    return in->line;
}

size_t input_bytes(Input *in, void *to, size_t size)
{
    size_t done = 0;
    while (done < size && refill(in)) {
        size_t count = in->end - in->at < size - done ? in->end - in->at : size - done;
        if (to)
            memcpy((char *)to + done, in->piece + in->at, count);
        in->at += count;
        done += count;
    }
    return done;
}

bool input_sound(const Input *in, Error *e)
{
    return !in->damaged ||
           error_set(e, "%s: after %zu bytes of text: %s", in->path, in->before + in->end, in->why);
}
