/* counting_demo.c -- what counting knows of a text, section 5.4.4: a scale for the loss of a model.
 *
 * Counts, in the first nine tenths, which character follows which 0, 1, 2 ... before it. What was seen seldom is
 * mixed with what shorter contexts say (Witten and Bell, 1991). The rest of the text tells how good that is, in
 * the same nats as pretrain_gpt's loss; and then counting writes a text of its own. */
#include "common/demo/demo.h"
#include "common/text/corpus.h"

#include <limits.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { MAX = 6, KINDS = 256 }; /* characters before; bytes */

/* ---- counting ------------------------------------------------------------------------------------ */

//> table
/* All runs of length + 1 characters in order, each once; runs with the same beginning lie side by side. */
typedef struct Table {
    uint64_t *run; /* (count) a byte for each character */
    int *earlier;  /* (count + 1) how often runs before it occur */
    int count;
} Table;

/* The first run that is not below `run`. */
static int find(const Table *t, uint64_t run)
{
    int low = 0, high = t->count;
    while (low < high) {
        int middle = low + (high - low) / 2;
        if (t->run[middle] < run)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

/* The probability of a character after `text`, from what followed its last 0, 1, ... `before` characters. A
 * context seen s times with u different characters after it has weight s, and the next shorter context weight u. */
static double probability(const Table *tables, int kinds, const char *text, int before, unsigned char next)
{
    double p = 1.0 / kinds;
    for (int length = 0; length <= before; length++) {
        const Table *t = &tables[length];
        uint64_t context = 0;
        for (int i = length; i > 0; i--)
            context = context << 8 | (unsigned char)text[-i];
        int first = find(t, context << 8), end = find(t, (context + 1) << 8);
        int at = find(t, context << 8 | next);
        bool seen = at < end && t->run[at] == (context << 8 | next);
        double times = t->earlier[end] - t->earlier[first], different = end - first;
        double count = seen ? t->earlier[at + 1] - t->earlier[at] : 0;
        if (end > first)
            p = (count + different * p) / (times + different);
    }
    return p;
}
//< table

static int compare_runs(const void *a, const void *b)
{
    uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;
    return (x > y) - (x < y);
}

static Table table_new(const char *text, size_t size, int length)
{
    size_t runs = size - (size_t)length;
    Table t = {memory_new(runs * sizeof *t.run), memory_new((runs + 1) * sizeof *t.earlier), 0};
    uint64_t mask = UINT64_MAX >> (8 * (7 - length)), run = 0;
    for (size_t i = 0; i < size; i++) {
        run = (run << 8 | (unsigned char)text[i]) & mask;
        if (i >= (size_t)length)
            t.run[i - (size_t)length] = run;
    }
    qsort(t.run, runs, sizeof *t.run, compare_runs);
    for (size_t i = 0; i < runs; i++) {
        if (i == 0 || t.run[i] != t.run[i - 1]) {
            t.earlier[t.count] = (int)i;
            t.run[t.count++] = t.run[i];
        }
    }
    t.earlier[t.count] = (int)runs;
    t.run = memory_resize(t.run, (size_t)t.count * sizeof *t.run);
    t.earlier = memory_resize(t.earlier, ((size_t)t.count + 1) * sizeof *t.earlier);
    return t;
}

static void table_free(Table *t)
{
    free(t->run);
    free(t->earlier);
}

static int count_kinds(const char *text, size_t size)
{
    bool seen[KINDS] = {false};
    int kinds = 0;
    for (size_t i = 0; i < size; i++) {
        kinds += !seen[(unsigned char)text[i]];
        seen[(unsigned char)text[i]] = true;
    }
    return kinds;
}

/* ---- what it is good for ------------------------------------------------------------------------- */

static void show_losses(const Table *tables, int kinds, const char *text, size_t train, size_t size)
{
    static const TabularColumn columns[] = {
        {"characters before", 0}, {"different runs", 0}, {"held-out loss", 2}, {"bits", 2}};
    Tabular *t = tabular_with(NULL, columns, 4);
    for (int before = 0; before <= MAX; before++) {
        double loss = 0;
        for (size_t i = train + MAX; i < size; i++)
            loss -= log(probability(tables, kinds, text + i, before, (unsigned char)text[i]));
        loss /= (double)(size - train - MAX);
        tabular_row(t, NULL, (const double[]){before, tables[before].count, loss, loss / log(2)});
    }
    tabular_print(t);
}

/* Draws one character after another, each from those that training has shown. */
static void show_sample(const Table *tables, int before, int length, int kinds, uint64_t seed)
{
    Rng rng = rng_new(seed);
    char *text = memory_zero((size_t)(MAX + length) + 1, 1), *end = text + MAX + length;
    memset(text, '\n', MAX);
    for (char *at = text + MAX; at < end; at++) {
        double left = (double)rng_uniform(&rng);
        for (int i = 0; i < tables[0].count && left >= 0; i++) {
            *at = (char)tables[0].run[i];
            left -= probability(tables, kinds, at, before, (unsigned char)*at);
        }
    }
    printf("\nA sample that looks back %d characters:%s\n", before, text + MAX - 1);
    free(text);
}

/* The corpus, which must be long enough to be divided; ends the program with one line if it cannot be read. */
static char *read_corpus(const char *path, size_t *size)
{
    Error e = {""};
    char told[TEXT_TOLD], *text = text_corpus_read(path, size, told, &e);
    if (!text)
        error_exit(&e);
    if (told[0])
        puts(told);
    if (*size < 100 || *size > INT_MAX)
        error_exitf("%s: %zu bytes; expected from 100 to %d", path, *size, INT_MAX);
    return text;
}

int main(int argc, char **argv)
{
    Demo d = {.name = "ch05/counting_demo", .about = "What counting knows of a text, section 5.4.4."};
    const char *corpus = "common/text/tinyshakespeare.txt";
    int before = 4, sample = 300;
    const Option options[] = {
        option_file("corpus", &corpus, "a text, taken byte by byte"),
        option_int("before", &before, 0, MAX, "characters that the sample looks back"),
        option_int("sample", &sample, 0, 100000, "characters of the sample"), OPTION_END};
    demo_begin(&d, argc, argv, options);
    size_t size;
    char *text = read_corpus(corpus, &size);
    size_t train = size * 9 / 10;
    int kinds = count_kinds(text, size);
    Table tables[MAX + 1];
    for (int length = 0; length <= MAX; length++)
        tables[length] = table_new(text, train, length);
    printf("%s: %zu characters, %d of them different; counted in the first %zu\n", corpus, size, kinds,
           train);
    show_losses(tables, kinds, text, train, size);
    if (sample > 0)
        show_sample(tables, before, sample, kinds, d.seed);
    for (int length = 0; length <= MAX; length++)
        table_free(&tables[length]);
    free(text);
    return demo_end(&d);
}
