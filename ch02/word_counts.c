/* word_counts.c -- sorting brings equal words together, and sorting again the frequent ones to the front. */
#include "ch02/word_counts.h"
#include "common/base/base.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

static int by_name(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

typedef struct Counted {
    char *name;
    int count, old;
} Counted;

static int by_count(const void *a, const void *b)
{
    const Counted *x = a, *y = b;
    return x->count != y->count ? y->count - x->count : strcmp(x->name, y->name);
}

/* Where the words begin; an apostrophe within a word belongs to it. */
static char **split(char *text, int *count)
{
    char **words = memory_new(sizeof *words * (strlen(text) / 2 + 1));
    *count = 0;
    for (char *c = text; *c;) {
        while (*c && !isalpha((unsigned char)*c))
            c++;
        if (*c)
            words[(*count)++] = c;
        while (isalpha((unsigned char)*c) || (*c == '\'' && isalpha((unsigned char)c[1]))) {
            *c = (char)tolower((unsigned char)*c);
            c++;
        }
        if (*c)
            *c++ = '\0';
    }
    return words;
}

/* Sorted by name, equal words lie side by side and are counted; sorted by count, they get their numbers. */
Words word_counts_new(const char *text)
{
    Words w = {.text = memory_string(text)};
    char **words = split(w.text, &w.count), **sorted = memory_new(sizeof *sorted * (size_t)(w.count + 1));
    Counted *all = memory_new(sizeof *all * (size_t)(w.count + 1));
    memcpy(sorted, words, sizeof *sorted * (size_t)w.count);
    qsort(sorted, (size_t)w.count, sizeof *sorted, by_name);
    for (int i = 0; i < w.count; i++) {
        if (i == 0 || strcmp(sorted[i], sorted[i - 1]) != 0) {
            sorted[w.vocab] = sorted[i];
            all[w.vocab] = (Counted){sorted[i], 0, w.vocab};
            w.vocab++;
        }
        all[w.vocab - 1].count++;
    }
    w.ids = memory_new(sizeof *w.ids * (size_t)(w.count + 1));
    for (int i = 0; i < w.count; i++)
        w.ids[i] =
            (int)((char **)bsearch(&words[i], sorted, (size_t)w.vocab, sizeof *sorted, by_name) - sorted);
    qsort(all, (size_t)w.vocab, sizeof *all, by_count);
    int *rank = memory_new(sizeof *rank * (size_t)(w.vocab + 1));
    w.names = memory_new(sizeof *w.names * (size_t)(w.vocab + 1));
    w.counts = memory_new(sizeof *w.counts * (size_t)(w.vocab + 1));
    for (int r = 0; r < w.vocab; r++) {
        rank[all[r].old] = r;
        w.names[r] = all[r].name;
        w.counts[r] = all[r].count;
    }
    for (int i = 0; i < w.count; i++)
        w.ids[i] = rank[w.ids[i]];
    free(rank);
    free(all);
    free(sorted);
    free(words);
    return w;
}

void word_counts_free(Words *w)
{
    free(w->text);
    free(w->names);
    free(w->counts);
    free(w->ids);
}

int word_counts_different(const Words *w, int n)
{
    char *seen = memory_zero((size_t)w->vocab, 1);
    int different = 0;
    for (int i = 0; i < n; i++) {
        different += !seen[w->ids[i]];
        seen[w->ids[i]] = 1;
    }
    free(seen);
    return different;
}

//> unknown
double word_counts_unknown(const Words *w, int first, int size)
{
    Counted *all = memory_new(sizeof *all * (size_t)w->vocab);
    char *known = memory_zero((size_t)w->vocab, 1);
    int unknown = 0;
    for (int id = 0; id < w->vocab; id++)
        all[id] = (Counted){w->names[id], 0, id};
    for (int i = 0; i < first; i++)
        all[w->ids[i]].count++;
    qsort(all, (size_t)w->vocab, sizeof *all, by_count);
    for (int i = 0; i < size && i < w->vocab && all[i].count > 0; i++)
        known[all[i].old] = 1;
    for (int i = first; i < w->count; i++)
        unknown += !known[w->ids[i]];
    free(all);
    free(known);
    return (double)unknown / (w->count - first);
}
//< unknown
