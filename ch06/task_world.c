/* task_world.c -- do two sentences say the same? A few words are changed, or all of them are and nothing else: what a
 * bag of words cannot see (PAWS, Zhang et al., 2019), and what a model that never compared two sentences has to learn
 * from the labels alone. */
#include "ch06/task.h"

#include "common/base/arena.h"
#include "common/base/base.h"

#include <stdio.h>

enum { ROOM = 2000 };

static void add_pairs(Task *t, TaskTexts *to, const ModelBackbone *m, const WorldRequest *r, Rng *rng)
{
    Error e = {""};
    WorldSamples s = world_samples(r, rng);
    for (int i = 0; i < s.count; i++) {
        const WorldSample *x = &s.items[i];
        char text[ROOM];
        const char *pair = text;
        int same = rng_below(rng, 2);
        snprintf(text, sizeof text, "%s %s", x->prompt, same ? x->answer : x->worse);
        if (!task_add(t, to, m, &pair, &same, 1, &e))
            error_exit(&e);
    }
    world_samples_free(&s);
}

Task task_of_world(const ModelBackbone *m, int train, int test, WorldLanguage language, uint64_t seed)
{
    static const char *const labels[] = {"different", "same"};
    Task t = task_new(labels, 2);
    Rng rng = rng_new(seed);
    WorldRequest r = {.kind = WORLD_PARAPHRASE, .language = language, .side = WORLD_TRAIN, .count = train};
    add_pairs(&t, &t.train, m, &r, &rng);
    r.side = WORLD_TEST;
    r.count = test;
    add_pairs(&t, &t.test, m, &r, &rng);
    return t;
}
