/* topic_sentences.c -- one sentence a topic, words numbered in the order of their arrival. */
#include "ch02/topic_sentences.h"
#include "common/base/base.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* The first of the two sentences that a sample holds. */
TopicSentences topic_sentences_new(TextWords *words, WorldLanguage language, WorldSide side, int count,
                                   uint64_t seed)
{
    Rng rng = rng_new(seed);
    WorldRequest request = {WORLD_SENTENCE, language, side, count, 0, 0};
    WorldSamples s = world_samples(&request, &rng);
    TopicSentences out = {.count = s.count};
    out.ids = memory_new(sizeof *out.ids * (size_t)s.count);
    out.length = memory_new(sizeof *out.length * (size_t)s.count);
    out.topic = memory_new(sizeof *out.topic * (size_t)s.count);
    for (int i = 0; i < s.count; i++) {
        char text[512];
        const char *end = strstr(s.items[i].prompt, language == WORLD_EN ? "." : "。");
        snprintf(text, sizeof text, "%.*s", end ? (int)(end - s.items[i].prompt) : 500, s.items[i].prompt);
        if (side == WORLD_TRAIN)
            text_words_add(words, text);
        out.length[i] = text_words_encode(words, text, out.ids[i], LONGEST);
        out.topic[i] = s.items[i].label;
    }
    world_samples_free(&s);
    return out;
}

void topic_sentences_free(TopicSentences *s)
{
    free(s->ids);
    free(s->length);
    free(s->topic);
}
