/* documents.c -- one reader for each kind of file; all of them take a record from an Input. */
#include "ch04/documents.h"

#include "ch04/warc.h"
#include "common/base/arena.h"

#include <dirent.h>
#include <errno.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#define END_OF_TEXT "<|endoftext|>"
enum { LOOK_AHEAD = 1 << 16 };

typedef enum Kind { KIND_TEXT, KIND_HTML, KIND_JSONL, KIND_WARC } Kind;

struct Documents {
    char **paths; /* (count) */
    int count, file;
    long record;
    Input *in; /* the file that is being read, or NULL */
    Kind kind;
    bool spelled_out; /* KIND_TEXT: the file writes END_OF_TEXT */
    WarcRecord warc;
};

/* ---- the list of files ---------------------------------------------------------------------------------- */

static bool add_path(Documents *d, const char *path, Error *e);

static bool add_folder(Documents *d, const char *folder, Error *e)
{
    struct dirent **names;
    bool good = true;
    int n = scandir(folder, &names, NULL, alphasort);
    if (n < 0)
        return error_set(e, "%s: %s", folder, strerror(errno));
    for (int i = 0; i < n; i++) {
        char path[4096];
        bool fits = snprintf(path, sizeof path, "%s/%s", folder, names[i]->d_name) < (int)sizeof path;
        if (names[i]->d_name[0] != '.')
            good =
                good && (fits || error_set(e, "%s: the path is too long", folder)) && add_path(d, path, e);
        free(names[i]);
    }
    free(names);
    return good;
}

static bool add_path(Documents *d, const char *path, Error *e)
{
    struct stat info;
    if (stat(path, &info) != 0)
        return error_set(e, "%s: %s", path, strerror(errno));
    if (S_ISDIR(info.st_mode))
        return add_folder(d, path, e);
    d->paths = memory_resize(d->paths, (size_t)(d->count + 1) * sizeof *d->paths);
    d->paths[d->count++] = memory_string(path);
    return true;
}

Documents *documents_open(const char *const *paths, int count, Error *e)
{
    Documents *d = memory_zero(1, sizeof *d);
    bool good = true;
    for (int i = 0; i < count && good; i++)
        good = add_path(d, paths[i], e);
    if (good && d->count == 0)
        good = error_set(e, "%s: no files", count > 0 ? paths[0] : "input");
    if (good)
        return d;
    documents_close(d);
    return NULL;
}

void documents_close(Documents *d)
{
    if (!d)
        return;
    for (int i = 0; i < d->count; i++)
        free(d->paths[i]);
    free(d->paths);
    input_close(d->in);
    warc_free(&d->warc);
    free(d);
}

int documents_files(const Documents *d)
{
    return d->count;
}

const char *documents_path(const Documents *d, int file)
{
    return d->paths[file];
}

long documents_bytes(const Documents *d, int file)
{
    struct stat info;
    return stat(d->paths[file], &info) == 0 ? (long)info.st_size : 0;
}

/* ---- kinds of files ------------------------------------------------------------------------------------- */

static bool ends_with(const char *name, size_t size, const char *end)
{
    size_t length = strlen(end);
    return size >= length && strncasecmp(name + size - length, end, length) == 0;
}

static Kind kind_of(const char *path)
{
    static const struct {
        const char *end;
        Kind kind;
    } kinds[] = {{".html", KIND_HTML},   {".htm", KIND_HTML},     {".xhtml", KIND_HTML},
                 {".jsonl", KIND_JSONL}, {".ndjson", KIND_JSONL}, {".warc", KIND_WARC},
                 {".wet", KIND_WARC}};
    size_t size = strlen(path);
    if (ends_with(path, size, ".gz"))
        size -= 3;
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
        if (ends_with(path, size, kinds[i].end))
            return kinds[i].kind;
    return KIND_TEXT;
}

static bool look_ahead(const char *path, Error *e)
{
    char start[LOOK_AHEAD];
    Input *in = input_open(path, e);
    size_t size = in ? input_bytes(in, start, sizeof start) : 0;
    input_close(in);
    return memmem(start, size, END_OF_TEXT, strlen(END_OF_TEXT)) != NULL;
}

static bool open_file(Documents *d, Error *e)
{
    const char *path = d->paths[d->file];
    d->kind = kind_of(path);
    d->in = input_open(path, e);
    d->spelled_out = d->in && d->kind == KIND_TEXT && look_ahead(path, e);
    d->record = 0;
    return d->in != NULL;
}

static void take(Document *out, const char *bytes, size_t size)
{
    out->bytes = memory_new(size + 1);
    memcpy(out->bytes, bytes, size);
    out->bytes[size] = '\0';
    out->size = size;
}

/* Each of these takes the next record; false at the end, and *e where there is a fault. One that is no document leaves
 * out->bytes NULL. */
static bool next_html(Documents *d, Document *out, Error *e)
{
    char *page = memory_new(DOCUMENT_MAX + 1);
    size_t size = d->record == 0 ? input_bytes(d->in, page, DOCUMENT_MAX) : 0;
    if (size > 0) {
        take(out, page, size);
        out->html = true;
        out->cut = input_bytes(d->in, NULL, 1) > 0;
    }
    free(page);
    return input_sound(d->in, e) && size > 0;
}

