/* warc.c -- heads are lines "Name: value" up to an empty one; HTTP's are the same. */
#include "ch04/warc.h"

#include "common/base/arena.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

enum { LINE = 1 << 16, HEAD_LINES = 1000 };

/* The value of a line "name: value", or NULL if it is of another name. */
static const char *value_of(const char *line, const char *name)
{
    size_t size = strlen(name);
    if (strncasecmp(line, name, size) != 0 || line[size] != ':')
        return NULL;
    line += size + 1;
    return line + strspn(line, " \t");
}

static void copy(char *to, size_t room, const char *from, const char *until)
{
    size_t size = strcspn(from, until);
    if (size >= room)
        size = room - 1;
    memcpy(to, from, size);
    to[size] = '\0';
}

static void note_media(WarcRecord *r, const char *value)
{
    copy(r->media, sizeof r->media, value, "; \t");
    const char *charset = strcasestr(value, "charset=");
    if (charset) {
        charset += strlen("charset=");
        copy(r->charset, sizeof r->charset, charset + strspn(charset, "\"' "), "\"'; \t");
    }
}

/* Content-Length: digits alone. */
static bool read_length(const char *value, size_t *length)
{
    char *end;
    errno = 0;
    unsigned long long n = strtoull(value, &end, 10);
    *length = (size_t)n;
    return *value >= '0' && *value <= '9' && *end == '\0' && errno == 0 && n < (1ull << 60);
}

static bool read_head(Input *in, WarcRecord *r, size_t *length, Error *e)
{
    bool cut, known = false;
    size_t size;
    for (int lines = 0; lines < HEAD_LINES; lines++) {
        const char *line = input_line(in, LINE, &size, &cut), *value;
        if (!line)
            return error_set(e, "a record's head ends with the file");
        if (size == 0)
            return known || error_set(e, "a record without Content-Length");
        if ((value = value_of(line, "WARC-Type")))
            copy(r->type, sizeof r->type, value, " \t");
        else if ((value = value_of(line, "WARC-Target-URI")))
            copy(r->uri, sizeof r->uri, value + (*value == '<'), " \t>");
        else if ((value = value_of(line, "Content-Type")))
            note_media(r, value);
        else if ((value = value_of(line, "Content-Length")) && !(known = read_length(value, length)))
            return error_set(e, "Content-Length: '%.40s'; expected a number", value);
    }
    return error_set(e, "a record's head of more than %d lines", HEAD_LINES);
}

static bool read_block(Input *in, WarcRecord *r, size_t length, size_t max, Error *e)
{
    size_t kept = length < max ? length : max, room = 0;
    r->size = 0;
    r->cut = kept < length;
    while (r->size < kept) { /* in pieces: what Content-Length claims may not be there */
        size_t piece = kept - r->size < LINE ? kept - r->size : LINE;
        if (r->size + piece + 1 > room)
            r->body = memory_resize(r->body, room = 2 * (r->size + piece + 1));
        size_t got = input_bytes(in, r->body + r->size, piece);
        r->size += got;
        if (got < piece)
            return error_set(e, "Content-Length: %zu, and only %zu bytes follow", length, r->size);
    }
    if (!r->body)
        r->body = memory_new(1);
    r->body[r->size] = '\0';
    return input_bytes(in, NULL, length - kept) == length - kept ||
           error_set(e, "Content-Length: %zu, and fewer bytes follow", length);
}

/* Takes HTTP's head off: "HTTP/1.1 200 OK", lines, an empty line. Without one the body is left as it is. */
static void strip_http(WarcRecord *r)
{
    char *end = NULL;
    if (r->size < 12 || strncmp(r->body, "HTTP/", 5) != 0)
        return;
    const char *status = strchr(r->body, ' ');
    r->status = status ? atoi(status) : 0;
    r->media[0] = '\0';
    for (char *line = r->body; line && !end; line = strchr(line, '\n')) {
        line += *line == '\n';
        size_t size = strcspn(line, "\r\n");
        if (size == 0) {
            end = line + strspn(line, "\r");
            end += *end == '\n';
        }
        char kept[256];
        copy(kept, sizeof kept, line, "\r\n");
        const char *value = value_of(kept, "Content-Type");
        if (value)
            note_media(r, value);
    }
    if (end) {
        r->size -= (size_t)(end - r->body);
        memmove(r->body, end, r->size + 1);
    }
}

WarcFound warc_next(Input *in, size_t max, WarcRecord *r, Error *e)
{
    bool cut;
    size_t size, length = 0;
    char *line, *body = r->body;
    *r = (WarcRecord){.body = body};
    do { /* two line ends stand after a block */
        line = input_line(in, LINE, &size, &cut);
        if (!line)
            return input_sound(in, e) ? WARC_END : WARC_FAULT;
    } while (size == 0);
    if (strncmp(line, "WARC/", 5) != 0)
        error_set(e, "'%.20s' where a record must begin; expected WARC/1.0", line);
    else if (read_head(in, r, &length, e) && read_block(in, r, length, max, e)) {
        if (strcmp(r->type, "response") == 0)
            strip_http(r);
        return WARC_RECORD;
    }
    return WARC_FAULT;
}

void warc_free(WarcRecord *r)
{
    free(r->body);
    *r = (WarcRecord){.size = 0};
}
