/* data_stories.c -- the stories of the little world as one row of numbers. */
#include "ch05/data_stories.h"

#include "common/base/base.h"
#include "common/text/corpus.h"
#include "common/text/words.h"
#include "common/world/world.h"

#include <stdlib.h>
#include <string.h>

Stories stories_new(uint64_t seed)
{
    static const int counts[2] = {3000, 400};
    Stories s = {.vocab = 0};
    TextWords *words = text_words_new();
    Rng rng = rng_new(seed);
    for (int side = 0; side < 2; side++) {
        char *text = world_stories(WORLD_EN, (WorldSide)side, counts[side], &rng);
        int max = (int)strlen(text);
        text_words_add(words, text);
        s.train = s.count;
        s.ids = memory_resize(s.ids, (s.count + (size_t)max) * sizeof *s.ids);
        s.count += (size_t)text_words_encode(words, text, s.ids + s.count, max);
        free(text);
    }
    s.vocab = text_words_count(words);
    text_words_free(words);
    return s;
}

void stories_free(Stories *s)
{
    free(s->ids);
}

void stories_batch(const Stories *s, int batch, int time, Rng *rng, int *x, int *y)
{
    text_corpus_batch(s->ids, s->train, batch, time, rng, x, y);
}

/* What is needed for one batch of a test. */
typedef struct Test {
    const ModelDecoder *model;
    const Stories *stories;
    int batch, time, *x, *y;
    Rng rng;
} Test;

static Tensor *loss_of(Graph *g, void *context, int i)
{
    Test *t = context;
    const Stories *s = t->stories;
    (void)i;
    text_corpus_batch(s->ids + s->train, s->count - s->train, t->batch, t->time, &t->rng, t->x, t->y);
    return model_decoder_loss(g, t->model, t->x, t->y, t->batch, t->time);
}

double stories_test(Graph *g, const ModelDecoder *m, const Stories *s, int batches, int batch, int time)
{
    size_t bytes = sizeof(int) * (size_t)batch * (size_t)time;
    Test t = {m, s, batch, time, memory_new(bytes), memory_new(bytes), rng_new(7)};
    double loss = nn_evaluate(g, batches, loss_of, &t);
    free(t.x);
    free(t.y);
    return loss;
}