static bool next_jsonl(Documents *d, Document *out, Error *e)
{
    size_t size;
    bool cut;
    char *line = input_line(d->in, 2 * DOCUMENT_MAX, &size, &cut);
    if (!line)
        return input_sound(d->in, e) && false;
    if (size == 0)
        return true;
    json_error_t why;
    json_t *object = json_loadb(line, size, 0, &why);
    const json_t *text = json_object_get(object, "text");
    const char *url = json_string_value(json_object_get(object, "url"));
    bool good = json_is_string(text);
    if (good) {
        size_t length = json_string_length(text);
        out->cut = length > DOCUMENT_MAX;
        take(out, json_string_value(text), out->cut ? DOCUMENT_MAX : length);
        out->url = url ? memory_string(url) : NULL;
    } else
        error_set(e, "%s:%ld: expected a JSON object with a string \"text\"%s%.100s", d->paths[d->file],
                  d->record + 1, object ? "" : "; ", object ? "" : why.text);
    json_decref(object);
    return good;
}

static bool next_warc(Documents *d, Document *out, Error *e)
{
    Error why = {""};
    WarcRecord *r = &d->warc;
    WarcFound found = warc_next(d->in, DOCUMENT_MAX, r, &why);
    if (found == WARC_FAULT)
        return error_set(e, "%s: record %ld: %s", d->paths[d->file], d->record + 1, why.text);
    if (found == WARC_END)
        return false;
    bool html = strcmp(r->media, "text/html") == 0 || strcmp(r->media, "application/xhtml+xml") == 0;
    bool page = strcmp(r->type, "response") == 0 && r->status == 200 && html;
    if (!page && strcmp(r->type, "conversion") != 0)
        return true; /* a request, an image, an error page */
    take(out, r->body, r->size);
    out->url = r->uri[0] ? memory_string(r->uri) : NULL;
    out->html = page;
    out->cut = r->cut;
    snprintf(out->charset, sizeof out->charset, "%s", r->charset);
    return true;
}

static bool next_text(Documents *d, Document *out, Error *e)
{
    size_t size = 0, room = 0, length;
    bool cut = false, line_cut, any = false;
    char *text = NULL;
    for (const char *line; (line = input_line(d->in, DOCUMENT_MAX, &length, &line_cut));) {
        bool ends = d->spelled_out ? strcmp(line, END_OF_TEXT) == 0 : length == 0;
        any = true;
        if (ends)
            break;
        cut = cut || line_cut || size + length + 1 > DOCUMENT_MAX;
        if (size + length + 1 > DOCUMENT_MAX)
            continue;
        if (size + length + 2 > room)
            text = memory_resize(text, room = 2 * (size + length + 2));
        memcpy(text + size, line, length);
        size += length;
        text[size++] = '\n';
    }
    if (size > 0)
        take(out, text, size);
    out->cut = cut;
    free(text);
    return any || (input_sound(d->in, e) && false);
}

static bool next_record(Documents *d, Document *out, Error *e)
{
    static bool (*const next[])(Documents *, Document *, Error *) = {next_text, next_html, next_jsonl,
                                                                     next_warc};
    *out = (Document){.bytes = NULL};
    return next[d->kind](d, out, e);
}

/* ---- the row of documents ------------------------------------------------------------------------------- */

static void close_file(Documents *d)
{
    input_close(d->in);
    d->in = NULL;
    d->file++;
    d->record = 0;
}

bool documents_next(Documents *d, Document *out, Error *e)
{
    while (d->file < d->count) {
        Error why = {""};
        bool got = (d->in || open_file(d, &why)) && next_record(d, out, &why);
        d->record += got;
        if (got && out->bytes) {
            char name[4200];
            snprintf(name, sizeof name, "%s#%ld", d->paths[d->file], d->record);
            out->url = out->url ? out->url : memory_string(name);
            return true;
        }
        if (got)
            continue;
        document_free(out);
        close_file(d);
        if (why.text[0])
            return error_set(e, "%s", why.text);
    }
    return false;
}

DocumentsPosition documents_position(const Documents *d)
{
    return (DocumentsPosition){d->file, d->record};
}

bool documents_seek(Documents *d, DocumentsPosition to, Error *e)
{
    if (to.file < 0 || to.file > d->count || to.record < 0)
        return error_set(e, "position %d, %ld; there are %d files", to.file, to.record, d->count);
    input_close(d->in);
    d->in = NULL;
    d->file = to.file;
    d->record = 0;
    if (to.file == d->count || to.record == 0)
        return true;
    if (!open_file(d, e))
        return false;
    for (Document one; d->record < to.record; d->record++) {
        if (!next_record(d, &one, e))
            return error_set(e, "%s: has fewer than %ld records", d->paths[d->file], to.record);
        document_free(&one);
    }
    return true;
}

void document_free(Document *d)
{
    free(d->bytes);
    free(d->url);
    *d = (Document){.bytes = NULL};
}
