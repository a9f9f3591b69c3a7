/* stream.c -- bytes wait in one buffer and leave it, as UTF-8, through another. */
#include "common/text/stream.h"

#include "common/base/arena.h"
#include "common/text/utf8.h"

#include <stdlib.h>
#include <string.h>

struct TextStream {
    const char *const *stops;
    int stop_count;
    bool stopped;
    char *held, *shown;
    size_t held_size, held_room, shown_room;
};

TextStream *text_stream_new(const char *const *stops, int count)
{
    TextStream *s = memory_zero(1, sizeof *s);
    s->stops = stops;
    s->stop_count = count;
    return s;
}

void text_stream_free(TextStream *s)
{
    if (!s)
        return;
    free(s->held);
    free(s->shown);
    free(s);
}

bool text_stream_stopped(const TextStream *s)
{
    return s->stopped;
}

/* Where the first stop string begins; the size of what is held if there is none. */
static size_t find_stop(const TextStream *s)
{
    size_t first = s->held_size;
    for (int i = 0; i < s->stop_count; i++) {
        const char *at =
            s->held_size ? memmem(s->held, s->held_size, s->stops[i], strlen(s->stops[i])) : NULL;
        if (at && (size_t)(at - s->held) < first)
            first = (size_t)(at - s->held);
    }
    return first;
}

/* The longest end of what is held that is the beginning of a stop string. */
static size_t maybe_stop(const TextStream *s)
{
    size_t longest = 0;
    for (int i = 0; i < s->stop_count; i++) {
        size_t n = strlen(s->stops[i]) - 1;
        for (n = n < s->held_size ? n : s->held_size; n > longest; n--) {
            if (memcmp(s->held + s->held_size - n, s->stops[i], n) == 0)
                longest = n;
        }
    }
    return longest;
}

/* Bytes that a character takes which begins so; 0 for a byte that begins none. */
static size_t length_by_first(unsigned char byte)
{
    return byte < 0x80 ? 1 : byte < 0xc2 ? 0 : byte < 0xe0 ? 2 : byte < 0xf0 ? 3 : byte < 0xf5 ? 4 : 0;
}

/* The bytes at the end of a text that may become a character with those to come. */
static size_t open_character(const char *text, size_t size)
{
    for (size_t n = 1; n <= 3 && n <= size; n++) {
        unsigned char byte = (unsigned char)text[size - n];
        if ((byte & 0xc0) != 0x80)
            return length_by_first(byte) > n ? n : 0;
    }
    return 0;
}

/* Moves `count` bytes from held to shown. */
static const char *show(TextStream *s, size_t count)
{
    size_t used = 0, room = 3 * count + 1; /* a byte becomes U+FFFD, which takes three */
    if (room > s->shown_room)
        s->shown = memory_resize(s->shown, s->shown_room = 2 * room);
    for (size_t at = 0; at < count;) {
        int length, code = text_utf8_decode(s->held + at, count - at, &length);
        used += (size_t)text_utf8_encode(code > 0 ? code : 0xfffd, s->shown + used);
        at += (size_t)length;
    }
    s->shown[used] = '\0';
    s->held_size -= count;
    memmove(s->held, s->held + count, s->held_size);
    return s->shown;
}

const char *text_stream_add(TextStream *s, const char *bytes, size_t size)
{
    if (s->stopped)
        return "";
    if (s->held_size + size + 1 > s->held_room)
        s->held = memory_resize(s->held, s->held_room = 2 * (s->held_size + size + 1));
    memcpy(s->held + s->held_size, bytes, size);
    s->held_size += size;
    size_t stop = find_stop(s);
    s->stopped = stop < s->held_size;
    if (s->stopped) {
        show(s, stop);
        s->held_size = 0;
        return s->shown;
    }
    size_t free_to_go = s->held_size - maybe_stop(s);
    return show(s, free_to_go - open_character(s->held, free_to_go));
}

const char *text_stream_end(TextStream *s)
{
    return s->held_room ? show(s, s->held_size) : "";
}
