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

double stories_test(Graph *g, const ModelGpt *m, const Stories *s, int batches, int batch, int time)
{
    size_t bytes = sizeof(int) * (size_t)batch * (size_t)time;
    int *x = memory_new(bytes), *y = memory_new(bytes);
    double total = 0;
    Rng rng = rng_new(7);
    nn_graph_record(g, false);
    for (int i = 0; i < batches; i++) {
        text_corpus_batch(s->ids + s->train, s->count - s->train, batch, time, &rng, x, y);
        total += (double)tensor_item(model_gpt_loss(g, m, x, y, batch, time));
        nn_graph_reset(g);
    }
    nn_graph_record(g, true);
    free(x);
    free(y);
    return total / batches;
}
