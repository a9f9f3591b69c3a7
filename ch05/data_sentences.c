/* data_sentences.c -- the English sentences of the little world as numbers. */
#include "ch05/data_sentences.h"

#include "common/base/base.h"

#include <stdlib.h>

static Sentence sentence_new(const TextWords *w, const char *text)
{
    Sentence s = {.ids = {TEXT_BEGIN}};
    s.count = 1 + text_words_encode(w, text, s.ids + 1, SENTENCE_MAX - 2);
    s.ids[s.count++] = TEXT_END;
    return s;
}

Sentences sentences_new(int train, int tests, uint64_t seed)
{
    const int counts[2] = {train, tests};
    Sentences s = {.words = text_words_new()};
    Rng rng = rng_new(seed);
    for (int side = 0; side < 2; side++) {
        WorldPairs pairs = world_pairs((WorldSide)side, counts[side], &rng);
        s.count[side] = pairs.count;
        s.items[side] = memory_new(sizeof(Sentence) * (size_t)pairs.count);
        for (int i = 0; i < pairs.count; i++) {
            text_words_add(s.words, pairs.items[i].text[WORLD_EN]);
            s.items[side][i] = sentence_new(s.words, pairs.items[i].text[WORLD_EN]);
        }
        world_pairs_free(&pairs);
    }
    return s;
}

void sentences_free(Sentences *s)
{
    text_words_free(s->words);
    free(s->items[WORLD_TRAIN]);
    free(s->items[WORLD_TEST]);
}
