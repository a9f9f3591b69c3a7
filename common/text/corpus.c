/* corpus.c -- a file becomes text, and text becomes batches. */
#include "common/text/corpus.h"

#include "common/base/arena.h"
#include "common/base/file.h"
#include "common/text/utf8.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

TextCleaned text_corpus_clean(char *text, size_t *size)
{
    static const char mark[] = "\xef\xbb\xbf";
    TextCleaned c = {0, 0};
    size_t used = 0;
    for (size_t at = 0; at < *size; at++) {
        if (*size - at >= 3 && memcmp(text + at, mark, 3) == 0) {
            c.marks++;
            at += 2;
        } else if (text[at] == '\r') {
            c.line_ends++;
            at += at + 1 < *size && text[at + 1] == '\n';
            text[used++] = '\n';
        } else
            text[used++] = text[at];
    }
    text[used] = '\0';
    *size = used;
    return c;
}

static void tell(const char *path, const TextCleaned *c, char told[TEXT_TOLD])
{
    char marks[64] = "", line_ends[64] = "";
    if (c->marks > 0)
        snprintf(marks, sizeof marks, "dropped %zu byte order mark%s", c->marks, c->marks > 1 ? "s" : "");
    if (c->line_ends > 0)
        snprintf(line_ends, sizeof line_ends, "%zu line ends with a carriage return became \\n",
                 c->line_ends);
    told[0] = '\0';
    if (c->marks + c->line_ends > 0)
        snprintf(told, TEXT_TOLD, "%.300s: %s%s%s", path, marks, marks[0] && line_ends[0] ? "; " : "",
                 line_ends);
}

/* What Windows calls Unicode. */
static bool is_utf16(const char *text, size_t size)
{
    return size >= 2 && (memcmp(text, "\xff\xfe", 2) == 0 || memcmp(text, "\xfe\xff", 2) == 0);
}

char *text_corpus_read(const char *path, size_t *size, char told[TEXT_TOLD], Error *e)
{
    char *text = file_read(path, size, e);
    if (!text)
        return NULL;
    const char *zero = memchr(text, '\0', *size);
    size_t fault = text_utf8_fault(text, *size);
    if (*size > 0 && !zero && fault == *size) {
        TextCleaned c = text_corpus_clean(text, size);
        tell(path, &c, told);
        if (*size > 0)
            return text;
        zero = NULL;
    }
    if (*size == 0)
        error_set(e, "%s: the file is empty; expected text", path);
    else if (is_utf16(text, *size))
        error_set(e, "%s: this is UTF-16; expected UTF-8, which 'iconv -f UTF-16 -t UTF-8' makes of it",
                  path);
    else if (zero)
        error_set(e, "%s: byte %zu is zero; expected text, this looks binary", path, (size_t)(zero - text));
    else
        error_set(e, "%s: byte %zu is not UTF-8", path, fault);
    free(text);
    return NULL;
}

static bool is_blank(char c)
{
    return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

/* Where the document ends that begins at `from`: at an end text, or at a line break after which
 * only blanks come before the next one. */
static size_t document_end(const char *text, size_t size, size_t from, const char *end)
{
    if (end) {
        const char *found = memmem(text + from, size - from, end, strlen(end));
        return found ? (size_t)(found - text) : size;
    }
    for (size_t at = from; at < size; at++) {
        if (text[at] != '\n')
            continue;
        size_t next = at + 1;
        while (next < size && is_blank(text[next]) && text[next] != '\n')
            next++;
        if (next < size && text[next] == '\n')
            return at;
    }
    return size;
}

char *text_corpus_pack(const char *text, size_t size, const char *end, size_t *packed, size_t *documents)
{
    size_t length = strlen(end), room = size + length + 1, used = 0;
    char *out = memory_new(room);
    const char *separator = memmem(text, size, end, length) ? end : NULL;
    *documents = 0;
    for (size_t from = 0; from < size;) {
        size_t stop = document_end(text, size, from, separator), first = from, last = stop;
        while (first < last && is_blank(text[first]))
            first++;
        while (last > first && is_blank(text[last - 1]))
            last--;
        from = stop + (separator ? length : 1);
        if (first == last)
            continue;
        if (used + (last - first) + length + 1 > room)
            out = memory_resize(out, room = 2 * room + last - first);
        memcpy(out + used, text + first, last - first);
        memcpy(out + used + (last - first), end, length);
        used += last - first + length;
        (*documents)++;
    }
    out[used] = '\0';
    *packed = used;
    return out;
}

/* 0 .. n-1; those past the largest int are never drawn. */
static int any_below(Rng *rng, size_t n)
{
    return rng_below(rng, n > INT_MAX ? INT_MAX : (int)n);
}

//> windows
/* Window b of a batch: time + 1 tokens. */
static void copy_window(const int *from, int b, int time, int *x, int *y)
{
    memcpy(x + (size_t)b * (size_t)time, from, sizeof *x * (size_t)time);
    memcpy(y + (size_t)b * (size_t)time, from + 1, sizeof *y * (size_t)time);
}

void text_corpus_batch(const int *ids, size_t count, int batch, int time, Rng *rng, int *x, int *y)
{
    for (int b = 0; b < batch; b++)
        copy_window(ids + any_below(rng, count - (size_t)time), b, time, x, y);
}

void text_corpus_batch_of_documents(const int *ids, const size_t *starts, size_t n, int batch, int time,
                                    Rng *rng, int *x, int *y)
{
    for (int b = 0; b < batch; b++)
        copy_window(ids + starts[any_below(rng, n)], b, time, x, y);
}
//< windows

//> documents
void text_corpus_documents(const int *x, int batch, int time, int end, int *first, int *positions)
{
    for (int i = 0, start = 0; i < batch * time; i++) {
        int t = i % time;
        start = t == 0 ? 0 : x[i - 1] == end ? t : start;
        first[i] = start;
        positions[i] = t - start;
    }
}
//< documents
