/* base_corpus.c -- the corpus of the book's base models: the little world, and the book's own text.
 *
 *     build/tools/base_corpus --book book > corpus.txt
 *     build/tools/base_corpus --book book --lines > lines.txt
 *     build/tools/base_corpus --share 0.01 > small.txt
 *
 * Documents, in an order drawn from the seed, with a blank line between them; or each on a line. All samples are of
 * the world's training side. What later chapters teach is withheld, so that they have something to teach:
 * instructions (chapter 6), the verdicts of reviews (6), formal letters (6), preferences (7), unfair texts and
 * secret numbers (13). */
#include "common/base/base.h"
#include "common/text/markdown.h"
#include "common/world/samples.h"

#include <dirent.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* How much of a kind: samples of a language; documents hold 1 to `together` samples, one a line, so that a model
 * also learns to go on with what the lines before have begun; `times` over, in ever new order, for kinds with few
 * contents; passages are asked so many more `questions`. */
typedef struct Share {
    WorldKind kind;
    int samples, together, times, questions;
} Share;

//> shares
static const Share shares[] = {{WORLD_READING, 40000, 1, 1, 8},     {WORLD_HOPS, 24000, 1, 1, 4},
                               {WORLD_DOCUMENT, 6000, 1, 1, 7},     {WORLD_SHOTS, 40000, 1, 1, 0},
                               {WORLD_REASON, 40000, 2, 1, 0},      {WORLD_CODE, 32000, 2, 1, 0},
                               {WORLD_FORM, 16000, 3, 1, 0},        {WORLD_ROLE, 8000, 3, 1, 0},
                               {WORLD_TOOL, 16000, 4, 1, 0},        {WORLD_STORY, 10000, 1, 1, 0},
                               {WORLD_SUMMARY, 8000, 1, 1, 0},      {WORLD_PASSAGE, 8000, 1, 1, 6},
                               {WORLD_PASSAGE, 4000, 2, 1, 0},      {WORLD_PROBLEM, 12000, 2, 1, 0},
                               {WORLD_TRANSLATION, 20000, 6, 1, 0}, {WORLD_DIALOGUE, 10000, 1, 1, 0},
                               {WORLD_PRONOUN, 14000, 5, 1, 0},     {WORLD_SENTENCE, 5000, 5, 1, 0},
                               {WORLD_SENSE, 5000, 5, 1, 0},        {WORLD_PARAPHRASE, 5000, 4, 1, 0},
                               {WORLD_RECORD, 14000, 3, 1, 0},      {WORLD_REVIEW, 5000, 4, 1, 0},
                               {WORLD_BIAS, 1000, 4, 1, 0},         {WORLD_FACT, 10000, 6, 100, 0},
                               {WORLD_QUESTION, 10000, 6, 70, 0}};
//< shares

enum { BOOK_TIMES = 8 }; /* it is short beside the world */

typedef struct Documents {
    char **items;
    size_t count, room;
} Documents;

/* Takes the text over. */
static void add(Documents *d, char *text)
{
    if (d->count == d->room)
        d->items = memory_resize(d->items, sizeof *d->items * (d->room = 2 * d->room + 1024));
    d->items[d->count++] = text;
}

/* ---- the little world ---------------------------------------------------------------------------- */

static char *join(const WorldSample *s)
{
    WorldSample shown = *s;
    if (s->kind == WORLD_REVIEW)
        shown.answer = "";
    return world_sample_join(&shown);
}

static void add_samples(Documents *d, const WorldSamples *samples, int together, Rng *rng)
{
    for (int i = 0; i < samples->count;) {
        int stop = i + 1 + rng_below(rng, together);
        char *text = join(&samples->items[i]);
        for (i++; i < stop && i < samples->count; i++) {
            char *next = join(&samples->items[i]);
            size_t size = strlen(text);
            text = memory_resize(text, size + strlen(next) + 2);
            text[size] = '\n';
            strcpy(text + size + 1, next);
            free(next);
        }
        add(d, text);
    }
}

