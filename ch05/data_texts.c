/* data_texts.c -- samples and lines become numbers between two marks. */
#include "ch05/data_texts.h"

#include "common/base/base.h"
#include "common/text/corpus.h"

#include <stdlib.h>
#include <string.h>

/* ---- lines --------------------------------------------------------------------------------------- */

static void lines_add(Lines *l, size_t *room, const char *text)
{
    size_t size = strlen(text);
    if (l->size + size + 2 > *room)
        l->text = memory_resize(l->text, *room = 2 * (l->size + size + 2));
    for (size_t i = 0; i < size; i++) /* a talk has several lines, and is one text */
        l->text[l->size++] = text[i] == '\n' ? ' ' : text[i];
    l->text[l->size++] = '\n';
    l->text[l->size] = '\0';
}

Lines lines_of_world(const bool kinds[WORLD_KINDS], WorldSide side, int count, Rng *rng)
{
    Lines l = {NULL, 0};
    size_t room = 0;
    int chosen = 0;
    for (int i = 0; i < WORLD_KINDS; i++)
        chosen += kinds[i];
    for (int i = 0; i < WORLD_KINDS * WORLD_LANGUAGES; i++) {
        WorldRequest request = {.kind = (WorldKind)(i / WORLD_LANGUAGES),
                                .language = (WorldLanguage)(i % WORLD_LANGUAGES),
                                .side = side};
        if (!kinds[request.kind])
            continue;
        request.count = count / (chosen * WORLD_LANGUAGES) + 1;
        WorldSamples samples = world_samples(&request, rng);
        for (int j = 0; j < samples.count; j++) {
            char *text = world_sample_join(&samples.items[j]);
            lines_add(&l, &room, text);
            free(text);
        }
        world_samples_free(&samples);
    }
    return l;
}

/* The lines in text[0 .. size) that are not blank. */
static Lines lines_copy(const char *text, size_t size)
{
    Lines l = {memory_new(size + 2), 0};
    const char *end = text + size;
    while (text < end) {
        const char *stop = memchr(text, '\n', (size_t)(end - text));
        size_t length = (size_t)((stop ? stop : end) - text);
        if (strspn(text, " \t\r") < length) {
            memcpy(l.text + l.size, text, length);
            l.size += length;
            l.text[l.size++] = '\n';
        }
        text += length + 1;
    }
    l.text[l.size] = '\0';
    return l;
}

bool lines_of_file(const char *path, Lines *train, Lines *held_out, Error *e)
{
    size_t size;
    char told[TEXT_TOLD], *text = text_corpus_read(path, &size, told, e);
    if (!text)
        return false;
    if (told[0])
        puts(told);
    Lines all = lines_copy(text, size);
    size_t count = 0, at = 0;
    free(text);
    for (size_t i = 0; i < all.size; i++)
        count += all.text[i] == '\n';
    if (count < 2) {
        lines_free(&all);
        return error_set(e, "%s: %zu lines of text; expected at least 2, of which one is held out", path,
                         count);
    }
    for (size_t lines = count - (count + 9) / 10; lines > 0; at++)
        lines -= all.text[at] == '\n';
    *train = lines_copy(all.text, at);
    *held_out = lines_copy(all.text + at, all.size - at);
    lines_free(&all);
    return true;
}

void lines_free(Lines *l)
{
    free(l->text);
    *l = (Lines){0};
}

/* ---- texts --------------------------------------------------------------------------------------- */

typedef struct Room {
    size_t ids, texts; /* numbers that there is memory for */
} Room;

/* [CLS] ids [SEP] */
static void texts_add(Texts *t, Room *room, const int *ids, size_t count, const int marks[2])
{
    size_t used = t->count ? t->start[t->count] : 0;
    if (used + count + 2 > room->ids)
        t->ids = memory_resize(t->ids, sizeof *t->ids * (room->ids = 2 * (used + count + 2)));
    if ((size_t)t->count + 2 > room->texts)
        t->start = memory_resize(t->start, sizeof *t->start * (room->texts = 2 * ((size_t)t->count + 2)));
    t->start[t->count] = used;
    t->ids[used++] = marks[0];
    memcpy(t->ids + used, ids, count * sizeof *ids);
    used += count;
    t->ids[used++] = marks[1];
    t->start[++t->count] = used;
}

static bool add_line(Texts *t, Room *room, const Tokenizer *tokenizer, const char *line, size_t size,
                     int context, const int marks[2], Error *e)
{
    TokenList list = {0};
    size_t max = (size_t)context - 2;
    bool good = tokenizer_encode(tokenizer, line, size, false, &list, e) && tokenizer_complete(&list, e);
    for (size_t i = 0; good && i < list.count; i += max)
        texts_add(t, room, list.ids + i, list.count - i < max ? list.count - i : max, marks);
    tokenizer_tokens_free(&list);
    return good;
}

bool texts_encode(const Lines *l, const Tokenizer *t, int context, Texts *out, Error *e)
{
    const int marks[2] = {tokenizer_id(t, "[CLS]"), tokenizer_id(t, "[SEP]")};
    Room room = {0};
    *out = (Texts){0};
    if (marks[0] < 0 || marks[1] < 0)
        return error_set(e, "the tokenizer has no [CLS] or no [SEP], which a bert reads with");
    for (const char *line = l->text, *end = l->text + l->size; line < end;) {
        size_t size = (size_t)((const char *)memchr(line, '\n', (size_t)(end - line)) - line);
        if (!add_line(out, &room, t, line, size, context, marks, e)) {
            texts_free(out);
            return false;
        }
        line += size + 1;
    }
    return true;
}

void texts_free(Texts *t)
{
    free(t->ids);
    free(t->start);
    *t = (Texts){0};
}

int texts_length(const Texts *t, int i)
{
    return (int)(t->start[i + 1] - t->start[i]);
}
