/* chars.c -- code points in order; a token is a place in that order. */
#include "common/text/chars.h"

#include "common/base/arena.h"
#include "common/text/utf8.h"

#include <stdlib.h>
#include <string.h>

enum { CODE_POINTS = 0x110000 };

TextChars *text_chars_new(const char *text, size_t size)
{
    unsigned char *seen = memory_zero(CODE_POINTS, 1);
    TextChars *c = memory_zero(1, sizeof *c);
    int length;
    for (size_t at = 0; at < size; at += (size_t)length) {
        int code = text_utf8_decode(text + at, size - at, &length);
        if (code >= 0 && !seen[code]) {
            seen[code] = 1;
            c->count++;
        }
    }
    c->code_points = memory_new(sizeof *c->code_points * (size_t)c->count);
    for (int code = 0, n = 0; code < CODE_POINTS; code++) {
        if (seen[code])
            c->code_points[n++] = code;
    }
    free(seen);
    return c;
}

void text_chars_free(TextChars *c)
{
    if (!c)
        return;
    free(c->code_points);
    free(c);
}

static int compare(const void *a, const void *b)
{
    int x = *(const int *)a, y = *(const int *)b;
    return (x > y) - (x < y);
}

int text_chars_id(const TextChars *c, int code_point)
{
    const int *found = bsearch(&code_point, c->code_points, (size_t)c->count, sizeof code_point, compare);
    return found ? (int)(found - c->code_points) : -1;
}

int *text_chars_encode(const TextChars *c, const char *text, size_t size, size_t *count, Error *e)
{
    int *ids = memory_new(sizeof *ids * size), length;
    size_t n = 0;
    for (size_t at = 0; at < size; at += (size_t)length) {
        int code = text_utf8_decode(text + at, size - at, &length);
        ids[n] = code < 0 ? -1 : text_chars_id(c, code);
        if (ids[n++] >= 0)
            continue;
        free(ids);
        if (code < 0)
            error_set(e, "byte %zu is not UTF-8", at);
        else
            error_set(e, "byte %zu: the character '%.*s' (U+%04X) is not in the model's vocabulary", at,
                      length, text + at, (unsigned)code);
        return NULL;
    }
    *count = n;
    return ids;
}

void text_chars_decode(const TextChars *c, int id, char out[5])
{
    int length = id >= 0 && id < c->count ? text_utf8_encode(c->code_points[id], out) : 0;
    out[length] = '\0';
}