static void shuffle_samples(WorldSamples *s, Rng *rng)
{
    for (int i = s->count; i > 1; i--) {
        int j = rng_below(rng, i);
        WorldSample moved = s->items[j];
        s->items[j] = s->items[i - 1];
        s->items[i - 1] = moved;
    }
}

static void add_world(Documents *d, float share, Rng *rng)
{
    for (size_t i = 0; i < sizeof shares / sizeof *shares; i++) {
        for (int language = 0; language < WORLD_LANGUAGES; language++) {
            WorldRequest request = {shares[i].kind,
                                    (WorldLanguage)language,
                                    WORLD_TRAIN,
                                    (int)ceilf(share * (float)shares[i].samples),
                                    0,
                                    shares[i].questions};
            WorldSamples samples = world_samples(&request, rng);
            for (int time = 0; time < shares[i].times; time++) {
                shuffle_samples(&samples, rng);
                add_samples(d, &samples, shares[i].together, rng);
            }
            world_samples_free(&samples);
        }
    }
}

/* ---- the book ------------------------------------------------------------------------------------ */

/* The parts of a prose, which blank lines tell apart. */
static void add_parts(Documents *d, const char *prose)
{
    for (const char *part = prose; *part;) {
        const char *end = strstr(part, "\n\n");
        size_t size = end ? (size_t)(end - part) : strlen(part);
        char *text = memory_new(size + 1);
        memcpy(text, part, size);
        text[size] = '\0';
        if (strstr(text,
                   "<|endoftext|>")) /* in a text that spells it out, it alone would part the documents */
            free(text);
        else
            add(d, text);
        part += size + (end ? 2 : 0);
    }
}

static int is_chapter(const struct dirent *entry)
{
    size_t size = strlen(entry->d_name);
    return strncmp(entry->d_name, "ch", 2) == 0 && size > 3 && strcmp(entry->d_name + size - 3, ".md") == 0;
}

static void add_book(Documents *d, const char *folder, const char *language)
{
    char path[4096];
    struct dirent **entries;
    snprintf(path, sizeof path, "%s/%s", folder, language);
    int count = scandir(path, &entries, is_chapter, alphasort);
    if (count <= 0)
        error_exitf("%s: expected chapters, chNN.md", path);
    for (int i = 0; i < count; i++) {
        Error e = {""};
        size_t size;
        snprintf(path, sizeof path, "%s/%s/%s", folder, language, entries[i]->d_name);
        char *markdown = file_read(path, &size, &e);
        if (!markdown)
            error_exit(&e);
        char *prose = text_markdown_prose(markdown);
        add_parts(d, prose);
        free(prose);
        free(markdown);
        free(entries[i]);
    }
    free(entries);
}

/* ---- the program --------------------------------------------------------------------------------- */

static void shuffle(Documents *d, Rng *rng)
{
    for (size_t i = d->count; i > 1; i--) {
        size_t j = (size_t)rng_below(rng, (int)i);
        char *text = d->items[j];
        d->items[j] = d->items[i - 1];
        d->items[i - 1] = text;
    }
}

static void print(Documents *d, bool lines)
{
    for (size_t i = 0; i < d->count; i++) {
        for (char *c = d->items[i]; lines && *c; c++)
            *c = *c == '\n' ? ' ' : *c;
        printf("%s\n%s", d->items[i], lines ? "" : "\n");
        free(d->items[i]);
    }
    free(d->items);
}

int main(int argc, char **argv)
{
    const char *book = NULL;
    bool lines = false;
    float share = 1;
    uint64_t seed = 1;
    const Option options[] = {
        option_dir("book", &book, "folder of the book's text; without it, the world alone"),
        option_float("share", &share, 0, 1, "of the samples of the little world"),
        option_flag("lines", &lines, "each document on a line"), option_seed(&seed), OPTION_END};
    options_parse(argc, argv, "The corpus of the book's base models.", options);
    Documents d = {0};
    Rng rng = rng_new(seed);
    add_world(&d, share, &rng);
    for (int time = 0; book && time < BOOK_TIMES; time++) {
        add_book(&d, book, "zh");
        add_book(&d, book, "en");
    }
    shuffle(&d, &rng);
    print(&d, lines);
    return error_finish();
}
