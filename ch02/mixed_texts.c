/* mixed_texts.c -- the corpus and the little world, one after the other. */
#include "ch02/mixed_texts.h"
#include "common/base/base.h"
#include "common/text/corpus.h"
#include "common/world/samples.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void append(char **text, const char *more)
{
    size_t size = *text ? strlen(*text) : 0;
    *text = memory_resize(*text, size + strlen(more) + 2);
    sprintf(*text + size, "%s\n", more);
}

static void append_world(char **text, WorldKind kind, WorldLanguage language, WorldSide side, int count,
                         Rng *rng)
{
    WorldRequest request = {kind, language, side, count, 0, 0};
    WorldSamples s = world_samples(&request, rng);
    char *all = memory_string("");
    for (int i = 0; i < s.count; i++) {
        char *one = world_sample_join(&s.items[i]);
        append(&all, one);
        free(one);
    }
    append(text, all);
    free(all);
    world_samples_free(&s);
}

MixedTexts mixed_texts_new(const char *corpus, uint64_t seed)
{
    Error e = {""};
    Rng rng = rng_new(seed);
    char told[TEXT_TOLD];
    size_t size;
    char *play = text_corpus_read(corpus, &size, told, &e);
    if (!play)
        error_exit(&e);
    if (size < 100000)
        error_exitf("%s: %zu bytes; expected a text of at least 100000", corpus, size);
    MixedTexts t = {memory_string(""), memory_string(play + size - size / 20), memory_string("")};
    play[size / 3] = '\0';
    append(&t.train, play);
    append_world(&t.train, WORLD_STORY, WORLD_ZH, WORLD_TRAIN, 300, &rng);
    append_world(&t.train, WORLD_PASSAGE, WORLD_ZH, WORLD_TRAIN, 100, &rng);
    append_world(&t.train, WORLD_PROBLEM, WORLD_EN, WORLD_TRAIN, 300, &rng);
    append_world(&t.train, WORLD_PROBLEM, WORLD_ZH, WORLD_TRAIN, 300, &rng);
    append_world(&t.chinese, WORLD_STORY, WORLD_ZH, WORLD_TEST, 50, &rng);
    free(play);
    return t;
}

void mixed_texts_free(MixedTexts *t)
{
    free(t->train);
    free(t->english);
    free(t->chinese);
}
