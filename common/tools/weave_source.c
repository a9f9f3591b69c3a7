/* weave_source.c -- programs, expected outputs and tables, as the book takes from them.
 *
 * Everything is found by what it says, not by line numbers, and must be found
 * exactly once: an excerpt that has become ambiguous is an error, not a guess. */
#include "common/tools/weave.h"

#include <ctype.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- text that grows -------------------------------------------------------------------------------- */

void buffer_put(Buffer *b, const char *bytes, size_t size)
{
    if (b->size + size + 1 > b->room) {
        b->room = (b->size + size + 1) * 2;
        b->bytes = memory_resize(b->bytes, b->room);
    }
    memcpy(b->bytes + b->size, bytes, size);
    b->size += size;
    b->bytes[b->size] = '\0';
}

void buffer_add(Buffer *b, const char *format, ...)
{
    va_list args, again;
    va_start(args, format);
    va_copy(again, args);
    int size = vsnprintf(NULL, 0, format, args);
    char *text = memory_new((size_t)size + 1);
    vsnprintf(text, (size_t)size + 1, format, again);
    va_end(again);
    va_end(args);
    buffer_put(b, text, (size_t)size);
    free(text);
}

void buffer_free(Buffer *b)
{
    free(b->bytes);
    *b = (Buffer){0};
}

/* ---- lines and tables ------------------------------------------------------------------------------- */

bool lines_read(Lines *l, const char *path, Error *e)
{
    size_t size;
    int room = 1;
    *l = (Lines){.bytes = file_read(path, &size, e)};
    if (!l->bytes)
        return false;
    if (strlen(l->bytes) != size)
        return error_set(e, "%s: byte %zu is zero; a text was expected", path, strlen(l->bytes));
    for (size_t i = 0; i < size; i++)
        room += l->bytes[i] == '\n';
    l->line = memory_new(sizeof *l->line * (size_t)room);
    for (char *at = l->bytes; *at;) {
        char *end = strchr(at, '\n');
        l->line[l->count++] = at;
        if (!end)
            break;
        *end = '\0';
        at = end + 1;
    }
    return true;
}

void lines_free(Lines *l)
{
    free(l->line);
    free(l->bytes);
    *l = (Lines){0};
}

static int cells_of(const char *line)
{
    int count = 1;
    for (; *line; line++)
        count += *line == '\t';
    return count;
}

static char **cut_cells(char *line, int count)
{
    char **cell = memory_new(sizeof *cell * (size_t)count);
    for (int i = 0; i < count; i++) {
        cell[i] = line;
        line += strcspn(line, "\t");
        *line++ = '\0';
    }
    return cell;
}

static int column_of(const Table *t, const char *name, size_t size)
{
    for (int c = 0; c < t->columns; c++)
        if (strlen(t->row[0][c]) == size && memcmp(t->row[0][c], name, size) == 0)
            return c;
    return -1;
}

static bool table_has(const Table *t, const char *columns, Error *e)
{
    for (const char *name = columns; *name; name += strspn(name, " ")) {
        size_t size = strcspn(name, " ");
        if (t->rows == 0 || column_of(t, name, size) < 0)
            return error_set(e, "%s:1: no column '%.*s'", t->path, (int)size, name);
        name += size;
    }
    return true;
}

bool table_read(Table *t, const char *path, const char *columns, Error *e)
{
    *t = (Table){.path = path};
    if (!lines_read(&t->lines, path, e))
        return false;
    t->row = memory_zero((size_t)t->lines.count + 1, sizeof *t->row);
    t->at = memory_zero((size_t)t->lines.count + 1, sizeof *t->at);
    for (int i = 0; i < t->lines.count; i++) {
        char *line = t->lines.line[i];
        if (*line == '\0' || *line == '#')
            continue;
        int cells = cells_of(line);
        if (t->rows == 0)
            t->columns = cells;
        if (cells != t->columns)
            return error_set(e, "%s:%d: %d cells; the header has %d", path, i + 1, cells, t->columns);
        t->at[t->rows] = i + 1;
        t->row[t->rows++] = cut_cells(line, cells);
    }
    return table_has(t, columns, e);
}

void table_free(Table *t)
{
    for (int r = 0; r < t->rows; r++)
        free(t->row[r]);
    free(t->row);
    free(t->at);
    lines_free(&t->lines);
    *t = (Table){0};
}

const char *table_cell(const Table *t, int row, const char *column)
{
    int c = column_of(t, column, strlen(column));
    return c < 0 ? "" : t->row[row][c];
}

int table_find(const Table *t, const char *column, const char *value)
{
    for (int r = 1; r < t->rows; r++)
        if (strcmp(table_cell(t, r, column), value) == 0)
            return r;
    return -1;
}

/* ---- regions of a program --------------------------------------------------------------------------- */

/* `//> name` or `//< name`, sign being the third character; any name if it is NULL. */
static bool is_mark(const char *line, char sign, const char *name)
{
    return strncmp(line, "//", 2) == 0 && line[2] == sign && line[3] == ' ' &&
           (!name || strcmp(line + 4, name) == 0);
}

