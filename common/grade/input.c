/* input.c -- reads a kept call beside the names of its arguments: "q (T,D), head_dim, ids (n), ...". */
#include "common/grade/input.h"

#include "common/base/base.h"
#include "common/grade/message.h"

#include <ctype.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { NAMES = 48, ROOM = 16384, ROWS = 2, COLUMNS = 6, MOST_SIZES = 16, INTS = 12 };

/* One argument's name and the letters of its shape. */
typedef struct Name {
    char name[NAMES];
    char dims[TENSOR_MAX_RANK][NAMES];
    int rank;
} Name;

typedef struct Sizes {
    char name[MOST_SIZES][NAMES];
    int value[MOST_SIZES], count;
} Sizes;

typedef struct Text {
    char *bytes;
    size_t size;
} Text;

static void add(Text *t, const char *format, ...) __attribute__((format(printf, 2, 3)));
static void add(Text *t, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    int n = vsnprintf(t->bytes + t->size, ROOM - t->size, format, args);
    va_end(args);
    t->size = n < 0 || t->size + (size_t)n >= ROOM ? ROOM - 1 : t->size + (size_t)n;
}

/* ---- the names -------------------------------------------------------------------------------------- */

/* What stands before one of `ends`, without blanks around it; returns where that is. */
static const char *take_word(const char *at, const char *ends, char word[NAMES])
{
    at += strspn(at, " ");
    size_t n = strcspn(at, ends), length = n < NAMES ? n : NAMES - 1;
    memcpy(word, at, length);
    while (length && word[length - 1] == ' ')
        length--;
    word[length] = '\0';
    return at + n;
}

/* Takes the next name off the list; false at its end, or where "..." says that no more is shown. */
static bool take_name(const char **list, Name *n)
{
    const char *at = take_word(*list, ",(", n->name);
    n->rank = 0;
    if (!n->name[0] || strcmp(n->name, "...") == 0)
        return false;
    if (*at == '(') {
        do {
            at = take_word(at + 1, ",)", n->dims[n->rank++]);
        } while (*at == ',' && n->rank < TENSOR_MAX_RANK);
        at += *at == ')';
    }
    while (*at == ',' || *at == ' ')
        at++;
    *list = at;
    return true;
}

/* ---- sizes and numbers ------------------------------------------------------------------------------ */

static bool is_word(const char *s)
{
    if (!isalpha((unsigned char)*s))
        return false; /* a number, as in (n,3), needs no name */
    for (; *s; s++) {
        if (!isalnum((unsigned char)*s) && *s != '_')
            return false;
    }
    return true;
}

static void note_size(Sizes *s, const char *name, int value)
{
    for (int i = 0; i < s->count; i++) {
        if (strcmp(s->name[i], name) == 0)
            return;
    }
    if (s->count == MOST_SIZES || !is_word(name))
        return;
    snprintf(s->name[s->count], NAMES, "%s", name);
    s->value[s->count++] = value;
}

static void add_sizes(const Sizes *s, Text *t)
{
    for (int i = 0; i < s->count; i++)
        add(t, "%s=%d ", s->name[i], s->value[i]);
}

/* ---- arrays ----------------------------------------------------------------------------------------- */

static void add_row(Text *t, const float *row, int width)
{
    for (int i = 0; i < width && i < COLUMNS; i++)
        add(t, "%9.4g", (double)row[i] + 0.0); /* -0 is shown as 0 */
    add(t, "%s\n", width > COLUMNS ? " ..." : "");
}

/* The first rows, each with its index: x[0][1]. */
static void add_tensor(Text *t, const char *name, const Tensor *x)
{
    int width = x->rank ? x->shape[x->rank - 1] : 1, rows = (int)(x->size / (size_t)width);
    for (int r = 0; r < rows && r < ROWS; r++) {
        int at = r, index[TENSOR_MAX_RANK] = {0};
        for (int d = x->rank - 2; d >= 0; d--) {
            index[d] = at % x->shape[d];
            at /= x->shape[d];
        }
        add(t, "%s", name);
        for (int d = 0; d < x->rank - 1; d++)
            add(t, "[%d]", index[d]);
        add(t, "\t");
        add_row(t, x->data + (size_t)r * (size_t)width, width);
    }
}

static void add_ints(Text *t, const char *name, const int *values, int count)
{
    add(t, "%s\t", name);
    for (int i = 0; i < count && i < INTS; i++)
        add(t, "%s%d", i ? " " : "", values[i]);
    add(t, "%s\n", count > INTS ? " ..." : count ? "" : "(none)");
}

/* ---- the call --------------------------------------------------------------------------------------- */

/* Adds one argument to the line of numbers or to the lines of arrays. */
static void add_argument(Message *m, Arena *arena, const Name *n, Sizes *sizes, Text *numbers, Text *arrays)
{
    char text[MESSAGE_TEXT];
    int count;
    switch (message_kind(m)) {
    case 's':
        message_text(m, text);
        break;
    case 'i':
        count = message_int(m);
        if (strlen(n->name) == 1)
            note_size(sizes, n->name, count);
        else
            add(numbers, "%s=%d ", n->name, count);
        break;
    case 'f':
        add(numbers, "%s=%g ", n->name, (double)message_float(m));
        break;
    case 'v': {
        const int *values = message_ints(m, arena, &count);
        if (n->rank == 1)
            note_size(sizes, n->dims[0], count);
        if (values)
            add_ints(arrays, n->name, values, count);
        break;
    }
    default: {
        const Tensor *x = message_tensor(m, arena);
        for (int d = 0; x && d < x->rank && d < n->rank; d++)
            note_size(sizes, n->dims[d], x->shape[d]);
        if (x)
            add_tensor(arrays, n->name, x);
    }
    }
}

char *input_text(const char *path, const Exercise *x)
{
    Error none = {""};
    size_t size;
    Message m = {.bytes = (unsigned char *)file_read(path, &size, &none)};
    Text all = {memory_zero(1, ROOM), 0}, numbers = {memory_zero(1, ROOM), 0},
         arrays = {memory_zero(1, ROOM), 0};
    char function[MESSAGE_TEXT];
    const char *names = x->call;
    Sizes sizes = {.count = 0};
    Name n;
    if (!m.bytes)
        return free(numbers.bytes), free(arrays.bytes), all.bytes;
    Arena *arena = arena_new();
    m.size = m.capacity = size;
    message_text(&m, function);
    message_int(&m); /* which of the two calls it is (call.h) */
    while (message_kind(&m) && take_name(&names, &n))
        add_argument(&m, arena, &n, &sizes, &numbers, &arrays);
    if (sizes.count || numbers.size) {
        add(&all, "with\t");
        add_sizes(&sizes, &all);
        add(&all, "%s", numbers.bytes);
        all.bytes[all.size - 1] = '\n'; /* instead of a blank */
    }
    add(&all, "%s", arrays.bytes);
    if (m.bad)
        all.bytes[0] = '\0';
    arena_free(arena);
    message_free(&m);
    free(numbers.bytes);
    free(arrays.bytes);
    return all.bytes;
}
