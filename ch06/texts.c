/* texts.c -- samples become tokens. */
#include "ch06/texts.h"

#include "common/base/base.h"

#include <stdlib.h>

Texts texts_new(WorldKind kind, WorldLanguage language, WorldSide side, int count, const Lm *lm,
                uint64_t seed)
{
    Error e = {""};
    Rng rng = rng_new(seed);
    const ModelConfig *c = &lm_model(lm)->config;
    int end = c->ends[0], room = c->context < TEXTS_TIME ? c->context : TEXTS_TIME;
    WorldSamples s = world_samples(
        &(WorldRequest){.kind = kind, .language = language, .side = side, .count = count}, &rng);
    Texts t = {memory_new(sizeof *t.ids * (size_t)(s.count + 1)),
               memory_new(sizeof *t.counts * (size_t)(s.count + 1)), 0};
    for (int i = 0; i < s.count; i++) {
        TokenList list = {0};
        char *text =
            kind == WORLD_STYLE ? memory_string(s.items[i].answer) : world_sample_join(&s.items[i]);
        tokenizer_tokens_add(&list, end, 0);
        if (!lm_encode(lm, text, false, &list, &e))
            error_exit(&e);
        tokenizer_tokens_add(&list, end, 0);
        t.ids[t.count] = list.ids;
        t.counts[t.count++] = (int)list.count < room ? (int)list.count : room;
        free(list.types);
        free(text);
    }
    world_samples_free(&s);
    return t;
}

void texts_free(Texts *t)
{
    for (int i = 0; i < t->count; i++)
        free(t->ids[i]);
    free(t->ids);
    free(t->counts);
}