static bool find_mark(const Lines *l, const char *path, char sign, const char *name, int *at, Error *e)
{
    *at = -1;
    for (int i = 0; i < l->count; i++) {
        if (!is_mark(l->line[i], sign, name))
            continue;
        if (*at >= 0)
            return error_set(e, "%s:%d: '//%c %s' a second time; the first is line %d", path, i + 1, sign,
                             name, *at + 1);
        *at = i;
    }
    return *at >= 0 || error_set(e, "%s: no line '//%c %s'", path, sign, name);
}

bool source_region(const char *path, const char *name, Buffer *out, Error *e)
{
    Lines l;
    int first = 0, last = 0;
    bool good = lines_read(&l, path, e) && find_mark(&l, path, '>', name, &first, e) &&
                find_mark(&l, path, '<', name, &last, e);
    if (good && last <= first)
        good = error_set(e, "%s:%d: the region '%s' ends before it begins", path, last + 1, name);
    for (int i = first + 1; good && i < last; i++)
        if (!is_mark(l.line[i], '>', NULL) && !is_mark(l.line[i], '<', NULL))
            buffer_add(out, "%s\n", l.line[i]);
    if (good && out->size == 0)
        good = error_set(e, "%s:%d: the region '%s' is empty", path, first + 1, name);
    lines_free(&l);
    return good;
}

/* ---- expected outputs ------------------------------------------------------------------------------- */

/* The line of the command; 0 in a file that has none, all of which counts then. */
static int first_shown(const Lines *l)
{
    for (int i = 0; i < l->count; i++)
        if (strncmp(l->line[i], "$ ", 2) == 0)
            return i;
    return 0;
}

static bool find_line(const Lines *l, const char *path, const char *text, int *at, Error *e)
{
    *at = -1;
    for (int i = first_shown(l); i < l->count; i++) {
        if (!strstr(l->line[i], text))
            continue;
        if (*at >= 0)
            return error_set(e, "%s: lines %d and %d both hold \"%s\"; one is wanted", path, *at + 1, i + 1,
                             text);
        *at = i;
    }
    return *at >= 0 || error_set(e, "%s: no line holds \"%s\"", path, text);
}

/* The last line of an excerpt that begins at line `first`; l->count if there is none. */
static int excerpt_end(const Lines *l, int first, const char *to)
{
    int i = first + 1;
    if (to) {
        while (i < l->count && !strstr(l->line[i], to))
            i++;
        return i;
    }
    while (i < l->count && l->line[i][0] != '\0')
        i++;
    return i - 1;
}

bool source_output(const char *path, const char *from, const char *to, Buffer *out, Error *e)
{
    Lines l;
    int first = 0, last = 0;
    bool good = lines_read(&l, path, e) && (!from || find_line(&l, path, from, &first, e));
    if (good) {
        first = from ? first : first_shown(&l);
        last = from ? excerpt_end(&l, first, to) : l.count - 1;
        if (last >= l.count)
            good = error_set(e, "%s:%d: no line after this one holds \"%s\"", path, first + 1, to);
    }
    for (int i = first; good && i <= last; i++)
        buffer_add(out, "%s\n", l.line[i]);
    lines_free(&l);
    return good;
}

/* The number at s as in outputs.c: sign, digits, fraction, exponent; 0 if there is none. */
static size_t number_at(const char *line, const char *s)
{
    char *end;
    if (s > line && (isalnum((unsigned char)s[-1]) || s[-1] == '_' || s[-1] == '.'))
        return 0;
    const char *digits = s + (*s == '-' || *s == '+');
    if (!isdigit((unsigned char)*digits) || (digits[0] == '0' && (digits[1] | 32) == 'x'))
        return 0;
    strtod(s, &end);
    return (size_t)(end - s);
}

bool source_value(const char *path, const char *text, int n, bool word, Buffer *out, Error *e)
{
    Lines l;
    int at = 0, count = 0;
    bool good = lines_read(&l, path, e) && find_line(&l, path, text, &at, e);
    for (const char *s = good ? l.line[at] : ""; *s && count < n;) {
        size_t blank = strspn(s, " \t");
        s += blank;
        size_t size = word ? strcspn(s, " \t") : number_at(l.line[at], s);
        if (size && ++count == n)
            buffer_put(out, s, size);
        s += size ? size : *s != '\0' && !blank;
    }
    if (good && count < n)
        good =
            error_set(e, "%s:%d: no %s number %d in this line", path, at + 1, word ? "word" : "figure", n);
    lines_free(&l);
    return good;
}

bool source_command(const char *path, Buffer *out, Error *e)
{
    Lines l;
    bool good = lines_read(&l, path, e);
    int at = good ? first_shown(&l) : 0;
    if (good && (l.count == 0 || strncmp(l.line[at], "$ ", 2) != 0))
        good = error_set(e, "%s: no line '$ command'", path);
    if (good)
        buffer_add(out, "%s", l.line[at] + 2);
    lines_free(&l);
    return good;
}
