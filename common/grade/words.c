/* words.c -- a list of patterns, tried one after another: there are a few hundred. */
#include "common/grade/words.h"

#include "common/base/base.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MOST_PARTS = 8 };

typedef struct Pair {
    const char *english, *chinese;
} Pair;

struct Words {
    Pair *pairs;
    int count;
    char *texts[32];
    int files;
};

/* What a conversion stands for in a text. */
typedef struct Part {
    const char *at;
    size_t size;
} Part;

typedef struct Parts {
    Part part[MOST_PARTS];
    int count;
} Parts;

/* The length of a conversion such as %.3g or %zu at p; 0 if there is none. */
static size_t conversion(const char *p)
{
    if (p[0] != '%')
        return 0;
    size_t n = 1 + strspn(p + 1, "0123456789.-+#zl");
    return p[n] && strchr("sdgfuic", p[n]) ? n + 1 : 0;
}

/* Whether a text can have come of a pattern; each conversion takes as little as it can. */
static bool match(const char *pattern, const char *text, Parts *parts)
{
    for (; *pattern; pattern++, text++) {
        size_t n = conversion(pattern);
        if (n && parts->count < MOST_PARTS) {
            Part *part = &parts->part[parts->count++];
            for (*part = (Part){text, 1}; text[part->size - 1]; part->size++) {
                int kept = parts->count;
                if (match(pattern + n, text + part->size, parts))
                    return true;
                parts->count = kept;
            }
            return false;
        }
        if (*pattern != *text)
            return false;
        if (pattern[0] == '%' && pattern[1] == '%')
            pattern++;
    }
    return *text == '\0';
}

static void fill(const char *pattern, const Parts *parts, char *out, size_t room)
{
    size_t at = 0;
    int next = 0;
    while (*pattern && at < room - 1) {
        size_t n = conversion(pattern);
        if (n && next < parts->count) {
            const Part *p = &parts->part[next++];
            at += (size_t)snprintf(out + at, room - at, "%.*s", (int)p->size, p->at);
            at = at < room ? at : room - 1;
            pattern += n;
        } else {
            out[at++] = *pattern;
            pattern += 1 + (pattern[0] == '%' && pattern[1] == '%');
        }
    }
    out[at] = '\0';
}

static const Pair *find(const Words *w, const char *english, Parts *parts)
{
    for (int i = 0; w && i < w->count; i++) {
        parts->count = 0;
        if (match(w->pairs[i].english, english, parts))
            return &w->pairs[i];
    }
    return NULL;
}

bool words_has(const Words *w, const char *english)
{
    Parts parts;
    return find(w, english, &parts) != NULL;
}

char *words_chinese(const Words *w, const char *english, char *out, size_t room)
{
    Parts parts;
    const Pair *pair = find(w, english, &parts);
    if (pair)
        fill(pair->chinese, &parts, out, room);
    else
        snprintf(out, room, "%s", english);
    return out;
}

/* ---- reading ---------------------------------------------------------------------------------------- */

static bool same_conversions(const char *a, const char *b)
{
    int count[2] = {0, 0};
    const char *texts[2] = {a, b};
    for (int i = 0; i < 2; i++) {
        for (const char *p = texts[i]; *p; p++)
            count[i] += conversion(p) > 0;
    }
    return count[0] == count[1];
}

static bool add_line(Words *w, char *line)
{
    char *tab = strchr(line, '\t');
    if (line[0] == '\0' || line[0] == '#')
        return true;
    if (!tab || !tab[1] || strchr(tab + 1, '\t'))
        return false;
    *tab = '\0';
    w->pairs = memory_resize(w->pairs, (size_t)(w->count + 1) * sizeof *w->pairs);
    w->pairs[w->count++] = (Pair){line, tab + 1};
    return same_conversions(line, tab + 1);
}

Words *words_read(Words *w, const char *path, Error *e)
{
    size_t size;
    Error none = {""};
    int number = 0;
    if (!w)
        w = memory_zero(1, sizeof *w);
    char *text = w->files < 32 ? file_read(path, &size, &none) : NULL;
    if (!text)
        return w;
    w->texts[w->files++] = text;
    for (char *line = text, *next; line; line = next) {
        next = strchr(line, '\n');
        if (next)
            *next++ = '\0';
        number++;
        if (add_line(w, line))
            continue;
        error_set(e, "%s:%d: expected English, TAB, and Chinese with the same conversions", path, number);
        words_free(w);
        return NULL;
    }
    return w;
}

void words_free(Words *w)
{
    for (int i = 0; w && i < w->files; i++)
        free(w->texts[i]);
    if (w)
        free(w->pairs);
    free(w);
}
