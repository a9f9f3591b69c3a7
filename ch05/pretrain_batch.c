/* pretrain_batch.c -- what goes through the model: batches while it trains, a sample afterwards. */
#include "ch05/pretrain.h"

#include "common/model/lm.h"
#include "common/text/corpus.h"

#include <stdio.h>
#include <stdlib.h>

Batch batch_new(const Settings *s)
{
    int rows = s->run.training.batch * s->accumulate;
    size_t window = sizeof(int) * (size_t)rows * (size_t)s->context;
    bool masked = s->document_mask;
    return (Batch){s,
                   rows,
                   memory_new(window),
                   memory_new(window),
                   masked ? memory_new(window) : NULL,
                   masked ? memory_new(window) : NULL};
}

Batch batch_rows(const Batch *b, int first, int rows)
{
    size_t skip = (size_t)first * (size_t)b->settings->context;
    return (Batch){b->settings,
                   rows,
                   b->x + skip,
                   b->y + skip,
                   b->first ? b->first + skip : NULL,
                   b->first ? b->positions + skip : NULL};
}

void batch_free(Batch *b)
{
    free(b->x);
    free(b->y);
    free(b->first);
    free(b->positions);
}

void batch_draw(Batch *b, const Data *d, bool held_out, Rng *rng)
{
    const Settings *s = b->settings;
    const int *ids = d->ids + (held_out ? d->train : 0), batch = b->rows;
    if (s->align)
        text_corpus_batch_of_documents(ids, d->starts[held_out], d->windows[held_out], batch, s->context,
                                       rng, b->x, b->y);
    else
        text_corpus_batch(ids, held_out ? d->count - d->train : d->train, batch, s->context, rng, b->x,
                          b->y);
    if (s->document_mask)
        text_corpus_documents(b->x, batch, s->context, d->end, b->first, b->positions);
}

Tensor *batch_loss(Graph *g, const Batch *b, const ModelDecoder *m, float z)
{
    const NnAttention own_document = {.first = b->first};
    Tensor *x =
        model_decoder_hidden(g, m, b->x, b->rows, b->settings->context, &own_document, b->positions);
    return nn_affine_cross_entropy_z(g, x, m->head, b->y, -1, z);
}

/* ---- samples ------------------------------------------------------------------------------------- */

/* After a text that has ended comes an empty line, and the next text. end: the token that ends one, or
 * -1. */
static bool show(void *end, int id, const char *text)
{
    fputs(text, stdout);
    if (id >= 0 && id == *(int *)end)
        fputs("\n\n", stdout);
    return true;
}

void print_sample(const Settings *s, const Data *d, const ModelDecoder *m, const char *title, int count)
{
    Error e = {""};
    int end = d->end;
    LmOptions how = lm_options();
    how.sampling.temperature = 0.8f;
    how.max = count;
    how.ignore_ends = true;
    how.seed = s->run.training.seed + 2;
    how.show = show;
    how.user = &end;
    ModelRun *running = model_run_of_decoder(m, QUANT_NONE);
    Lm *lm = lm_of(running, d->tokenizer, "the sample");
    TokenList ids = {0};
    puts(title);
    lm_start(lm, &ids);
    if (!lm_continue_ids(lm, &ids, &how, &e))
        error_exit(&e);
    putchar('\n');
    tokenizer_tokens_free(&ids);
    lm_close(lm);
    model_run_free(running);
}
