/* letters.c -- text, model and batches of 4.4.1 and 4.4.5; nothing in here knows of messages but the mean. */
#include "ch04/letters.h"

#include "common/base/base.h"
#include "common/text/corpus.h"

#include <stdlib.h>

Letters *letters_new(int ranks)
{
    if (LETTERS_BATCH % ranks != 0)
        error_exitf("--ranks %d: a batch of %d sequences cannot be cut into %d equal parts", ranks,
                    LETTERS_BATCH, ranks);
    Error e = {""};
    char told[TEXT_TOLD];
    Letters *l = memory_zero(1, sizeof *l);
    char *text = text_corpus_read("common/text/tinyshakespeare.txt", &l->count, told, &e);
    if (!text)
        error_exit(&e);
    int id_of[256];
    bool seen[256] = {false};
    for (size_t i = 0; i < l->count; i++)
        seen[(unsigned char)text[i]] = true;
    for (int c = 0; c < 256; c++)
        id_of[c] = seen[c] ? l->vocab++ : -1;
    l->ids = memory_new(l->count * sizeof *l->ids);
    for (size_t i = 0; i < l->count; i++)
        l->ids[i] = id_of[(unsigned char)text[i]];
    free(text);
    return l;
}

void letters_free(Letters *l)
{
    free(l->ids);
    free(l);
}

ModelDecoder *letters_model(const Letters *l, uint64_t seed)
{
    Rng rng = rng_new(seed);
    ModelConfig c = model_config_gpt2(
        (ModelConfig){.vocab = l->vocab, .context = LETTERS_TIME, .layers = 4, .heads = 4, .channels = 96});
    c.tied = false;
    return model_decoder_new(&c, 0, &rng);
}

Optimizer *letters_optimizer(const Params *p)
{
    return nn_adamw_new(p, 0.9f, 0.99f, 0.1f);
}

void letters_begin(Letters *l, uint64_t seed)
{
    l->rng = rng_new(seed + 1);
}

void letters_draw(Letters *l)
{
    text_corpus_batch(l->ids, l->count, LETTERS_BATCH, LETTERS_TIME, &l->rng, l->x, l->y);
}

Tensor *letters_loss(Graph *g, const ModelDecoder *m, const Letters *l, int rank, int ranks)
{
    int rows = LETTERS_BATCH / ranks, first = rank * rows * LETTERS_TIME;
    return model_decoder_loss(g, m, l->x + first, l->y + first, rows, LETTERS_TIME);
}

void letters_train(Letters *l, int steps, uint64_t seed, float *losses)
{
    ModelDecoder *m = letters_model(l, seed);
    Optimizer *o = letters_optimizer(&m->params);
    Graph *g = nn_graph_new();
    letters_begin(l, seed);
    for (int step = 0; step < steps; step++) {
        letters_draw(l);
        losses[step] = nn_train_step(g, o, letters_loss(g, m, l, 0, 1), LETTERS_RATE, 1).loss;
    }
    nn_graph_free(g);
    nn_optimizer_free(o);
    model_decoder_free(m);
}

float letters_mean(Dist *d, float x)
{
    dist_all_reduce(d, &x, 1);
    return x / (float)d->size;
}
