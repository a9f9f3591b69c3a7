/* rows.c -- line by line; whatever is wrong with a row is said of this row alone. */
#include "ch06/rows.h"

#include "common/base/base.h"
#include "common/text/utf8.h"

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

Rows rows_new(void)
{
    return (Rows){.memory = arena_new()};
}

void rows_free(Rows *r)
{
    free(r->items);
    arena_free(r->memory);
    *r = (Rows){0};
}

static const char *copy(Rows *r, const char *text, size_t size)
{
    char *to = arena_alloc(r->memory, size + 1);
    memcpy(to, text, size);
    to[size] = '\0';
    return to;
}

void rows_add(Rows *r, const char *text, const char *label, long line)
{
    if (r->count == r->room)
        r->items = memory_resize(r->items, sizeof *r->items * (size_t)(r->room = 2 * r->room + 64));
    r->items[r->count++] = (Row){copy(r, text, strlen(text)), copy(r, label, strlen(label)), line};
}

/* ---- a row --------------------------------------------------------------------------------------- */

/* Where a row comes from, for messages. */
typedef struct Place {
    const char *name;
    long line;
} Place;

static void fault(Rows *r, const Place *at, const char *format, ...) __attribute__((format(printf, 3, 4)));
static void fault(Rows *r, const Place *at, const char *format, ...)
{
    char what[256];
    va_list args;
    va_start(args, format);
    vsnprintf(what, sizeof what, format, args);
    va_end(args);
    if (r->malformed < ROWS_NAMED)
        error_set(&r->faults[r->malformed], "%s:%ld: %s", at->name, at->line, what);
    r->malformed++;
}

static void add_checked(Rows *r, const Place *at, const char *text, const char *label)
{
    if (!text[strspn(text, " \t")])
        fault(r, at, "the text is empty");
    else if (!label[strspn(label, " \t")])
        fault(r, at, "the label is empty");
    else
        rows_add(r, text, label, at->line);
}

/* ---- TSV ----------------------------------------------------------------------------------------- */

/* Which columns hold text and label, and how many there are. */
typedef struct Header {
    int text, label, count;
} Header;

static int count_columns(const char *line)
{
    int n = 1;
    for (; *line; line++)
        n += *line == '\t';
    return n;
}

/* Column i of a line; the caller frees it. */
static char *column_of(const char *line, int i)
{
    while (i-- > 0)
        line += strcspn(line, "\t") + 1;
    size_t size = strcspn(line, "\t");
    char *text = memcpy(memory_new(size + 1), line, size);
    text[size] = '\0';
    return text;
}

/* Whether a line names both columns. */
static bool is_header(const char *line, RowsColumns names, Header *h)
{
    Header found = {-1, -1, count_columns(line)};
    for (int i = 0; i < found.count; i++) {
        char *name = column_of(line, i);
        found.text = strcmp(name, names.text) == 0 ? i : found.text;
        found.label = strcmp(name, names.label) == 0 ? i : found.label;
        free(name);
    }
    if (found.text < 0 || found.label < 0)
        return false;
    *h = found;
    return true;
}

static void add_tsv(Rows *r, const Place *at, const char *line, const Header *h)
{
    int found = count_columns(line);
    if (found != h->count) {
        fault(r, at, "expected %d columns, found %d", h->count, found);
        return;
    }
    char *text = column_of(line, h->text), *label = column_of(line, h->label);
    add_checked(r, at, text, label);
    free(text);
    free(label);
}

/* ---- JSON lines ---------------------------------------------------------------------------------- */

static void add_json(Rows *r, const Place *at, const char *line, size_t size, RowsColumns names)
{
    json_error_t wrong;
    char number[32];
    json_t *row = json_loadb(line, size, JSON_REJECT_DUPLICATES, &wrong);
    const json_t *label = json_object_get(row, names.label);
    const char *text = json_string_value(json_object_get(row, names.text));
    const char *name = json_string_value(label);
    if (json_is_integer(label)) {
        snprintf(number, sizeof number, "%lld", (long long)json_integer_value(label));
        name = number;
    }
    if (!row)
        fault(r, at, "not JSON");
    else if (!text)
        fault(r, at, "expected a string \"%.40s\"", names.text);
    else if (!name)
        fault(r, at, "expected a string or a whole number \"%.40s\"", names.label);
    else
        add_checked(r, at, text, name);
    json_decref(row);
}

/* ---- a file -------------------------------------------------------------------------------------- */

static bool is_json(const char *name)
{
    size_t size = strlen(name), end = strlen(".jsonl");
    return size >= end && strcmp(name + size - end, ".jsonl") == 0;
}

void rows_parse(Rows *r, const char *bytes, size_t size, const char *name, RowsColumns names)
{
    Header header = {0, 1, 2};
    Place at = {name, 0};
    bool json = is_json(name), first = true;
    size_t begin = size >= 3 && memcmp(bytes, "\xef\xbb\xbf", 3) == 0 ? 3 : 0;
    for (size_t end; begin < size; begin = end + 1) {
        const char *stop = memchr(bytes + begin, '\n', size - begin);
        end = stop ? (size_t)(stop - bytes) : size;
        size_t length = end - begin - (end > begin && bytes[end - 1] == '\r');
        at.line++;
        if (length == 0)
            continue;
        char *line = memcpy(memory_new(length + 1), bytes + begin, length);
        line[length] = '\0';
        if (memchr(line, '\0', length) || text_utf8_fault(line, length) < length)
            fault(r, &at, "not UTF-8");
        else if (json)
            add_json(r, &at, line, length, names);
        else if (!(first && is_header(line, names, &header)))
            add_tsv(r, &at, line, &header);
        first = false;
        free(line);
    }
}

bool rows_read(Rows *r, const char *path, RowsColumns names, Error *e)
{
    size_t size;
    int before = r->count;
    char *bytes = file_read(path, &size, e);
    if (!bytes)
        return false;
    rows_parse(r, bytes, size, path, names);
    free(bytes);
    if (r->count > before)
        return true;
    return r->malformed > 0 ? error_set(e, "%s, and no row of the file is good", r->faults[0].text)
                            : error_set(e, "%s: expected rows of a text and a label", path);
}

/* ---- labels and sides ---------------------------------------------------------------------------- */

static int compare(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

const char **rows_labels(const Rows *r, int *count)
{
    const char **all = memory_new(sizeof *all * (size_t)(r->count + 1));
    *count = 0;
    for (int i = 0; i < r->count; i++)
        all[i] = r->items[i].label;
    qsort(all, (size_t)r->count, sizeof *all, compare);
    for (int i = 0; i < r->count; i++) {
        if (i == 0 || strcmp(all[i], all[*count - 1]) != 0)
            all[(*count)++] = all[i];
    }
    return all;
}

/* FNV-1a */
static uint64_t hash_of(const char *text)
{
    uint64_t hash = 0xcbf29ce484222325u;
    for (; *text; text++)
        hash = (hash ^ (unsigned char)*text) * 0x100000001b3u;
    return hash;
}

void rows_split(const Rows *r, int share, Rows *train, Rows *test)
{
    for (int i = 0; i < r->count; i++) {
        const Row *x = &r->items[i];
        bool tested = (hash_of(x->text) >> 20) % (uint64_t)share == 0;
        rows_add(tested ? test : train, x->text, x->label, x->line);
    }
}
